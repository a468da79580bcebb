/** The payload of Zlib and of ZRLE: a U32 length, then so many bytes of the connection's zlib stream. */
import { checkLimit, type Limits } from '../core/limits.ts';
import type { ByteReader } from '../wire/byte-reader.ts';

/** Waits for a block and returns its compressed bytes, borrowed. */
export async function frameZlibBlock(reader: ByteReader, limits: Limits): Promise<Uint8Array> {
  const length = checkLimit(limits, 'maxRectBytes', await reader.u32());
  return reader.view(length);
}
