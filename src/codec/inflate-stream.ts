/**
 * Inflates the zlib streams of ZRLE, Zlib and Tight: they last as long as the connection, and each rectangle ends at a sync
 * flush. The one place that knows which library does it (pako: synchronous, portable). An inflater's state is made on first
 * use, 45 kB, so that what is never asked for costs nothing.
 */
import {
  ZStream,
  Z_BUF_ERROR,
  Z_OK,
  Z_STREAM_END,
  Z_SYNC_FLUSH,
  zlibInflate,
  zlibInflateInit,
  zlibInflateReset,
} from 'pako';
import { assertInvariant, ProtocolError } from '../core/errors.ts';

/**
 * Inflates one rectangle at a time: `open` with all its compressed bytes, `peek`/`skip`/`read` as the decoder needs, `close`.
 * Never holds more than a window of output, so a bomb can take neither memory nor more time than the rectangle is worth.
 * Everything returned is borrowed until the next call on any inflater.
 */
export interface Inflater {
  readonly open: (input: Uint8Array) => void;
  /** What comes next: at least `count` bytes, or all that is left of the input when that is less. */
  readonly peek: (count: number) => Uint8Array;
  /** Steps over `count` bytes that were peeked. */
  readonly skip: (count: number) => void;
  /** Exactly the next `count` bytes. ProtocolError when the input yields fewer. */
  readonly read: (count: number) => Uint8Array;
  /** ProtocolError unless all input was used and all output was read. */
  readonly close: () => void;
  /** Forgets everything: the next input starts with a zlib header. */
  readonly reset: () => void;
}

const EMPTY = new Uint8Array(0);
const WINDOW_BYTES = 128 * 1024;

// Shared by all streams: decoding is synchronous, so only one of them is at work.
let inflated = EMPTY;
let inflatedOwner: Inflater | undefined;

export function createInflater(): Inflater {
  let stream: ZStream | undefined;
  // What is inflated and not yet read: inflated[start..end).
  let start = 0;
  let end = 0;

  const open = (input: Uint8Array): void => {
    if (stream === undefined) {
      stream = new ZStream();
      assertInvariant(zlibInflateInit(stream) === Z_OK, 'zlib inflate can be set up');
    }
    if (inflated.length === 0) inflated = new Uint8Array(WINDOW_BYTES);
    inflatedOwner = inflater;
    start = 0;
    end = 0;
    stream.input = input;
    stream.next_in = 0;
    stream.avail_in = input.length;
  };

  /** Fills the window behind `end`. False when the input yields nothing more. */
  const fill = (z: ZStream): boolean => {
    z.output = inflated;
    z.next_out = end;
    z.avail_out = inflated.length - end;
    const status = zlibInflate(z, Z_SYNC_FLUSH);
    const produced = z.next_out - end;
    // A stream that ends is legal where the next rectangle resets it; one that wants a dictionary is not.
    if (status !== Z_OK && status !== Z_BUF_ERROR && status !== Z_STREAM_END)
      throw new ProtocolError(`zlib data is broken: ${z.msg || `status ${status}`}`, {
        field: 'zlibData',
      });
    end = z.next_out;
    return produced > 0;
  };

  const opened = (): ZStream => {
    assertInvariant(stream !== undefined && inflatedOwner === inflater, 'inflater is open');
    return stream;
  };

  const peek = (count: number): Uint8Array => {
    const z = opened();
    if (end - start < count) {
      makeRoom(count);
      while (end - start < count && fill(z));
    }
    return inflated.subarray(start, end);
  };

  /** Moves what is left to the front, when `count` bytes would not fit behind `start`. */
  const makeRoom = (count: number): void => {
    if (start + count <= inflated.length) return;
    const from = inflated;
    if (count > inflated.length) inflated = new Uint8Array(count);
    inflated.set(from.subarray(start, end));
    end -= start;
    start = 0;
  };

  const skip = (count: number): void => {
    assertInvariant(count >= 0 && start + count <= end, 'inflater skips what was peeked');
    start += count;
  };

  const read = (count: number): Uint8Array => {
    const bytes = peek(count);
    if (bytes.length < count)
      throw new ProtocolError(`zlib data yields ${count - bytes.length} bytes too few`, {
        field: 'zlibData',
      });
    start += count;
    return bytes.subarray(0, count);
  };

  const close = (): void => {
    const z = opened();
    if (start === end) {
      start = 0;
      end = 0;
      fill(z);
    }
    if (start !== end)
      throw new ProtocolError('zlib data yields more than the rectangle', { field: 'zlibData' });
    if (z.avail_in !== 0)
      throw new ProtocolError(`${z.avail_in} bytes follow the end of the zlib stream`, {
        field: 'zlibData',
      });
    z.input = EMPTY;
    inflatedOwner = undefined;
  };

  const reset = (): void => {
    if (stream !== undefined) zlibInflateReset(stream);
  };

  const inflater: Inflater = { open, peek, skip, read, close, reset };
  return inflater;
}
