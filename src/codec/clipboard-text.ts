/**
 * Text as the extended clipboard carries it: UTF-8 with CR LF and a NUL at the end, behind its size, in one whole zlib
 * stream. Used by the sessions of both ends.
 */
import { checkLimit, type Limits } from '../core/limits.ts';
import { ClipboardFormat } from '../rfb/constants.ts';
import type { ClipboardWord } from '../rfb/messages/extended-clipboard.ts';
import { ByteWriter } from '../wire/byte-writer.ts';
import { Cursor } from '../wire/cursor.ts';
import { fromUtf8, utf8 } from '../wire/text.ts';
import { createInflater } from './inflate-stream.ts';
import { createDeflater } from './zlib-stream.ts';

export type ProvidedClipboard = Extract<ClipboardWord, { readonly action: 'provide' }>;

const COMPRESSION_LEVEL = 6;
/** RFC 1951: an empty stored block, the last one. */
const LAST_BLOCK = Uint8Array.of(0x01, 0x00, 0x00, 0xff, 0xff);

const onTheWire = (text: string): Uint8Array => utf8(`${text.replace(/\r\n?|\n/g, '\r\n')}\0`);

/** What the sizes in `caps` are about. */
export const clipboardTextBytes = (text: string): number => onTheWire(text).length;

export function provideText(text: string): ProvidedClipboard {
  const bytes = onTheWire(text);
  const plain = new ByteWriter(4 + bytes.length).u32(bytes.length).bytes(bytes).take();
  const w = new ByteWriter();
  // What is flushed ends on a whole byte; a last block and the checksum make it a whole stream, as some readers insist.
  w.bytes(createDeflater(COMPRESSION_LEVEL).deflate(plain)).bytes(LAST_BLOCK).u32(adler32(plain));
  return { action: 'provide', formats: ClipboardFormat.Text, data: w.take() };
}

/**
 * The text, with lines that end with a line feed alone; undefined when none was provided. Other formats stand behind it
 * and are not looked at. A size above the limit is refused before anything is inflated.
 */
export function providedText(word: ProvidedClipboard, limits: Limits): string | undefined {
  if ((word.formats & ClipboardFormat.Text) === 0) return undefined;
  const inflater = createInflater();
  inflater.open(word.data);
  const size = checkLimit(limits, 'maxClipboardBytes', new Cursor(inflater.read(4)).u32());
  // The NUL is left out by some.
  // A copy: browsers decode no text in shared memory.
  const [text = ''] = fromUtf8(inflater.read(size).slice()).split('\0', 1);
  return text.replace(/\r\n?/g, '\n');
}

/** RFC 1950: the checksum at the end of a zlib stream. */
function adler32(bytes: Uint8Array): number {
  // As many as can be added before the sums leave 32 bits.
  const run = 3800;
  let a = 1;
  let b = 0;
  for (let at = 0; at < bytes.length; at += run) {
    for (const byte of bytes.subarray(at, at + run)) {
      a += byte;
      b += a;
    }
    a %= 65521;
    b %= 65521;
  }
  return ((b << 16) | a) >>> 0;
}
