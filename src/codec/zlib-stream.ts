/**
 * Deflates the zlib streams of ZRLE, Zlib and Tight: they last as long as the connection, and each rectangle ends at a sync
 * flush. The one place that knows which library does it (pako: synchronous, portable). A deflater borrows its 270 kB.
 */
import {
  ZStream,
  Z_BUF_ERROR,
  Z_DEFAULT_STRATEGY,
  Z_OK,
  Z_SYNC_FLUSH,
  zlibDeflate,
  zlibDeflateInit2,
  zlibDeflateReset,
} from 'pako';
import { assertInvariant } from '../core/errors.ts';

export interface Deflater {
  /** Compresses all of `input` and flushes. The result is borrowed until the next call on any deflater. */
  readonly deflate: (input: Uint8Array) => Uint8Array;
}

const EMPTY = new Uint8Array(0);

// Shared by all streams: encoding is synchronous, so only one of them is at work.
let deflated = EMPTY;

/** What a deflater works with, 270 kB: lent, since few of a thousand viewers see changes at the same time. */
interface DeflateState {
  readonly stream: ZStream;
  readonly level: number;
  readonly owner: Deflater;
}

/** Viewers whose screens move at the same time, beyond which history is lost to make room. 8 MB at most. */
const MAX_DEFLATE_STATES = 32;
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

  const deflate = (input: Uint8Array): Uint8Array => {
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
  const deflater: Deflater = { deflate };
  return deflater;
}

/** Makes the shared output at least `size` bytes long, keeping its first `keep`. */
function ensureDeflated(size: number, keep: number): void {
  if (size <= deflated.length) return;
  const grown = new Uint8Array(Math.max(size, 2 * deflated.length, 4096));
  grown.set(deflated.subarray(0, keep));
  deflated = grown;
}
