/** Where ZYWRLE finds three channels in a value of the viewer's format, and how a colour becomes brightness and two differences. */
import { channelBits, type PixelFormat } from '../../rfb/pixel-format.ts';

export interface Channel {
  readonly shift: number;
  /** 5..8. */
  readonly bits: number;
}

/** By place, not by colour: what is red to the one format is blue to another. */
export interface Channels {
  readonly high: Channel;
  readonly middle: Channel;
  readonly low: Channel;
}

const layouts: readonly (readonly [bitsPerPixel: number, high: number, middle: number])[] = [
  [32, 8, 8],
  [16, 5, 6],
  [16, 5, 5],
];

/** Undefined where other programs know no wavelet, or each another one: 8 bits, and 32 that are not 8/8/8 in the lower bytes. */
export function channelsOf(format: PixelFormat): Channels | undefined {
  if (!format.trueColour) return undefined;
  const [low, middle, high] = [
    { shift: format.redShift, bits: channelBits(format.redMax) },
    { shift: format.greenShift, bits: channelBits(format.greenMax) },
    { shift: format.blueShift, bits: channelBits(format.blueMax) },
  ].sort((a, b) => a.shift - b.shift) as [Channel, Channel, Channel];
  const known = layouts.some(
    ([bitsPerPixel, outer, inner]) =>
      format.bitsPerPixel === bitsPerPixel &&
      middle.shift === format.greenShift &&
      middle.bits === inner &&
      low.bits === outer &&
      high.bits === outer,
  );
  const tight =
    low.shift === 0 && middle.shift === low.bits && high.shift === low.bits + middle.bits;
  return known && tight ? { high, middle, low } : undefined;
}

/** A channel's value as eight bits, the lower ones of fewer than eight 0. */
export const take = (value: number, { shift, bits }: Channel): number =>
  ((value >>> shift) << (8 - bits)) & 255;

/** The upper bits of eight, in their place. */
export const place = (byte: number, { shift, bits }: Channel): number =>
  ((byte & 255) >>> (8 - bits)) << shift;

/** As many low bits as a channel does not have are 0; -128 does not occur, so that every value has its negative. */
export function toSignedByte(value: number, { bits }: Channel): number {
  const step = 1 << (8 - bits);
  const rounded = value & -step;
  return rounded === -128 ? -128 + step : rounded;
}
