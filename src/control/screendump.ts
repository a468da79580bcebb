/** The picture of a display as a file: PNG, or PPM (P6) as QEMU writes by default. */
import { open } from 'node:fs/promises';
import { encodePng } from '../client/automation/picture-file.ts';
import { messageOf } from '../core/errors.ts';
import type { Framebuffer } from '../pixels/framebuffer.ts';
import { rgbOf } from '../node/png.ts';
import { QmpError } from './qmp-error.ts';

export type PictureFormat = 'png' | 'ppm';

/** The file belongs to its user alone: a desktop is private. Rejects with QmpError. */
export async function screendump(
  framebuffer: Framebuffer,
  filename: string,
  format: PictureFormat,
): Promise<void> {
  // Before anything is awaited, so that the picture is of one moment.
  const bytes = format === 'ppm' ? ppmOf(framebuffer) : encodePng(framebuffer);
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

const ppmOf = ({ width, height, pixels }: Framebuffer): Buffer =>
  Buffer.concat([Buffer.from(`P6\n${width} ${height}\n255\n`, 'latin1'), rgbOf(pixels)]);

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
  return words[code] ?? messageOf(error);
}
