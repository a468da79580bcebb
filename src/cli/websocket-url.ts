/** What to give noVNC or a program for a WebSocket listener. Printed by serve. */
import { hostname } from 'node:os';
import { isIPv6 } from 'node:net';
import type { Address } from '../node/address.ts';

/** `wss://host:5701/websockify`, with a name of this machine for every interface. */
export function webSocketUrl(address: Address, encrypted: boolean): string {
  const scheme = encrypted ? 'wss' : 'ws';
  if (address.kind === 'unix') return `${scheme}+unix:${address.path}`;
  const { host, port } = address;
  const everywhere = host === '::' || host === '0.0.0.0';
  const shown = everywhere ? hostname() : isIPv6(host) ? `[${host}]` : host;
  return `${scheme}://${shown}:${port}/websockify`;
}
