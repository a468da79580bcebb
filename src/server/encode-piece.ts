/** One piece of an update becomes bytes, in whatever thread. */
import type { EncodedParts, Encoder } from '../codec/codec.ts';
import type { PixelTranslator } from '../pixels/translate.ts';
import { writeRectangleHeader } from '../rfb/rectangle.ts';
import type { ByteWriter } from '../wire/byte-writer.ts';
import type { EncodeSettings, Piece } from './encode-pool.ts';
import { pixelBlock } from './picture.ts';
import type { PlacedPicture } from './placed-picture.ts';

/** `source` undefined: black. Appends rectangles with their headers. */
export function encodePiece(
  w: ByteWriter,
  piece: Piece,
  source: PlacedPicture | undefined,
  how: Pick<EncodeSettings, 'encoding' | 'inParts'> & {
    readonly encoder: Encoder;
    readonly translator: PixelTranslator;
  },
): EncodedParts {
  const { encoder, translator, encoding, inParts } = how;
  const block = pixelBlock(source, piece, translator);
  if (inParts && encoder.encodeParts !== undefined)
    return encoder.encodeParts(block, piece, translator.format, w);
  writeRectangleHeader(w, piece, encoding);
  encoder.encode(block, translator.format, w);
  return { rectangles: 1, lossy: encoder.lossy === true ? [piece] : [] };
}
