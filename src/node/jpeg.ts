/** JPEG for the client's Tight decoder, by libjpeg-turbo: an optional dependency, absent where it has no binary. */
import type { JpegDecoder } from '../codec/codec.ts';
import { LimitError, ProtocolError } from '../core/errors.ts';
import { defaultLimits } from '../core/limits.ts';

/** The part of @julusian/jpeg-turbo that is used. */
interface Turbo {
  readonly FORMAT_BGRA: number;
  readonly decompressSync: (
    image: Buffer,
    out: Buffer,
    options: { readonly format: number },
  ) => { readonly width: number; readonly height: number };
}

/** Undefined when the library is not installed or does not load here: then the client asks for no JPEG. */
export async function loadJpegDecoder(
  maxPixels: number = defaultLimits.maxScreenPixels,
): Promise<JpegDecoder | undefined> {
  try {
    const module = (await import('@julusian/jpeg-turbo')) as unknown as { readonly default: Turbo };
    return jpegDecoder(module.default, maxPixels);
  } catch {
    return undefined;
  }
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
