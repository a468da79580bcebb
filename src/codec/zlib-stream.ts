/**
 * Deflates the zlib streams of ZRLE, Zlib and Tight: they last as long as the connection, and each rectangle ends at a sync
 * flush. A deflater borrows its 288 kB; the work is the kernels'.
 */
import { assertInvariant } from '../core/errors.ts';
import {
  type DeflateState,
  deflateMemory,
  HISTORY_BYTES,
  knownBytes,
  MAX_BUFFERED_BYTES,
} from './deflate-memory.ts';
import { kernelSet } from '../pixels/kernels/kernels.ts';

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

/** The next bytes of some data. */
export interface DataPart extends DataShape {
  readonly size: number;
}

export interface Deflater {
  /** Address of `size` bytes in the kernels' memory to write input at; valid until `finish` or `begin` of any deflater. */
  readonly begin: (size: number) => number;
  /** Compresses the first `size` bytes of what was written there and flushes. Borrowed until the next call on any deflater. */
  readonly finish: (size: number, shape: DataShape) => Uint8Array;
  /** The same for data that is not alike everywhere: the parts stand one behind the other. */
  readonly finishParts: (parts: readonly DataPart[]) => Uint8Array;
  /** For input that stands elsewhere: begin, copy, finish. */
  readonly deflate: (input: Uint8Array, shape?: DataShape) => Uint8Array;
  /**
   * Undoes the last `finish` or `deflate` (one step), whose bytes must not be sent then. What follows is as valid as if that had
   * not been, but may be longer: less of the history is found again, the more so after large trials.
   */
  readonly rewind: () => void;
  /** The stream's header was made: `resume` of a deflater that goes on with the stream must know. */
  readonly begun: () => boolean;
  /** Goes on with a stream that another deflater, of another thread, wrote to meanwhile: with nothing to refer back to. */
  readonly resume: (begun: boolean) => void;
  /** Begins a new stream: what follows starts with a zlib header and refers to nothing before it. */
  readonly restart: () => void;
}

const NO_SHAPE: DataShape = { bytesPerPixel: 1, rowBytes: 0 };
/** The effort of each level for pixels, and for indexes and bits: those are few bytes, and worth more time. */
const EFFORTS: readonly (readonly [DeflateEffort, DeflateEffort])[] = [
  [DeflateEffort.Stored, DeflateEffort.Stored],
  [DeflateEffort.Greedy, DeflateEffort.Greedy],
  [DeflateEffort.Lazy, DeflateEffort.Chains],
  [DeflateEffort.Chains, DeflateEffort.Chains],
  [DeflateEffort.Chains, DeflateEffort.Chains],
  [DeflateEffort.Chains, DeflateEffort.Deep],
  [DeflateEffort.Deep, DeflateEffort.Deep],
  [DeflateEffort.Deep, DeflateEffort.Deep],
  [DeflateEffort.Deep, DeflateEffort.Best],
  [DeflateEffort.Best, DeflateEffort.Best],
];

/** RFC 1950: deflate with a window of 32 kB, and whatever level. */
export const ZLIB_HEADER: Uint8Array = Uint8Array.of(0x78, 0x01);
/** Data that does not shrink costs 5 bytes for each block, of 16384 at least, and 5 for the flush; the kernel scribbles on 8. */
export const outputBound = (size: number): number => size + 5 * ((size >> 14) + 1) + 5 + 8;

/** What a call changes, for who takes it back. */
interface Undo {
  readonly begun: boolean;
  readonly state: DeflateState;
  /** Whether the tables can be undone, too: where the input is still there, and its chains. */
  readonly chained: boolean;
  readonly input: number;
  readonly size: number;
  readonly start: number;
  readonly end: number;
  readonly position: number;
}

/** Where the input stands that was last asked for. */
let open: { readonly owner: Deflater; readonly address: number; readonly size: number } | undefined;

/** `level` 0 (stored) .. 9, as viewers ask for it; RangeError for others. */
export function createDeflater(level: number): Deflater {
  const efforts = EFFORTS[level];
  if (efforts === undefined) throw new RangeError(`compression level ${level} is not 0..9`);
  let begun = false;
  let undo: Undo | undefined;

  const effortOf = ({ effort, bytesPerPixel }: DataShape): DeflateEffort =>
    effort ?? efforts[bytesPerPixel > 1 ? 0 : 1];

  const begin = (size: number): number => {
    const memory = deflateMemory();
    const state = memory.stateOf(deflater);
    const buffered = size <= MAX_BUFFERED_BYTES;
    memory.makeRoom(state, buffered ? size : HISTORY_BYTES);
    const address = buffered ? state.end : memory.stage(state, size);
    open = { owner: deflater, address, size };
    undo = undefined;
    return address;
  };

  const finishParts = (parts: readonly DataPart[]): Uint8Array => {
    const size = parts.reduce((sum, part) => sum + part.size, 0);
    assertInvariant(open?.owner === deflater && size <= open.size, 'finish follows begin');
    const memory = deflateMemory();
    const state = memory.stateOf(deflater);
    const { address } = open;
    open = undefined;
    let chained = address === state.end;
    for (const part of parts) {
      assertInvariant(part.bytesPerPixel >= 1, 'a pixel has bytes');
      const effort = effortOf(part);
      if (effort > DeflateEffort.Huffman) memory.ensureTables(state, effort > DeflateEffort.Lazy);
      chained &&= effort > DeflateEffort.Lazy;
    }
    const { start, end, position } = state;
    undo = { begun, state, chained, input: address, size, start, end, position };

    const bound = parts.reduce((sum, part) => sum + outputBound(part.size), ZLIB_HEADER.length);
    const output = memory.output(bound);
    let length = 0;
    if (!begun) {
      memory.set.memory.bytes.set(ZLIB_HEADER, output);
      length = ZLIB_HEADER.length;
      begun = true;
    }
    const history = address - knownBytes(state);
    let input = address;
    for (const part of parts) {
      length += memory.set.kernels.deflate(
        memory.work,
        state.tables,
        history,
        input,
        part.size,
        state.position,
        part.bytesPerPixel,
        part.rowBytes,
        effortOf(part),
        output + length,
      );
      input += part.size;
      state.position = (state.position + part.size) >>> 0;
    }
    if (address === state.end) state.end += size;
    else memory.unstage(state, address, size);
    return memory.set.memory.bytes.subarray(output, output + length);
  };

  const finish = (size: number, shape: DataShape): Uint8Array => finishParts([{ ...shape, size }]);

  const deflate = (input: Uint8Array, shape: DataShape = NO_SHAPE): Uint8Array => {
    const address = begin(input.length);
    kernelSet().memory.bytes.set(input, address);
    return finish(input.length, shape);
  };

  const rewind = (): void => {
    assertInvariant(undo !== undefined, 'rewind follows finish');
    const memory = deflateMemory();
    const { state, chained, input, size, start, end, position } = undo;
    // Where it was lent to another meanwhile, there is no history to go back to.
    if (memory.has(state)) {
      Object.assign(state, { start, end, position });
      const history = input - knownBytes(state);
      if (chained) memory.set.kernels.deflateUndo(state.tables, history, input, size, position);
    }
    begun = undo.begun;
    undo = undefined;
  };

  const resume = (hasBegun: boolean): void => {
    // INVARIANT: what was compressed elsewhere stands between here and our history, so that no distance into that is right.
    deflateMemory().forget(deflater);
    begun = hasBegun;
    undo = undefined;
  };

  const restart = (): void => {
    begun = false;
    undo = undefined;
    deflateMemory().forget(deflater);
  };

  const deflater: Deflater = {
    begin,
    finish,
    finishParts,
    deflate,
    rewind,
    begun: () => begun,
    resume,
    restart,
  };
  return deflater;
}
