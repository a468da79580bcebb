/** Tiles of ZRLE (RFB 7.7.6); the twin of ../assembly/zrle-tile.ts. */
import type { Kernels } from '../kernel-interface.ts';
import type { KernelMemory } from '../memory.ts';
import { pixelAt } from './unpack.ts';

const PLAIN_RLE = 128;
const PACKED_LAST = 16;

export function zrleTileKernels(
  memory: KernelMemory,
  { unpackPixels, unpackIndexes }: Pick<Kernels, 'unpackPixels' | 'unpackIndexes'>,
): Pick<Kernels, 'unpackZrleTile'> {
  return {
    unpackZrleTile: (source, length, target, stride, width, height, order, workspace) => {
      const { bytes, words } = memory;
      const end = source + length;
      if (length < 1) return 0;
      const subencoding = bytes[source]!;
      const colours = subencoding & 127;
      const palette = workspace >>> 2;
      let at = source + 1;

      /** A pixel of the tile, counted row by row. */
      const draw = (i: number, pixel: number): void => {
        words[((target + Math.floor(i / width) * stride) >>> 2) + (i % width)] = pixel;
      };
      /** Draws a run from pixel `from` on and returns where it ends; -1 when it is malformed. */
      const drawRun = (from: number, pixel: number): number => {
        let to = from + 1;
        let byte: number;
        do {
          if (at >= end) return -1;
          byte = bytes[at++]!;
          to += byte;
          if (to > width * height) return -1;
        } while (byte === 255);
        for (let i = from; i < to; i++) draw(i, pixel);
        return to;
      };

      if (subencoding === 0) {
        at += 3 * width * height;
        if (at > end) return 0;
        unpackPixels(source + 1, target, stride, width, height, order);
        return at - source;
      }
      if (subencoding === PLAIN_RLE) {
        for (let i = 0; i < width * height; ) {
          if (at + 3 > end) return 0;
          const pixel = pixelAt(bytes, at, order);
          at += 3;
          i = drawRun(i, pixel);
          if (i < 0) return 0;
        }
        return at - source;
      }

      if (subencoding < 128 ? colours > PACKED_LAST : colours < 2) return 0;
      at += 3 * colours;
      if (at > end) return 0;
      unpackPixels(source + 1, workspace, 0, colours, 1, order);
      if (colours === 1) {
        for (let i = 0; i < width * height; i++) draw(i, words[palette]!);
        return at - source;
      }
      if (subencoding > 128) {
        for (let i = 0; i < width * height; ) {
          if (at >= end) return 0;
          const byte = bytes[at++]!;
          if ((byte & 127) >= colours) return 0;
          const pixel = words[palette + (byte & 127)]!;
          if (byte < 128) draw(i++, pixel);
          else i = drawRun(i, pixel);
          if (i < 0) return 0;
        }
        return at - source;
      }
      const bits = colours === 2 ? 1 : colours <= 4 ? 2 : 4;
      const packed = ((width * bits + 7) >>> 3) * height;
      if (at + packed > end) return 0;
      if (unpackIndexes(at, target, stride, width, height, bits, workspace, colours) === 0)
        return 0;
      return at + packed - source;
    },
  };
}
