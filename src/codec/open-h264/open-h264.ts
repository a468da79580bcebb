/**
 * RFB 7.7.7 Open H.264, on the level of messages: each rectangle is a length, flags, and one picture of H.264 in annex B, as
 * the next of the film that its rectangle names. Written for viewers by server/viewer-video.ts. There is no Codec of it: a
 * decoder of H.264 answers later, and Decoder's decode() cannot wait.
 * @rfb encoding 50 OpenH264 | server: parts that move like a film, with --video-encoder; contexts, both flags
 */
import { ProtocolError } from '../../core/errors.ts';
import { checkLimit, type Limits } from '../../core/limits.ts';
import type { ByteReader } from '../../wire/byte-reader.ts';
import type { ByteWriter } from '../../wire/byte-writer.ts';

/** What happens before the picture is decoded. */
export const OpenH264Flag = {
  /** This rectangle's film begins anew. */
  ResetContext: 1,
  /** All films end, this one begins. */
  ResetAllContexts: 2,
} as const;

/** Behind the rectangle's header. */
export interface OpenH264Payload {
  /** OpenH264Flag, added. */
  readonly flags: number;
  /** Empty: only the flags count. */
  readonly data: Uint8Array;
}

const headerSize = 4 /* length */ + 4; /* flags */
const KNOWN_FLAGS = OpenH264Flag.ResetContext | OpenH264Flag.ResetAllContexts;

/** The payload behind a rectangle's header. */
export function writeOpenH264(w: ByteWriter, { flags, data }: OpenH264Payload): void {
  w.u32(data.length).u32(flags).bytes(data);
}

/** Reads it. LimitError before a byte of a picture that is too long is waited for, ProtocolError on unknown flags. */
export async function receiveOpenH264(
  reader: ByteReader,
  limits: Limits,
): Promise<OpenH264Payload> {
  const c = await reader.cursor(headerSize);
  const length = checkLimit(limits, 'maxRectBytes', c.u32());
  const flags = c.u32();
  if ((flags & ~KNOWN_FLAGS) !== 0) {
    throw new ProtocolError(`Open H.264 flags 0x${flags.toString(16)} are not known`, {
      field: 'OpenH264.flags',
      got: flags,
    });
  }
  return { flags, data: await reader.bytes(length) };
}
