/** Smaller pictures, by averaging over the area that each new pixel covers. Used by screenshots for those who pay by the pixel. */
import { OPAQUE } from '../../pixels/framebuffer.ts';
import type { Picture } from './screenshot.ts';

/** Throws RangeError for a scale outside 0 < scale <= 1: what was never there cannot be made up. */
export function checkScale(scale: number): void {
  if (!(scale > 0 && scale <= 1)) throw new RangeError(`scale ${scale} is not above 0, up to 1`);
}

/** Both sides times `scale`, rounded, at least 1. */
function scaledSize(
  { width, height }: { readonly width: number; readonly height: number },
  scale: number,
): { readonly width: number; readonly height: number } {
  checkScale(scale);
  const side = (length: number): number => Math.max(1, Math.round(length * scale));
  return { width: side(width), height: side(height) };
}

/**
 * The picture at `scale`, a new one unless `scale` is 1. A new pixel is the mean of the old ones that it covers, each
 * weighed by how much of it is covered: thin lines and small text fade, and none is lost. The result is opaque.
 */
export function scalePicture(picture: Picture, scale: number): Picture {
  const { width, height } = scaledSize(picture, scale);
  return width === picture.width && height === picture.height
    ? picture
    : resample(picture, width, height);
}

/** To any size that is not larger: columns first, so that each old pixel is looked at once. */
export function resample(picture: Picture, width: number, height: number): Picture {
  const columns = shares(picture.width, width);
  const rows = shares(picture.height, height);
  const pixels = new Uint32Array(width * height);
  const line = new Float64Array(width * 3);
  const sums = new Float64Array(width * 3);
  for (let y = 0; y < height; y++) {
    sums.fill(0);
    const { first, weights } = rows[y]!;
    for (let i = 0; i < weights.length; i++) {
      shrinkRow(picture, first + i, columns, line);
      const weight = weights[i]!;
      for (let at = 0; at < sums.length; at++) sums[at]! += line[at]! * weight;
    }
    for (let x = 0; x < width; x++) {
      const [red, green, blue] = [sums[x * 3]!, sums[x * 3 + 1]!, sums[x * 3 + 2]!];
      const colour = (Math.round(red) << 16) | (Math.round(green) << 8) | Math.round(blue);
      pixels[y * width + x] = (OPAQUE | colour) >>> 0;
    }
  }
  return { width, height, pixels };
}

/** The old pixels that one new pixel covers, with weights that sum to 1. */
interface Share {
  readonly first: number;
  readonly weights: readonly number[];
}

function shares(from: number, to: number): Share[] {
  const step = from / to;
  return Array.from({ length: to }, (_, i) => {
    const [start, end] = [i * step, Math.min(from, (i + 1) * step)];
    const first = Math.floor(start);
    const weights: number[] = [];
    for (let at = first; at < end; at++) {
      const covered = Math.min(at + 1, end) - Math.max(at, start);
      weights.push(covered / (end - start));
    }
    return { first, weights };
  });
}

function shrinkRow(
  picture: Picture,
  row: number,
  columns: readonly Share[],
  line: Float64Array,
): void {
  const start = row * picture.width;
  let out = 0;
  for (const { first, weights } of columns) {
    let [red, green, blue] = [0, 0, 0];
    for (let i = 0; i < weights.length; i++) {
      const pixel = picture.pixels[start + first + i]!;
      const weight = weights[i]!;
      red += ((pixel >>> 16) & 0xff) * weight;
      green += ((pixel >>> 8) & 0xff) * weight;
      blue += (pixel & 0xff) * weight;
    }
    line[out++] = red;
    line[out++] = green;
    line[out++] = blue;
  }
}
