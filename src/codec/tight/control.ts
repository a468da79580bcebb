/** What both ends of Tight know (RFB 7.7.7): control byte, filters, compact lengths. */
import { ProtocolError } from '../../core/errors.ts';
import type { Rectangle } from '../../rfb/rectangle.ts';

/** Rectangles other than fills are at most this wide: viewers keep row buffers of that size. */
export const MAX_WIDTH = 2048;

/** What TightVNC's servers keep to, and old viewers have buffers for. */
export const MAX_AREA = 65536;

/** Data below this size is sent as it is, without a length. */
export const MIN_COMPRESSED_BYTES = 12;

/** Data of three length bytes: 7, 7 and 8 bits. */
export const MAX_COMPACT_LENGTH: number = (1 << 22) - 1;

/** The upper four bits of the control byte; 0..7 are basic compression. */
export const Compression = { Fill: 8, Jpeg: 9 } as const;

/** In basic compression's four bits: a filter byte follows. */
export const EXPLICIT_FILTER = 4;

/**
 * Basic compression whose data are not compressed, with or without EXPLICIT_FILTER beside it. Not in RFB 7.7.7: TurboVNC's
 * servers, and LibVNCServer (x11vnc) after them, send it unasked to viewers that want compression level 0. (The same number
 * is TightPNG's picture, but only in that encoding.)
 */
const NO_ZLIB = 10;

export const Filter = { Copy: 0, Palette: 1, Gradient: 2 } as const;

export const STREAM_COUNT = 4;

export interface Control {
  readonly kind: 'basic' | 'fill' | 'jpeg';
  /** Bit i: zlib stream i starts anew. Obeyed whatever the kind. */
  readonly resets: number;
  /** Basic only; undefined where the data are not compressed. */
  readonly stream: number | undefined;
  readonly explicitFilter: boolean;
}

export function readControl(byte: number): Control {
  const compression = byte >> 4;
  const plain = (compression & ~EXPLICIT_FILTER) === NO_ZLIB;
  const basic = compression < Compression.Fill || plain;
  if (!(basic || compression === Compression.Fill || compression === Compression.Jpeg))
    throw new ProtocolError(`Tight compression ${compression} was not negotiated`, {
      field: 'compressionControl',
      got: byte,
    });
  return {
    kind: basic ? 'basic' : compression === Compression.Fill ? 'fill' : 'jpeg',
    resets: byte & 15,
    stream: plain ? undefined : compression & 3,
    explicitFilter: basic && (compression & EXPLICIT_FILTER) !== 0,
  };
}

/** Refuses what only fills may be. */
export function checkWidth(r: Rectangle): void {
  if (!(r.width <= MAX_WIDTH))
    throw new ProtocolError(`Tight rectangle is ${r.width} wide, more than ${MAX_WIDTH}`, {
      field: 'width',
      got: r.width,
    });
}

/** The number of a palette's colours, from its byte. One colour would be a fill: the specification has no such palette. */
export function checkColours(byte: number): number {
  if (byte === 0)
    throw new ProtocolError('Tight palette of one colour', { field: 'paletteSize', got: byte });
  return byte + 1;
}

/** Bytes of a row after the palette filter: one bit a pixel with two colours, else one byte. */
export const indexedRowBytes = (width: number, colours: number): number =>
  colours === 2 ? (width + 7) >> 3 : width;

/** Bytes of the compact length that `first` and `second` begin. */
export const compactLengthBytes = (first: number, second: number): number =>
  first < 128 ? 1 : second < 128 ? 2 : 3;

/** Reads the one, two or three bytes of a compact length: least significant first, 7, 7 and 8 bits. Zero is refused. */
export function readCompactLength(bytes: Uint8Array): number {
  const [first = 0, second = 0, third = 0] = bytes;
  const length = (first & 127) | ((second & 127) << 7) | (third << 14);
  if (length === 0) throw new ProtocolError('Tight data of no bytes', { field: 'length', got: 0 });
  return length;
}
