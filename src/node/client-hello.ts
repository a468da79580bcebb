/**
 * The server name in a TLS client's hello (RFC 8446 4.1.2, RFC 6066 section 3), read before TLS is: Node's own callback
 * for it can bring one certificate into a handshake, and leaves those of other kinds of key in place, under whatever name.
 * Used by the TLS acceptor, when certificates have different names.
 */
import type { Duplex } from 'node:stream';
import { Cursor } from '../wire/cursor.ts';

const HANDSHAKE = 22;
const CLIENT_HELLO = 1;
const SERVER_NAME = 0;
const HOST_NAME = 0;
const RECORD_HEADER = 5;
/** Real ones have some 300 to 2000 bytes. Of a longer one the name is not looked at. */
const MAX_BYTES = 16 * 1024;

/** Either what the hello says, or how many bytes there must be before it is worth to look again. */
export type Peeked = { readonly name: string | undefined } | { readonly needs: number };

/** `bytes` is what came so far. Whatever is wrong with it is left for TLS to find: then there is no name. */
export function readServerName(bytes: Uint8Array): Peeked {
  const message: Uint8Array[] = [];
  let have = 0;
  let want = 4;
  for (let offset = 0; ; ) {
    if (bytes.length < offset + RECORD_HEADER) return needs(offset + RECORD_HEADER);
    const record = new Cursor(bytes, offset);
    if (record.u8() !== HANDSHAKE) return { name: undefined };
    record.skip(2);
    const length = record.u16();
    const end = offset + RECORD_HEADER + length;
    if (length === 0) return { name: undefined };
    if (bytes.length < end) return needs(end);
    message.push(record.view(length));
    have += length;
    offset = end;
    if (have >= want && want === 4) {
      const [type = 0, high = 0, middle = 0, low = 0] = Buffer.concat(message);
      if (type !== CLIENT_HELLO) return { name: undefined };
      want = 4 + high * 65536 + middle * 256 + low;
    }
    if (have >= want) return { name: nameIn(Buffer.concat(message).subarray(4, want)) };
  }
}

const needs = (count: number): Peeked =>
  count > MAX_BYTES ? { name: undefined } : { needs: count };

function nameIn(hello: Uint8Array): string | undefined {
  try {
    const cursor = new Cursor(hello);
    cursor.skip(2 /* version */ + 32 /* random */);
    cursor.skip(cursor.u8()); // session id
    cursor.skip(cursor.u16()); // cipher suites
    cursor.skip(cursor.u8()); // compression methods
    if (cursor.remaining === 0) return undefined;
    const extensions = new Cursor(cursor.view(cursor.u16()));
    while (extensions.remaining > 0) {
      const type = extensions.u16();
      const content = new Cursor(extensions.view(extensions.u16()));
      if (type !== SERVER_NAME) continue;
      content.skip(2); // length of the list, of which nobody sends more than one
      if (content.u8() !== HOST_NAME) return undefined;
      return String.fromCharCode(...content.view(content.u16()));
    }
  } catch {
    // Cut short inside: TLS will say so.
  }
  return undefined;
}

/**
 * Reads the name and pushes all that was read back. The socket is paused before and after. Resolves with undefined, too,
 * when it ends: destroy() it to end the wait.
 */
export async function peekServerName(socket: Duplex): Promise<string | undefined> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  let peeked: Peeked = { needs: RECORD_HEADER };
  while ('needs' in peeked) {
    const chunk = await nextChunk(socket);
    if (chunk === undefined) return undefined;
    chunks.push(chunk);
    bytes += chunk.length;
    if (bytes >= peeked.needs) peeked = readServerName(Buffer.concat(chunks));
  }
  socket.unshift(Buffer.concat(chunks));
  return peeked.name;
}

function nextChunk(socket: Duplex): Promise<Buffer | undefined> {
  return new Promise((resolve) => {
    const settle = (chunk?: Buffer): void => {
      socket.pause();
      socket.off('data', settle).off('end', ended).off('close', ended);
      resolve(chunk);
    };
    const ended = (): void => settle();
    if (socket.destroyed || socket.readableEnded) {
      resolve(undefined);
      return;
    }
    socket.on('data', settle).on('end', ended).on('close', ended);
    socket.resume();
  });
}
