/**
 * A tile of ZYWRLE as pixels and as coefficients, which travel in pixels' places: brightness where green is, the differences of the
 * channels above and below it where these are. Both ends use it.
 */
import { quantizersOf } from './quantize.ts';
import { analyze, bands, eachOfBand, synthesize, type PlaneSize } from './wavelet.ts';
import { type Channels, place, take, toSignedByte } from './channels.ts';
import { TILE_AREA } from '../zrle/tile.ts';

/** What a viewer and a server agree on without a word: how often the wavelet is applied, by the quality level last named. */
export const depthsOf = (qualityLevel: number | undefined): number =>
  qualityLevel === undefined || qualityLevel >= 6 ? 1 : qualityLevel >= 3 ? 2 : 3;

// Shared by all: work is synchronous. The difference to the channel above green, brightness, that to the one below.
const above = new Int8Array(TILE_AREA);
const bright = new Int8Array(TILE_AREA);
const below = new Int8Array(TILE_AREA);
const planes: readonly Int8Array[] = [above, bright, below];
const rest = new Uint32Array(TILE_AREA);

/** The part of a tile that can be halved so often; nothing of a tile that is too small. */
function evenPart({ width, height }: PlaneSize, depths: number): PlaneSize | undefined {
  const even = { width: width & -(1 << depths), height: height & -(1 << depths) };
  return even.width > 0 && even.height > 0 ? even : undefined;
}

/** Calls `at` for each coefficient in the order in which they travel: fine differences first. */
function eachCoefficient(even: PlaneSize, depths: number, at: (place: number) => void): void {
  for (let depth = 0; depth < depths; depth++)
    for (const band of bands) eachOfBand(even, depth, band, at);
  eachOfBand(even, depths - 1, 0, at);
}

/** Calls `at` for each pixel that is not in the even part, in the order in which they travel: behind all coefficients. */
function eachOfRest(size: PlaneSize, even: PlaneSize, at: (place: number) => void): void {
  const part = (left: number, top: number, right: number, bottom: number): void => {
    for (let y = top; y < bottom; y++) for (let x = left; x < right; x++) at(y * size.width + x);
  };
  part(even.width, 0, size.width, even.height);
  part(0, even.height, even.width, size.height);
  part(even.width, even.height, size.width, size.height);
}

/** Makes pixels coefficients, in place. Returns false, and changes nothing, where the tile is too small. */
export function toCoefficients(
  values: Uint32Array,
  size: PlaneSize,
  depths: number,
  channels: Channels,
): boolean {
  const even = evenPart(size, depths);
  if (even === undefined) return false;
  const { high, middle, low } = channels;
  for (let y = 0, i = 0; y < even.height; y++) {
    for (let x = 0; x < even.width; x++, i++) {
      const value = values[y * size.width + x]!;
      const [a, g, b] = [take(value, high), take(value, middle), take(value, low)];
      bright[i] = toSignedByte(((a + 2 * g + b) >> 2) - 128, middle);
      above[i] = toSignedByte((a - g) >> 1, high);
      below[i] = toSignedByte((b - g) >> 1, low);
    }
  }
  let left = 0;
  eachOfRest(size, even, (at) => {
    rest[left++] = values[at]!;
  });

  for (let depth = 0; depth < depths; depth++) {
    for (const plane of planes) analyze(plane, even, depth);
    const quantizers = quantizersOf(depths, depth);
    for (const plane of planes) {
      const table = plane === bright ? quantizers.brightness : quantizers.colour;
      for (const band of bands)
        eachOfBand(even, depth, band, (at) => {
          plane[at] = table[plane[at]! & 255]!;
        });
    }
  }

  let out = 0;
  eachCoefficient(even, depths, (at) => {
    values[out++] = place(above[at]!, high) | place(bright[at]!, middle) | place(below[at]!, low);
  });
  values.set(rest.subarray(0, left), out);
  return true;
}

const clamp = (value: number): number => Math.max(0, Math.min(255, value));
/** Eight bits as a signed number. */
const signed = (byte: number): number => (byte << 24) >> 24;

/** Makes coefficients pixels, in place. */
export function toPixels(
  values: Uint32Array,
  size: PlaneSize,
  depths: number,
  channels: Channels,
): void {
  const even = evenPart(size, depths);
  if (even === undefined) return;
  const { high, middle, low } = channels;
  let from = 0;
  eachCoefficient(even, depths, (at) => {
    const value = values[from++]!;
    above[at] = signed(take(value, high));
    bright[at] = signed(take(value, middle));
    below[at] = signed(take(value, low));
  });
  rest.set(values.subarray(from, size.width * size.height));

  for (const plane of planes) synthesize(plane, even, depths);

  for (let y = 0, i = 0; y < even.height; y++) {
    for (let x = 0; x < even.width; x++, i++) {
      const a = 2 * above[i]!;
      const b = 2 * below[i]!;
      const g = bright[i]! + 128 - ((a + b) >> 2);
      values[y * size.width + x] =
        place(clamp(a + g), high) | place(clamp(g), middle) | place(clamp(b + g), low);
    }
  }
  let left = 0;
  eachOfRest(size, even, (at) => {
    values[at] = rest[left++]!;
  });
}
