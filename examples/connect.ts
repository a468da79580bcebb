/**
 * A viewer in a program: logs in over verified TLS, types, and tells what protects the connection.
 *
 *     VNC_PASSWORD=… node out/examples/connect.js vnc://127.0.0.1:5901 pki/ca-cert.pem
 */
import { readFile } from 'node:fs/promises';
import { connect } from '../src/index.ts';

const [target = 'vnc://127.0.0.1:5901', caFile = 'pki/ca-cert.pem'] = process.argv.slice(2);

const vnc = await connect(target, {
  tls: { ca: await readFile(caFile, 'utf8') },
  password: process.env['VNC_PASSWORD'] ?? '',
});
const { name, tlsInfo } = vnc.security;
console.log(`${vnc.name}: ${name}, ${tlsInfo?.protocol} ${tlsInfo?.cipher}`);

for (const character of 'hello') {
  const keysym = character.charCodeAt(0);
  vnc.key({ down: true, keysym });
  vnc.key({ down: false, keysym });
}
await vnc.refresh(true);
const { width, height } = vnc.framebuffer;
console.log(`a picture of ${width}x${height} is in vnc.framebuffer`);
await vnc.close();
