/** Pictures in files, as commands take and leave them. */
import { open, readFile } from 'node:fs/promises';
import { encodePng } from '../client/automation/picture-file.ts';
import type { Picture } from '../client/automation/screenshot.ts';
import { messageOf } from '../core/errors.ts';
import { decodePng } from '../node/png.ts';
import { ExitCode, step } from './failure.ts';

/** Throws TypeError that names the file. */
export async function readPicture(file: string): Promise<Picture> {
  try {
    return await decodePng(await readFile(file));
  } catch (cause) {
    throw new TypeError(`${file}: ${messageOf(cause)}`, {
      cause,
    });
  }
}

/** `-` is standard output. A file is for its user alone: a desktop is private. */
export async function writePicture(file: string, picture: Picture): Promise<void> {
  const png = encodePng(picture);
  if (file === '-') process.stdout.write(png);
  else await step(ExitCode.Runtime, () => save(file, png));
}

async function save(file: string, bytes: Uint8Array): Promise<void> {
  const handle = await open(file, 'w', 0o600);
  try {
    await handle.writeFile(bytes);
  } finally {
    await handle.close();
  }
}
