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
}

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
