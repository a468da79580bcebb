/** TightPNG, the viewer's half: takes a PNG file apart (PNG 5, 11). Strict: what servers do not send is refused. */
import { ProtocolError } from '../../core/errors.ts';
import { OPAQUE } from '../../pixels/framebuffer.ts';
import type { Rectangle } from '../../rfb/rectangle.ts';
import { Cursor } from '../../wire/cursor.ts';
import { Chunk, ColourType, crcOf, DEFAULT_METHOD, HEADER_BYTES, SIGNATURE } from './chunks.ts';

export interface PngPicture {
  /** Bits of an index; 8 where there is no palette. */
  readonly bits: number;
  /** Pixels of the indexes, also those of grey; undefined where pixels are red, green and blue bytes. */
  readonly palette: Uint32Array | undefined;
  /** A zlib stream. */
  readonly data: Uint8Array;
}

/** A file of exactly a rectangle's size. */
export function parsePng(file: Uint8Array, r: Rectangle): PngPicture {
  const c = new Cursor(file);
  if (!SIGNATURE.every((byte) => byte === c.u8())) refuse('does not begin like one');
  const header = readHeader(readChunk(c), r);
  let palette = header.colourType === ColourType.Grey ? greys(header.bits) : undefined;
  const data: Uint8Array[] = [];
  for (let before: number = Chunk.Header; ; ) {
    const chunk = readChunk(c);
    const { type } = chunk;
    if (type === Chunk.End) break;
    if (type === Chunk.Palette) {
      if (data.length > 0) refuse('has its palette behind its data');
      // With pixels of three bytes it is but a suggestion.
      if (header.colourType === ColourType.Palette) palette = readPalette(chunk, header.bits);
    } else if (type === Chunk.Data) {
      if (data.length > 0 && before !== Chunk.Data) refuse('has other chunks between its data');
      data.push(chunk.data);
    } else if (isCritical(type)) {
      refuse(`has a chunk of type ${type.toString(16)}, which is unknown`);
    }
    before = type;
  }
  c.end('PNG');
  if (header.colourType === ColourType.Palette && palette === undefined) refuse('has no palette');
  return { bits: header.bits, palette, data: joined(data) };
}

interface ReadChunk {
  readonly type: number;
  readonly data: Uint8Array;
}

function readChunk(c: Cursor): ReadChunk {
  const length = c.u32();
  const start = c.offset;
  const type = c.u32();
  const data = c.view(length);
  const sum = crcOf(c.bytes.subarray(start, c.offset));
  if (sum !== c.u32()) refuse(`has a chunk of type ${type.toString(16)} with a wrong checksum`);
  return { type, data };
}

/** A capital first letter says that a picture cannot be understood without the chunk. */
const isCritical = (type: number): boolean => (type & 0x20000000) === 0;

interface Header {
  readonly bits: number;
  readonly colourType: number;
}

function readHeader({ type, data }: ReadChunk, r: Rectangle): Header {
  if (type !== Chunk.Header || data.length !== HEADER_BYTES) refuse('has no header');
  const c = new Cursor(data);
  const width = c.u32();
  const height = c.u32();
  const bits = c.u8();
  const colourType = c.u8();
  if (width !== r.width || height !== r.height || width * height === 0)
    throw new ProtocolError(
      `PNG of ${width}x${height} in a TightPNG rectangle of ${r.width}x${r.height}`,
      { field: 'pngData', got: `${width}x${height}` },
    );
  const kinds = colourType === ColourType.Rgb ? [8] : [1, 2, 4, 8];
  const types: readonly number[] = Object.values(ColourType);
  if (!types.includes(colourType) || !kinds.includes(bits))
    refuse(`has colours of type ${colourType} with ${bits} bits`);
  for (const what of ['compression', 'filters', 'interlacing']) {
    const method = c.u8();
    if (method !== DEFAULT_METHOD) refuse(`has ${what} of type ${method}`);
  }
  return { bits, colourType };
}

function readPalette({ data }: ReadChunk, bits: number): Uint32Array {
  const count = data.length / 3;
  if (!(Number.isInteger(count) && count >= 1 && count <= 1 << bits))
    refuse(`has a palette of ${data.length} bytes for ${bits} bits`);
  return Uint32Array.from({ length: count }, (_, i) => {
    const [red, green, blue] = [data[3 * i]!, data[3 * i + 1]!, data[3 * i + 2]!];
    return OPAQUE | (red << 16) | (green << 8) | blue;
  });
}

/** All that so many bits can say, from black to white. */
function greys(bits: number): Uint32Array {
  const count = 1 << bits;
  return Uint32Array.from(
    { length: count },
    (_, i) => OPAQUE | (Math.round((255 * i) / (count - 1)) * 0x010101),
  );
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  const [first] = parts;
  if (first !== undefined && parts.length === 1) return first;
  const all = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

function refuse(why: string): never {
  throw new ProtocolError(`PNG in TightPNG ${why}`, { field: 'pngData' });
}
