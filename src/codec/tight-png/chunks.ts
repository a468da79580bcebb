/** Chunks of PNG files (PNG 5.3) and their checksums, and what stands in their headers. Used by whoever reads or writes one. */
import { CRC_TABLE_BYTES, kernelSet, type KernelSet } from '../../pixels/kernels/kernels.ts';

export const SIGNATURE: Uint8Array = Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a);

/** Types of chunks, as the number that their four letters are. */
export const Chunk = {
  Header: 0x49484452, // IHDR
  Palette: 0x504c5445, // PLTE
  Data: 0x49444154, // IDAT
  End: 0x49454e44, // IEND
} as const;

/** Of the header: what a sample of the picture is. */
export const ColourType = { Grey: 0, Rgb: 2, Palette: 3 } as const;

/** How rows are filtered (PNG 9.2): not, which suits drawn pictures, or by their neighbours, which suits photos. */
export const Filter = { None: 0, Paeth: 4 } as const;
export type Filter = (typeof Filter)[keyof typeof Filter];

/** The only number there is for compression and for the set of filters, and none for interlacing. */
export const DEFAULT_METHOD = 0;

/** Bytes of a chunk besides its data: length, type, checksum. */
export const CHUNK_FRAME_BYTES = 12;
export const HEADER_BYTES = 13;

/** Tables for the checksum, and a place for bytes that stand elsewhere. */
interface Place {
  readonly set: KernelSet;
  readonly tables: number;
  readonly scratch: number;
}

const SCRATCH_BYTES = 64 * 1024;
let place: Place | undefined;

function crcPlace(): Place {
  const set = kernelSet();
  if (place?.set !== set) {
    const tables = set.memory.allocate(CRC_TABLE_BYTES);
    set.kernels.crcPrepare(tables);
    place = { set, tables, scratch: set.memory.allocate(SCRATCH_BYTES) };
  }
  return place;
}

/** Goes on with a checksum (0 at the start) over bytes in the kernels' memory. */
export function crcAt(sum: number, address: number, size: number): number {
  const { set, tables } = crcPlace();
  return set.kernels.crc32(tables, sum, address, size) >>> 0;
}

/** The checksum of bytes. */
export function crcOf(bytes: Uint8Array): number {
  const { set, scratch } = crcPlace();
  let sum = 0;
  for (let at = 0; at < bytes.length; at += SCRATCH_BYTES) {
    const part = bytes.subarray(at, at + SCRATCH_BYTES);
    set.memory.bytes.set(part, scratch);
    sum = crcAt(sum, scratch, part.length);
  }
  return sum;
}
