/** Smaller pictures for models, and the way between their pixels and those of the screen. Used by screen-view.ts. */
import type { Point } from '../../client/automation/pointer.ts';
import type { Picture } from '../../client/automation/screenshot.ts';
import { OPAQUE } from '../../pixels/framebuffer.ts';

/** How large a screen is shown. */
export interface PictureScale {
  /** Of the screen, pixels. */
  readonly screenWidth: number;
  readonly screenHeight: number;
  /** Of the picture, pixels. */
  readonly width: number;
  readonly height: number;
}

/** The largest picture of the same shape whose long side is at most `maxSide`. Never larger than the screen. */
export function pictureScale(
  screen: { readonly width: number; readonly height: number },
  maxSide: number,
): PictureScale {
  const factor = Math.min(1, maxSide / Math.max(screen.width, screen.height));
  return {
    screenWidth: screen.width,
    screenHeight: screen.height,
    width: Math.max(1, Math.round(screen.width * factor)),
    height: Math.max(1, Math.round(screen.height * factor)),
  };
}

/** The middle of what the picture's pixel covers of the screen. */
export const toScreen = (scale: PictureScale, { x, y }: Point): Point => ({
  x: Math.floor(((x + 0.5) * scale.screenWidth) / scale.width),
  y: Math.floor(((y + 0.5) * scale.screenHeight) / scale.height),
});

/** The picture's pixel that shows this one of the screen. */
export const toPicture = (scale: PictureScale, { x, y }: Point): Point => ({
  x: Math.floor(((x + 0.5) * scale.width) / scale.screenWidth),
  y: Math.floor(((y + 0.5) * scale.height) / scale.screenHeight),
});

/** Each pixel is the mean of what it covers, so that small text stays as readable as it can. */
export function shrink(picture: Picture, width: number, height: number): Picture {
  if (width === picture.width && height === picture.height) return picture;
  const pixels = new Uint32Array(width * height);
  const columns = spans(picture.width, width);
  const rows = spans(picture.height, height);
  const sums = new Float64Array(width * 3);
  for (let y = 0; y < height; y++) {
    sums.fill(0);
    const row = rows[y]!;
    for (let i = 0; i < row.weights.length; i++)
      addRow(picture, row.start + i, row.weights[i]!, columns, sums);
    for (let x = 0, at = 0; x < width; x++, at += 3) {
      const [red, green, blue] = [sums[at]!, sums[at + 1]!, sums[at + 2]!].map(Math.round);
      pixels[y * width + x] = (OPAQUE | (red! << 16) | (green! << 8) | blue!) >>> 0;
    }
  }
  return { width, height, pixels };
}

interface Span {
  readonly start: number;
  /** Of each source pixel from `start` on; their sum is 1. */
  readonly weights: readonly number[];
}

/** What each of `count` pixels covers of `length`. */
function spans(length: number, count: number): readonly Span[] {
  const size = length / count;
  return Array.from({ length: count }, (_, i) => {
    const [from, to] = [i * size, Math.min(length, (i + 1) * size)];
    const start = Math.floor(from);
    const weights: number[] = [];
    for (let at = start; at < to; at++)
      weights.push((Math.min(to, at + 1) - Math.max(from, at)) / size);
    return { start, weights };
  });
}

function addRow(
  { width, pixels }: Picture,
  y: number,
  rowWeight: number,
  columns: readonly Span[],
  sums: Float64Array,
): void {
  for (let x = 0, at = 0; x < columns.length; x++, at += 3) {
    const { start, weights } = columns[x]!;
    for (let i = 0; i < weights.length; i++) {
      const weight = weights[i]! * rowWeight;
      const pixel = pixels[y * width + start + i]!;
      sums[at]! += ((pixel >>> 16) & 255) * weight;
      sums[at + 1]! += ((pixel >>> 8) & 255) * weight;
      sums[at + 2]! += (pixel & 255) * weight;
    }
  }
}
