/** ZYWRLE, the viewer's half: ZRLE, but what stands behind "raw" is a tile once more, of coefficients. */
import { ProtocolError } from '../../core/errors.ts';
import { Framebuffer } from '../../pixels/framebuffer.ts';
import { translatorOf } from '../../pixels/translate.ts';
import type { PixelFormat } from '../../rfb/pixel-format.ts';
import type { Rectangle } from '../../rfb/rectangle.ts';
import type { Decoder, DecoderPorts } from '../codec.ts';
import { cpixel, perFormat, type WirePixel } from '../wire-pixel.ts';
import { frameZlibBlock } from '../zlib-block.ts';
import { inflaterOf } from '../zrle/connection-stream.ts';
import { decodeTile } from '../zrle/decode-tile.ts';
import { maxTileBytes, Subencoding, TILE_SIDE, tilesOf } from '../zrle/tile.ts';
import { type Channels, channelsOf } from './channels.ts';
import { depthsOf, toPixels } from './tile.ts';

export function createDecoder(ports: DecoderPorts): Decoder {
  const inflater = inflaterOf(ports.connection);
  const depths = depthsOf(ports.qualityLevel);
  const pixelOf = perFormat(cpixel);
  const layoutOf = perFormat(channelsOf);
  return {
    frame: (reader, _r, _format, limits) => frameZlibBlock(reader, limits),
    decode: (payload, r, format, target) => {
      const pixel = pixelOf(format);
      const waves = { format, depths, channels: layoutOf(format) };
      inflater.open(payload);
      for (const tile of tilesOf(r)) {
        const bytes = inflater.peek(1 + maxTileBytes(tile.width * tile.height, pixel.size));
        inflater.skip(
          bytes[0] === Subencoding.Raw && format.bitsPerPixel > 8
            ? 1 + decodeCoefficients(bytes.subarray(1), { tile, pixel, target }, waves)
            : decodeTile(bytes, tile, pixel, target),
        );
      }
      inflater.close();
    },
  };
}

// Shared by all decoders: decode is synchronous.
let scratch: Framebuffer | undefined;

function decodeCoefficients(
  bytes: Uint8Array,
  at: { readonly tile: Rectangle; readonly pixel: WirePixel; readonly target: Framebuffer },
  waves: {
    readonly format: PixelFormat;
    readonly depths: number;
    readonly channels: Channels | undefined;
  },
): number {
  const { tile, pixel, target } = at;
  const { format, depths, channels } = waves;
  if (channels === undefined)
    throw new ProtocolError(
      'ZYWRLE sends coefficients in a pixel format that has no place for them',
      {
        field: 'subencoding',
        got: Subencoding.Raw,
      },
    );
  scratch ??= new Framebuffer(TILE_SIDE, TILE_SIDE);
  const inside = { x: 0, y: 0, width: tile.width, height: tile.height };
  const length = decodeTile(bytes, inside, pixel, scratch);
  const { toValue, toPixel } = translatorOf(format);
  const values = scratch.get(inside).map((each) => toValue(each));
  toPixels(values, tile, depths, channels);
  target.put(
    tile,
    values.map((each) => toPixel(each)),
  );
  return length;
}
