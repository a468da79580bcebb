/**
 * The memory that all kernels work in: pictures, windows and tables at addresses (bytes from its start). It grows and never
 * moves; blocks are handed out and taken back here, by one thread. On Node it is shared, so that workers see the same bytes:
 * each hands out blocks of an arena of its own, which is one block to the thread that made the memory.
 */
import { assertInvariant } from '../../core/errors.ts';

const PAGE_BYTES = 65536;
/** 2 GB: also what the kernels were compiled for (scripts/build-kernels.js). */
const MAX_PAGES = 32768;
/** A cache line; also more than any kernel's widest load wants. */
const ALIGNMENT = 64;
/** Kernels may read, never write, so far past a block: their loads are 16 bytes wide. */
const SLACK_BYTES = 64;

interface FreeBlock {
  address: number;
  size: number;
}

export class KernelMemory {
  readonly memory: WebAssembly.Memory;
  #bytes: Uint8Array;
  #words: Uint32Array;
  /** Where nothing was handed out yet. */
  #top: number;
  readonly #end: number;
  /** By address, never two that touch. */
  readonly #free: FreeBlock[] = [];
  readonly #sizes = new Map<number, number>();

  /**
   * Hands out what lies between two addresses. In front of `start` are the kernels' constants, or blocks of other threads;
   * without `end` the memory grows.
   */
  constructor(memory: WebAssembly.Memory, start: number, end: number = Number.POSITIVE_INFINITY) {
    this.memory = memory;
    this.#bytes = new Uint8Array(memory.buffer);
    this.#words = new Uint32Array(memory.buffer);
    this.#top = aligned(start + SLACK_BYTES);
    this.#end = end;
  }

  /** All of it. Ask again after anything that may allocate: where the memory is not shared, growing ends old views. */
  get bytes(): Uint8Array {
    return this.#bytes;
  }

  /** All of it as 32-bit words; the word of an address is at address / 4. As short-lived as `bytes`. */
  get words(): Uint32Array {
    return this.#words;
  }

  /** An address came from the thread that made the memory, which may have grown it: the views reach that far from now on. */
  reach(address: number): void {
    if (address > this.#bytes.byteLength) this.#look();
  }

  /** Only when it has grown: asking a shared memory for its buffer takes as long as a small kernel. */
  #look(): void {
    this.#bytes = new Uint8Array(this.memory.buffer);
    this.#words = new Uint32Array(this.memory.buffer);
  }

  /** Bytes handed out now. */
  get used(): number {
    let sum = 0;
    for (const size of this.#sizes.values()) sum += size;
    return sum;
  }

  /** A block of at least `size` bytes, at a multiple of 64; its content is stale. RangeError when 2 GB, or the arena, are full. */
  allocate(size: number): number {
    const wanted = aligned(size + SLACK_BYTES);
    const address = this.#takeFree(wanted) ?? this.#extend(wanted);
    this.#sizes.set(address, wanted);
    return address;
  }

  /** Takes a block back. Nobody may use its address any more. */
  release(address: number): void {
    const size = this.#sizes.get(address);
    assertInvariant(size !== undefined, 'only what was allocated is released, and once');
    this.#sizes.delete(address);
    const next = this.#free.findIndex((block) => block.address > address);
    const at = next < 0 ? this.#free.length : next;
    this.#free.splice(at, 0, { address, size });
    this.#join(at);
    this.#join(at - 1);
  }

  /** The smallest free block that is large enough, cut to size. */
  #takeFree(wanted: number): number | undefined {
    let best: FreeBlock | undefined;
    for (const block of this.#free) {
      if (block.size >= wanted && (best === undefined || block.size < best.size)) best = block;
    }
    if (best === undefined) return undefined;
    const { address } = best;
    best.address += wanted;
    best.size -= wanted;
    if (best.size === 0) this.#free.splice(this.#free.indexOf(best), 1);
    return address;
  }

  #extend(wanted: number): number {
    const address = this.#top;
    if (address + wanted > this.#end) throw new RangeError(`no ${wanted} bytes are left`);
    const missing = address + wanted - this.#bytes.byteLength;
    if (missing > 0) {
      this.memory.grow(Math.ceil(missing / PAGE_BYTES));
      this.#look();
    }
    this.#top = address + wanted;
    return address;
  }

  /** Joins the free block at an index with the one behind it, if they touch. */
  #join(index: number): void {
    const block = this.#free[index];
    const next = this.#free[index + 1];
    if (block === undefined || next === undefined || block.address + block.size !== next.address)
      return;
    block.size += next.size;
    this.#free.splice(index + 1, 1);
  }
}

/** A new memory, shared where the runtime lets us. */
export function createMemory(): WebAssembly.Memory {
  if (typeof WebAssembly === 'undefined') return createPlainMemory();
  try {
    return new WebAssembly.Memory({ initial: 16, maximum: MAX_PAGES, shared: true });
  } catch {
    return new WebAssembly.Memory({ initial: 16, maximum: MAX_PAGES });
  }
}

/** The same for runtimes without WebAssembly. */
function createPlainMemory(): WebAssembly.Memory {
  let buffer = new ArrayBuffer(16 * PAGE_BYTES);
  return {
    get buffer() {
      return buffer;
    },
    grow: (pages) => {
      const before = buffer.byteLength / PAGE_BYTES;
      if (before + pages > MAX_PAGES) throw new RangeError('the kernels have no more memory');
      const grown = new ArrayBuffer(PAGE_BYTES * (before + pages));
      new Uint8Array(grown).set(new Uint8Array(buffer));
      buffer = grown;
      return before;
    },
  };
}

const aligned = (size: number): number => Math.ceil(size / ALIGNMENT) * ALIGNMENT;
