/** The picture of a display as a file: PNG, or PPM (P6) as QEMU writes by default. */
import { open } from 'node:fs/promises';
import { PNG } from 'pngjs';
import type { Framebuffer } from '../pixels/framebuffer.ts';
import { QmpError } from './qmp-error.ts';

export type PictureFormat = 'png' | 'ppm';

/** The file belongs to its user alone: a desktop is private. Rejects with QmpError. */
export async function screendump(
  framebuffer: Framebuffer,
  filename: string,
  format: PictureFormat,
): Promise<void> {
  // Before anything is awaited, so that the picture is of one moment.
  const rgb = rgbOf(framebuffer);
  const { width, height } = framebuffer;
  const bytes =
    format === 'ppm'
      ? Buffer.concat([Buffer.from(`P6\n${width} ${height}\n255\n`, 'latin1'), rgb])
      : await pngOf(rgb, width, height);
  try {
    const file = await open(filename, 'w', 0o600);
    try {
      await file.writeFile(bytes);
    } finally {
      await file.close();
    }
  } catch (error) {
    throw new QmpError(`failed to open file '${filename}': ${systemWords(error)}`);
  }
}

function rgbOf({ pixels, width, height }: Framebuffer): Buffer {
  const rgb = Buffer.allocUnsafe(width * height * 3);
  let at = 0;
  for (let i = 0; i < width * height; i++) {
    const pixel = pixels[i]!;
    rgb[at++] = pixel >>> 16;
    rgb[at++] = pixel >>> 8;
    rgb[at++] = pixel;
  }
  return rgb;
}

/** Compressed on a thread of its own: a large picture takes longer than viewers should wait. */
function pngOf(rgb: Buffer, width: number, height: number): Promise<Buffer> {
  const png = new PNG({ width, height, colorType: 2, inputColorType: 2, inputHasAlpha: false });
  png.data = rgb;
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    png.on('data', (chunk: Buffer) => chunks.push(chunk));
    png.on('end', () => resolve(Buffer.concat(chunks)));
    png.on('error', reject);
    png.pack();
  });
}

/** The C library's words, which QEMU's clients know. */
function systemWords(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  const words: Readonly<Record<string, string>> = {
    EACCES: 'Permission denied',
    EISDIR: 'Is a directory',
    ENOENT: 'No such file or directory',
    ENOSPC: 'No space left on device',
    ENOTDIR: 'Not a directory',
    EROFS: 'Read-only file system',
  };
  return words[code] ?? (error instanceof Error ? error.message : String(error));
}
