/**
 * The kernels that a thread works with (kernel-interface.ts says what each does), and their memory: in WebAssembly where the
 * runtime has it, else in TypeScript. What callers need to know of sizes stands here, too.
 */
import { assertInvariant } from '../../core/errors.ts';
import type { Kernels } from './kernel-interface.ts';
import { createMemory, KernelMemory } from './memory.ts';
import { plainKernels } from './plain/plain.ts';
import { instantiateWasm } from './wasm.ts';

/** A palette, a tile, and room for what runs write too much. */
export const ZRLE_WORKSPACE_BYTES: number = 4 * 128 + 4 * 64 * 64 + 16;

/** What is added to an effort of deflate. */
export const DEFLATE_END = 8;

/** Eight tables of 256 words. */
export const CRC_TABLE_BYTES: number = 8 * 1024;

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

/** A part of a memory that a thread gave away: see KernelMemory. */
export interface KernelArena {
  readonly memory: WebAssembly.Memory;
  readonly start: number;
  readonly end: number;
}

/** In another thread: kernels over the memory of one that made a set of kind `wasm`. */
export function joinKernels({ memory, start, end }: KernelArena): KernelSet {
  const wasm = instantiateWasm(() => memory);
  assertInvariant(wasm !== undefined, 'what one thread could instantiate another one can');
  return { memory: new KernelMemory(memory, start, end), kernels: wasm.kernels, kind: 'wasm' };
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
