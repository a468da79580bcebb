/** What every ByteStream promises: `describeByteStream(name, makePair)` runs on memory, sockets, TLS and WebSockets. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ClosedError, VncError } from '../../src/core/errors.ts';
import type { ByteStream } from '../../src/wire/byte-stream.ts';

/** Two joined streams, made anew for each test; the suite destroys both. */
export type MakePair = () => Promise<readonly [ByteStream, ByteStream]>;

export interface ByteStreamSuiteOptions {
  /** More than the transport takes in at once when nobody reads at the other end. Default 16 MiB. */
  readonly floodBytes?: number;
}

/** Reads until `count` bytes have come or the stream ends. */
async function readUpTo(stream: ByteStream, count: number): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  let length = 0;
  while (length < count) {
    const chunk = await stream.read();
    if (chunk === null) break;
    assert.ok(chunk.length > 0, 'a chunk is never empty');
    parts.push(chunk);
    length += chunk.length;
  }
  return new Uint8Array(Buffer.concat(parts));
}

const pattern = (length: number, seed = 0): Uint8Array =>
  Uint8Array.from({ length }, (_, i) => (i * 7 + (i >> 8) + seed) & 255);

/** Settles with the next read's outcome, whatever it is. */
async function outcome(stream: ByteStream): Promise<Uint8Array | Error | null> {
  try {
    return await stream.read();
  } catch (error) {
    assert.ok(error instanceof Error);
    return error;
  }
}

export function describeByteStream(
  name: string,
  makePair: MakePair,
  options: ByteStreamSuiteOptions = {},
): void {
  const floodBytes = options.floodBytes ?? 16 * 1024 * 1024;

  const withPair = async (
    run: (near: ByteStream, far: ByteStream) => Promise<void>,
  ): Promise<void> => {
    const [near, far] = await makePair();
    try {
      await run(near, far);
    } finally {
      near.destroy();
      far.destroy();
      await Promise.all([near.closed, far.closed]);
    }
  };

  describe(`${name} as a ByteStream`, () => {
    it('carries bytes in order, both ways', () =>
      withPair(async (near, far) => {
        near.write(Uint8Array.of(1, 2, 3));
        near.write(Uint8Array.of(4));
        far.write(Uint8Array.of(9, 8));
        assert.deepEqual(await readUpTo(far, 4), Uint8Array.of(1, 2, 3, 4));
        assert.deepEqual(await readUpTo(near, 2), Uint8Array.of(9, 8));
      }));

    it('carries more than one buffer full', () =>
      withPair(async (near, far) => {
        const sent = pattern(300_000);
        near.write(sent.slice());
        const got = await readUpTo(far, sent.length);
        assert.ok(Buffer.from(got).equals(sent));
      }));

    it('settles a read that was waiting when the bytes came', () =>
      withPair(async (near, far) => {
        const waiting = readUpTo(far, 2);
        near.write(Uint8Array.of(5, 6));
        assert.deepEqual(await waiting, Uint8Array.of(5, 6));
      }));

    it('hands out chunks that the reader owns', () =>
      withPair(async (near, far) => {
        near.write(Uint8Array.of(1, 2, 3, 4));
        const first = await far.read();
        assert.ok(first !== null);
        first.fill(255);
        const rest = await readUpTo(far, 4 - first.length);
        assert.deepEqual(rest, Uint8Array.of(1, 2, 3, 4).slice(first.length));
      }));

    it('throws at a second read meanwhile', () =>
      withPair(async (near, far) => {
        const first = far.read();
        await assert.rejects(async () => far.read(), /two reads|invariant/);
        near.write(Uint8Array.of(1));
        assert.deepEqual(await first, Uint8Array.of(1));
      }));

    it('ignores a write of nothing', () =>
      withPair(async (near, far) => {
        near.write(new Uint8Array(0));
        near.write(Uint8Array.of(7));
        assert.deepEqual(await far.read(), Uint8Array.of(7));
      }));

    it('delivers what was written before end(), then null for ever', () =>
      withPair(async (near, far) => {
        const sent = pattern(70_000, 3);
        near.write(sent.slice());
        near.end();
        const got = await readUpTo(far, Number.POSITIVE_INFINITY);
        assert.ok(Buffer.from(got).equals(sent));
        assert.equal(await far.read(), null);
        assert.equal(await far.read(), null);
      }));

    it('settles a waiting read with null when the other end ends', () =>
      withPair(async (near, far) => {
        const waiting = far.read();
        near.end();
        assert.equal(await waiting, null);
      }));

    it('ends twice, and drops writes after the end, without a fault', () =>
      withPair(async (near, far) => {
        near.write(Uint8Array.of(1));
        near.end();
        near.end();
        near.write(Uint8Array.of(2));
        assert.deepEqual(await readUpTo(far, 9), Uint8Array.of(1));
      }));

    it('is closed once both ends have ended', () =>
      withPair(async (near, far) => {
        near.end();
        assert.equal(await far.read(), null);
        far.end();
        assert.equal(await near.read(), null);
        await Promise.all([near.closed, far.closed]);
      }));

    it('settles its own waiting read with null when destroyed without an error', () =>
      withPair(async (near) => {
        const waiting = outcome(near);
        near.destroy();
        assert.equal(await waiting, null);
        assert.equal(await outcome(near), null);
      }));

    it('rejects its own waiting and later reads with the VncError it was destroyed with', () =>
      withPair(async (near) => {
        const reason = new ClosedError('dropped for the test');
        const waiting = outcome(near);
        near.destroy(reason);
        for (const result of [await waiting, await outcome(near)]) {
          assert.ok(result instanceof VncError);
          assert.ok(result === reason || result.cause === reason);
        }
      }));

    it('tells the other end of a destroy: null or a ClosedError, never silence', () =>
      withPair(async (near, far) => {
        const waiting = outcome(far);
        near.destroy();
        const result = await waiting;
        assert.ok(result === null || result instanceof ClosedError);
      }));

    it('destroys twice, from inside a settled read too', () =>
      withPair(async (near, far) => {
        const waiting = far.read().then(() => far.destroy());
        near.write(Uint8Array.of(1));
        await waiting;
        far.destroy(new ClosedError());
        await far.closed;
        assert.equal(await outcome(far), null);
      }));

    it('drops writes after destroy, and reports no backlog', () =>
      withPair(async (near) => {
        near.destroy();
        near.write(pattern(1000));
        assert.equal(near.backlogBytes, 0);
        await near.drained();
      }));

    it('counts what the other end does not take, and resolves drained() as it does', () =>
      withPair(async (near, far) => {
        const piece = 64 * 1024;
        for (let sent = 0; sent < floodBytes; sent += piece) near.write(new Uint8Array(piece));
        const backlog = near.backlogBytes;
        assert.ok(backlog > 0 && backlog <= floodBytes);
        await near.drained(floodBytes);
        let half = false;
        const toHalf = near.drained(backlog >> 1).then(() => {
          half = true;
        });
        assert.equal(half, false);
        await readUpTo(far, floodBytes);
        await toHalf;
        await near.drained();
        assert.equal(near.backlogBytes, 0);
      }));

    it('resolves drained() when it is destroyed instead', () =>
      withPair(async (near) => {
        const piece = 64 * 1024;
        for (let sent = 0; sent < floodBytes; sent += piece) near.write(new Uint8Array(piece));
        const waiting = near.drained();
        near.destroy();
        await waiting;
      }));

    it('resolves drained() when the other end is destroyed instead', () =>
      withPair(async (near, far) => {
        const piece = 64 * 1024;
        for (let sent = 0; sent < floodBytes; sent += piece) near.write(new Uint8Array(piece));
        const waiting = near.drained();
        far.destroy();
        await waiting;
      }));

    it('resolves closed after destroy, at both ends', () =>
      withPair(async (near, far) => {
        near.destroy();
        await near.closed;
        await outcome(far);
        far.end();
        await far.closed;
      }));
  });
}
