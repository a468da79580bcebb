/** Tight, the viewer's half (RFB 7.7.7). Strict, where other viewers wait for ever or read on. */
import { ProtocolError } from '../../core/errors.ts';
import type { Framebuffer } from '../../pixels/framebuffer.ts';
import type { PixelFormat } from '../../rfb/pixel-format.ts';
import type { Rectangle } from '../../rfb/rectangle.ts';
import { Cursor } from '../../wire/cursor.ts';
import type { Decoder, DecoderPorts, JpegDecoder } from '../codec.ts';
import { hasTpixel, perFormat, tpixel, type WirePixel } from '../wire-pixel.ts';
import { createInflater } from '../inflate-stream.ts';
import {
  checkColours,
  checkWidth,
  compactLengthBytes,
  Filter,
  indexedRowBytes,
  MIN_COMPRESSED_BYTES,
  readCompactLength,
  readControl,
  STREAM_COUNT,
  type Control,
} from './control.ts';
import {
  copyFilter,
  gradientFilter,
  gradientFilter888,
  paletteFilter,
  type DrawFiltered,
} from './filters.ts';
import { checkFilter, frameTight } from './frame.ts';
import { takeFrom, unpackFiltered, type Filtered } from './unpack.ts';

const NO_PALETTE = new Uint32Array(0);

export function createDecoder(ports: DecoderPorts): Decoder {
  const inflaters = Array.from({ length: STREAM_COUNT }, createInflater);
  const pixelOf = perFormat(tpixel);

  const decode = (
    payload: Uint8Array,
    r: Rectangle,
    format: PixelFormat,
    target: Framebuffer,
  ): void => {
    const c = new Cursor(payload);
    const control = readControl(c.u8());
    inflaters.forEach((inflater, i) => {
      if ((control.resets & (1 << i)) !== 0) inflater.reset();
    });
    const pixel = pixelOf(format);
    if (control.kind === 'fill') {
      target.fill(r, readPixels(c, 1, pixel)[0]!);
    } else if (control.kind === 'jpeg') {
      checkWidth(r);
      drawJpeg(readData(c), r, target, ports.jpeg);
    } else {
      checkWidth(r);
      drawBasic(c, control, r, format, target);
    }
    c.end('Tight rectangle');
  };

  const drawBasic = (
    c: Cursor,
    control: Control,
    r: Rectangle,
    format: PixelFormat,
    target: Framebuffer,
  ): void => {
    const pixel = pixelOf(format);
    const filtered = readFilter(c, control, r, format, pixel);
    const drawPlainly = filterOf(filtered, format, pixel);
    // Data too short to be compressed is hardly worth a kernel.
    if (filtered.rowBytes * r.height < MIN_COMPRESSED_BYTES) {
      drawPlainly((count) => c.view(count), r, target);
      return;
    }
    if (control.stream === undefined) {
      const data = new Cursor(readData(c));
      if (pixel.order === undefined) drawPlainly((count) => data.view(count), r, target);
      else unpackFiltered(filtered, pixel.order, takeFrom(data), r, target);
      data.end('Tight data');
      return;
    }
    const inflater = inflaters[control.stream]!;
    inflater.open(readData(c));
    if (pixel.order === undefined) drawPlainly(inflater.read, r, target);
    else unpackFiltered(filtered, pixel.order, inflater.take, r, target);
    inflater.close();
  };

  return {
    frame: (reader, r, format, limits) => frameTight(reader, r, pixelOf(format).size, limits),
    decode,
  };
}

/** The filter and its parameters, and the size of a row in its data. */
function readFilter(
  c: Cursor,
  control: Control,
  r: Rectangle,
  format: PixelFormat,
  pixel: WirePixel,
): Filtered {
  const filter = control.explicitFilter ? checkFilter(c.u8()) : Filter.Copy;
  if (filter === Filter.Palette) {
    const colours = checkColours(c.u8());
    const palette = readPixels(c, colours, pixel);
    return { filter, palette, rowBytes: indexedRowBytes(r.width, colours) };
  }
  if (filter === Filter.Gradient && format.bitsPerPixel === 8)
    throw new ProtocolError('Tight gradient filter with 8 bits per pixel', {
      field: 'filter',
      got: filter,
    });
  return { filter, palette: NO_PALETTE, rowBytes: r.width * pixel.size };
}

/** The plain way to undo a filter, for every format. */
function filterOf(
  { filter, palette }: Filtered,
  format: PixelFormat,
  pixel: WirePixel,
): DrawFiltered {
  if (filter === Filter.Palette) return paletteFilter(palette);
  if (filter === Filter.Copy) return copyFilter(pixel);
  return hasTpixel(format) ? gradientFilter888 : gradientFilter(format);
}

function readPixels(c: Cursor, count: number, pixel: WirePixel): Uint32Array {
  const pixels = new Uint32Array(count);
  pixel.read(c.view(count * pixel.size), pixels, 0, count);
  return pixels;
}

/** A compact length and so many bytes. */
export function readData(c: Cursor): Uint8Array {
  const first = c.u8();
  const second = first >= 128 ? c.u8() : 0;
  const third = compactLengthBytes(first, second) === 3 ? c.u8() : 0;
  return c.view(readCompactLength(Uint8Array.of(first, second, third)));
}

function drawJpeg(
  bytes: Uint8Array,
  r: Rectangle,
  target: Framebuffer,
  jpeg: JpegDecoder | undefined,
): void {
  if (jpeg === undefined)
    throw new ProtocolError('JPEG in Tight was not asked for', { field: 'compressionControl' });
  let image: ReturnType<JpegDecoder>;
  try {
    image = jpeg(bytes);
  } catch (cause) {
    throw new ProtocolError('JPEG in Tight is broken', { field: 'jpegData', cause });
  }
  const { width, height, pixels } = image;
  if (!(width === r.width && height === r.height && pixels.length === width * height))
    throw new ProtocolError(
      `JPEG of ${width}x${height} in a Tight rectangle of ${r.width}x${r.height}`,
      { field: 'jpegData', got: `${width}x${height}` },
    );
  target.put(r, pixels);
}
