/** A recording as the stream of the server that once sent it: bytes come when they came then, and what is written is lost. */
import { setTimeout as after } from 'node:timers/promises';
import { messageOf, ProtocolError } from '../../core/errors.ts';
import type { ByteStream } from '../../wire/byte-stream.ts';
import type { FbsBlock, FbsReader } from './fbs.ts';

export interface PlaybackPace {
  /** 2 is twice as fast. Infinity: as fast as it is read. Default 1. */
  readonly speed?: number;
  /** What came later is not played. */
  readonly untilMs?: number;
  /** After the last byte the stream stays open, so that the last picture does. Default false. */
  readonly hold?: boolean;
}

export interface RecordedStream extends ByteStream {
  /** From now on at the pace; what was read until here came at once. */
  readonly start: () => void;
}

export function recordedStream(reader: FbsReader, pace: PlaybackPace): RecordedStream {
  const { speed = 1, untilMs = Number.POSITIVE_INFINITY, hold = false } = pace;
  const gone = new AbortController();
  const untilGone = new Promise<null>((resolve) => {
    gone.signal.addEventListener('abort', () => resolve(null), { once: true });
  });
  const closed = untilGone.then(() => reader.close());
  /** Since when, on our clock, and which moment of the recording that was. */
  let start: { readonly nowMs: number; readonly atMs: number } | undefined;
  let lastMs = 0;
  let ahead: FbsBlock | undefined;

  const next = async (): Promise<Uint8Array | null> => {
    for (;;) {
      const block = ahead ?? (await reader.next());
      ahead = block;
      if (block === undefined || block.atMs > untilMs) return hold ? untilGone : null;
      if (start !== undefined) {
        const dueMs = start.nowMs + (block.atMs - start.atMs) / speed;
        const waitMs = dueMs - performance.now();
        if (waitMs > 0) await after(waitMs, undefined, { signal: gone.signal });
      }
      ahead = undefined;
      lastMs = block.atMs;
      if (block.bytes.length > 0) return block.bytes;
    }
  };
  const destroy = (): void => gone.abort();
  return {
    start: () => {
      start = { nowMs: performance.now(), atMs: lastMs };
    },
    read: () =>
      gone.signal.aborted
        ? untilGone
        : Promise.race([
            next().catch((error: unknown) => {
              // The wait was cut short.
              if (gone.signal.aborted) return null;
              throw new ProtocolError(messageOf(error), {
                cause: error,
              });
            }),
            untilGone,
          ]),
    write: () => undefined,
    backlogBytes: 0,
    drained: () => Promise.resolve(),
    end: destroy,
    destroy,
    closed,
  };
}
