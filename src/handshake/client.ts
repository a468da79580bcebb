/** Client's half of the handshake: version, security, init. */
import type { Limits } from '../core/limits.ts';
import type { SecurityOffer } from '../security/policy.ts';
import type { ClientSecurityContext } from '../security/security-type.ts';
import type { TlsConnector } from '../security/tls-port.ts';
import type { ByteStream } from '../wire/byte-stream.ts';
import type { ClientEstablished } from './established.ts';

export interface ClientHandshakeOptions {
  readonly stream: ByteStream;
  /** What may be accepted. The first of the server's list that is among them is taken. */
  readonly accept: SecurityOffer;
  readonly credentials: ClientSecurityContext['credentials'];
  readonly tls?: TlsConnector;
  readonly limits: Limits;
  /** Share the desktop with other viewers. */
  readonly shared: boolean;
}

export async function clientHandshake(
  _options: ClientHandshakeOptions,
): Promise<ClientEstablished> {
  throw new Error('being built');
}
