/** What went wrong with TLS or a certificate, in a sentence that a person can act on. Used by both TLS ends. */
import { ErrorCode, SecurityError, TimeoutError } from '../core/errors.ts';
import { errorCode } from './error-code.ts';

const CERTIFICATE_FAULTS: Readonly<Record<string, string>> = {
  CERT_HAS_EXPIRED: 'it has expired',
  CERT_NOT_YET_VALID: 'it is not valid yet',
  CERT_REVOKED: 'it was revoked',
  CERT_REJECTED: 'it is marked as rejected',
  CERT_UNTRUSTED: 'it is not trusted for this use',
  CERT_SIGNATURE_FAILURE: 'its signature is wrong',
  CERT_CHAIN_TOO_LONG: 'its chain is too long',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'it is signed by itself, and not among the trusted ones',
  SELF_SIGNED_CERT_IN_CHAIN: 'its chain ends in an authority that is not trusted',
  UNABLE_TO_GET_ISSUER_CERT: 'the authority that issued it is not known',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'it was issued by an authority that is not trusted',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'it was issued by an authority that is not trusted',
  INVALID_CA: 'it was issued by a certificate that is not an authority',
  INVALID_PURPOSE: 'it was issued for another purpose',
  PATH_LENGTH_EXCEEDED: 'its authority may not have authorities below it',
  UNABLE_TO_GET_CRL: 'there is no revocation list of its authority',
  CRL_HAS_EXPIRED: "its authority's revocation list has expired",
  CRL_NOT_YET_VALID: "its authority's revocation list is not valid yet",
  CRL_SIGNATURE_FAILURE: "the signature of its authority's revocation list is wrong",
  HOSTNAME_MISMATCH: 'it is of another name',
};

/** OpenSSL's verdict (`CERT_HAS_EXPIRED`) as the second half of a sentence: `it has expired`. */
export function certificateFaultInWords(fault: string): string {
  return CERTIFICATE_FAULTS[fault] ?? `verification says ${fault}`;
}

export function isCertificateFault(fault: string): boolean {
  return fault in CERTIFICATE_FAULTS;
}

/** What OpenSSL's own words do not explain, by how they end: what stands before differs between its versions. */
const HANDSHAKE_FAULTS: ReadonlyArray<readonly [ending: string, words: string]> = [
  ['wrong version number', 'what arrived is not TLS (wrong version number)'],
  ['http request', 'an HTTP request arrived, not TLS (http request)'],
  ['alert unknown ca', 'the peer does not trust the authority of our certificate (unknown ca)'],
  ['alert bad certificate', 'the peer refuses our certificate (bad certificate)'],
  ['alert handshake failure', 'no cipher suite that both allow (handshake failure)'],
];

const CLOSED: ReadonlySet<string> = new Set(['ECONNRESET', 'EPIPE']);

/** Any failure of a handshake as SecurityError (ERR_VNC_TLS), with OpenSSL's reason. */
export function tlsFailure(error: unknown): SecurityError {
  if (error instanceof SecurityError) return error;
  return new SecurityError(`the TLS handshake failed: ${handshakeReason(error)}`, {
    code: ErrorCode.tls,
    phase: 'tls',
    cause: error,
  });
}

function handshakeReason(error: unknown): string {
  if (error instanceof TimeoutError) return `it took longer than ${error.afterMs} ms`;
  if (CLOSED.has(errorCode(error))) return 'the peer closed the connection';
  if (!(error instanceof Error)) return String(error);
  const reason =
    'reason' in error && typeof error.reason === 'string' ? error.reason : error.message;
  return HANDSHAKE_FAULTS.find(([ending]) => reason.endsWith(ending))?.[1] ?? reason;
}
