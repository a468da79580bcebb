/** Tight, the viewer's half: from filtered bytes to pixels with kernels, where a channel is a byte (RFB 7.7.7). */
import type { Framebuffer } from '../../pixels/framebuffer.ts';
import { kernelAddress } from '../../pixels/kernel-framebuffer.ts';
import { kernelSet } from '../../pixels/kernels/kernels.ts';
import type { Rectangle } from '../../rfb/rectangle.ts';
import type { Cursor } from '../../wire/cursor.ts';
import { placePixels, unpackingPlace } from '../unpacked.ts';
import { Filter, MAX_WIDTH } from './control.ts';
import { checkIndexes } from './filters.ts';

/** What stands before a rectangle's data. */
export interface Filtered {
  readonly filter: number;
  /** With the palette filter: 2..256 colours, as our pixels. */
  readonly palette: Uint32Array;
  readonly rowBytes: number;
}

/**
 * The address of exactly the next bytes of the data, at most MAX_STRIP_BYTES; ProtocolError when there are fewer. They may be
 * put at `room`.
 */
export type TakeBytes = (count: number, room: number) => number;

/** Takes data that was not compressed. */
export const takeFrom =
  (data: Cursor): TakeBytes =>
  (count, room) => {
    kernelSet().memory.bytes.set(data.view(count), room);
    return room;
  };

const PALETTE_BYTES = 4 * 256;
/** So many pixels are unpacked and then put in their place: few enough for the nearest caches. */
const STRIP_PIXELS = 8 * MAX_WIDTH;
const MAX_STRIP_BYTES = 3 * STRIP_PIXELS;

/** Draws a rectangle that is at most MAX_WIDTH wide. `order` as of WirePixel. */
export function unpackFiltered(
  { filter, palette, rowBytes }: Filtered,
  order: number,
  take: TakeBytes,
  r: Rectangle,
  target: Framebuffer,
): void {
  const { kernels, memory } = kernelSet();
  const colours = palette.length;
  // The gradient filter looks at the row above; above the first one all is 0, whatever the target has there.
  const direct = filter === Filter.Gradient ? undefined : kernelAddress(target);
  const stride = 4 * (direct === undefined ? r.width : target.width);
  const paletteAt = unpackingPlace(
    PALETTE_BYTES + MAX_STRIP_BYTES + 4 * MAX_WIDTH + 4 * STRIP_PIXELS,
  );
  const roomAt = paletteAt + PALETTE_BYTES;
  const aboveAt = roomAt + MAX_STRIP_BYTES;
  const stripAt = aboveAt + stride;
  memory.words.set(palette, paletteAt >>> 2);
  if (filter === Filter.Gradient) memory.words.fill(0, aboveAt >>> 2, stripAt >>> 2);

  const rows = Math.floor(STRIP_PIXELS / Math.max(1, r.width));
  for (let y = 0; y < r.height; y += rows) {
    const strip = { x: r.x, y: r.y + y, width: r.width, height: Math.min(rows, r.height - y) };
    const { width, height } = strip;
    const size = rowBytes * height;
    const source = take(size, roomAt);
    const at = direct === undefined ? stripAt : direct + 4 * target.at(strip.x, strip.y);
    if (filter === Filter.Copy) {
      kernels.unpackPixels(source, at, stride, width, height, order);
    } else if (filter === Filter.Gradient) {
      kernels.unpackGradient(source, at, stride, width, height);
      const last = at + stride * (height - 1);
      memory.words.copyWithin(aboveAt >>> 2, last >>> 2, (last + stride) >>> 2);
    } else {
      const bits = colours === 2 ? 1 : 8;
      if (kernels.unpackIndexes(source, at, stride, width, height, bits, paletteAt, colours) === 0)
        checkIndexes(memory.bytes.subarray(source, source + size), colours);
    }
    if (direct === undefined) placePixels(at, stride, strip, target);
  }
}
