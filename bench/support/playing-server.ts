/** A Sallyport server in a process of its own, which plays a corpus: node playing-server.js OPTIONS, a line of JSON. */
import { serve } from '../../src/node/serve.ts';
import { playingDisplay, type PlayOptions } from './playing-display.ts';

export interface PlayingServer extends PlayOptions {
  readonly security: string;
  readonly dir: string;
  readonly password: string;
}

const options = JSON.parse(process.argv[2]!) as PlayingServer;
const { security, dir, password } = options;
const serving = await serve({
  display: playingDisplay(options),
  listen: '127.0.0.1::0',
  security,
  allowInsecure: ['none', 'vnc'],
  tls: { dir },
  access: { password },
  limits: { maxSessions: 1000, maxUnauthenticated: 1000, maxUnauthenticatedPerAddress: 1000 },
});
const address = serving.addresses[0];
const port = address?.kind === 'tcp' ? address.port : undefined;
process.stdout.write(`${JSON.stringify({ port })}\n`);
// Whoever started it has gone, however that came about.
process.stdin.resume().on('end', () => process.exit(0));
process.on('SIGTERM', () => void serving.close().then(() => process.exit(0)));
// For measurements of memory: what is live, without what the collector has not yet looked at.
process.on('SIGUSR2', () => {
  globalThis.gc?.();
});
