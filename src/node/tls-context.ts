/** What both ends' TLS contexts are made of: versions, cipher lists and options, with the reason for each. */
import { constants, X509Certificate } from 'node:crypto';
import { createSecureContext, type SecureContextOptions, type SecureVersion } from 'node:tls';
import { ErrorCode, messageOf, SecurityError } from '../core/errors.ts';
import { dhParameters, type DhGroup } from './ffdhe.ts';

/** PEM texts. */
export interface TlsIdentity {
  /** Certificate, and the intermediate ones behind it. */
  readonly cert: string;
  readonly key: string;
}

/** PEM texts that belong together. */
export interface TlsCredentials extends TlsIdentity {
  /**
   * A server's further certificates: another kind of key for the same names, for viewers that know only that; or other
   * names, for viewers that ask for those.
   */
  readonly alternatives?: readonly TlsIdentity[];
  /** Certificates of the authorities whose peers are let in; one text may hold several. */
  readonly ca?: string;
  /** One CRL a text: OpenSSL reads only the first of each. */
  readonly crls?: readonly string[];
}

/** Ceiling or floor of a handshake. */
export type TlsVersion = 'TLSv1.2' | 'TLSv1.3';

/** ECDHE with AEAD only; the first three are TLS 1.3's. */
const X509_CIPHERS = [
  'TLS_AES_256_GCM_SHA384',
  'TLS_CHACHA20_POLY1305_SHA256',
  'TLS_AES_128_GCM_SHA256',
  'ECDHE-ECDSA-AES256-GCM-SHA384',
  'ECDHE-RSA-AES256-GCM-SHA384',
  'ECDHE-ECDSA-CHACHA20-POLY1305',
  'ECDHE-RSA-CHACHA20-POLY1305',
  'ECDHE-ECDSA-AES128-GCM-SHA256',
  'ECDHE-RSA-AES128-GCM-SHA256',
].join(':');

/**
 * Finite-field DH, because gtk-vnc offers no other; GCM only, because TigerVNC would pick AECDH with CBC and SHA-1 from a
 * longer list. OpenSSL counts suites without authentication as level 0.
 */
const ANONYMOUS_SERVER_CIPHERS = 'ADH-AES256-GCM-SHA384:ADH-AES128-GCM-SHA256:@SECLEVEL=0';

/** Xvnc has no DH parameters and speaks AECDH alone. */
const ANONYMOUS_CLIENT_CIPHERS =
  'ADH-AES256-GCM-SHA384:ADH-AES128-GCM-SHA256:AECDH-AES256-SHA:AECDH-AES128-SHA:@SECLEVEL=0';

/** A resumed session would skip the CRL, and a renegotiation is a second handshake that no deadline watches. */
const SECURE_OPTIONS = constants.SSL_OP_NO_TICKET | constants.SSL_OP_NO_RENEGOTIATION;

/** Anonymous suites do not exist in TLS 1.3: a context that allows it fails with every client that offers it. */
const ANONYMOUS_VERSION: { minVersion: SecureVersion; maxVersion: SecureVersion } = {
  minVersion: 'TLSv1.2',
  maxVersion: 'TLSv1.2',
};

const PEM_CERTIFICATE = /-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g;

/**
 * Options of a server with a certificate, and those of `alternatives` side by side, one of each kind of key. Throws
 * SecurityError (ERR_VNC_TLS_CONFIGURATION) on texts OpenSSL refuses.
 */
export function x509ServerOptions(
  x509: TlsCredentials,
  maxVersion: TlsVersion,
): SecureContextOptions {
  const options = checked({
    ...pemOptions(x509),
    ciphers: X509_CIPHERS,
    honorCipherOrder: true,
    minVersion: 'TLSv1.2',
    maxVersion,
    secureOptions: SECURE_OPTIONS,
  });
  const identities = [x509, ...(x509.alternatives ?? [])];
  return { ...options, cert: identities.map(({ cert }) => fullChain(cert, x509.ca)) };
}

/**
 * With a certificate alone OpenSSL looks for its issuers among the authorities, and verifies what it found, at every
 * handshake. Here it is done once: the same certificates are sent.
 */
function fullChain(cert: string, ca = ''): string {
  // Whoever wrote a chain has decided what is sent.
  if (cert.match(PEM_CERTIFICATE)?.length !== 1) return cert;
  const authorities = (ca.match(PEM_CERTIFICATE) ?? []).map((pem) => new X509Certificate(pem));
  const chain = [cert.trimEnd()];
  let last = new X509Certificate(cert);
  while (!last.checkIssued(last)) {
    const issuer = authorities.find(
      (each) => last.checkIssued(each) && last.verify(each.publicKey),
    );
    if (issuer === undefined || chain.length > authorities.length) break;
    chain.push(issuer.toString().trimEnd());
    last = issuer;
  }
  return `${chain.join('\n')}\n`;
}

export function anonymousServerOptions(group: DhGroup): SecureContextOptions {
  return {
    ciphers: ANONYMOUS_SERVER_CIPHERS,
    dhparam: dhParameters[group],
    honorCipherOrder: true,
    ...ANONYMOUS_VERSION,
    secureOptions: SECURE_OPTIONS,
  };
}

/** Options of a client that verifies the server. Throws SecurityError (ERR_VNC_TLS_CONFIGURATION) like the server's. */
export function x509ClientOptions(
  pems: Partial<TlsCredentials>,
  versions: { readonly minVersion: TlsVersion; readonly maxVersion: TlsVersion },
): SecureContextOptions {
  return checked({
    ...pemOptions(pems),
    ciphers: X509_CIPHERS,
    ...versions,
    secureOptions: SECURE_OPTIONS,
  });
}

export function anonymousClientOptions(): SecureContextOptions {
  return {
    ciphers: ANONYMOUS_CLIENT_CIPHERS,
    ...ANONYMOUS_VERSION,
    secureOptions: SECURE_OPTIONS,
  };
}

const certOf = ({ cert }: TlsIdentity): string => cert;
const keyOf = ({ key }: TlsIdentity): string => key;

function pemOptions(pems: Partial<TlsCredentials>): SecureContextOptions {
  const { alternatives = [] } = pems;
  return {
    ...(pems.cert === undefined ? {} : { cert: [pems.cert, ...alternatives.map(certOf)] }),
    ...(pems.key === undefined ? {} : { key: [pems.key, ...alternatives.map(keyOf)] }),
    ...(pems.ca === undefined ? {} : { ca: pems.ca }),
    ...(pems.crls === undefined || pems.crls.length === 0 ? {} : { crl: [...pems.crls] }),
  };
}

/** Makes a context and throws it away: later failures would come from inside a server that is running. */
function checked(options: SecureContextOptions): SecureContextOptions {
  try {
    createSecureContext(options);
    if (typeof options.ca === 'string') checkAuthorities(options.ca);
  } catch (error) {
    throw new SecurityError(`certificate, key, CA or CRL cannot be used: ${reasonOf(error)}`, {
      code: ErrorCode.tlsConfiguration,
      cause: error,
    });
  }
  return options;
}

/** Node reads authorities up to the first that is broken, and takes none at all without a word. */
function checkAuthorities(pem: string): void {
  const blocks = pem.match(PEM_CERTIFICATE) ?? [];
  const begun = pem.match(/-----BEGIN [A-Z0-9 ]*CERTIFICATE-----/g) ?? [];
  if (blocks.length === 0 || blocks.length !== begun.length) throw new Error('the CA is not PEM');
  for (const block of blocks) new X509Certificate(block);
}

/** OpenSSL's reason when there is one (`key values mismatch`), else the message. */
function reasonOf(error: unknown): string {
  if (error instanceof Error && 'reason' in error && typeof error.reason === 'string')
    return error.reason;
  return messageOf(error);
}
