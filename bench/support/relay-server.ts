/**
 * A Sallyport server in a process of its own in front of another VNC server, as `sallyport serve` has it: node
 * relay-server.js OPTIONS, a line of JSON.
 */
import { createUpstreamDisplay } from '../../src/displays/upstream.ts';
import { connect } from '../../src/node/connect.ts';
import { serve } from '../../src/node/serve.ts';

export interface RelayServer {
  /** `unix:/path`. */
  readonly upstream: string;
  /** Encodings to ask the upstream for. Default: as the product does. */
  readonly encodings?: readonly number[];
  readonly security: string;
  readonly dir: string;
}

const { upstream, encodings, security, dir } = JSON.parse(process.argv[2]!) as RelayServer;
const serving = await serve({
  display: await createUpstreamDisplay({
    connect: (signal) =>
      connect(upstream, {
        security: 'None',
        signal,
        sharedPixels: true,
        ...(encodings === undefined ? {} : { encodings, jpeg: false }),
      }),
  }),
  listen: '127.0.0.1::0',
  security,
  allowInsecure: ['none'],
  tls: { dir },
});
const address = serving.addresses[0];
const port = address?.kind === 'tcp' ? address.port : undefined;
process.stdout.write(`${JSON.stringify({ port })}\n`);
// Whoever started it has gone, however that came about.
process.stdin.resume().on('end', () => process.exit(0));
process.on('SIGTERM', () => void serving.close().then(() => process.exit(0)));
