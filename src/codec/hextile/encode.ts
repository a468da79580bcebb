/** RFB 7.7.4 Hextile, server's half: each tile as one colour, mono or coloured subrectangles, or raw, whichever is smallest: by kernel. */
import { HEXTILE_KNOWN, HEXTILE_STATE_BYTES } from '../../pixels/kernels/hextile-layout.ts';
import { kernelSet } from '../../pixels/kernels/kernels.ts';
import type { KernelMemory } from '../../pixels/kernels/memory.ts';
import type { PixelFormat } from '../../rfb/pixel-format.ts';
import type { ByteWriter } from '../../wire/byte-writer.ts';
import type { Encoder, PixelBlock } from '../codec.ts';
import { fullPixel, perFormat } from '../wire-pixel.ts';
import { TILE } from './tile.ts';

/** INVARIANT: never larger than Raw by more than one byte a tile. */
const MAX_WIDTH = 2048;
const MAX_AREA = 2048 * 128;
/** A row of tiles, and what the kernel may scribble. */
const ROW_BYTES = (MAX_WIDTH / TILE) * (1 + TILE * TILE * 4) + 8;

export function createEncoder(): Encoder {
  const pixelOf = perFormat((format) => {
    const { size, shifts } = fullPixel(format);
    const [a, b, c, d] = shifts;
    return { size, shifts: a | (b << 8) | (c << 16) | (d << 24) };
  });

  const encode = (block: PixelBlock, format: PixelFormat, sink: ByteWriter): void => {
    const { width, height, address, stride } = block;
    const { size, shifts } = pixelOf(format);
    const { kernels, memory } = kernelSet();
    const { row, state } = openPlace(memory);
    memory.words[(state + HEXTILE_KNOWN) >>> 2] = 0;
    for (let y = 0; y < height; y += TILE) {
      const pixels = address + y * stride;
      const h = Math.min(TILE, height - y);
      const length = kernels.writeHextileTiles(pixels, stride, width, h, size, shifts, state, row);
      sink.bytes(memory.bytes.subarray(row, row + length));
    }
  };

  return { maxWidth: MAX_WIDTH, maxArea: MAX_AREA, encode };
}

interface Place {
  readonly memory: KernelMemory;
  /** Where a row of tiles is put together. */
  readonly row: number;
  readonly state: number;
}

// Shared by all encoders: encode is synchronous.
let place: Place | undefined;

function openPlace(memory: KernelMemory): Place {
  if (place?.memory !== memory) {
    const row = memory.allocate(ROW_BYTES);
    place = { memory, row, state: memory.allocate(HEXTILE_STATE_BYTES) };
  }
  return place;
}
