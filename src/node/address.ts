/**
 * Where to listen or connect, as VNC users write it. Read by listen, dial, the command line and the monitor.
 *
 *     host          port 5900                    host:N    display N: port 5900 + N
 *     host::PORT    that port                    [v6]:N    [v6]::PORT
 *     :N            loopback                     unix:/path
 *     :N-M          the first of these displays that is free, to listen on; host::PORT-PORT alike
 *     vnc://host[:PORT][/]    the port as it is (RFC 7869), 5900 without one
 *
 * As in TigerVNC, `host:N` with N of 100 or more is a port: `host:5901` is what people mean by it. To listen on every
 * address write `*:N`, `0.0.0.0:N` or `[::]:N`; on a free port, `host::0`.
 */
import { isIPv4, isIPv6 } from 'node:net';

export interface TcpAddress {
  readonly kind: 'tcp';
  /** Name, or address without brackets. `::` to listen on everything. */
  readonly host: string;
  readonly port: number;
  /** To listen on: the last of the ports that are tried, from `port` upwards. */
  readonly lastPort?: number;
  /** To listen on: IPv4 or IPv6 alone. Default: what `host` has. */
  readonly family?: 4 | 6;
}

export interface UnixAddress {
  readonly kind: 'unix';
  readonly path: string;
}

/** A place to listen at, or to connect to. */
export type Address = TcpAddress | UnixAddress;

export type AddressRole = 'listen' | 'connect';

const BASE_PORT = 5900;
const FIRST_PORT = 100;
const LOOPBACK = '127.0.0.1';
/** The system's sun_path, with its terminator. */
const MAX_UNIX_PATH_BYTES = 107;

/**
 * Reads `host:1`, `host::5901`, `vnc://host:5901` or `unix:/path`. `basePort` is that of display 0: 5900, or 5700 for
 * WebSockets. Throws TypeError with one sentence that quotes the text.
 */
export function parseAddress(
  text: string,
  role: AddressRole,
  basePort: number = BASE_PORT,
): Address {
  if (text.startsWith('unix:')) return parseUnix(text);
  const isUri = text.startsWith('vnc://');
  const { host, port, lastPort } = isUri ? splitUri(text) : splitHostPort(text, basePort);
  const address = {
    kind: 'tcp',
    host: checkHost(host, text, role),
    port: checkPort(port, text, role),
  } as const;
  if (lastPort === undefined) return address;
  if (role === 'connect') throw bad(text, 'has a range of ports, which only a listener may have');
  if (!(Number(port) > 0 && Number(port) < Number(lastPort)))
    throw bad(text, 'has a range of ports that does not go upwards');
  return { ...address, lastPort: checkPort(lastPort, text, role) };
}

/** The shortest text that parseAddress reads as the same address: `127.0.0.1:1`, `[::1]::8080`, `unix:/run/vnc`. */
export function formatAddress(address: Address): string {
  if (address.kind === 'unix') return `unix:${address.path}`;
  const host = isIPv6(address.host) ? `[${address.host}]` : address.host;
  const display = address.port - BASE_PORT;
  const isDisplay = display >= 0 && display < FIRST_PORT;
  return isDisplay ? `${host}:${display}` : `${host}::${address.port}`;
}

/** Whether only this machine can reach it, so that nobody can listen in. */
export function isLoopback(address: Address): boolean {
  return address.kind === 'unix' || isLoopbackHost(address.host);
}

export function isLoopbackHost(host: string): boolean {
  const plain = plainHost(host);
  if (isIPv4(plain)) return plain.startsWith('127.');
  return plain === '::1' || plain.toLowerCase() === 'localhost';
}

/** A socket on `::` shows IPv4 peers as `::ffff:10.0.0.1`; people and throttles want 10.0.0.1. */
export function plainHost(host: string): string {
  const mapped = /^::ffff:([0-9.]+)$/i.exec(host)?.[1];
  return mapped !== undefined && isIPv4(mapped) ? mapped : host;
}

function parseUnix(text: string): UnixAddress {
  const path = text.slice('unix:'.length);
  if (path === '' || path.includes('\0')) throw bad(text, 'needs a path behind unix:');
  const bytes = Buffer.byteLength(path);
  if (bytes > MAX_UNIX_PATH_BYTES) {
    throw bad(
      text,
      `has a path of ${bytes} bytes, and a unix socket's may have ${MAX_UNIX_PATH_BYTES}`,
    );
  }
  return { kind: 'unix', path };
}

interface HostAndPort {
  readonly host: string;
  readonly port: string;
  readonly lastPort?: string;
}

function splitUri(text: string): HostAndPort {
  const match = /^vnc:\/\/(\[[^\]]*\]|[^:/?#@[\]]+)(?::(\d+))?\/?$/.exec(text);
  if (match === null) throw bad(text, 'is not vnc://host, vnc://host:port or vnc://[v6]:port');
  return { host: unbracketed(match[1] ?? ''), port: match[2] ?? String(BASE_PORT) };
}

function splitHostPort(text: string, basePort: number): HostAndPort {
  if (isIPv6(text)) throw bad(text, 'is ambiguous: write an IPv6 address in brackets');
  const match = /^(\[[^\]]*\]|[^:[\]]*)(?:(::?)(\d+)(?:-(\d+))?)?$/.exec(text);
  if (match === null || text === '')
    throw bad(text, 'is not host, host:display, host::port or unix:/path');
  const [, host = '', separator, digits = '0', lastDigits] = match;
  const isPort = separator === '::' || Number(digits) >= FIRST_PORT;
  const portOf = (number: string): string => String(Number(number) + (isPort ? 0 : basePort));
  return {
    host: unbracketed(host),
    port: portOf(digits),
    ...(lastDigits === undefined ? {} : { lastPort: portOf(lastDigits) }),
  };
}

/** Keeps the bracket of what is not IPv6, for checkHost to refuse. */
function unbracketed(host: string): string {
  const inner = /^\[(.*)\]$/.exec(host)?.[1];
  return inner !== undefined && isIPv6(inner) ? inner : host;
}

function checkHost(host: string, text: string, role: AddressRole): string {
  if (host === '') return LOOPBACK;
  if (host === '*') {
    if (role === 'connect') throw bad(text, 'names no host to connect to');
    return '::';
  }
  if (isIPv4(host) || isIPv6(host)) return host;
  if (/^[0-9.]+$/.test(host))
    throw bad(text, `has ${host}, which is neither a name nor an address`);
  if (!/^[\p{L}\p{N}_]([\p{L}\p{N}_.-]*[\p{L}\p{N}_.])?$/u.test(host) || host.length > 253)
    throw bad(text, 'has a malformed host');
  return host;
}

function checkPort(digits: string, text: string, role: AddressRole): number {
  const port = Number(digits);
  if (port > 65535) throw bad(text, `has port ${digits}, more than 65535`);
  if (port === 0 && role === 'connect')
    throw bad(text, 'has port 0, which only a listener may have');
  return port;
}

function bad(text: string, why: string): TypeError {
  return new TypeError(`address ${JSON.stringify(text)} ${why}`);
}
