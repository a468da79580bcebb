/** TLS as the security types see it. node/ implements it; where there is no crypto it is simply absent. */
import type { ByteStream } from '../wire/byte-stream.ts';

/** anonymous: encrypted, but with no proof of who answers. x509: the server has a certificate. */
export type TlsLayer = 'anonymous' | 'x509';

/** A certificate that the peer sent. Nothing in it is trusted unless `verified`. */
export interface PeerCertificate {
  /** In the order of the certificate, RFC 4514 escaping: `C=GB,O=Lab,CN=alice` (QEMU's and GnuTLS's form). */
  readonly distinguishedName: string;
  /** The other way round, as RFC 4514 and `certtool -i` print it: `CN=alice,O=Lab,C=GB`. */
  readonly distinguishedNameReversed: string;
  /** `DNS:host`, `IP:10.0.0.1`, `email:a@b`, `URI:…`. */
  readonly subjectAltNames: readonly string[];
  /** SHA-256 of the DER, lower case, no colons. */
  readonly fingerprint256: string;
  /** Who signed it, in the form of distinguishedName: with the serial number it names one certificate of all. */
  readonly issuer: string;
  /** Hexadecimal, upper case. */
  readonly serialNumber: string;
  /** Chain, dates, purpose and CRL were checked and are good. */
  readonly verified: boolean;
  /** Why not, in OpenSSL's words (CERT_REVOKED, CERT_HAS_EXPIRED, …); undefined when verified. */
  readonly fault?: string;
}

/** What protects a connection. */
export interface TlsInfo {
  readonly layer: TlsLayer;
  /** `TLSv1.2` or `TLSv1.3`. */
  readonly protocol: string;
  /** IANA or OpenSSL name. */
  readonly cipher: string;
  /** Undefined when the peer sent none. */
  readonly peerCertificate?: PeerCertificate;
}

export interface TlsUpgrade {
  /** Replaces the stream that was given away. */
  readonly stream: ByteStream;
  readonly info: TlsInfo;
}

export interface TlsAcceptor {
  /** Layers that can be accepted with the credentials at hand. */
  readonly layers: ReadonlySet<TlsLayer>;
  /** Whether client certificates are asked for: the policy that VeNCrypt enforces after the handshake. */
  readonly verifyClient: 'off' | 'request' | 'require';
  /**
   * Server's side of the handshake. Rejects with SecurityError (ERR_VNC_TLS). Takes the stream over: nobody else reads
   * or writes it any more, but its destroy() still ends the connection at once, for a deadline that passes meanwhile.
   */
  readonly accept: (stream: ByteStream, layer: TlsLayer) => Promise<TlsUpgrade>;
}

export interface TlsConnector {
  readonly layers: ReadonlySet<TlsLayer>;
  /**
   * Client's side. Verifies the server on x509, or rejects with SecurityError (ERR_VNC_CERTIFICATE, ERR_VNC_TLS). Takes
   * the stream over, as `accept` does.
   */
  readonly connect: (stream: ByteStream, layer: TlsLayer) => Promise<TlsUpgrade>;
}
