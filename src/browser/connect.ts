/** The library's `connect` in pages: over WebSockets alone, as a page cannot open any other connection. */
import { withVerbs, type VncSession } from '../client/automation/verbs.ts';
import { connectClient, type ClientOptions } from '../client/client.ts';
import { acceptedTypes, credentialsOf, type LoginOptions } from '../client/login.ts';
import { offerInsideTls } from '../security/policy.ts';
import type { ByteStream } from '../wire/byte-stream.ts';
import { dialWebSocket } from './dial.ts';

/** How to connect, and as whom. Without any: over wss, which the browser verifies. */
export interface ConnectOptions
  extends LoginOptions,
    Omit<ClientOptions, 'stream' | 'accept' | 'credentials' | 'tls'> {
  /** For the connection to stand, milliseconds; the handshake has limits of its own. Default 10000. */
  readonly timeoutMs?: number;
  /** Gives up while connecting. */
  readonly signal?: AbortSignal;
}

/**
 * `wss://host/path`, `ws://host/path`, a path on the page's own server, or a ByteStream that is connected already. Types
 * with a verified certificate, the default, stand for wss, which the browser verifies: what they have inside is then
 * accepted. Rejects with TypeError for an address or an option that cannot be, else with a VncError, which says the phase
 * in which it failed, the cause, and the cure.
 */
export async function connect(
  target: string | ByteStream,
  options: ConnectOptions = {},
): Promise<VncSession> {
  const { signal } = options;
  const accept = acceptedTypes(options);
  const url = typeof target === 'string' ? webSocketUrl(target) : undefined;
  const stream = url === undefined ? (target as ByteStream) : await dialWebSocket(url, options);
  const onAbort = (): void => stream.destroy();
  signal?.addEventListener('abort', onAbort, { once: true });
  try {
    const client = await connectClient({
      ...options,
      stream,
      accept: url?.protocol === 'wss:' ? offerInsideTls(accept) : accept,
      credentials: credentialsOf(options),
    });
    return withVerbs(client);
  } finally {
    signal?.removeEventListener('abort', onAbort);
  }
}

function webSocketUrl(target: string): URL {
  const base = typeof location === 'undefined' ? undefined : location.href;
  if (!URL.canParse(target, base)) throw new TypeError('the address is not a URL');
  const url = new URL(target, base);
  if (url.protocol === 'http:') url.protocol = 'ws:';
  if (url.protocol === 'https:') url.protocol = 'wss:';
  if (url.protocol !== 'ws:' && url.protocol !== 'wss:')
    throw new TypeError('a page connects to ws:// and wss:// addresses only');
  url.hash = '';
  return url;
}
