/** Where a viewer connects to, in all the forms that people write. Used by connect() and the command line. */
import { parseAddress, type Address } from './address.ts';
import { isVncUri, parseVncUri, type VncUri } from './vnc-uri.ts';

/** `address` is where the connection goes, `name` is for messages, and `host` what a certificate must have. */
export type Target = {
  readonly name: string;
  readonly host: string;
  readonly address: Address;
} & (
  | { readonly kind: 'address'; readonly uri: Partial<VncUri> }
  | { readonly kind: 'websocket'; readonly url: URL }
);

const DEFAULT_PORTS: Readonly<Record<string, number>> = { 'ws:': 80, 'wss:': 443 };

/**
 * Reads `host:1`, `host::5901`, `unix:/path`, `vnc://host:5901?…` (RFC 7869), `ws://` and `wss://`. Throws TypeError with one
 * sentence, which holds no password.
 */
export function parseTarget(text: string): Target {
  if (/^wss?:\/\//i.test(text)) {
    const url = webSocketUrl(text);
    const host = url.hostname.replace(/^\[(.*)\]$/, '$1');
    const port = url.port === '' ? (DEFAULT_PORTS[url.protocol] ?? 0) : Number(url.port);
    return { kind: 'websocket', name: url.host, host, address: { kind: 'tcp', host, port }, url };
  }
  const uri: Partial<VncUri> = isVncUri(text) ? parseVncUri(text) : {};
  const address = uri.address ?? parseAddress(text, 'connect');
  // A unix socket has no name; its server's certificate is of this machine.
  return address.kind === 'tcp'
    ? { kind: 'address', name: address.host, host: address.host, address, uri }
    : { kind: 'address', name: address.path, host: 'localhost', address, uri };
}

function webSocketUrl(text: string): URL {
  if (!URL.canParse(text)) throw new TypeError('the WebSocket address is not a URL');
  const url = new URL(text);
  if (url.username !== '' || url.password !== '')
    throw new TypeError('a WebSocket address cannot have a user name and a password');
  return url;
}
