/**
 * The oracle for whatever a server may say: `surviveServer` runs a whole client, from the version to the end of the
 * session, against given bytes, and asserts what must hold of any. `serverTranscripts` records what a good server says.
 */
import assert from 'node:assert/strict';
import { connectClient, type VncClient } from '../../src/client/client.ts';
import { codecs } from '../../src/codec/registry.ts';
import { VncError } from '../../src/core/errors.ts';
import type { Limits } from '../../src/core/limits.ts';
import { SecurityTypeNumber } from '../../src/rfb/constants.ts';
import { createServer } from '../../src/server/server.ts';
import type { ByteStream } from '../../src/wire/byte-stream.ts';
import { memoryPair } from '../../src/wire/memory-pair.ts';
import { fakeAuthenticator, localPeer } from './fake-authenticator.ts';
import { FakeDisplay } from './fake-display.ts';

/** Small, so that what goes beyond them is seen. */
export const tightLimits: Partial<Limits> = {
  maxScreenSide: 2048,
  maxScreenPixels: 1024 * 1024,
  maxRectBytes: 1024 * 1024,
  maxClipboardBytes: 64 * 1024,
  maxBacklogBytes: 256 * 1024,
};

/** Nothing that is a megabyte of pixels, or as many compressed bytes, needs more. */
const MAX_GROWTH_BYTES = 64 * 1024 * 1024;
/** On a busy machine too; what hangs, hangs for ever. */
const HANG_MS = 10_000;
/** A client that is asked for much answers much, but not more than it may hold back. */
const MAX_ANSWER_BYTES = 512 * 1024;

export interface SurviveOptions {
  /** Default: in one piece. */
  readonly chunkBytes?: number;
  /** Default: all. */
  readonly encodings?: readonly number[];
}

/**
 * Feeds `bytes` to a client, and then the end of the stream. Returns why the client ended. Asserts that it ended by itself
 * and in time; that only VncErrors came of it, and none that stands for something unforeseen; and that its memory and
 * its answers stayed within bounds.
 */
export async function surviveServer(
  bytes: Uint8Array,
  options: SurviveOptions = {},
): Promise<VncError> {
  const { chunkBytes, encodings } = options;
  const before = memoryInUse();
  const [near, far] = memoryPair(chunkBytes === undefined ? {} : { chunkBytes });
  far.write(bytes.slice());
  far.end();
  const run = async (): Promise<unknown> => {
    let client: VncClient;
    try {
      client = await connectClient({
        stream: near,
        accept: { types: [SecurityTypeNumber.None, SecurityTypeNumber.VncAuth], subtypes: [] },
        credentials: () => Promise.resolve({}),
        limits: tightLimits,
        ...(encodings === undefined ? {} : { encodings }),
      });
    } catch (error) {
      return error;
    }
    // There is something to ask for.
    client.clipboard('text');
    return client.closed;
  };
  const reason = await inTime(run());
  await inTime(near.closed);
  assert.ok(reason instanceof VncError, `not a VncError: ${describe(reason)}`);
  assert.doesNotMatch(reason.message, /failed on what/, describe(reason.cause));
  assert.ok(await answered(far), 'the answers are within bounds');
  const grown = memoryInUse() - before;
  assert.ok(grown < MAX_GROWTH_BYTES, `${grown} bytes more in use`);
  return reason;
}

const memoryInUse = (): number => {
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
};

const describe = (thrown: unknown): string =>
  thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown);

async function inTime<T>(work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new assert.AssertionError({ message: 'it hangs' })), HANG_MS);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}

async function answered(far: ByteStream): Promise<boolean> {
  let count = 0;
  for (let chunk = await far.read(); chunk !== null; chunk = await far.read())
    count += chunk.length;
  return count <= MAX_ANSWER_BYTES;
}

/** A session that uses everything, as our own server says it, in each encoding that it has. */
export async function serverTranscripts(): Promise<ReadonlyMap<number, Uint8Array>> {
  const transcripts = new Map<number, Uint8Array>();
  for (const codec of codecs) {
    if (codec.createEncoder !== undefined)
      transcripts.set(codec.encoding, await record(codec.encoding));
  }
  return transcripts;
}

async function record(encoding: number): Promise<Uint8Array> {
  const display = new FakeDisplay({
    width: 40,
    height: 24,
    resizable: true,
    power: () => Promise.resolve(true),
  });
  display.paint(0x336699);
  display.paint(0xffcc00, { x: 3, y: 3, width: 20, height: 9 });
  for (let i = 0; i < 200; i++)
    display.framebuffer.fill(
      { x: (i * 7) % 40, y: 16 + ((i * 5) % 8), width: 1, height: 1 },
      (i * 0x10305) & 0xffffff,
    );
  const server = createServer({
    display,
    offer: { types: [SecurityTypeNumber.None], subtypes: [] },
    authenticator: fakeAuthenticator(),
  });
  const [near, far] = memoryPair();
  const heard: Uint8Array[] = [];
  server.accept(far, localPeer);
  const client = await connectClient({
    stream: { ...bound(near), read: () => tee(near, heard) },
    accept: { types: [SecurityTypeNumber.None], subtypes: [] },
    credentials: () => Promise.resolve({}),
    encodings: [encoding],
  });
  await client.events.once('damage');
  const { events } = client;
  const steps: ReadonlyArray<readonly [() => void, Promise<unknown>]> = [
    [() => display.events.emit('bell', undefined), events.once('bell')],
    [() => display.events.emit('clipboard', 'h\u20acllo'), events.once('clipboard')],
    [() => display.setLeds(5), events.once('leds')],
    [() => display.setName('another name'), events.once('name')],
    [
      () =>
        display.setCursor({
          width: 2,
          height: 1,
          hotX: 1,
          hotY: 0,
          pixels: Uint32Array.of(0xffff0000, 0x80336699),
        }),
      events.once('cursor'),
    ],
    [() => display.setSize(30, 20), events.once('resize')],
    [() => display.paint(0x112233, { x: 1, y: 1, width: 9, height: 9 }), events.once('damage')],
  ];
  for (const [act, done] of steps) {
    act();
    await done;
  }
  await client.sync();
  await client.close();
  await server.close();
  return new Uint8Array(Buffer.concat(heard));
}

async function tee(stream: ByteStream, heard: Uint8Array[]): Promise<Uint8Array | null> {
  const chunk = await stream.read();
  if (chunk !== null) heard.push(chunk.slice());
  return chunk;
}

const bound = (stream: ByteStream): ByteStream => ({
  get backlogBytes() {
    return stream.backlogBytes;
  },
  closed: stream.closed,
  read: () => stream.read(),
  write: (bytes) => stream.write(bytes),
  drained: (maxBytes) => stream.drained(maxBytes),
  end: () => stream.end(),
  destroy: (error) => stream.destroy(error),
});
