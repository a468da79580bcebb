/** A PNG file, whole and by itself: behind its length in TightPNG, and of pictures that are kept. */
import { kernelSet } from '../../pixels/kernels/kernels.ts';
import { ByteWriter } from '../../wire/byte-writer.ts';
import { writeCompactLength } from '../tight/streams.ts';
import type { WholeStream } from '../zlib-whole.ts';
import {
  Chunk,
  CHUNK_FRAME_BYTES,
  crcAt,
  crcOf,
  DEFAULT_METHOD,
  HEADER_BYTES,
  SIGNATURE,
} from './chunks.ts';

export interface PngHeader {
  readonly width: number;
  readonly height: number;
  readonly bits: number;
  readonly colourType: number;
}

/** Signature, header, data and end. */
const FRAME_BYTES = SIGNATURE.length + 3 * CHUNK_FRAME_BYTES + HEADER_BYTES;

/** `palette` has red, green and blue of each colour, and is empty where there is none. */
export function writeFile(
  sink: ByteWriter,
  header: PngHeader,
  palette: Uint8Array,
  data: WholeStream,
): void {
  const paletteBytes = palette.length === 0 ? 0 : CHUNK_FRAME_BYTES + palette.length;
  writeCompactLength(sink, FRAME_BYTES + paletteBytes + data.size);
  writePng(sink, header, palette, data);
}

/** The file by itself. */
export function writePng(
  sink: ByteWriter,
  { width, height, bits, colourType }: PngHeader,
  palette: Uint8Array,
  data: WholeStream,
): void {
  sink.bytes(SIGNATURE);
  const header = new ByteWriter(HEADER_BYTES);
  header.u32(width).u32(height).u8(bits).u8(colourType);
  header.u8(DEFAULT_METHOD).u8(DEFAULT_METHOD).u8(DEFAULT_METHOD);
  writeChunk(sink, Chunk.Header, header.written());
  if (palette.length > 0) writeChunk(sink, Chunk.Palette, palette);
  writeData(sink, data);
  writeChunk(sink, Chunk.End, new Uint8Array(0));
}

function writeChunk(sink: ByteWriter, type: number, data: Uint8Array): void {
  sink.u32(data.length);
  const start = sink.length;
  sink.u32(type).bytes(data);
  sink.u32(crcOf(sink.written().subarray(start)));
}

/** Data, which are many, where they stand. */
function writeData(sink: ByteWriter, { address, size }: WholeStream): void {
  sink.u32(size);
  const start = sink.length;
  sink.u32(Chunk.Data);
  const sum = crcAt(crcOf(sink.written().subarray(start)), address, size);
  sink.bytes(kernelSet().memory.bytes.subarray(address, address + size)).u32(sum);
}
