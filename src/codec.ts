/** Entry point `sallyport/codec`: the encodings by themselves, without sockets or sessions. */
export type {
  Codec,
  Decoder,
  DecoderPorts,
  Encoder,
  EncoderOptions,
  JpegDecoder,
  PixelBlock,
} from './codec/codec.ts';
export { decodeRectangle, type DecodeContext } from './codec/decode-rectangle.ts';
export { writeCopyRect } from './codec/copy-rect/copy-rect.ts';
export { codecs, findCodec } from './codec/registry.ts';
export { defaultLimits, type Limits } from './core/limits.ts';
export { Framebuffer } from './pixels/framebuffer.ts';
export { Encoding } from './rfb/constants.ts';
export { nativeFormat, type PixelFormat } from './rfb/pixel-format.ts';
export type { Rectangle } from './rfb/rectangle.ts';
export { ByteReader } from './wire/byte-reader.ts';
export { ByteWriter } from './wire/byte-writer.ts';
