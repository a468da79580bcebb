/** Where QEMU's `-vnc` has a display listen, or whom it has it dial. Used by the reader of `-vnc`. */
import { isIPv4, isIPv6 } from 'node:net';
import { messageOf } from '../../core/errors.ts';
import { parseAddress, type Address, type TcpAddress } from '../../node/address.ts';
import { FIRST_DISPLAY_PORT } from '../qemu-words.ts';
import type { OptionWords } from './option-text.ts';

export interface QemuAddresses {
  /** Empty for `none` and with `reverse`. */
  readonly listen: readonly Address[];
  readonly websocket: readonly Address[];
  readonly connect: readonly Address[];
}

const FIRST_WEBSOCKET_PORT = 5700;

/** Takes vnc, to, ipv4, ipv6, reverse and websocket. Throws TypeError. */
export function readAddresses(words: OptionWords): QemuAddresses {
  const displays = words.all('vnc');
  const to = words.number('to');
  const family = readFamily(words);
  const reverse = words.flag('reverse') ?? false;
  const websockets = words.all('websocket').filter((value) => value !== 'off');
  if (displays.length === 0) throw words.fault('names no display: -vnc host:N, unix:PATH or none');

  if (reverse) {
    if (displays.length > 1 || websockets.length > 0 || to !== undefined)
      throw words.fault(
        'has reverse=on, which takes one address, and neither to= nor websocket=; --connect takes several',
      );
    const connect = displays.map((text) => reverseAddress(text, words));
    return { listen: [], websocket: [], connect };
  }
  const isNone = displays.includes('none');
  if (isNone && displays.length > 1) throw words.fault('has none beside another display');
  const listen = isNone ? [] : displays.map((text) => listenAddress(text, { to, family }, words));
  const [first] = listen;
  const websocket = websockets.map((value) => webSocketAddress(value, first, words));
  return { listen, websocket, connect: [] };
}

/** As QEMU has it: one of them on, or the other one off, is that family alone. */
function readFamily(words: OptionWords): 4 | 6 | undefined {
  const [ipv4, ipv6] = [words.flag('ipv4'), words.flag('ipv6')];
  if (ipv4 === false && ipv6 === false)
    throw words.fault('has ipv4=off and ipv6=off, which leaves nothing');
  if (ipv4 === true && ipv6 === true) return undefined;
  if (ipv6 === true || ipv4 === false) return 6;
  return ipv4 === true || ipv6 === false ? 4 : undefined;
}

interface Bounds {
  readonly to: number | undefined;
  readonly family: 4 | 6 | undefined;
}

function listenAddress(text: string, { to, family }: Bounds, words: OptionWords): Address {
  if (text.startsWith('unix:')) {
    if (to !== undefined) throw words.fault('has to=, which goes with ports and not with unix:');
    return checked(text, 'listen', words);
  }
  const { host, digits } = splitHost(text, words);
  const display = Number(digits);
  if (digits === '') throw words.fault(`needs a display number: ${text === '' ? '' : text}:1`);
  const port = FIRST_DISPLAY_PORT + display;
  const lastPort = FIRST_DISPLAY_PORT + (to ?? display);
  if (!(port <= 65535 && lastPort <= 65535))
    throw words.fault(`has a display number above ${65535 - FIRST_DISPLAY_PORT}`);
  if (lastPort < port) throw words.fault(`has to=${to}, which is below display ${display}`);
  const address = tcpAddress(host, port, family, words);
  return lastPort === port ? address : { ...address, lastPort };
}

/** QEMU means every interface where no host is named. */
function tcpAddress(
  host: string,
  port: number,
  family: 4 | 6 | undefined,
  words: OptionWords,
): TcpAddress {
  const everywhere = family === 4 ? '0.0.0.0' : '*';
  const address = checked(`${host === '' ? everywhere : host}::${port}`, 'listen', words);
  if (address.kind !== 'tcp') throw words.fault('needs a TCP address');
  if (family === 4 && isIPv6(address.host))
    throw words.fault(`has ${host}, which is IPv6, and IPv4 alone is wanted`);
  if (family === 6 && isIPv4(address.host))
    throw words.fault(`has ${host}, which is IPv4, and IPv6 alone is wanted`);
  return family === undefined ? address : { ...address, family };
}

/** With `reverse` the number is the port itself. */
function reverseAddress(text: string, words: OptionWords): Address {
  if (text.startsWith('unix:')) return checked(text, 'connect', words);
  const { host, digits } = splitHost(text, words);
  if (host === '' || digits === '')
    throw words.fault('needs the viewer to dial with reverse=on: host:5500');
  return checked(`${host}::${digits}`, 'connect', words);
}

function webSocketAddress(value: string, first: Address | undefined, words: OptionWords): Address {
  if (value.startsWith('unix:')) return checked(value, 'listen', words);
  const isPort = /^\d+$/.test(value);
  if (value === 'on' || isPort) {
    // QEMU would open this port on every interface for a display that nobody else was to reach.
    if (first?.kind !== 'tcp')
      throw words.fault(
        `has websocket=${value} without a host to take from it; name one: websocket=127.0.0.1:${isPort ? value : FIRST_WEBSOCKET_PORT}`,
      );
    const { host, family } = first;
    const offset = FIRST_WEBSOCKET_PORT - FIRST_DISPLAY_PORT;
    const port = isPort ? Number(value) : first.port + offset;
    checkPort(port, value, words);
    return {
      kind: 'tcp',
      host,
      port,
      ...(isPort || first.lastPort === undefined ? {} : { lastPort: first.lastPort + offset }),
      ...(family === undefined ? {} : { family }),
    };
  }
  const { host, digits } = splitHost(value, words);
  if (digits === '') throw words.fault(`needs a port in websocket=${value}`);
  checkPort(Number(digits), value, words);
  return tcpAddress(host, Number(digits), undefined, words);
}

function checkPort(port: number, value: string, words: OptionWords): void {
  if (!(port > 0 && port <= 65535))
    throw words.fault(`has websocket=${value}, which is no port from 1 to 65535`);
}

function splitHost(text: string, words: OptionWords): { host: string; digits: string } {
  const match = /^(\[[^\]]*\]|[^:[\]]*)(?::(\d{0,9}))?$/.exec(text);
  if (match === null)
    throw words.fault(
      `has ${JSON.stringify(text)}, which is not host:N, [v6]:N, unix:PATH or none`,
    );
  return { host: match[1] ?? '', digits: match[2] ?? '' };
}

function checked(text: string, role: 'listen' | 'connect', words: OptionWords): Address {
  try {
    return parseAddress(text, role);
  } catch (error) {
    throw words.fault(`is wrong: ${messageOf(error)}`);
  }
}
