/** A verified certificate of a given name, for rules. */
import type { PeerCertificate } from '../../src/security/tls-port.ts';

export const certificateOf = (
  distinguishedName: string,
  subjectAltNames: readonly string[] = [],
): PeerCertificate => ({
  distinguishedName,
  distinguishedNameReversed: '(unused)',
  subjectAltNames,
  fingerprint256: 'ab'.repeat(32),
  issuer: 'O=Lab,CN=Test CA',
  serialNumber: '01',
  verified: true,
});
