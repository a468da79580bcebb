/** JPEG for Tight, both ends, by libjpeg-turbo: an optional dependency, absent where it has no binary. */
import type { JpegDecoder, JpegEncoder, JpegSource, LossyOptions } from '../codec/codec.ts';
import { assertInvariant, LimitError, ProtocolError } from '../core/errors.ts';
import { defaultLimits } from '../core/limits.ts';

/** The part of @julusian/jpeg-turbo that is used. */
interface Turbo {
  readonly FORMAT_BGRA: number;
  readonly FORMAT_RGBX: number;
  readonly FORMAT_BGRX: number;
  readonly FORMAT_XRGB: number;
  readonly FORMAT_XBGR: number;
  readonly SAMP_444: number;
  readonly SAMP_422: number;
  readonly SAMP_420: number;
  readonly SAMP_GRAY: number;
  readonly compressSync: (raw: Buffer, out: Buffer, options: CompressOptions) => Buffer;
  readonly compress: (raw: Buffer, out: Buffer, options: CompressOptions) => Promise<Buffer>;
  readonly decompressSync: (
    image: Buffer,
    out: Buffer,
    options: { readonly format: number },
  ) => { readonly width: number; readonly height: number };
}

interface CompressOptions {
  readonly format: number;
  readonly width: number;
  readonly height: number;
  /** In pixels. */
  readonly stride: number;
  readonly quality: number;
  readonly subsampling: number;
}

async function loadTurbo(): Promise<Turbo | undefined> {
  try {
    const module = (await import('@julusian/jpeg-turbo')) as unknown as { readonly default: Turbo };
    return module.default;
  } catch {
    return undefined;
  }
}

/**
 * Undefined when the library is not installed or does not load here: then no viewer gets JPEG. `threads`: it may use those
 * of libuv, too.
 */
export async function loadJpegEncoder(threads = false): Promise<JpegEncoder | undefined> {
  const turbo = await loadTurbo();
  return turbo === undefined ? undefined : jpegEncoder(turbo, threads);
}

function jpegEncoder(turbo: Turbo, threads: boolean): JpegEncoder {
  const subsamplings = {
    '4:4:4': turbo.SAMP_444,
    '4:2:2': turbo.SAMP_422,
    '4:2:0': turbo.SAMP_420,
    grey: turbo.SAMP_GRAY,
  };
  const optionsFor = (source: JpegSource, { quality, subsampling }: LossyOptions) => ({
    format: formatOf(source, turbo),
    width: source.width,
    height: source.height,
    stride: source.stride,
    quality,
    subsampling: subsamplings[subsampling],
  });
  let out = Buffer.alloc(0);
  const encode: JpegEncoder = (source, lossy) => {
    const options = optionsFor(source, lossy);
    const most = mostBytes(source);
    if (out.length < most) out = Buffer.alloc(most);
    return turbo.compressSync(rawOf(source), out, options);
  };
  if (!threads) return encode;
  /** The longest a file can be is much longer than any is: what one file was made in is used for the next. */
  const spare: Buffer[] = [];
  const start = async (source: JpegSource, lossy: LossyOptions): Promise<Uint8Array> => {
    const options = optionsFor(source, lossy);
    const most = mostBytes(source);
    const isUsual = most <= USUAL_BYTES;
    const kept = isUsual ? spare.pop() : undefined;
    const target = kept ?? Buffer.allocUnsafeSlow(Math.max(most, USUAL_BYTES));
    const file = new Uint8Array(await turbo.compress(rawOf(source), target, options));
    if (isUsual && spare.length < MAX_SPARE) spare.push(target);
    return file;
  };
  return Object.assign(encode, { start });
}

/** As libjpeg-turbo has it (tjBufSize) for no subsampling, the worst case: asking it for each file takes a while. */
const mostBytes = ({ width, height }: Pick<JpegSource, 'width' | 'height'>): number =>
  6 * (width + 16) * (height + 16) + 2048;

/** Files under way at a time for which buffers are kept. */
const MAX_SPARE = 32;
/** Room for any rectangle of Tight: up to 2048 wide, of 65536 pixels. */
const USUAL_BYTES: number = mostBytes({ width: 2048, height: 32 });

function formatOf({ red, blue }: JpegSource, turbo: Turbo): number {
  if (red === 2 && blue === 0) return turbo.FORMAT_BGRX;
  if (red === 0 && blue === 2) return turbo.FORMAT_RGBX;
  if (red === 3 && blue === 1) return turbo.FORMAT_XBGR;
  assertInvariant(red === 1 && blue === 3, 'the bytes of a pixel stand in order');
  return turbo.FORMAT_XRGB;
}

/** The library wants the last row in full length, whatever the width: at the end of the memory there may be less. */
function rawOf({ bytes, height, stride }: JpegSource): Buffer {
  const wanted = 4 * stride * height;
  if (wanted <= bytes.length) return Buffer.from(bytes.buffer, bytes.byteOffset, wanted);
  const padded = Buffer.alloc(wanted);
  padded.set(bytes);
  return padded;
}

/** Undefined when the library is not installed or does not load here: then the client asks for no JPEG. */
export async function loadJpegDecoder(
  maxPixels: number = defaultLimits.maxScreenPixels,
): Promise<JpegDecoder | undefined> {
  const turbo = await loadTurbo();
  return turbo === undefined ? undefined : jpegDecoder(turbo, maxPixels);
}

function jpegDecoder(turbo: Turbo, maxPixels: number): JpegDecoder {
  return (bytes) => {
    const { width, height } = jpegSize(bytes);
    // A file of 600 bytes may claim 65535 x 65535.
    if (width * height > maxPixels) throw new LimitError('jpegPixels', maxPixels, width * height);
    const pixels = new Uint32Array(width * height);
    const image = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
    try {
      // B, G, R, 255 in memory is the little-endian word 0xFFRRGGBB.
      const decoded = turbo.decompressSync(image, Buffer.from(pixels.buffer), {
        format: turbo.FORMAT_BGRA,
      });
      if (decoded.width !== width || decoded.height !== height) throw new Error('size differs');
    } catch (error) {
      throw broken('does not decode', error);
    }
    return { width, height, pixels };
  };
}

/** Width and height from the frame header (ITU T.81 B.2.2), without decoding. Throws ProtocolError. */
export function jpegSize(bytes: Uint8Array): { width: number; height: number } {
  if (bytes[0] !== 0xff || bytes[1] !== 0xd8) throw broken('does not start with SOI');
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  let at = 2;
  while (at + 4 <= bytes.length) {
    if (bytes[at] !== 0xff) throw broken('has a segment without a marker');
    const marker = bytes[at + 1] ?? 0;
    // Fill bytes may precede a marker.
    if (marker === 0xff) {
      at += 1;
      continue;
    }
    const length = view.getUint16(at + 2);
    if (length < 2) throw broken('has a segment without a length');
    if (isFrameHeader(marker)) {
      if (length < 8 || at + 9 > bytes.length) break;
      const height = view.getUint16(at + 5);
      const width = view.getUint16(at + 7);
      if (width === 0 || height === 0) throw broken(`is ${width}x${height}`);
      return { width, height };
    }
    // The scan starts: a frame header must have come before.
    if (marker === 0xda || marker === 0xd9) break;
    at += 2 + length;
  }
  throw broken('has no frame header');
}

/** SOF0..SOF15 without DHT, JPG and DAC, which lie between them. */
function isFrameHeader(marker: number): boolean {
  return marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc;
}

function broken(what: string, cause?: unknown): ProtocolError {
  return new ProtocolError(`JPEG ${what}`, {
    field: 'jpeg',
    ...(cause === undefined ? {} : { cause }),
  });
}
