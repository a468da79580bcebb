/**
 * What deflaters work with in the kernels' memory. Windows and tables of a stream are lent, since few of a thousand viewers see
 * changes at the same time: an idle viewer costs nothing. Everything else exists once, as deflating is synchronous.
 */
import {
  FAST_TABLE_BYTES,
  TABLE_BYTES,
  WINDOW_BYTES as HISTORY_BYTES,
  WORK_BYTES,
} from '../pixels/kernels/assembly/deflate-layout.ts';
import { type KernelSet, kernelSet } from '../pixels/kernels/kernels.ts';

export { HISTORY_BYTES };

/** A stream's history, as far as it is still known, and the tables to search it: 288 kB at most. */
export interface DeflateState {
  readonly owner: object;
  /** Address of BUFFER_BYTES. */
  readonly buffer: number;
  /** Addresses of the first byte of history in the buffer, and behind its last. */
  start: number;
  end: number;
  /** The stream's bytes so far, modulo 2^32, as the tables count them. */
  position: number;
  /** Address of `tableBytes`. */
  tables: number;
  tableBytes: number;
}

/** The history that matches may reach, and input behind it: most rectangles are compressed where they were written. */
const BUFFER_BYTES = 4 * HISTORY_BYTES;
/** Larger input is staged apart. */
export const MAX_BUFFERED_BYTES: number = BUFFER_BYTES - HISTORY_BYTES;
/** From here on nothing is in reach in tables of zeros. */
const FIRST_POSITION = HISTORY_BYTES + 1;
/** Viewers whose screens move at the same time, beyond which history is lost to make room. 9 MB at most. */
const MAX_STATES = 32;
/** Larger shared buffers are given back when they are no longer needed. */
const KEPT_BYTES = 1024 * 1024;

interface SharedBuffer {
  address: number;
  size: number;
}

export class DeflateMemory {
  readonly set: KernelSet;
  /** Address of the kernels' work space. */
  readonly work: number;
  readonly #staging: SharedBuffer = { address: 0, size: 0 };
  readonly #output: SharedBuffer = { address: 0, size: 0 };
  /** By owner, the one that waited longest first. */
  readonly #states = new Map<object, DeflateState>();

  constructor(set: KernelSet) {
    this.set = set;
    this.work = set.memory.allocate(WORK_BYTES);
    set.kernels.deflatePrepare(this.work);
  }

  /**
   * The state of an owner; a new one has no history, and was taken from whom used it longest ago if there are many. Deflated
   * data refers back only as far as its writer chooses to: a new state can go on with any stream that has had its header.
   */
  stateOf(owner: object): DeflateState {
    const state = this.#states.get(owner) ?? this.#newState(owner);
    this.#states.delete(owner);
    this.#states.set(owner, state);
    return state;
  }

  /** Ends the history of an owner. Its tables may stay as they are: nothing in them is in reach of what comes next. */
  forget(owner: object): void {
    const state = this.#states.get(owner);
    if (state !== undefined) state.start = state.end;
  }

  /** Room for `size` bytes behind the history, of which what is out of reach may be dropped. */
  makeRoom(state: DeflateState, size: number): void {
    if (state.end + size <= state.buffer + BUFFER_BYTES) return;
    const from = state.end - knownBytes(state);
    this.set.kernels.copyBytes(from, state.buffer, state.end - from);
    state.start = state.buffer;
    state.end = state.buffer + (state.end - from);
  }

  /** Address of `size` bytes for input, with all of the history in reach before it. */
  stage(state: DeflateState, size: number): number {
    const at = this.#ensure(this.#staging, HISTORY_BYTES + size) + HISTORY_BYTES;
    const known = knownBytes(state);
    this.set.kernels.copyBytes(state.end - known, at - known, known);
    return at;
  }

  /** Makes the end of staged input the history, beside what was history before. There is room for a window. */
  unstage(state: DeflateState, input: number, size: number): void {
    const kept = Math.min(knownBytes(state) + size, HISTORY_BYTES);
    this.set.kernels.copyBytes(input + size - kept, state.end, kept);
    state.start = state.end;
    state.end += kept;
  }

  /** Whether a state is still its owner's. */
  has(state: DeflateState): boolean {
    return this.#states.get(state.owner) === state;
  }

  /** Address of so much shared room for output. */
  output(size: number): number {
    return this.#ensure(this.#output, size);
  }

  /** Sees to it that a state has the tables that the fast efforts need, or all. */
  ensureTables(state: DeflateState, all: boolean): void {
    const wanted = all ? TABLE_BYTES : FAST_TABLE_BYTES;
    if (state.tableBytes >= wanted) return;
    const { memory, kernels } = this.set;
    const tables = memory.allocate(wanted);
    kernels.clearBytes(tables, wanted);
    if (state.tableBytes > 0) {
      kernels.copyBytes(state.tables, tables, state.tableBytes);
      memory.release(state.tables);
    }
    state.tables = tables;
    state.tableBytes = wanted;
  }

  #newState(owner: object): DeflateState {
    const [oldest] = this.#states.size < MAX_STATES ? [] : this.#states.values();
    if (oldest === undefined) {
      const buffer = this.set.memory.allocate(BUFFER_BYTES);
      const position = FIRST_POSITION;
      return { owner, buffer, start: buffer, end: buffer, position, tables: 0, tableBytes: 0 };
    }
    this.#states.delete(oldest.owner);
    const { buffer, tables, tableBytes } = oldest;
    // What a stream sends must not depend on what another one did.
    this.set.kernels.clearBytes(tables, tableBytes);
    const position = FIRST_POSITION;
    return { owner, buffer, start: buffer, end: buffer, position, tables, tableBytes };
  }

  #ensure(buffer: SharedBuffer, size: number): number {
    const tooSmall = buffer.size < size;
    const tooLarge = buffer.size > KEPT_BYTES && size <= KEPT_BYTES;
    if (tooSmall || tooLarge) {
      const { memory } = this.set;
      if (buffer.size > 0) memory.release(buffer.address);
      const doubled = tooSmall ? Math.min(2 * buffer.size, KEPT_BYTES) : 0;
      buffer.size = Math.max(size, doubled, 4096);
      buffer.address = memory.allocate(buffer.size);
    }
    return buffer.address;
  }
}

/** Bytes of history that matches may reach. */
export const knownBytes = (state: DeflateState): number =>
  Math.min(state.end - state.start, HISTORY_BYTES);

let current: DeflateMemory | undefined;

/** That of this thread's kernels. */
export function deflateMemory(): DeflateMemory {
  const set = kernelSet();
  if (current?.set !== set) current = new DeflateMemory(set);
  return current;
}
