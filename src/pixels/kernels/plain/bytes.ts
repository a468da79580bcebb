/** Moving bytes; the twin of ../assembly/bytes.ts. */
import type { Kernels } from '../kernel-interface.ts';
import type { KernelMemory } from '../memory.ts';

export const bytesKernels = (memory: KernelMemory): Pick<Kernels, 'copyBytes' | 'clearBytes'> => ({
  copyBytes: (from, to, size) => {
    memory.bytes.copyWithin(to, from, from + size);
  },
  clearBytes: (address, size) => {
    memory.bytes.fill(0, address, address + size);
  },
});
