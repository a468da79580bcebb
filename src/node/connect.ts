/** Connects to a VNC server by its address: the library's `connect` on Node. Verified X.509, or whatever is named instead. */
import { connectClient, type ClientOptions, type VncClient } from '../client/client.ts';
import { withVerbs, type VncSession } from '../client/automation/verbs.ts';
import { acceptedTypes, credentialsOf, narrowedTo, type LoginOptions } from '../client/login.ts';
import type { TlsInfo } from '../security/tls-port.ts';
import { offerInsideTls } from '../security/policy.ts';
import type { ByteStream } from '../wire/byte-stream.ts';
import { cancelled, dial } from './dial.ts';
import { loadJpegDecoder } from './jpeg.ts';
import { createTlsConnector, type TlsConnectorOptions } from './tls-connector.ts';
import { recall, type Acquaintance } from './acquaintance.ts';
import type { KnownServersOptions } from './known-servers.ts';
import { parseTarget, type Target } from './target.ts';
import type { VncUri } from './vnc-uri.ts';
import { dialWebSocket } from './websocket-dial.ts';

/** How the server is verified, and what we show it; named as in Node's tls. Texts are PEM. */
export interface ConnectTls
  extends Pick<TlsConnectorOptions, 'minVersion' | 'maxVersion' | 'minDhBits'> {
  /** Trusted authorities. Default: those that Node trusts. */
  readonly ca?: string | readonly string[];
  /** Our own certificate and its key, for servers that ask for one. */
  readonly cert?: string;
  readonly key?: string;
  /** Revocation lists of the authorities. */
  readonly crl?: string | readonly string[];
  /** The name or address that the certificate must have. Default: the host. */
  readonly servername?: string;
  /** SHA-256 of the server's certificate, in hexadecimal with or without colons: takes the place of authorities and name. */
  readonly fingerprint256?: string;
}

/** How to connect, and as whom. Without any: a server with a certificate that Node trusts. */
export interface ConnectOptions
  extends LoginOptions,
    Omit<ClientOptions, 'stream' | 'accept' | 'credentials' | 'tls' | 'jpeg'> {
  readonly tls?: ConnectTls;
  /**
   * Servers met before: they must have the certificate that they had, unless `tls` says how to verify them, and nothing
   * weaker is used than the first time. Default: none are known.
   */
  readonly knownServers?: KnownServersOptions;
  /** For the connection to stand, milliseconds; the handshake has limits of its own. Default 10000. */
  readonly timeoutMs?: number;
  /** Gives up while connecting. */
  readonly signal?: AbortSignal;
  /** False: no JPEG, although it could be decoded. */
  readonly jpeg?: boolean;
}

/**
 * `host:1`, `host::5901`, `unix:/path`, `vnc://host:5901?…` (RFC 7869: what its query names counts where no option does),
 * `ws://` and `wss://`, or a ByteStream that is connected already. Rejects with TypeError for an address or an option that
 * cannot be, else with a VncError, which says the phase in which it failed, the cause, and the cure.
 */
export async function connect(
  target: string | ByteStream,
  options: ConnectOptions = {},
): Promise<VncSession> {
  return withVerbs(await connectWith(connectClient, target, options));
}

/** The same, with another way to begin the session once the connection stands: recordings listen to it. */
export async function connectWith(
  begin: (options: ClientOptions) => Promise<VncClient>,
  target: string | ByteStream,
  options: ConnectOptions,
): Promise<VncClient> {
  const place: Place =
    typeof target === 'string'
      ? parseTarget(target)
      : { kind: 'stream', name: 'the stream', host: undefined, stream: target };
  const { tls, knownServers } = options;
  const address = place.kind === 'stream' ? undefined : place.address;
  const isProven = (tls?.ca ?? tls?.fingerprint256) !== undefined;
  const met = await recall(address, knownServers, isProven);
  let client: VncClient;
  try {
    client = await connectTo(place, begin, options, met);
  } catch (error) {
    throw met.explain(error);
  }
  try {
    await met.remember(
      client.security,
      place.kind === 'websocket' && place.url.protocol === 'wss:',
    );
  } catch (error) {
    await client.close();
    throw error;
  }
  return client;
}

async function connectTo(
  place: Place,
  begin: (options: ClientOptions) => Promise<VncClient>,
  options: ConnectOptions,
  met: Acquaintance,
): Promise<VncClient> {
  const { signal, jpeg, knownServers: _, ...rest } = options;
  const uri: Partial<VncUri> = place.kind === 'address' ? place.uri : {};
  const accept = met.narrow(narrowedTo(acceptedTypes(options), uri.securityType));
  const tls = createTlsConnector({
    ...connectorOptions(options.tls ?? {}, place, uri),
    ...(met.pin === undefined ? {} : { fingerprint256: met.pin }),
    believeAny: met.believes,
  });
  const decoder = jpeg === false ? undefined : await loadJpegDecoder();
  const { stream, tlsInfo } = await open(place, { ...options, tls });
  // The handshake ends with the stream; why, is known here alone.
  const onAbort = (): void => stream.destroy(cancelled(place.name, signal));
  signal?.addEventListener('abort', onAbort, { once: true });
  if (signal?.aborted === true) onAbort();
  try {
    const { username, password, viewOnly } = uri;
    return await begin({
      ...rest,
      ...(viewOnly === undefined || options.viewOnly !== undefined ? {} : { viewOnly }),
      stream,
      accept: tlsInfo === undefined ? accept : offerInsideTls(accept),
      tls,
      credentials: credentialsOf({
        ...(username === undefined ? {} : { username }),
        ...(password === undefined ? {} : { password }),
        ...options,
      }),
      ...(tlsInfo === undefined ? {} : { outerTls: tlsInfo }),
      ...(decoder === undefined ? {} : { jpeg: decoder }),
    });
  } finally {
    signal?.removeEventListener('abort', onAbort);
  }
}

type Place =
  | Target
  | {
      readonly kind: 'stream';
      readonly name: string;
      readonly host: undefined;
      readonly stream: ByteStream;
    };

function connectorOptions(
  tls: ConnectTls,
  { host }: Place,
  { fingerprint256: uriPin }: Partial<VncUri>,
): TlsConnectorOptions {
  const { ca, crl, servername = host, fingerprint256, ...rest } = tls;
  // An address cannot take the place of what the program trusts.
  const pin = fingerprint256 ?? (ca === undefined ? uriPin : undefined);
  if (servername === undefined && pin === undefined) {
    throw new TypeError(
      'a stream has no host name to compare a certificate with: give tls.servername or tls.fingerprint256',
    );
  }
  return {
    ...rest,
    serverName: servername ?? 'localhost',
    ...(ca === undefined ? {} : { ca: joined(ca) }),
    ...(crl === undefined ? {} : { crls: typeof crl === 'string' ? [crl] : crl }),
    ...(pin === undefined ? {} : { fingerprint256: pin }),
  };
}

const joined = (texts: string | readonly string[]): string =>
  typeof texts === 'string' ? texts : texts.join('\n');

interface OpenOptions extends Pick<ConnectOptions, 'timeoutMs' | 'signal'> {
  readonly tls: ReturnType<typeof createTlsConnector>;
}

async function open(
  place: Place,
  { timeoutMs, signal, tls }: OpenOptions,
): Promise<{ readonly stream: ByteStream; readonly tlsInfo: TlsInfo | undefined }> {
  const patience = {
    ...(timeoutMs === undefined ? {} : { timeoutMs }),
    ...(signal === undefined ? {} : { signal }),
  };
  switch (place.kind) {
    case 'stream':
      return { stream: place.stream, tlsInfo: undefined };
    case 'websocket':
      return dialWebSocket(place, { ...patience, tls });
    case 'address':
      return { stream: await dial(place.address, patience), tlsInfo: undefined };
  }
}
