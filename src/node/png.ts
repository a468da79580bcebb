/** Pictures from PNG files, by pngjs, and the bytes of their pixels. Used by `sallyport expect`; screendumps; terminals. */
import { PNG } from 'pngjs';
import type { Picture } from '../client/automation/screenshot.ts';
import { messageOf } from '../core/errors.ts';
import { defaultLimits } from '../core/limits.ts';

/** Of any kind and depth. Rejects with TypeError for what is no PNG, and for one that is larger than any screen may be. */
export async function decodePng(bytes: Uint8Array): Promise<Picture> {
  checkSize(bytes);
  const png = new PNG();
  const decoded = await new Promise<PNG>((resolve, reject) => {
    png.on('error', reject);
    png.parse(Buffer.from(bytes), (error: Error | null, data) => {
      // pngjs hands over null when all went well, whatever its types say.
      if (error === null || error === undefined) resolve(data);
      else reject(error);
    });
  }).catch((cause: unknown) => {
    throw new TypeError(`not a PNG: ${messageOf(cause)}`, {
      cause,
    });
  });
  const { width, height, data } = decoded;
  const pixels = new Uint32Array(width * height);
  for (let i = 0, at = 0; i < pixels.length; i++, at += 4) {
    const [red, green, blue, alpha] = [data[at]!, data[at + 1]!, data[at + 2]!, data[at + 3]!];
    pixels[i] = ((alpha << 24) | (red << 16) | (green << 8) | blue) >>> 0;
  }
  return { width, height, pixels };
}

/** Words 0x??RRGGBB as bytes R, G, B. */
export function rgbOf(pixels: Uint32Array): Buffer {
  const rgb = Buffer.allocUnsafe(pixels.length * 3);
  let at = 0;
  for (const pixel of pixels) {
    rgb[at++] = pixel >>> 16;
    rgb[at++] = pixel >>> 8;
    rgb[at++] = pixel;
  }
  return rgb;
}

const SIGNATURE = '89504e470d0a1a0a';

/** The header alone is read for it: a small file can unpack to gigabytes. */
function checkSize(bytes: Uint8Array): void {
  const head = Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.length, 24));
  if (head.length < 24 || head.toString('hex', 0, 8) !== SIGNATURE)
    throw new TypeError('not a PNG: it does not begin like one');
  const [width, height] = [head.readUInt32BE(16), head.readUInt32BE(20)];
  const { maxScreenSide, maxScreenPixels } = defaultLimits;
  if (width > maxScreenSide || height > maxScreenSide || width * height > maxScreenPixels)
    throw new TypeError(`a PNG of ${width}x${height} is larger than any screen`);
}
