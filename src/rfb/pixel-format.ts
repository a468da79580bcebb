/** RFB 7.4: how one pixel is written. 16 bytes on the wire. */
import { ProtocolError } from '../core/errors.ts';
import type { Cursor } from '../wire/cursor.ts';
import type { ByteWriter } from '../wire/byte-writer.ts';

/** How a pixel is written on the wire (RFB 7.4): channel = (pixel >> shift) & max. */
export interface PixelFormat {
  /** 8, 16 or 32. */
  readonly bitsPerPixel: number;
  /** Useful bits, at most bitsPerPixel. */
  readonly depth: number;
  readonly bigEndian: boolean;
  /** False: a pixel is an index into a colour map (8 bits per pixel only, here). */
  readonly trueColour: boolean;
  /** Each 2^n - 1. */
  readonly redMax: number;
  readonly greenMax: number;
  readonly blueMax: number;
  readonly redShift: number;
  readonly greenShift: number;
  readonly blueShift: number;
}

export const pixelFormatSize: number =
  1 /* bitsPerPixel */ +
  1 /* depth */ +
  1 /* bigEndian */ +
  1 /* trueColour */ +
  2 /* redMax */ +
  2 /* greenMax */ +
  2 /* blueMax */ +
  1 /* redShift */ +
  1 /* greenShift */ +
  1 /* blueShift */ +
  3; /* padding */

/** What our framebuffers hold: 32 bits, little-endian, 0xXXRRGGBB, in memory B G R X. */
export const nativeFormat: PixelFormat = Object.freeze({
  bitsPerPixel: 32,
  depth: 24,
  bigEndian: false,
  trueColour: true,
  redMax: 255,
  greenMax: 255,
  blueMax: 255,
  redShift: 16,
  greenShift: 8,
  blueShift: 0,
});

/** What a viewer with a colour map is given: 2 bits of blue, 3 of green, 3 of red, as a fixed map. */
export const bgr233Format: PixelFormat = Object.freeze({
  bitsPerPixel: 8,
  depth: 8,
  bigEndian: false,
  trueColour: true,
  redMax: 7,
  greenMax: 7,
  blueMax: 3,
  redShift: 0,
  greenShift: 3,
  blueShift: 6,
});

export const bytesPerPixel = (format: PixelFormat): number => format.bitsPerPixel >> 3;

export function readPixelFormat(c: Cursor): PixelFormat {
  const format = {
    bitsPerPixel: c.u8(),
    depth: c.u8(),
    bigEndian: c.u8() !== 0,
    trueColour: c.u8() !== 0,
    redMax: c.u16(),
    greenMax: c.u16(),
    blueMax: c.u16(),
    redShift: c.u8(),
    greenShift: c.u8(),
    blueShift: c.u8(),
  };
  c.skip(3);
  return format;
}

export function writePixelFormat(w: ByteWriter, f: PixelFormat): void {
  w.u8(f.bitsPerPixel)
    .u8(f.depth)
    .u8(f.bigEndian ? 1 : 0)
    .u8(f.trueColour ? 1 : 0);
  w.u16(f.redMax).u16(f.greenMax).u16(f.blueMax);
  w.u8(f.redShift).u8(f.greenShift).u8(f.blueShift).pad(3);
}

/**
 * Throws ProtocolError unless pixels can be made in this format: 8, 16 or 32 bits; maxima 2^n - 1; channels inside the
 * pixel and apart from each other. A colour map is legal with 8 bits only; its channel fields mean nothing.
 */
export function checkPixelFormat(f: PixelFormat): void {
  const bits = f.bitsPerPixel;
  if (bits !== 8 && bits !== 16 && bits !== 32) fail('bitsPerPixel', bits, 'is not 8, 16 or 32');
  if (!(f.depth >= 1 && f.depth <= bits)) fail('depth', f.depth, `is not in 1..${bits}`);
  if (!f.trueColour) {
    if (bits !== 8) fail('trueColour', 0, `needs 8 bits per pixel, not ${bits}`);
    return;
  }
  let used = 0n;
  for (const channel of ['red', 'green', 'blue'] as const) {
    const max = f[`${channel}Max`];
    const shift = f[`${channel}Shift`];
    if (!(max >= 1 && (max & (max + 1)) === 0)) fail(`${channel}Max`, max, 'is not 2^n - 1');
    if (!(shift + channelBits(max) <= bits))
      fail(`${channel}Shift`, shift, `pushes the channel out of ${bits} bits`);
    const mask = BigInt(max) << BigInt(shift);
    if ((used & mask) !== 0n) fail(`${channel}Shift`, shift, 'overlaps another channel');
    used |= mask;
  }
}

function fail(field: string, got: number, why: string): never {
  throw new ProtocolError(`pixel format: ${field} ${got} ${why}`, {
    field: `PixelFormat.${field}`,
    got,
  });
}

/** Bits in a maximum of the form 2^n - 1. */
export const channelBits = (max: number): number => 32 - Math.clz32(max);

export const samePixelFormat = (a: PixelFormat, b: PixelFormat): boolean =>
  a.bitsPerPixel === b.bitsPerPixel &&
  a.depth === b.depth &&
  a.bigEndian === b.bigEndian &&
  a.trueColour === b.trueColour &&
  a.redMax === b.redMax &&
  a.greenMax === b.greenMax &&
  a.blueMax === b.blueMax &&
  a.redShift === b.redShift &&
  a.greenShift === b.greenShift &&
  a.blueShift === b.blueShift;
