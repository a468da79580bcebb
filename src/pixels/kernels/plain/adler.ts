/** The checksum of zlib streams (RFC 1950); the twin of ../assembly/adler.ts. */
import type { Kernels } from '../kernel-interface.ts';
import type { KernelMemory } from '../memory.ts';

const MODULUS = 65521;
/** So many bytes can be summed up before 32 bits overflow. */
const MAX_SUMMED = 5552;

/** Goes on with an Adler-32 checksum (1 at the start) over bytes[from..to). */
export function adler32(checksum: number, bytes: Uint8Array, from: number, to: number): number {
  let a = checksum & 0xffff;
  let b = checksum >>> 16;
  for (let at = from; at < to; ) {
    const stop = Math.min(to, at + MAX_SUMMED);
    for (; at < stop; at++) {
      a += bytes[at]!;
      b += a;
    }
    a %= MODULUS;
    b %= MODULUS;
  }
  return ((b << 16) | a) >>> 0;
}

export const adlerKernels = (memory: KernelMemory): Pick<Kernels, 'adler32'> => ({
  adler32: (checksum, address, size) =>
    adler32(checksum, memory.bytes, address, address + size) | 0,
});
