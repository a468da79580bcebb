/**
 * The PROXY protocol, versions 1 and 2, as HAProxy specifies it: a proxy that we trust says first whose connection it
 * brings. Read off the socket before RFB begins, by listen(), from named networks only.
 */
import { isIPv4, isIPv6, type Socket } from 'node:net';
import { withDeadline } from '../core/deadline.ts';
import { ClosedError, LimitError, ProtocolError } from '../core/errors.ts';
import { plainHost } from './address.ts';

/** Where the proxy's own peer is; undefined when the proxy speaks for itself, as health checks do. */
export type ProxySource = { readonly host: string; readonly port: number } | undefined;

export interface ProxyHeader {
  readonly source: ProxySource;
  readonly byteLength: number;
}

export interface ProxyHeaderOptions {
  readonly timeoutMs: number;
  /** Bytes behind the fixed part of a version 2 header. */
  readonly maxBytes: number;
}

const SIGNATURE = Uint8Array.of(13, 10, 13, 10, 0, 13, 10, 0x51, 0x55, 0x49, 0x54, 10);
const FIXED_BYTES = SIGNATURE.length + 1 /* version, command */ + 1 /* family */ + 2; /* length */
const MAX_V1_BYTES = 107;
const V1_BEGINS = Buffer.from('PROXY ');
const Family = { Unspecified: 0x00, Tcp4: 0x11, Tcp6: 0x21, UnixStream: 0x31 } as const;

/** The header at the beginning of `bytes`; undefined while it is not complete. Throws ProtocolError, LimitError. */
export function parseProxyHeader(bytes: Uint8Array, maxBytes: number): ProxyHeader | undefined {
  if (beginsAlike(bytes, SIGNATURE)) return parseVersion2(bytes, maxBytes);
  if (beginsAlike(bytes, V1_BEGINS)) return parseVersion1(bytes);
  throw bad('the connection does not begin with a PROXY header, which its network must send');
}

function beginsAlike(bytes: Uint8Array, wanted: Uint8Array): boolean {
  return wanted.subarray(0, bytes.length).every((byte, index) => byte === bytes[index]);
}

/** `PROXY TCP4 192.0.2.1 198.51.100.1 56324 5900\r\n`, or UNKNOWN and anything behind it. */
function parseVersion1(bytes: Uint8Array): ProxyHeader | undefined {
  const head = Buffer.from(bytes.subarray(0, MAX_V1_BYTES)).toString('latin1');
  const end = head.indexOf('\r\n');
  if (end < 0) {
    if (bytes.length < MAX_V1_BYTES) return undefined;
    throw bad(`a PROXY line does not end within ${MAX_V1_BYTES} bytes`);
  }
  const byteLength = end + 2;
  const line = head.slice(0, end);
  if (/^PROXY UNKNOWN( |$)/.test(line)) return { source: undefined, byteLength };
  const [, family, source = '', destination = '', ...ports] =
    /^PROXY (TCP[46]) (\S+) (\S+) (0|[1-9]\d{0,4}) (0|[1-9]\d{0,4})$/.exec(line) ?? [];
  const isAddress =
    family === 'TCP4' ? isIPv4 : (text: string) => isIPv6(text) && !text.includes('%');
  if (family === undefined || !isAddress(source) || !isAddress(destination))
    throw bad('a PROXY line is not PROXY TCP4 or TCP6, two addresses and two ports');
  const [port = 0, destinationPort = 0] = ports.map(Number);
  if (port > 65535 || destinationPort > 65535) throw bad('a PROXY line has a port above 65535');
  return { source: { host: plainHost(source), port }, byteLength };
}

function parseVersion2(bytes: Uint8Array, maxBytes: number): ProxyHeader | undefined {
  if (bytes.length < FIXED_BYTES) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const command = view.getUint8(12);
  if (command !== 0x20 && command !== 0x21)
    throw bad(`a PROXY header has version and command 0x${command.toString(16)}`, command);
  const family = view.getUint8(13);
  const length = view.getUint16(14);
  if (length > maxBytes) throw new LimitError('maxProxyHeaderBytes', maxBytes, length);
  const byteLength = FIXED_BYTES + length;
  if (bytes.length < byteLength) return undefined;
  // LOCAL: the proxy looks whether we are well. What else it says does not matter.
  if (command === 0x20) return { source: undefined, byteLength };
  const addressBytes = addressLength(family);
  if (length < addressBytes)
    throw bad(`a PROXY header has ${length} bytes for ${addressBytes} of addresses`, length);
  checkExtensions(view, FIXED_BYTES + addressBytes, byteLength);
  const address = bytes.subarray(FIXED_BYTES, FIXED_BYTES + addressBytes);
  return { source: sourceOf(family, address, view), byteLength };
}

function addressLength(family: number): number {
  switch (family) {
    case Family.Unspecified:
      return 0;
    case Family.Tcp4:
      return 4 + 4 + 2 + 2;
    case Family.Tcp6:
      return 16 + 16 + 2 + 2;
    case Family.UnixStream:
      return 108 + 108;
    default:
      throw bad(
        `a PROXY header has address family 0x${family.toString(16)}, which is no stream`,
        family,
      );
  }
}

/** `u8 type, u16 length, value`, one behind the other, to the very end. */
function checkExtensions(view: DataView, start: number, end: number): void {
  let at = start;
  while (at < end) {
    if (at + 3 > end) throw bad('an extension of a PROXY header is cut short');
    at += 3 + view.getUint16(at + 1);
  }
  if (at !== end) throw bad('an extension of a PROXY header is longer than the header');
}

function sourceOf(family: number, address: Uint8Array, view: DataView): ProxySource {
  if (family === Family.Tcp4)
    return { host: address.subarray(0, 4).join('.'), port: view.getUint16(FIXED_BYTES + 8) };
  if (family !== Family.Tcp6) return undefined;
  const groups = Array.from({ length: 8 }, (_, i) =>
    view.getUint16(FIXED_BYTES + 2 * i).toString(16),
  );
  // The one spelling of each address, for logs and for whoever counts by it.
  const host = new URL(`http://[${groups.join(':')}]/`).hostname.slice(1, -1);
  const mapped = groups.slice(0, 5).every((group) => group === '0') && groups[5] === 'ffff';
  return {
    host: mapped ? address.subarray(12, 16).join('.') : host,
    port: view.getUint16(FIXED_BYTES + 32),
  };
}

const bad = (message: string, got?: number): ProtocolError =>
  new ProtocolError(message, {
    field: 'PROXY',
    phase: 'connect',
    ...(got === undefined ? {} : { got }),
  });

/**
 * Reads a header off a socket that nobody reads yet, and leaves it paused with everything behind the header unread.
 * Rejects, with the socket destroyed, with ProtocolError, LimitError, ClosedError or TimeoutError.
 */
export async function receiveProxyHeader(
  socket: Socket,
  { timeoutMs, maxBytes }: ProxyHeaderOptions,
): Promise<ProxySource> {
  // Nobody else listens for it until a stream is made of the socket.
  socket.on('error', () => undefined);
  const off: (() => void)[] = [];
  const header = new Promise<ProxySource>((resolve, reject) => {
    let bytes: Uint8Array = new Uint8Array(0);
    const onData = (chunk: Buffer): void => {
      bytes = Buffer.concat([bytes, chunk]);
      try {
        const parsed = parseProxyHeader(bytes, maxBytes);
        if (parsed === undefined) return;
        socket.pause();
        const rest = bytes.subarray(parsed.byteLength);
        if (rest.length > 0) socket.unshift(Buffer.from(rest));
        resolve(parsed.source);
      } catch (error) {
        reject(error instanceof Error ? error : new Error(String(error)));
      }
      socket.off('data', onData);
    };
    const onEnd = (): void =>
      reject(new ClosedError('the proxy closed before its header', { phase: 'connect' }));
    socket.on('data', onData).on('end', onEnd).on('close', onEnd);
    off.push(() => socket.off('data', onData).off('end', onEnd).off('close', onEnd));
  });
  try {
    return await withDeadline(header, timeoutMs, 'the PROXY header', () => undefined, 'connect');
  } catch (error) {
    socket.destroy();
    throw error;
  } finally {
    for (const each of off) each();
  }
}
