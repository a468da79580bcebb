/**
 * The zlib streams of ZRLE, Zlib and Tight: they last as long as the connection, and each rectangle ends at a sync flush.
 * The one place that knows which library does it (pako: synchronous, portable). An inflater's state is
 * made on first use, 45 kB, so that what is never asked for costs nothing; a deflater borrows its 270 kB.
 */
import {
  ZStream,
  Z_BUF_ERROR,
  Z_DEFAULT_STRATEGY,
  Z_OK,
  Z_STREAM_END,
  Z_SYNC_FLUSH,
  zlibDeflate,
  zlibDeflateInit2,
  zlibDeflateReset,
  zlibInflate,
  zlibInflateInit,
  zlibInflateReset,
} from 'pako';
import { assertInvariant, ProtocolError } from '../core/errors.ts';
import { kernelSet } from '../pixels/kernels/kernels.ts';

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

/** How hard to look for what was sent before. Each is at least as slow as the one before it, and nearly always smaller. */
export const DeflateEffort = {
  /** Nothing is looked for: bytes as they are. */
  Stored: 0,
  /** Frequent bytes become short, repetitions are not looked for: for what a filter made of photos. */
  Huffman: 1,
  /** The first repetition found. */
  Greedy: 2,
  /** A longer one a byte later wins; single pixels of 3 bytes repeat too. */
  Lazy: 3,
  /** The longest of several. */
  Chains: 4,
  /** The longest of many. */
  Deep: 5,
  /** The longest of about all. */
  Best: 6,
} as const;
export type DeflateEffort = (typeof DeflateEffort)[keyof typeof DeflateEffort];

/** What the bytes are: where repetitions are likely. Wrong values cost bytes, nothing else. */
export interface DataShape {
  /** 1 for indexes and bits, 2, 3 or 4 for pixels. */
  readonly bytesPerPixel: number;
  /** From a row to the next; 0 when there are none. */
  readonly rowBytes: number;
  /** Instead of what the stream's level asks for. */
  readonly effort?: DeflateEffort;
}

export interface Deflater {
  /** Address of `size` bytes in the kernels' memory to write input at; valid until `finish` or `begin` of any deflater. */
  readonly begin: (size: number) => number;
  /** Compresses the first `size` bytes of what was written there and flushes. Borrowed until the next call on any deflater. */
  readonly finish: (size: number, shape: DataShape) => Uint8Array;
  /** For input that stands elsewhere: begin, copy, finish. */
  readonly deflate: (input: Uint8Array, shape?: DataShape) => Uint8Array;
  /** Undoes the last `finish` or `deflate` as if it had not happened (one step), whose bytes must not be sent then. */
  readonly rewind: () => void;
}

const NO_SHAPE: DataShape = { bytesPerPixel: 1, rowBytes: 0 };
const EMPTY = new Uint8Array(0);
const WINDOW_BYTES = 128 * 1024;

// Shared by all streams: decode and encode are synchronous, so only one of them is at work.
let inflated = EMPTY;
let inflatedOwner: Inflater | undefined;
let deflated = EMPTY;

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

/** What a deflater works with, 270 kB: lent, since few of a thousand viewers see changes at the same time. */
interface DeflateState {
  readonly stream: ZStream;
  readonly level: number;
  readonly owner: Deflater;
}

/** Viewers whose screens move at the same time, beyond which history is lost to make room. 8 MB at most. */
const MAX_DEFLATE_STATES = 32;
/** Where input is written. */
let staging = { address: 0, size: 0 };
/** Which deflaters have a state, the one that waited longest first. */
const states = new Map<Deflater, DeflateState>();

/** RFC 1950: deflate with a window of 32 kB, and whatever level. */
const ZLIB_HEADER = Uint8Array.of(0x78, 0x01);
const METHOD_DEFLATE = 8;
const MEMORY_LEVEL = 8;
/** Negative: without header and checksum. */
const RAW_WINDOW_BITS = -15;

/**
 * A state with no history, the longest unused one if there are many. Deflated data refers back only as far as its writer
 * chooses to, and every rectangle ends on a whole byte: a new state can go on with any stream that has had its header.
 */
function borrowState(owner: Deflater, level: number): DeflateState {
  const [oldest] = states.size < MAX_DEFLATE_STATES ? [] : states.values();
  if (oldest !== undefined) states.delete(oldest.owner);
  if (oldest?.level === level) {
    assertInvariant(zlibDeflateReset(oldest.stream) === Z_OK, 'zlib deflate can start again');
    return { stream: oldest.stream, level, owner };
  }
  const stream = new ZStream();
  const status = zlibDeflateInit2(
    stream,
    level,
    METHOD_DEFLATE,
    RAW_WINDOW_BITS,
    MEMORY_LEVEL,
    Z_DEFAULT_STRATEGY,
  );
  assertInvariant(status === Z_OK, 'zlib deflate can be set up');
  return { stream, level, owner };
}

/** `level` 0 (stored) .. 9, as zlib counts; RangeError for others. */
export function createDeflater(level: number): Deflater {
  if (!(Number.isInteger(level) && level >= 0 && level <= 9))
    throw new RangeError(`compression level ${level} is not 0..9`);
  let begun = false;
  let undo: { readonly begun: boolean } | undefined;

  const begin = (size: number): number => {
    if (staging.size < size) {
      if (staging.size > 0) kernelSet().memory.release(staging.address);
      staging = { address: kernelSet().memory.allocate(size), size };
    }
    return staging.address;
  };

  const deflate = (input: Uint8Array, shape: DataShape = NO_SHAPE): Uint8Array => {
    kernelSet().memory.bytes.set(input, begin(input.length));
    return finish(input.length, shape);
  };

  const rewind = (): void => {
    assertInvariant(undo !== undefined, 'rewind follows a deflate');
    // The history goes with what is undone: a new state can go on with any stream.
    states.delete(deflater);
    begun = undo.begun;
    undo = undefined;
  };

  const finish = (size: number, _shape: DataShape): Uint8Array => {
    const input = kernelSet().memory.bytes.subarray(staging.address, staging.address + size);
    const state = states.get(deflater) ?? borrowState(deflater, level);
    states.delete(deflater);
    states.set(deflater, state);
    const z = state.stream;
    z.input = input;
    z.next_in = 0;
    z.avail_in = input.length;
    // Room for data that does not shrink: blocks cost 5 bytes in some thousands, header and flush a dozen.
    ensureDeflated(input.length + (input.length >> 8) + 64, 0);
    let length = 0;
    undo = { begun };
    if (!begun) {
      deflated.set(ZLIB_HEADER);
      length = ZLIB_HEADER.length;
      begun = true;
    }
    do {
      // Fewer than 7 bytes of room would make zlib repeat the flush marker.
      ensureDeflated(length + 64, length);
      z.output = deflated as Uint8Array<ArrayBuffer>;
      z.next_out = length;
      z.avail_out = deflated.length - length;
      const status = zlibDeflate(z, Z_SYNC_FLUSH);
      assertInvariant(status === Z_OK || status === Z_BUF_ERROR, `zlib deflate: status ${status}`);
      length = z.next_out;
    } while (z.avail_out === 0);
    assertInvariant(z.avail_in === 0, 'zlib deflate takes all input');
    z.input = EMPTY;
    return deflated.subarray(0, length);
  };
  const deflater: Deflater = { begin, finish, deflate, rewind };
  return deflater;
}

/** Makes the shared output at least `size` bytes long, keeping its first `keep`. */
function ensureDeflated(size: number, keep: number): void {
  if (size <= deflated.length) return;
  const grown = new Uint8Array(Math.max(size, 2 * deflated.length, 4096));
  grown.set(deflated.subarray(0, keep));
  deflated = grown;
}
