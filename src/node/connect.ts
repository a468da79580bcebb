/** Connects to a VNC server by its address: the library's `connect` on Node. Verified X.509, or whatever is named instead. */
import { connectClient, type ClientOptions, type VncClient } from '../client/client.ts';
import { Secret } from '../core/secret.ts';
import { parseSecurityList, type SecurityOffer } from '../security/policy.ts';
import { parseAddress, type Address } from './address.ts';
import { dial } from './dial.ts';
import { loadJpegDecoder } from './jpeg.ts';
import { createTlsConnector, type TlsConnectorOptions } from './tls-connector.ts';

/** How to connect, and as whom. Without any: a server with a certificate that Node trusts. */
export interface ConnectOptions
  extends Omit<ClientOptions, 'stream' | 'accept' | 'credentials' | 'tls' | 'jpeg'> {
  /** For the types that need one. */
  readonly username?: string;
  /** VncAuth takes 1 to 8 bytes of it, and refuses more. */
  readonly password?: string | Secret;
  /** Asked when the server wants them, in place of `username` and `password`. */
  readonly credentials?: ClientOptions['credentials'];
  /**
   * Types to accept, such as `VncAuth`. Default: those with a verified certificate, `X509Plain,X509Vnc,X509None`. There is
   * no falling back: what is not named here is refused.
   */
  readonly security?: string | SecurityOffer;
  /** Authorities, name or fingerprint to verify the server by; own certificate. `serverName` is the host's by default. */
  readonly tls?: Partial<TlsConnectorOptions>;
  /** For the connection to stand, milliseconds. Default 10000. */
  readonly timeoutMs?: number;
  /** Gives up while connecting. */
  readonly signal?: AbortSignal;
  /** False: no JPEG, although it could be decoded. */
  readonly jpeg?: boolean;
}

const VERIFIED = 'X509Plain,X509Vnc,X509None';

/**
 * Connects, logs in and starts a session: `vnc://host:5901`, `host:1`, `unix:/path`. Rejects with TypeError for an
 * address or a list that cannot be read, else with
 * a VncError of the phase in which it failed.
 */
export async function connect(target: string, options: ConnectOptions = {}): Promise<VncClient> {
  const { username, password, credentials, security, tls, timeoutMs, signal, jpeg, ...rest } =
    options;
  const address = parseAddress(target, 'connect');
  const accept = typeof security === 'object' ? security : parseSecurityList(security ?? VERIFIED);
  const connector = createTlsConnector({ serverName: serverNameOf(address), ...tls });
  const decoder = jpeg === false ? undefined : await loadJpegDecoder();
  const stream = await dial(address, {
    ...(timeoutMs === undefined ? {} : { timeoutMs }),
    ...(signal === undefined ? {} : { signal }),
  });
  return connectClient({
    ...rest,
    stream,
    accept,
    tls: connector,
    credentials:
      credentials ??
      (async () => ({
        ...(username === undefined ? {} : { username }),
        ...(password === undefined
          ? {}
          : { password: typeof password === 'string' ? new Secret(password) : password }),
      })),
    ...(decoder === undefined ? {} : { jpeg: decoder }),
  });
}

/** A unix socket has no name; its server's certificate is of this machine. */
const serverNameOf = (address: Address): string =>
  address.kind === 'tcp' ? address.host : 'localhost';
