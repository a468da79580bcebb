/** What a picture looks like as a short word: to wait for a screen without keeping a picture of it. */
import { kernelSet } from '../../pixels/kernels/kernels.ts';
import { crcAt } from '../../codec/tight-png/chunks.ts';
import type { Picture } from './screenshot.ts';

/** A part of a screen as its hash. */
export interface PictureHash {
  /** Pixels. */
  readonly width: number;
  readonly height: number;
  /** As hashPicture() says it: 16 hexadecimal digits. */
  readonly hash: string;
}

/**
 * The same for the same size and colours, whatever the fourth byte of its pixels, and on every machine. Two checksums of 32
 * bits (CRC-32 and Adler-32): for pictures that differ by chance, not for those that somebody made alike.
 */
export function hashPicture({ width, height, pixels }: Picture): PictureHash {
  const { memory, kernels } = kernelSet();
  const address = memory.allocate(4 * width * height);
  try {
    const { words } = memory;
    const start = address >>> 2;
    for (let i = 0; i < width * height; i++) words[start + i] = pixels[i]! & 0xffffff;
    const sums = [
      crcAt(0, address, 4 * width * height),
      kernels.adler32(1, address, 4 * width * height),
    ];
    const hash = sums.map((sum) => (sum >>> 0).toString(16).padStart(8, '0')).join('');
    return { width, height, hash };
  } finally {
    memory.release(address);
  }
}
