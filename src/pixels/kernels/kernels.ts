/**
 * The hot loops over pixels and bytes, all in one memory. Each exists twice with the same results, bit for bit: in assembly/
 * (AssemblyScript, compiled to WebAssembly with SIMD) and, to read and to fall back on, in plain/. Nothing here checks its
 * arguments: callers do. An `address` is in bytes, a `stride` in bytes from a row to the next, a pixel one 32-bit word.
 */
import { createMemory, KernelMemory } from './memory.ts';
import { plainKernels } from './plain/plain.ts';
import { instantiateWasm } from './wasm.ts';

export interface Kernels {
  /** 1 when two blocks of width x height pixels differ anywhere, else 0. */
  readonly differ: (
    a: number,
    aStride: number,
    b: number,
    bStride: number,
    width: number,
    height: number,
  ) => number;

  /**
   * Compares two blocks in columns of 64 pixels (the last may be narrower) and writes a byte for each at `flags`: 1 where
   * it differs. Returns how many do.
   */
  readonly changedTiles: (
    a: number,
    aStride: number,
    b: number,
    bStride: number,
    width: number,
    height: number,
    flags: number,
  ) => number;
  /**
   * The smallest rectangle around all that differs, as four words at `box` (x, y, width, height); that much is copied from
   * `a` to `b`. Returns 1, or 0 when nothing differs; then `box` is not written.
   */
  readonly takeChanges: (
    a: number,
    aStride: number,
    b: number,
    bStride: number,
    width: number,
    height: number,
    box: number,
  ) => number;
  /** Compares cells of 32 x 1 pixels (the last may be narrower); a byte for each at `cells`, row by row: 1 where equal. */
  readonly equalCells: (
    a: number,
    aStride: number,
    b: number,
    bStride: number,
    width: number,
    height: number,
    cells: number,
    cellsStride: number,
  ) => void;
  /** Copies a block to another place of the same picture (addresses of their first pixels). The two may overlap. */
  readonly moveBlock: (
    from: number,
    to: number,
    stride: number,
    width: number,
    height: number,
  ) => void;

  /**
   * Notes features, which are 32 pixels behind an edge, of the rows 0, rowStep, 2 rowStep … of a block that stands at x, y
   * (below 65536) of its picture. `table`: 16384 pairs of words (hash, y << 16 | x), zeroed before its first use, in which
   * one that stands twice keeps its hash alone. Adds at most `room`, in all less than 16384; returns how many.
   */
  readonly indexFeatures: (
    block: number,
    stride: number,
    width: number,
    height: number,
    x: number,
    y: number,
    rowStep: number,
    table: number,
    room: number,
  ) => number;
  /**
   * Looks the features of a block up in such a table. Each that stands once in it, and elsewhere, becomes a word at `votes`
   * (dy << 16 | dx & 0xffff): how far it moved. At most `room`; returns how many.
   */
  readonly matchFeatures: (
    block: number,
    stride: number,
    width: number,
    height: number,
    x: number,
    y: number,
    table: number,
    votes: number,
    room: number,
  ) => number;
}

/** Bytes of a table of features. */
export const FEATURE_TABLE_BYTES: number = 16384 * 8;

export interface KernelSet {
  readonly memory: KernelMemory;
  readonly kernels: Kernels;
  /** `wasm`: with SIMD. `plain`: TypeScript, where the runtime has no WebAssembly with SIMD, or was told to. */
  readonly kind: 'wasm' | 'plain';
}

/** Makes a set with a memory of its own. WebAssembly unless `kind` says otherwise or the runtime cannot. */
export function createKernels(kind: KernelSet['kind'] = 'wasm'): KernelSet {
  const wasm = kind === 'wasm' ? instantiateWasm(createMemory) : undefined;
  if (wasm !== undefined)
    return { memory: new KernelMemory(wasm.memory, wasm.reserved), kernels: wasm.kernels, kind };
  const memory = new KernelMemory(createMemory(), 0);
  return { memory, kernels: plainKernels(memory), kind: 'plain' };
}

let current: KernelSet | undefined;

/** The set that this thread works with, made when first asked for. */
export function kernelSet(): KernelSet {
  current ??= createKernels();
  return current;
}

/** Makes this thread work with a set: before anything asked for one, or in a test. Returns what was there before. */
export function useKernels(set: KernelSet): KernelSet | undefined {
  const before = current;
  current = set;
  return before;
}
