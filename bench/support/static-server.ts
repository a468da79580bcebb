/** A Sallyport server in a process of its own, with a picture that never changes: node static-server.js MODE DIR PASSWORD TLS-VERSION. */
import { parseUsers, UserStore } from '../../src/access/users.ts';
import { Emitter } from '../../src/core/emitter.ts';
import { Framebuffer } from '../../src/pixels/framebuffer.ts';
import { hashPassword, nodeScrypt } from '../../src/node/users-file.ts';
import { serve } from '../../src/node/serve.ts';
import { singleScreen } from '../../src/rfb/screen.ts';
import type { Display, DisplayEvents } from '../../src/server/display.ts';

const [mode, dir, password, maxVersion] = process.argv.slice(2);
if (mode === undefined || dir === undefined || password === undefined)
  throw new Error('MODE DIR PASSWORD [TLS-VERSION]');

const framebuffer = new Framebuffer(1024, 768);
for (let i = 0; i < framebuffer.pixels.length; i++)
  framebuffer.pixels[i] = (0xff000000 | (((i >> 4) % 97) * 0x20503)) >>> 0;
const display: Display = {
  events: new Emitter<DisplayEvents>(),
  name: 'bench',
  framebuffer,
  screens: singleScreen(1024, 768),
  cursor: undefined,
  pointerMode: 'absolute',
  leds: undefined,
  key: () => undefined,
  pointer: () => undefined,
  clipboard: () => undefined,
  close: () => Promise.resolve(),
};

const serving = await serve({
  display,
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
