/** TightPNG, the viewer's half: pictures here, fills and JPEG as in Tight (RFB 7.7.7). */
import { ProtocolError } from '../../core/errors.ts';
import type { Framebuffer } from '../../pixels/framebuffer.ts';
import { kernelAddress } from '../../pixels/kernel-framebuffer.ts';
import { kernelSet } from '../../pixels/kernels/kernels.ts';
import type { Rectangle } from '../../rfb/rectangle.ts';
import { Cursor } from '../../wire/cursor.ts';
import type { Decoder, DecoderPorts } from '../codec.ts';
import { createInflater, type Inflater } from '../inflate-stream.ts';
import { checkWidth, MAX_WIDTH } from '../tight/control.ts';
import { createDecoder as createTightDecoder, readData } from '../tight/decode.ts';
import { withLength } from '../tight/frame.ts';
import { placePixels, unpackingPlace } from '../unpacked.ts';
import { isPicture } from './control.ts';
import { parsePng, type PngPicture } from './parse.ts';

export function createDecoder(ports: DecoderPorts): Decoder {
  const tight = createTightDecoder(ports);
  const inflater = createInflater();
  return {
    frame: async (reader, r, format, limits) => {
      await reader.need(1);
      if (!isPicture(reader.byteAt(0))) return tight.frame(reader, r, format, limits);
      checkWidth(r);
      return withLength(reader, 1, limits);
    },
    decode: (payload, r, format, target) => {
      const c = new Cursor(payload);
      if (!isPicture(c.u8())) {
        tight.decode(payload, r, format, target);
        return;
      }
      checkWidth(r);
      drawPicture(parsePng(readData(c), r), inflater, r, target);
      c.end('TightPNG rectangle');
    },
  };
}

const PALETTE_BYTES = 4 * 256;
const PIXEL_BYTES = 3;
/** Red is the first of three bytes: as unpackPixels has it. */
const RED_FIRST = 0x000102;
/** So much is inflated and drawn at a time: few enough for the nearest caches. */
const STRIP_PIXELS = 8 * MAX_WIDTH;
const STRIP_BYTES = PIXEL_BYTES * STRIP_PIXELS;
const MAX_ROW_BYTES = PIXEL_BYTES * MAX_WIDTH;

/** Pixels are what the file says, whatever the format: a file has its own. */
function drawPicture(
  { bits, palette, data }: PngPicture,
  inflater: Inflater,
  r: Rectangle,
  target: Framebuffer,
): void {
  const { kernels, memory } = kernelSet();
  const direct = kernelAddress(target);
  const stride = 4 * (direct === undefined ? r.width : target.width);
  const pixelBytes = palette === undefined ? PIXEL_BYTES : 1;
  const rowBytes = palette === undefined ? PIXEL_BYTES * r.width : (r.width * bits + 7) >>> 3;
  const paletteAt = unpackingPlace(PALETTE_BYTES + 4 * STRIP_PIXELS + MAX_ROW_BYTES + STRIP_BYTES);
  const stripAt = paletteAt + PALETTE_BYTES;
  const aboveAt = stripAt + 4 * STRIP_PIXELS;
  const rowsAt = aboveAt + rowBytes;
  if (palette !== undefined) memory.words.set(twoOrMore(palette), paletteAt >>> 2);
  memory.bytes.fill(0, aboveAt, rowsAt);

  const rows = Math.floor(Math.min(STRIP_PIXELS / r.width, STRIP_BYTES / (rowBytes + 1)));
  inflater.reset();
  inflater.open(data);
  for (let y = 0; y < r.height; y += rows) {
    const strip = { x: r.x, y: r.y + y, width: r.width, height: Math.min(rows, r.height - y) };
    const { width, height } = strip;
    const filtered = inflater.take((rowBytes + 1) * height);
    if (kernels.unfilterRows(filtered, rowsAt, rowBytes, height, pixelBytes) === 0)
      refuse('has a filter that does not exist');
    const at = direct === undefined ? stripAt : direct + 4 * target.at(strip.x, strip.y);
    if (palette === undefined) {
      kernels.unpackPixels(rowsAt, at, stride, width, height, RED_FIRST);
    } else {
      const { length } = palette;
      if (kernels.unpackIndexes(rowsAt, at, stride, width, height, bits, paletteAt, length) === 0)
        refuse('has an index that is not in its palette');
    }
    if (direct === undefined) placePixels(at, stride, strip, target);
    const last = aboveAt + rowBytes * height;
    memory.bytes.copyWithin(aboveAt, last, last + rowBytes);
  }
  inflater.closeEnded();
}

/** The kernel takes it that one bit has two colours: the second is the first where there is none. */
const twoOrMore = (palette: Uint32Array): Uint32Array =>
  palette.length === 1 ? Uint32Array.of(palette[0]!, palette[0]!) : palette;

function refuse(why: string): never {
  throw new ProtocolError(`PNG in TightPNG ${why}`, { field: 'pngData' });
}
