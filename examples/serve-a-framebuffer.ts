/**
 * A picture of one's own, served to any VNC viewer inside TLS:
 *
 *     node out/examples/serve-a-framebuffer.js pki/      (server-cert.pem, server-key.pem)
 *     vncviewer -SecurityTypes X509Vnc -X509CA pki/ca-cert.pem 127.0.0.1:1
 */
import {
  ClosedError,
  Emitter,
  Framebuffer,
  formatAddress,
  serve,
  singleScreen,
  type Display,
  type DisplayEvents,
} from '../src/server.ts';

const width = 640;
const height = 480;
const framebuffer = new Framebuffer(width, height);
const events = new Emitter<DisplayEvents>();
framebuffer.fill(framebuffer.bounds, 0x1e293b);

/** Paints where the pointer is, and says what changed: all that a display has to do. */
function paint(x: number, y: number, colour: number): void {
  const spot = { x: Math.min(x, width - 8), y: Math.min(y, height - 8), width: 8, height: 8 };
  framebuffer.fill(spot, colour);
  events.emit('damage', [spot]);
}

const display: Display = {
  events,
  name: 'A drawing board',
  framebuffer,
  screens: singleScreen(width, height),
  cursor: undefined,
  pointerMode: 'absolute',
  leds: undefined,
  pointer: ({ x, y, buttonMask }) => paint(x, y, buttonMask === 0 ? 0x334155 : 0x2dd4bf),
  key: ({ down, keysym }) => {
    if (down) console.log(`key 0x${keysym.toString(16)}`);
  },
  clipboard: () => undefined,
  close: async () => events.emit('closed', new ClosedError('the board was put away')),
};

const serving = await serve({
  display,
  tls: { dir: process.argv[2] ?? 'pki' },
  access: { password: 'drawing' },
});
serving.on('initialized', (viewer) => console.log(`${viewer.name} came in by ${viewer.security}`));
console.log(`serving on ${serving.addresses.map(formatAddress).join(', ')}`);
