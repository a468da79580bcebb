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

/** An encoding of pixels, both ends. */
export interface Codec {
  /** Number of the encoding (rfb/constants.ts). */
  readonly encoding: number;
  readonly name: string;
  /**
   * What an encoder makes means the same to every viewer: always, as it has no streams, or when it is made with `shareable`.
   * Absent: never.
   */
  readonly sharing?: 'always' | 'restarted';
  /** It may lose something: a client asks for it only when told to. */
  readonly onRequest?: true;
  /** Absent for encodings that we only decode. */
  readonly createEncoder?: (options: EncoderOptions) => Encoder;
  readonly createDecoder: (ports: DecoderPorts) => Decoder;
}

/** What a viewer wishes for. */
export interface EncoderOptions {
  /** 0 (fast) .. 9 (small). Default 2. */
  readonly compressionLevel?: number;
  /** What the viewer allows to be lost. Absent: nothing. */
  readonly lossy?: LossyOptions;
  /** Absent: nothing is lost, whatever the viewer allows. */
  readonly jpeg?: JpegEncoder;
  /** The viewer can undo Tight's gradient filter. Default false. */
  readonly gradient?: boolean;
  /** 0 .. 9, as the viewer named it: what ZYWRLE may lose. Absent: nothing. */
  readonly qualityLevel?: number;
  /** Stands for the connection: ZRLE and ZYWRLE find the stream by it that they have in common. Absent: one of its own. */
  readonly connection?: object;
  /** What each call makes must mean the same to every viewer: it begins with new streams. Default false. */
  readonly shareable?: boolean;
}

/** How JPEG is to be made. */
export interface LossyOptions {
  /** As libjpeg counts: 1 .. 100. */
  readonly quality: number;
  readonly subsampling: JpegSubsampling;
}

export type JpegSubsampling = '4:4:4' | '4:2:2' | '4:2:0' | 'grey';

/** Pixels for JPEG: 32 bits each, with channels of 8 bits in bytes of their own. */
export interface JpegSource {
  /** From the first pixel on, and as far beyond the last one as the memory goes. */
  readonly bytes: Uint8Array;
  readonly width: number;
  readonly height: number;
  /** Pixels from a row to the next. */
  readonly stride: number;
  /** In which of a pixel's bytes, 0..3, its red and its blue stand; green is next to both. */
  readonly red: number;
  readonly blue: number;
}

export interface JpegEncoder {
  /** Makes a whole JPEG file, which is valid until the next call. */
  (source: JpegSource, options: LossyOptions): Uint8Array;
  /** The same on a thread of its own, which reads the source until then. Absent: there are none. */
  readonly start?: (source: JpegSource, options: LossyOptions) => Promise<Uint8Array>;
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
  /** It stays valid, and the same, until all of `EncodedParts` is there. Default false. */
  readonly stays?: boolean;
  /** What is known of it beforehand. Absent: nothing. */
  readonly solid?: SolidTiles;
}

/** Which tiles of 64 x 64 are of one value in the picture that a block is part of. */
export interface SolidTiles {
  /** Of a byte for each tile, row by row: 1 where it is, else 0. */
  readonly address: number;
  /** Tiles in a row. */
  readonly columns: number;
  /** Where the block begins in the picture, in pixels. */
  readonly x: number;
  readonly y: number;
}

/** One viewer's encoder: its streams live as long as the connection. */
export interface Encoder {
  /** Larger rectangles are cut by the caller. */
  readonly maxWidth: number;
  /** Absent: as high as the area allows. */
  readonly maxHeight?: number;
  readonly maxArea: number;
  /** Appends the payload that stands behind the rectangle's header. Pure, but for the encoder's own streams. */
  readonly encode: (block: PixelBlock, format: PixelFormat, sink: ByteWriter) => void;
  /**
   * Appends whole rectangles, headers and all, which cover the block that stands at `at`: as many as suit what is in it. For
   * viewers that need not know the count before. Blocks may be larger than `maxArea`.
   */
  readonly encodeParts?: (
    block: PixelBlock,
    at: { readonly x: number; readonly y: number },
    format: PixelFormat,
    sink: ByteWriter,
  ) => EncodedParts;
  /** Whether the last rectangle of `encode` is not exact. Absent: all are. */
  readonly lossy?: boolean;
  /** Goes on, with the same streams, as if made with these options. */
  readonly retune?: (options: EncoderOptions) => void;
  /** How its zlib streams stand. Absent: it cannot be moved to another thread. */
  readonly streams?: () => number;
  /** Goes on where another thread's encoder for the same viewer left the streams: with nothing to refer back to. */
  readonly resume?: (streams: number) => void;
  /** Begins with new streams: the viewer was sent what another encoder made. Absent where there are none, or they must go on. */
  readonly restart?: () => void;
}

export interface EncodedParts {
  /** How many were written. */
  readonly rectangles: number;
  /** Which of them are not exact. */
  readonly lossy: readonly Rectangle[];
  /** Some are still to be appended, by other threads: this settles when they are. Only for blocks that stay. */
  readonly rest?: Promise<void>;
}

/** What a decoder may need from outside. */
export interface DecoderPorts {
  /** Absent: JPEG in Tight is a ProtocolError, and the client must not ask for it. */
  readonly jpeg?: JpegDecoder;
  /** 0 .. 9, as the client named it: how ZYWRLE is to be read. Absent: it named none. */
  readonly qualityLevel?: number;
  /** Stands for the connection: ZRLE and ZYWRLE find the stream by it that they have in common. Absent: one of its own. */
  readonly connection?: object;
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
