/** Tight, the viewer's half: from filtered bytes to pixels with kernels, where a channel is a byte (RFB 7.7.7). */
import type { Framebuffer } from '../../pixels/framebuffer.ts';
import { kernelSet } from '../../pixels/kernels/kernels.ts';
import type { Rectangle } from '../../rfb/rectangle.ts';
import { placePixels, unpackingPlace } from '../unpacked.ts';
import { Filter, MAX_WIDTH } from './control.ts';
import { checkIndex } from './filters.ts';

/** What stands before a rectangle's data. */
export interface Filtered {
  readonly filter: number;
  /** With the palette filter: 2..256 colours, as our pixels. */
  readonly palette: Uint32Array;
  readonly rowBytes: number;
}

/** The address of exactly the next bytes of the data; ProtocolError when there are fewer. */
export type TakeBytes = (count: number) => number;

const PALETTE_BYTES = 4 * 256;
/** So many pixels are unpacked and then put in their place: few enough for the nearest caches. */
const STRIP_PIXELS = 8 * MAX_WIDTH;

/** Draws a rectangle that is at most MAX_WIDTH wide. `order` as of WirePixel. */
export function unpackFiltered(
  { filter, palette, rowBytes }: Filtered,
  order: number,
  take: TakeBytes,
  r: Rectangle,
  target: Framebuffer,
): void {
  const { kernels, memory } = kernelSet();
  const stride = 4 * r.width;
  const paletteAt = unpackingPlace(PALETTE_BYTES + stride + 4 * STRIP_PIXELS);
  // The gradient filter looks at the row above; above the first one all is 0.
  const aboveAt = paletteAt + PALETTE_BYTES;
  const at = aboveAt + stride;
  memory.words.set(palette, paletteAt >>> 2);
  if (filter === Filter.Gradient) memory.words.fill(0, aboveAt >>> 2, at >>> 2);

  const rows = Math.floor(STRIP_PIXELS / Math.max(1, r.width));
  for (let y = 0; y < r.height; y += rows) {
    const height = Math.min(rows, r.height - y);
    const source = take(rowBytes * height);
    if (filter === Filter.Copy) {
      kernels.unpackPixels(source, at, stride, r.width, height, order);
    } else if (filter === Filter.Gradient) {
      kernels.unpackGradient(source, at, stride, r.width, height);
      const last = at + stride * (height - 1);
      memory.words.copyWithin(aboveAt >>> 2, last >>> 2, (last + stride) >>> 2);
    } else {
      const colours = palette.length;
      const bits = colours === 2 ? 1 : 8;
      if (
        kernels.unpackIndexes(source, at, stride, r.width, height, bits, paletteAt, colours) === 0
      )
        for (const index of memory.bytes.subarray(source, source + rowBytes * height))
          checkIndex(index, colours);
    }
    placePixels(at, stride, { x: r.x, y: r.y + y, width: r.width, height }, target);
  }
}
