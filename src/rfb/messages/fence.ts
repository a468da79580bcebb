/**
 * RFB 7.5.11 ClientFence and 7.6.6 ServerFence, 9 + n bytes, the same number and shape both ways: a mark in the stream that
 * the other end sends back. Either may ask once the viewer named -312 and the server asked first.
 * @rfb client-message 248 ClientFence | payloads of 64 bytes at most
 * @rfb server-message 248 ServerFence | payloads of 64 bytes at most
 */
import { ProtocolError } from '../../core/errors.ts';
import type { ByteReader } from '../../wire/byte-reader.ts';
import type { ByteWriter } from '../../wire/byte-writer.ts';
import { ClientMessageType, FenceFlag, ServerMessageType } from '../constants.ts';

export interface Fence<Type extends 'ClientFence' | 'ServerFence'> {
  readonly type: Type;
  /** Bits of FenceFlag and, from peers that know more, others. */
  readonly flags: number;
  readonly payload: Uint8Array;
}
export type ClientFence = Fence<'ClientFence'>;
export type ServerFence = Fence<'ServerFence'>;

/** RFB 7.5.11. neatvnc closes the connection above it, noVNC cuts. */
const maxFencePayload = 64;

/** Fixed part after the type byte. */
const headSize = 3 /* padding */ + 4 /* flags */ + 1; /* length */

/** The flags that an answer may repeat. */
const knownFlags = FenceFlag.BlockBefore | FenceFlag.BlockAfter | FenceFlag.SyncNext;

export const isFenceRequest = (m: Fence<'ClientFence' | 'ServerFence'>): boolean =>
  (m.flags & FenceFlag.Request) !== 0;

/** What answers a request: the same payload, and of its flags those that are known. */
export const fenceAnswer = (
  m: Fence<'ClientFence' | 'ServerFence'>,
): { readonly flags: number; readonly payload: Uint8Array } => ({
  flags: m.flags & knownFlags,
  payload: m.payload,
});

export async function receiveFence<Type extends 'ClientFence' | 'ServerFence'>(
  reader: ByteReader,
  type: Type,
): Promise<Fence<Type>> {
  const head = await reader.cursor(headSize);
  head.skip(3);
  const flags = head.u32();
  const length = head.u8();
  if (length > maxFencePayload) {
    throw new ProtocolError(`${type} with a payload of ${length} bytes, more than 64`, {
      field: 'Fence.length',
      got: length,
    });
  }
  return { type, flags, payload: await reader.bytes(length) };
}

export function writeFence(w: ByteWriter, m: ClientFence | ServerFence): void {
  const type =
    m.type === 'ClientFence' ? ClientMessageType.ClientFence : ServerMessageType.ServerFence;
  w.u8(type).pad(3).u32(m.flags).u8(m.payload.length).bytes(m.payload);
}
