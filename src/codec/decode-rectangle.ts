/** Receives one rectangle with a decoder, strip by strip. */
import type { Limits } from '../core/limits.ts';
import type { Framebuffer } from '../pixels/framebuffer.ts';
import type { PixelFormat } from '../rfb/pixel-format.ts';
import type { Rectangle } from '../rfb/rectangle.ts';
import type { ByteReader } from '../wire/byte-reader.ts';
import type { Decoder } from './codec.ts';

/** Where a rectangle comes from, and where its pixels go. */
export interface DecodeContext {
  readonly reader: ByteReader;
  readonly format: PixelFormat;
  readonly target: Framebuffer;
  readonly limits: Limits;
}

/**
 * Receives and draws the payload of one rectangle, which must lie in the target. Rejects with ProtocolError, LimitError
 * or ClosedError.
 */
export async function decodeRectangle(
  decoder: Decoder,
  r: Rectangle,
  context: DecodeContext,
): Promise<void> {
  const { reader, format, target, limits } = context;
  const rows =
    decoder.stripRows === undefined ? r.height : Math.max(1, decoder.stripRows(r, format));
  decoder.begin?.();
  // A rectangle without pixels may still have a payload (an empty zlib block, a reset): frame it once.
  let y = 0;
  do {
    const strip = { x: r.x, y: r.y + y, width: r.width, height: Math.min(rows, r.height - y) };
    decoder.decode(await decoder.frame(reader, strip, format, limits), strip, format, target);
    y += rows;
  } while (y < r.height);
}
