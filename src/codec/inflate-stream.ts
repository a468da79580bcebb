/**
 * Inflates the zlib streams of ZRLE, Zlib and Tight: they last as long as the connection, and each rectangle ends at a sync
 * flush; and those of PNG, each whole by itself. The kernel does the work (pixels/kernels/), here its input and output are led
 * past it. A stream has nothing before its first use; at work it has a slot of 140 kB (inflate-slots.ts), and 45 kB when it
 * had to give that up.
 */
import { assertInvariant, ProtocolError } from '../core/errors.ts';
import {
  beginState,
  faultTexts,
  Field,
  Inflated,
  Mode,
  STATE_BYTES,
} from '../pixels/kernels/inflate-state.ts';
import {
  borrowSlot,
  enlargeSlot,
  HISTORY_BYTES,
  INPUT_BYTES,
  inputPlace,
  type Lodger,
  type Slot,
} from './inflate-slots.ts';

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
  /** Where what was peeked stands in the memory of the kernels. */
  readonly address: () => number;
  /** Exactly the next `count` bytes. ProtocolError when the input yields fewer. */
  readonly read: (count: number) => Uint8Array;
  /** The same, as an address in the memory of the kernels. */
  readonly take: (count: number) => number;
  /** ProtocolError unless all input was used and all output was read. */
  readonly close: () => void;
  /** The same, and that the stream has ended: its checksum was there, and right. */
  readonly closeEnded: () => void;
  /** Forgets everything: the next input starts with a zlib header. */
  readonly reset: () => void;
}

const EMPTY = new Uint8Array(0);
/** The kernel is fast as long as it has more room than this. */
const SPARE_ROOM = 512;

/** Decoding is synchronous: only one stream is at work. */
let opened: Inflater | undefined;

export function createInflater(): Inflater {
  let slot: Slot | undefined;
  // What has to outlive the loss of a slot: the state, then the history. Undefined: nothing was inflated yet.
  let saved: Uint8Array | undefined;
  // Addresses in the slot's buffer: history and what was read end at `start`, what is inflated ends at `end`.
  let start = 0;
  let end = 0;
  // What is left of the input: input[inputAt..], before it what the kernel was given and did not take yet.
  let input: Uint8Array = EMPTY;
  let inputAt = 0;
  let given = 0;
  let givenEnd = 0;
  // The input was taken whole, and yields nothing more.
  let exhausted = false;

  const leave = (): void => {
    const { set, state, buffer } = at();
    const { bytes } = set.memory;
    const history = Math.max(buffer, end - HISTORY_BYTES);
    saved = new Uint8Array(STATE_BYTES + end - history);
    saved.set(bytes.subarray(state, state + STATE_BYTES));
    saved.set(bytes.subarray(history, end), STATE_BYTES);
    slot = undefined;
  };
  const lodger: Lodger = { leave };

  const at = (): Slot => {
    assertInvariant(slot !== undefined, 'an inflater at work has a slot');
    return slot;
  };

  /** Moves in, with what was saved. */
  const arrive = ({ set, state, buffer }: Slot): void => {
    const { bytes, words } = set.memory;
    start = buffer;
    if (saved === undefined) {
      beginState(words, state);
    } else {
      bytes.set(saved.subarray(0, STATE_BYTES), state);
      bytes.set(saved.subarray(STATE_BYTES), buffer);
      start += saved.length - STATE_BYTES;
      saved = undefined;
    }
    end = start;
  };

  const open = (bytes: Uint8Array): void => {
    opened = inflater;
    const borrowed = borrowSlot(lodger);
    slot = borrowed.slot;
    if (borrowed.isNew) arrive(slot);
    // What the last rectangle left unread, when it was broken, is history.
    start = end;
    input = bytes;
    inputAt = 0;
    given = 0;
    givenEnd = 0;
    exhausted = false;
  };

  /** Gives the kernel the next part of the input, if any is left and the last one is used up. */
  const feed = ({ set }: Slot): void => {
    if (given < givenEnd || inputAt === input.length) return;
    const part = input.subarray(inputAt, inputAt + INPUT_BYTES);
    // Copying into shared memory is several times faster when both sides stand alike to words of 8 bytes.
    given = inputPlace(set) + (part.byteOffset & 7);
    givenEnd = given + part.length;
    set.memory.bytes.set(part, given);
    inputAt += part.length;
  };

  /** Inflates into the room behind `end`. False when the input yields nothing more. */
  const fill = (): boolean => {
    const place = at();
    const { kernels, memory } = place.set;
    const before = end;
    let result: number;
    do {
      feed(place);
      result = kernels.inflate(place.state, given, givenEnd, end, place.bufferEnd, place.buffer);
      const { words } = memory;
      given = words[(place.state + Field.Input) >>> 2]!;
      end = words[(place.state + Field.Output) >>> 2]!;
      if (result === Inflated.Failed)
        throw new ProtocolError(
          `zlib data is broken: ${faultTexts[words[(place.state + Field.Fault) >>> 2]!]}`,
          { field: 'zlibData' },
        );
    } while (result === Inflated.WantsInput && inputAt < input.length);
    exhausted = result === Inflated.WantsInput;
    return end > before;
  };

  /** Makes room for `count` bytes behind `start`: moves history and what is not read to the front of the buffer. */
  const makeRoom = (count: number): void => {
    const place = at();
    if (start + count + SPARE_ROOM <= place.bufferEnd) return;
    const { buffer, set } = place;
    const kept = Math.min(start, Math.max(buffer, end - HISTORY_BYTES));
    // In whole words of 8 bytes, as above.
    const shift = Math.floor((kept - buffer) / 8) * 8;
    set.memory.bytes.copyWithin(buffer, buffer + shift, end);
    start -= shift;
    end -= shift;
    const wanted = start - buffer + count + SPARE_ROOM;
    if (buffer + wanted <= place.bufferEnd) return;
    enlargeSlot(place, wanted);
    start += place.buffer - buffer;
    end += place.buffer - buffer;
  };

  /** Inflates until `count` bytes can be read, or the input is used up. Returns how many can. */
  const prepare = (count: number): number => {
    assertInvariant(opened === inflater, 'inflater is open');
    if (end - start < count) {
      makeRoom(count);
      while (end - start < count && !exhausted && fill());
    }
    return end - start;
  };

  const peek = (count: number): Uint8Array => {
    prepare(count);
    return at().set.memory.bytes.subarray(start, end);
  };

  const skip = (count: number): void => {
    assertInvariant(count >= 0 && start + count <= end, 'inflater skips what was peeked');
    start += count;
  };

  const take = (count: number): number => {
    const available = prepare(count);
    if (available < count)
      throw new ProtocolError(`zlib data yields ${count - available} bytes too few`, {
        field: 'zlibData',
      });
    start += count;
    return start - count;
  };

  const read = (count: number): Uint8Array => {
    const address = take(count);
    return at().set.memory.bytes.subarray(address, address + count);
  };

  const close = (): void => {
    if (prepare(1) > 0)
      throw new ProtocolError('zlib data yields more than the rectangle', { field: 'zlibData' });
    const left = givenEnd - given + input.length - inputAt;
    if (left !== 0)
      throw new ProtocolError(`${left} bytes follow the end of the zlib stream`, {
        field: 'zlibData',
      });
    input = EMPTY;
    opened = undefined;
  };

  const closeEnded = (): void => {
    const { set, state } = at();
    close();
    if (set.memory.words[(state + Field.Mode) >>> 2] !== Mode.Done)
      throw new ProtocolError('the zlib stream does not end', { field: 'zlibData' });
  };

  const reset = (): void => {
    saved = undefined;
    if (slot !== undefined) arrive(slot);
  };

  const inflater: Inflater = {
    open,
    peek,
    skip,
    address: () => start,
    read,
    take,
    close,
    closeEnded,
    reset,
  };
  return inflater;
}
