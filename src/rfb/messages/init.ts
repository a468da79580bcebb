/**
 * RFB 7.3.1 ClientInit, 1 byte, and 7.3.2 ServerInit, 24 + n bytes.
 * @rfb handshake - ClientInit | the shared flag is judged by the share policy
 * @rfb handshake - ServerInit | 32 bits, depth 24, little-endian, as nearly every viewer likes it
 */
import { checkLimit, type Limits } from '../../core/limits.ts';
import type { ByteReader } from '../../wire/byte-reader.ts';
import type { ByteWriter } from '../../wire/byte-writer.ts';
import { fromUtf8, utf8 } from '../../wire/text.ts';
import {
  checkPixelFormat,
  pixelFormatSize,
  readPixelFormat,
  writePixelFormat,
  type PixelFormat,
} from '../pixel-format.ts';
import { checkScreenSize } from '../screen.ts';

export interface ClientInit {
  readonly shared: boolean;
}

export async function receiveClientInit(reader: ByteReader): Promise<ClientInit> {
  return { shared: (await reader.u8()) !== 0 };
}

export function writeClientInit(w: ByteWriter, m: ClientInit): void {
  w.u8(m.shared ? 1 : 0);
}

export interface ServerInit {
  readonly width: number;
  readonly height: number;
  readonly format: PixelFormat;
  readonly name: string;
}

const headSize = 2 /* width */ + 2 /* height */ + pixelFormatSize + 4; /* name length */

/** Throws LimitError or ProtocolError before anything of the stated size is awaited. */
export async function receiveServerInit(reader: ByteReader, limits: Limits): Promise<ServerInit> {
  const head = await reader.cursor(headSize);
  const width = head.u16();
  const height = head.u16();
  checkScreenSize(width, height, limits);
  const format = readPixelFormat(head);
  checkPixelFormat(format);
  const nameLength = checkLimit(limits, 'maxNameBytes', head.u32());
  return { width, height, format, name: fromUtf8(await reader.view(nameLength)) };
}

export function writeServerInit(w: ByteWriter, m: ServerInit): void {
  const name = utf8(m.name);
  w.u16(m.width).u16(m.height);
  writePixelFormat(w, m.format);
  w.u32(name.length).bytes(name);
}
