import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { VncError } from '../../src/core/errors.ts';
import { toHex } from '../../src/wire/hex.ts';
import { fakeAcceptor, fakeConnector } from '../support/fake-tls.ts';
import { dial, rfb, serve } from '../support/handshakes.ts';

/** Starts that lead deep into the handshake, so that the rubbish behind them lands everywhere. */
const viewerStarts = ['', rfb['3.3'], rfb['3.7'], rfb['3.8'], `${rfb['3.8']}02`].concat([
  `${rfb['3.8']}13`,
  `${rfb['3.7']}130002`,
  `${rfb['3.8']}13000200000100`,
]);
const serverStarts = ['', rfb['3.3'], `${rfb['3.3']}00000000`, rfb['3.7'], rfb['3.8']].concat([
  `${rfb['3.8']}00`,
  `${rfb['3.8']}0102`,
  `${rfb['3.8']}0113`,
  `${rfb['3.8']}0113000200`,
  `${rfb['3.8']}010100000000`,
]);

const rubbish = fc.oneof(
  fc.uint8Array({ maxLength: 64 }),
  // Small numbers are what counts and types look like.
  fc
    .array(fc.integer({ min: 0, max: 3 }), { maxLength: 32 })
    .map((bytes) => Uint8Array.from(bytes)),
);
const chunkBytes = fc.constantFrom(1, 5, 1000);

describe('the handshake against rubbish', () => {
  it('server: always settles, with a value or a VncError, and asks for no more than is sent', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...viewerStarts),
        rubbish,
        chunkBytes,
        async (start, tail, size) => {
          const { viewer, established } = serve({ tls: fakeAcceptor(), chunkBytes: size });
          viewer.send(start + toHex(tail)).stream.end();
          try {
            await established;
          } catch (error) {
            assert.ok(error instanceof VncError, String(error));
            await viewer.rest();
          }
        },
      ),
      { numRuns: 400 },
    );
  });

  it('client: always settles, with a value or a VncError, and hangs up', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...serverStarts),
        rubbish,
        chunkBytes,
        async (start, tail, size) => {
          const { server, established } = dial({ tls: fakeConnector(), chunkBytes: size });
          server.send(start + toHex(tail)).stream.end();
          try {
            await established;
          } catch (error) {
            assert.ok(error instanceof VncError, String(error));
            await server.rest();
          }
        },
      ),
      { numRuns: 400 },
    );
  });
});
