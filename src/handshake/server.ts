/** Server's half of the handshake: version, security, init. */
import type { Limits } from '../core/limits.ts';
import type { ServerInit } from '../rfb/messages/init.ts';
import type { Identity, Peer } from '../security/identity.ts';
import type { SecurityOffer } from '../security/policy.ts';
import type { Authenticator } from '../security/security-type.ts';
import type { TlsAcceptor } from '../security/tls-port.ts';
import type { ByteStream } from '../wire/byte-stream.ts';
import type { ServerEstablished } from './established.ts';

export interface ServerHandshakeOptions {
  readonly stream: ByteStream;
  readonly peer: Peer;
  readonly offer: SecurityOffer;
  readonly authenticator: Authenticator;
  readonly tls?: TlsAcceptor;
  readonly limits: Limits;
  /** After ClientInit: the share policy's word. Returns what ServerInit says, or throws to close. */
  readonly admit: (request: {
    readonly shared: boolean;
    readonly identity: Identity;
  }) => Promise<ServerInit>;
}

export async function serverHandshake(
  _options: ServerHandshakeOptions,
): Promise<ServerEstablished> {
  throw new Error('being built');
}
