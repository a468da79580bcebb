/** The text of a `-object secret`. Used when a display with one is put together. */
import { readFile } from 'node:fs/promises';
import { Secret } from '../../core/secret.ts';
import type { SecretObject } from './objects.ts';

/**
 * One line end behind a file's text is not part of it: nobody can type it into a viewer. (QEMU takes it for part of the
 * password, which then never matches.) Throws TypeError that names the secret, and never what it is.
 */
export async function readSecret({ id, source, format }: SecretObject): Promise<Secret> {
  let bytes: Uint8Array;
  if ('data' in source) bytes = new TextEncoder().encode(source.data);
  else {
    try {
      bytes = await readFile(source.file);
    } catch (cause) {
      throw new TypeError(`the file ${source.file} of secret ${id} cannot be read`, { cause });
    }
  }
  const text = textOf(bytes, id).replace(/\r?\n$/, '');
  if (format === 'raw') return new Secret(text);
  if (!/^[A-Za-z0-9+/\s]*={0,2}\s*$/.test(text)) throw new TypeError(`secret ${id} is not base64`);
  return new Secret(textOf(Buffer.from(text, 'base64'), id));
}

function textOf(bytes: Uint8Array, id: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (cause) {
    throw new TypeError(`secret ${id} is not UTF-8 text`, { cause });
  }
}
