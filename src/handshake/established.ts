/** What a handshake returns: a value, from which a session is built. */
import type { ServerInit } from '../rfb/messages/init.ts';
import type { RfbVersion } from '../rfb/version.ts';
import type { Identity } from '../security/identity.ts';
import type { TlsInfo } from '../security/tls-port.ts';
import type { ByteReader } from '../wire/byte-reader.ts';

/** The security that was negotiated. */
export interface SecuritySummary {
  /** Security type, RFB 7.1.2. */
  readonly type: number;
  /** VeNCrypt sub-type. */
  readonly subtype?: number;
  /** Name of the sub-type if there is one, else of the type: `X509Vnc`, `VncAuth`, `None`. */
  readonly name: string;
  readonly tlsInfo?: TlsInfo;
}

interface Established {
  /** The reader to go on with: TLS may have replaced the first one. Its `stream` is the one to write to. */
  readonly reader: ByteReader;
  readonly version: RfbVersion;
  readonly security: SecuritySummary;
  readonly init: ServerInit;
  readonly shared: boolean;
}

/** Of the server's handshake: also who came in. */
export interface ServerEstablished extends Established {
  readonly identity: Identity;
}

export type ClientEstablished = Established;
