/**
 * What every encoding is to the rest: two factories, for the two ends. A codec sees bytes, a rectangle, a pixel format, a
 * target and its own stream state; never a socket, a session or a logger. State (zlib streams) lives as long as the
 * connection and survives SetPixelFormat.
 */
import type { Limits } from '../core/limits.ts';
import type { PixelFormat } from '../rfb/pixel-format.ts';
import type { Rectangle } from '../rfb/rectangle.ts';
import type { ByteReader } from '../wire/byte-reader.ts';
import type { ByteWriter } from '../wire/byte-writer.ts';
import type { Framebuffer } from '../pixels/framebuffer.ts';

export interface Codec {
  /** Number of the encoding (rfb/constants.ts). */
  readonly encoding: number;
  readonly name: string;
  /** Absent for encodings that we only decode. */
  readonly createEncoder?: (options: EncoderOptions) => Encoder;
  readonly createDecoder: (ports: DecoderPorts) => Decoder;
}

export interface EncoderOptions {
  /** 0 (fast) .. 9 (small). Default 2. */
  readonly compressionLevel?: number;
}

/**
 * A rectangle's pixels as values of the viewer's format (pixels/translate.ts), one 32-bit word each, in the memory of the
 * kernels (pixels/kernels/). Made by codec/pixel-block.ts; valid during the call that it is an argument of.
 */
export interface PixelBlock {
  readonly width: number;
  readonly height: number;
  /** Of the first pixel, in bytes; a multiple of 4. */
  readonly address: number;
  /** Bytes from a row to the next. */
  readonly stride: number;
}

export interface Encoder {
  /** Larger rectangles are cut by the caller. */
  readonly maxWidth: number;
  readonly maxArea: number;
  /** Appends the payload that stands behind the rectangle's header. Pure, but for the encoder's own streams. */
  readonly encode: (block: PixelBlock, format: PixelFormat, sink: ByteWriter) => void;
}

/** What a decoder may need from outside. */
export interface DecoderPorts {
  /** Absent: JPEG in Tight is a ProtocolError, and the client must not ask for it. */
  readonly jpeg?: JpegDecoder;
}

/** Decodes a whole JPEG file into 0xFFRRGGBB words. Throws on a broken one. */
export type JpegDecoder = (bytes: Uint8Array) => {
  width: number;
  height: number;
  pixels: Uint32Array;
};

/**
 * The rectangle was checked against the framebuffer before. `frame` waits for the payload's bytes and finds its extent,
 * checking every length before it is awaited, in order of the wire; `decode` is synchronous and pure, but for the
 * decoder's own streams: it writes only inside the rectangle, and throws ProtocolError on anything malformed.
 * The bytes that `frame` returns are valid until the next read.
 */
export interface Decoder {
  /** Rows to handle at a time, so that a large rectangle is not held in memory whole. Absent: all. */
  readonly stripRows?: (r: Rectangle, format: PixelFormat) => number;
  /** A rectangle begins: forget what carries over between the strips of one, but not between rectangles. */
  readonly begin?: () => void;
  readonly frame: (
    reader: ByteReader,
    r: Rectangle,
    format: PixelFormat,
    limits: Limits,
  ) => Promise<Uint8Array>;
  readonly decode: (
    payload: Uint8Array,
    r: Rectangle,
    format: PixelFormat,
    target: Framebuffer,
  ) => void;
}
