/** A real viewer in its listen mode, which we dial: TigerVNC's. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import net from 'node:net';
import { describe, it } from 'node:test';
import { serve } from '../../src/node/serve.ts';
import { endProcess, start } from '../support/child.ts';
import { withoutPeers } from '../support/peers.ts';
import { until } from '../support/until.ts';
import { EchoDisplay } from './echo-display.ts';
import { findPicture } from './find-picture.ts';
import { startXServer } from './x-server.ts';

async function freePort(): Promise<number> {
  const server = net.createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as net.AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

describe('TigerVNC viewer that listens', {
  skip: withoutPeers('xtigervncviewer', 'Xvfb', 'openbox', 'xdotool'),
}, () => {
  it('shows our picture when we dial it, although it came up later', async () => {
    const port = await freePort();
    const x = await startXServer();
    const display = new EchoDisplay();
    const serving = await serve({
      display,
      jpeg: false,
      security: 'None',
      connect: `127.0.0.1::${port}`,
    });
    const viewer = start(
      'xtigervncviewer',
      ['-listen', '-SecurityTypes', 'None', '-Shared=1', '-AlertOnFatalError=0', String(port)],
      x.environment,
    );
    try {
      await until(
        'the picture',
        async () => (findPicture(await x.screenshot(), display.framebuffer)?.match ?? 0) > 0.995,
        20_000,
      );
      assert.equal(serving.server.viewers.length, 1);
    } finally {
      await endProcess(viewer.child);
      await serving.close();
      await x.close();
    }
  });
});
