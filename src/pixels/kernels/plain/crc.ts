/** The checksum of PNG's chunks; the twin of ../assembly/crc.ts. */
import type { Kernels } from '../kernel-interface.ts';
import type { KernelMemory } from '../memory.ts';

const POLYNOMIAL = 0xedb88320;
/** Words of one of the eight tables, of which only the assembly needs more than the first. */
const TABLE = 256;

export const crcKernels = (memory: KernelMemory): Pick<Kernels, 'crcPrepare' | 'crc32'> => ({
  crcPrepare: (tables) => {
    const { words } = memory;
    const first = tables >>> 2;
    for (let byte = 0; byte < TABLE; byte++) {
      let sum = byte;
      for (let bit = 0; bit < 8; bit++) sum = (sum >>> 1) ^ ((sum & 1) === 0 ? 0 : POLYNOMIAL);
      words[first + byte] = sum;
    }
    for (let at = first + TABLE; at < first + 8 * TABLE; at++) {
      const before = words[at - TABLE]!;
      words[at] = (before >>> 8) ^ words[first + (before & 255)]!;
    }
  },
  crc32: (tables, checksum, address, size) => {
    const { bytes, words } = memory;
    let sum = ~checksum;
    for (let at = address; at < address + size; at++)
      sum = (sum >>> 8) ^ words[(tables >>> 2) + ((sum ^ bytes[at]!) & 255)]!;
    return ~sum;
  },
});
