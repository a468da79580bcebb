import assert from 'node:assert/strict';
import { once } from 'node:events';
import net from 'node:net';
import { describe, it } from 'node:test';
import { createTestCard } from '../../src/displays/testcard.ts';
import { connectReverse } from '../../src/node/reverse.ts';
import { serve } from '../../src/node/serve.ts';
import type { Peer } from '../../src/security/identity.ts';
import type { ByteStream } from '../../src/wire/byte-stream.ts';

/** A viewer that listens. */
async function listening(port = 0): Promise<{ server: net.Server; port: number }> {
  const server = net.createServer();
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  return { server, port: (server.address() as net.AddressInfo).port };
}

const accepted = async (server: net.Server): Promise<net.Socket> => {
  const [socket] = (await once(server, 'connection')) as [net.Socket];
  return socket;
};

describe('reverse connection', () => {
  it('dials again when the viewer has gone', async () => {
    const { server, port } = await listening();
    const seen: Array<readonly [ByteStream, Peer]> = [];
    const reverse = connectReverse(
      { kind: 'tcp', host: '127.0.0.1', port },
      (stream, peer) => seen.push([stream, peer]),
      { firstDelayMs: 1 },
    );
    for (let round = 0; round < 3; round++) (await accepted(server)).destroy();
    reverse.close();
    server.close();
    assert.deepEqual(seen[0]?.[1], {
      address: `127.0.0.1::${port}`,
      host: '127.0.0.1',
      local: true,
    });
    await Promise.all(seen.map(([stream]) => stream.closed));
  });

  it('waits twice as long after each failure, up to a bound, and gets through in the end', async () => {
    const { server, port } = await listening();
    server.close();
    await once(server, 'close');
    const delays: unknown[] = [];
    let again: net.Server | undefined;
    const reached = new Promise<void>((resolve) => {
      const reverse = connectReverse(
        { kind: 'tcp', host: '127.0.0.1', port },
        (stream) => {
          reverse.close();
          stream.destroy();
          resolve();
        },
        {
          firstDelayMs: 1,
          maxDelayMs: 4,
          logger: {
            debug: () => undefined,
            info: (_, fields) => {
              delays.push(fields?.['againInMs']);
              if (delays.length === 4) void listening(port).then(({ server: s }) => (again = s));
            },
            warn: () => undefined,
            error: () => undefined,
          },
        },
      );
    });
    await reached;
    again?.close();
    assert.deepEqual(delays.slice(0, 4), [1, 2, 4, 4]);
  });

  it('speaks first, listens nowhere, and dials no more once it is closed', async () => {
    const { server, port } = await listening();
    const serving = await serve({
      display: createTestCard(),
      security: 'None',
      connect: `127.0.0.1::${port}`,
    });
    assert.deepEqual(serving.addresses, []);
    const socket = await accepted(server);
    const [greeting] = (await once(socket, 'data')) as [Buffer];
    assert.equal(greeting.toString(), 'RFB 003.008\n');
    await serving.close();
    await once(socket.resume(), 'close');
    server.close();
  });

  it('does not send a weak type off this machine', async () => {
    await assert.rejects(
      serve({ display: createTestCard(), security: 'None', connect: '192.0.2.1::5500' }),
      { code: 'ERR_VNC_POLICY' },
    );
  });
});
