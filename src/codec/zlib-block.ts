/** The payload of Zlib and of ZRLE: a U32 length, then so many bytes of the connection's zlib stream. */
import { checkLimit, type Limits } from '../core/limits.ts';
import type { ByteReader } from '../wire/byte-reader.ts';
import type { Encoder } from './codec.ts';
import type { Deflater } from './zlib-stream.ts';

/** Waits for a block and returns its compressed bytes, borrowed. */
export async function frameZlibBlock(reader: ByteReader, limits: Limits): Promise<Uint8Array> {
  const length = checkLimit(limits, 'maxRectBytes', await reader.u32());
  return reader.view(length);
}

/** The part of an encoder that lets it move between threads, where all it has is one stream. */
export const moves = (deflater: Deflater): Required<Pick<Encoder, 'streams' | 'resume'>> => ({
  streams: () => (deflater.begun() ? 1 : 0),
  resume: (streams) => deflater.resume(streams !== 0),
});
