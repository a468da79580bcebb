/**
 * What a viewer's list of encodings says about how pictures are to be encoded: how small, how exact, in which ways.
 * @rfb pseudo-encoding -256 CompressionLevel0 | to -247: at any time in Tight, for others when they are first used
 * @rfb pseudo-encoding -32 JpegQualityLevel0 | to -23: JPEG in Tight, quality and subsampling as TigerVNC and TurboVNC have them
 * @rfb pseudo-encoding -512 JpegFineQuality0 | to -412: in its place, as libjpeg counts
 * @rfb pseudo-encoding -768 JpegSubsampling1X | to -763: in place of the quality level's; 8X and 16X as 4X
 */
import type { EncoderOptions, JpegSubsampling, LossyOptions } from '../codec/codec.ts';
import { lossyOptionsOf } from '../codec/tight/jpeg-quality.ts';
import { Encoding } from '../rfb/constants.ts';

/** In the order of their numbers. */
const subsamplings: readonly JpegSubsampling[] = [
  '4:4:4',
  '4:2:0',
  '4:2:2',
  'grey',
  '4:2:0',
  '4:2:0',
];

export type EncodingWishes = Pick<
  EncoderOptions,
  'compressionLevel' | 'lossy' | 'qualityLevel' | 'gradient'
>;

const exact = new WeakMap<EncodingWishes, EncodingWishes>();

/** The same without loss; for the same wishes always the same object. */
export function exactly(wishes: EncodingWishes): EncodingWishes {
  if (wishes.lossy === undefined) return wishes;
  let without = exact.get(wishes);
  if (without === undefined) {
    const { lossy: _, qualityLevel: __, ...rest } = wishes;
    without = rest;
    exact.set(wishes, without);
  }
  return without;
}

const levelled = new WeakMap<EncodingWishes, Map<number, EncodingWishes>>();

/** The same at a level of ours, where the viewer left it open; for the same wishes always the same object. */
export function atLevel(wishes: EncodingWishes, compressionLevel: number): EncodingWishes {
  if (wishes.compressionLevel !== undefined) return wishes;
  const known = levelled.get(wishes) ?? new Map<number, EncodingWishes>();
  levelled.set(wishes, known);
  const chosen = known.get(compressionLevel) ?? { ...wishes, compressionLevel };
  known.set(compressionLevel, chosen);
  return chosen;
}

/** The first of each kind counts. */
export function encodingWishes(encodings: readonly number[]): EncodingWishes {
  const first = (from: number, to: number): number | undefined => {
    const found = encodings.find((n) => n >= from && n <= to);
    return found === undefined ? undefined : found - from;
  };
  const compressionLevel = first(Encoding.CompressionLevel0, Encoding.CompressionLevel9);
  const level = first(Encoding.JpegQualityLevel0, Encoding.JpegQualityLevel9);
  const fine = first(Encoding.JpegFineQuality0, Encoding.JpegFineQuality100);
  const subsampling = first(Encoding.JpegSubsampling1X, Encoding.JpegSubsampling16X);
  const lossy = lossyOptions(level, fine, subsampling);
  return {
    ...(compressionLevel === undefined ? {} : { compressionLevel }),
    ...(lossy === undefined ? {} : { lossy }),
    ...(level === undefined ? {} : { qualityLevel: level }),
    gradient: undoesGradients(encodings),
  };
}

function lossyOptions(
  level: number | undefined,
  fine: number | undefined,
  subsampling: number | undefined,
): LossyOptions | undefined {
  if (level === undefined && fine === undefined) return undefined;
  const { quality, subsampling: usual } = lossyOptionsOf(level ?? 8);
  return {
    quality: fine === undefined ? quality : Math.max(1, fine),
    subsampling: subsampling === undefined ? usual : subsamplings[subsampling]!,
  };
}

/**
 * Viewers that descend from TightVNC always could, and so can those of TigerVNC and gtk-vnc. noVNC, which names TightPNG, ends
 * the connection over it up to 1.4; later ones know Zlib as well.
 */
const undoesGradients = (encodings: readonly number[]): boolean =>
  !encodings.includes(Encoding.TightPng) || encodings.includes(Encoding.Zlib);
