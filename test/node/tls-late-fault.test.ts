import assert from 'node:assert/strict';
import { after, describe, it } from 'node:test';
import { VncError } from '../../src/core/errors.ts';
import { createTlsAcceptor } from '../../src/node/tls-acceptor.ts';
import { createTlsConnector } from '../../src/node/tls-connector.ts';
import type { TlsUpgrade } from '../../src/security/tls-port.ts';
import type { ByteStream } from '../../src/wire/byte-stream.ts';
import { memoryPair } from '../../src/wire/memory-pair.ts';
import { tcpPair, type Pair } from '../support/socket-pair.ts';
import { makeTestPki } from '../support/test-pki.ts';

const pki = makeTestPki();
after(() => pki.remove());

/** A TLS record of data that does not decrypt. */
const brokenRecord = Uint8Array.of(23, 3, 3, 0, 48, ...new Uint8Array(48).fill(0xa5));

/** From its n-th write on, each has a broken record behind it, in the same piece. */
function spoiling(stream: ByteStream, from: number): ByteStream {
  let writes = 0;
  return {
    read: () => stream.read(),
    write: (bytes) => {
      writes += 1;
      stream.write(writes < from ? bytes : Uint8Array.of(...bytes, ...brokenRecord));
    },
    get backlogBytes() {
      return stream.backlogBytes;
    },
    drained: (maxBytes) => stream.drained(maxBytes),
    end: () => stream.end(),
    destroy: (error) => stream.destroy(error),
    closed: stream.closed,
  };
}

/** Either the handshake is refused, or its stream ends or fails. Anything else ends the process, or hangs. */
async function endsAlone(upgrade: Promise<TlsUpgrade>): Promise<void> {
  try {
    const { stream } = await upgrade;
    assert.equal(await stream.read(), null);
    await stream.closed;
  } catch (error) {
    assert.ok(error instanceof VncError, String(error));
    assert.doesNotMatch(error.message, /Cannot read/);
  }
}

/** Over a socket, and over what has none, as a WebSocket: there Node tells of both in one turn. */
const roads: ReadonlyArray<readonly [string, () => Promise<Pair>]> = [
  ['a socket', () => tcpPair()],
  ['a stream without a socket', async () => memoryPair()],
];

describe('a broken record behind the very last of a TLS handshake', () => {
  for (const [road, pairOf] of roads) {
    for (const maxVersion of ['TLSv1.2', 'TLSv1.3'] as const) {
      const acceptor = createTlsAcceptor({
        x509: pki.server,
        maxVersion,
        handshakeTimeoutMs: 2000,
      });
      const connector = createTlsConnector({
        serverName: 'localhost',
        ca: pki.ca,
        handshakeTimeoutMs: 2000,
      });

      it(`${road}, ${maxVersion}: from a client ends its connection, and nothing else`, async () => {
        const [near, far] = await pairOf();
        const client = connector.connect(spoiling(near, 2), 'x509');
        client.catch(() => undefined);
        await endsAlone(acceptor.accept(far, 'x509'));
        near.destroy();
        far.destroy();
      });

      it(`${road}, ${maxVersion}: from a server ends the connection, and nothing else`, async () => {
        const [near, far] = await pairOf();
        const server = acceptor.accept(spoiling(far, maxVersion === 'TLSv1.3' ? 1 : 2), 'x509');
        server.catch(() => undefined);
        await endsAlone(connector.connect(near, 'x509'));
        near.destroy();
        far.destroy();
      });
    }
  }
});
