/** How far apart two pictures are, as one number that a person can set a bound to. Used by waitForRegion. */
import type { Framebuffer } from '../../pixels/framebuffer.ts';
import type { Picture } from './screenshot.ts';

/**
 * The root mean square of the differences of all channels of colour between `wanted` and the screen from x, y on: 0 for the
 * same, 255 for black against white. Pixels of `wanted` that are transparent are not looked at. The place must be on the screen.
 */
export function difference(screen: Framebuffer, wanted: Picture, x: number, y: number): number {
  let sum = 0;
  let compared = 0;
  for (let row = 0; row < wanted.height; row++) {
    const start = screen.at(x, y + row);
    for (let column = 0; column < wanted.width; column++) {
      const a = wanted.pixels[row * wanted.width + column]!;
      if (a >>> 24 === 0) continue;
      compared++;
      const b = screen.pixels[start + column]!;
      if (((a ^ b) & 0xffffff) === 0) continue;
      for (const shift of [16, 8, 0]) {
        const apart = ((a >>> shift) & 0xff) - ((b >>> shift) & 0xff);
        sum += apart * apart;
      }
    }
  }
  return compared === 0 ? 0 : Math.sqrt(sum / (compared * 3));
}
