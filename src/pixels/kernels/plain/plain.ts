/** All kernels in plain TypeScript: what they mean, and what runs where WebAssembly with SIMD is missing. */
import type { Kernels } from '../kernels.ts';
import type { KernelMemory } from '../memory.ts';
import { compareKernels } from './compare.ts';

export const plainKernels = (memory: KernelMemory): Kernels => ({
  ...compareKernels(memory),
});
