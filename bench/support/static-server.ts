/** A Sallyport server in a process of its own, with a picture that never changes: node static-server.js MODE DIR PASSWORD TLS-VERSION. */
import { parseUsers, UserStore } from '../../src/access/users.ts';
import { hashPassword, nodeScrypt } from '../../src/node/users-file.ts';
import { serve } from '../../src/node/serve.ts';
import { staticDisplay } from './static-display.ts';

const [mode, dir, password, maxVersion] = process.argv.slice(2);
if (mode === undefined || dir === undefined || password === undefined)
  throw new Error('MODE DIR PASSWORD [TLS-VERSION]');

const serving = await serve({
  display: staticDisplay(),
  listen: '127.0.0.1::0',
  security: mode,
  allowInsecure: ['none', 'vnc', 'plain'],
  tls: { dir, maxVersion: maxVersion === 'TLSv1.3' ? maxVersion : 'TLSv1.2' },
  access: {
    password,
    users: new UserStore(parseUsers(`bench:${await hashPassword(password)}\n`), {
      scrypt: nodeScrypt,
    }),
  },
  limits: { maxSessions: 5000, maxUnauthenticated: 5000, maxUnauthenticatedPerAddress: 5000 },
});
const address = serving.addresses[0];
process.stdout.write(
  `${JSON.stringify({ port: address?.kind === 'tcp' ? address.port : undefined })}\n`,
);
process.on('SIGTERM', () => void serving.close().then(() => process.exit(0)));
// For measurements of memory: what is live, without what the collector has not yet looked at.
process.on('SIGUSR2', () => {
  globalThis.gc?.();
});
