import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { before, describe, it } from 'node:test';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import fc from 'fast-check';
import { connectClient } from '../../src/client/client.ts';
import { ClosedError } from '../../src/core/errors.ts';
import { encodingName, SecurityTypeNumber } from '../../src/rfb/constants.ts';
import { createServer } from '../../src/server/server.ts';
import { fromHex, toHex } from '../../src/wire/hex.ts';
import { memoryPair } from '../../src/wire/memory-pair.ts';
import { fakeAuthenticator, localPeer } from '../support/fake-authenticator.ts';
import { FakeDisplay } from '../support/fake-display.ts';
import { serverTranscripts, surviveServer } from '../support/server-bytes.ts';
import { until } from '../support/until.ts';

setFlagsFromString('--expose-gc');
const gc = runInNewContext('gc') as () => void;

/** One change of a transcript. Places are fractions, so that one fits transcripts of all lengths. */
type Mutation =
  | { readonly kind: 'set'; readonly at: number; readonly byte: number }
  | { readonly kind: 'cut'; readonly at: number }
  | { readonly kind: 'drop' | 'repeat'; readonly at: number; readonly length: number }
  | { readonly kind: 'insert'; readonly at: number; readonly bytes: Uint8Array };

const at = fc.double({ min: 0, max: 0.9999, noNaN: true });
const mutation: fc.Arbitrary<Mutation> = fc.oneof(
  fc.record({
    kind: fc.constant('set' as const),
    at,
    byte: fc.oneof(fc.constantFrom(0, 1, 0x7f, 0x80, 0xff), fc.nat(255)),
  }),
  fc.record({ kind: fc.constant('cut' as const), at }),
  fc.record({
    kind: fc.constantFrom('drop' as const, 'repeat' as const),
    at,
    length: fc.integer({ min: 1, max: 64 }),
  }),
  fc.record({
    kind: fc.constant('insert' as const),
    at,
    bytes: fc.uint8Array({ minLength: 1, maxLength: 24 }),
  }),
);

function mutated(bytes: Uint8Array, mutations: readonly Mutation[]): Uint8Array {
  let result = bytes;
  for (const m of mutations) {
    const place = Math.floor(m.at * result.length);
    const head = result.subarray(0, place);
    const tail = result.subarray(place);
    const parts: readonly Uint8Array[] = {
      set: () => [head, Uint8Array.of(m.kind === 'set' ? m.byte : 0), tail.subarray(1)],
      cut: () => [head],
      drop: () => [head, tail.subarray(m.kind === 'drop' ? m.length : 0)],
      repeat: () => [head, tail.subarray(0, m.kind === 'repeat' ? m.length : 0), tail],
      insert: () => [head, m.kind === 'insert' ? m.bytes : head, tail],
    }[m.kind]();
    result = new Uint8Array(Buffer.concat(parts));
  }
  return result;
}

describe('a client, whatever the server says', () => {
  let transcripts: ReadonlyMap<number, Uint8Array>;
  before(async () => {
    transcripts = await serverTranscripts();
  });

  it('reads what a good server says in every encoding to its end, one byte at a time too', async () => {
    for (const [encoding, bytes] of transcripts) {
      for (const options of [{}, { chunkBytes: 1 }]) {
        const reason = await surviveServer(bytes, { ...options, encodings: [encoding] });
        assert.ok(reason instanceof ClosedError, `${encodingName(encoding)}: ${reason.message}`);
        assert.match(reason.message, /the peer closed/);
      }
    }
  });

  it('survives every change of it', { timeout: 120_000 }, async () => {
    const list = Array.from(transcripts);
    await fc.assert(
      fc.asyncProperty(
        fc.nat(list.length - 1),
        fc.array(mutation, { minLength: 1, maxLength: 4 }),
        fc.constantFrom(undefined, 7),
        async (index, mutations, chunkBytes) => {
          const [encoding, transcript] = list[index] ?? assert.fail();
          const bytes = mutated(transcript, mutations);
          try {
            await surviveServer(bytes, {
              encodings: [encoding],
              ...(chunkBytes === undefined ? {} : { chunkBytes }),
            });
          } catch (error) {
            // For test/fixtures/hostile-servers.
            throw new Error(`${encodingName(encoding)}: ${toHex(bytes)}`, { cause: error });
          }
        },
      ),
      { numRuns: 600, interruptAfterTimeLimit: 6000, markInterruptAsFailure: false },
    );
  });

  const folder = 'test/fixtures/hostile-servers';
  for (const file of readdirSync(folder)) {
    const text = readFileSync(join(folder, file), 'utf8');
    const [title = file] = text.split('\n');
    it(`survives ${title.replace('# ', '')}`, async () => {
      await surviveServer(fromHex(text));
    });
  }
});

/** At a time: a connection mostly waits. */
const LANES = 100;

describe('ten thousand connections', () => {
  it('leave nothing behind, at either end', { timeout: 120_000 }, async () => {
    const display = new FakeDisplay({ width: 64, height: 64 });
    const authenticator = fakeAuthenticator();
    const server = createServer({
      display,
      offer: { types: [SecurityTypeNumber.None], subtypes: [] },
      authenticator,
      limits: { maxUnauthenticatedPerAddress: LANES, maxUnauthenticated: LANES },
    });
    const listeners = display.events.listenerCount();
    const visit = async (): Promise<void> => {
      const [near, far] = memoryPair();
      server.accept(far, localPeer);
      const client = await connectClient({
        stream: near,
        accept: { types: [SecurityTypeNumber.None], subtypes: [] },
        credentials: () => Promise.resolve({}),
      });
      await client.close();
    };
    const inUse = (): number => {
      // What the fakes remember is theirs.
      display.viewerLists.length = 0;
      authenticator.asked.length = 0;
      gc();
      const { heapUsed, external } = process.memoryUsage();
      return heapUsed + external;
    };
    const visits = async (count: number): Promise<void> => {
      const lane = async (): Promise<void> => {
        for (let i = 0; i < count / LANES; i++) await visit();
      };
      await Promise.all(Array.from({ length: LANES }, lane));
    };
    // Compiled code and pools come with the first of them.
    await visits(2000);
    const before = inUse();
    await visits(8000);
    assert.equal(display.events.listenerCount(), listeners);
    // Timers that are still to be let go hold a little, for a second or so.
    await until('the memory to be given back', () => inUse() - before < 2 * 1024 * 1024);
    await server.close();
  });
});
