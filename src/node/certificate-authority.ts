/**
 * A small certificate authority (RFC 5280), so that TLS works the first time: makes an authority, server and client
 * certificates and revocation lists. Used on first run and by the commands about certificates; serving needs none of it.
 *
 * Whoever holds an authority's key can make a certificate that every viewer trusting that authority accepts. A server
 * does not need it to run: once the certificates are made, `ca-key.pem` is best moved to a place that is not online.
 */
import 'reflect-metadata';
import { randomBytes, webcrypto } from 'node:crypto';
import {
  AuthorityKeyIdentifierExtension,
  BasicConstraintsExtension,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  Extension,
  KeyUsageFlags,
  KeyUsagesExtension,
  PemConverter,
  SubjectKeyIdentifierExtension,
  X509Certificate,
  X509CertificateGenerator,
  X509CrlGenerator,
  X509CrlReason,
  cryptoProvider,
  type Name,
  type SubjectAlternativeNameExtension,
} from '@peculiar/x509';
import { altNamesOf, nameFrom } from './certificate-names.ts';
import {
  generateSigningKeys,
  isRsa,
  openSigningKeys,
  type KeyType,
  type SigningKeys,
} from './signing-keys.ts';

// The package finds no crypto of its own under Node.
cryptoProvider.set(webcrypto);

/** A certificate and its private key, both PEM. */
export interface CertifiedKey {
  readonly cert: string;
  readonly key: string;
}

export interface IssueOptions {
  /** Default P-256: small, fast, and known to every TLS library of the last ten years. */
  readonly keyType?: KeyType;
  /** A private key, PEM, to certify in place of a new one. */
  readonly key?: string;
  /** Default: an hour ago, for viewers whose clock is behind. */
  readonly notBefore?: Date;
  /** Default: `validDays` of the kind of certificate from now, but never beyond the authority. */
  readonly notAfter?: Date;
}

const DAY_MS = 86_400_000;
const CLOCK_SKEW_MS = 3_600_000;

/** Ten years: replacing an authority means visiting every viewer. */
const AUTHORITY_VALID_DAYS = 3650;
/** The longest that Apple's systems accept of a server, from private authorities too. */
const LEAF_VALID_DAYS = 825;

interface Signer {
  readonly certificate: X509Certificate;
  readonly keys: SigningKeys;
}

const openAuthority = async (authority: CertifiedKey): Promise<Signer> => ({
  certificate: new X509Certificate(authority.cert),
  keys: await openSigningKeys(authority.key),
});

const keysFor = ({ key, keyType = 'P-256' }: IssueOptions): Promise<SigningKeys> =>
  key === undefined ? generateSigningKeys(keyType) : openSigningKeys(key);

/** 16 random bytes, positive and of full length, as RFC 5280 4.1.2.2 asks. */
function newSerialNumber(): string {
  const bytes = randomBytes(16);
  bytes[0] = ((bytes[0] ?? 0) & 0x7f) | 0x40;
  return bytes.toString('hex');
}

const wholeSecond = (ms: number): Date => new Date(Math.floor(ms / 1000) * 1000);

const encodePem = (der: ArrayBuffer, label: string): string =>
  `${PemConverter.encode(der, label).trimEnd()}\n`;

/** The authority's own identifier, which need not be the one that we would compute. */
async function authorityKeyIdentifier({ certificate }: Signer): Promise<Extension> {
  const own = certificate.getExtension(SubjectKeyIdentifierExtension);
  return own === null
    ? AuthorityKeyIdentifierExtension.create(certificate.publicKey)
    : new AuthorityKeyIdentifierExtension(own.keyId);
}

export interface AuthorityOptions extends IssueOptions {
  /** Default `O=Sallyport,CN=Sallyport CA`. */
  readonly subject?: string;
}

/** A self-signed authority that may sign certificates of servers and clients, but no other authorities. */
export async function createAuthority(options: AuthorityOptions = {}): Promise<CertifiedKey> {
  const keys = await keysFor(options);
  const name = nameFrom(options.subject ?? 'O=Sallyport,CN=Sallyport CA');
  const certificate = await X509CertificateGenerator.create({
    serialNumber: newSerialNumber(),
    subject: name,
    issuer: name,
    notBefore: options.notBefore ?? wholeSecond(Date.now() - CLOCK_SKEW_MS),
    notAfter: options.notAfter ?? wholeSecond(Date.now() + AUTHORITY_VALID_DAYS * DAY_MS),
    publicKey: keys.publicKey,
    signingKey: keys.privateKey,
    signingAlgorithm: keys.algorithm,
    extensions: [
      new BasicConstraintsExtension(true, 0, true),
      new KeyUsagesExtension(KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign, true),
      await SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  return { cert: encodePem(certificate.rawData, 'CERTIFICATE'), key: keys.pem };
}

interface Leaf {
  readonly subject: Name;
  readonly usage: ExtendedKeyUsage;
  readonly altNames: SubjectAlternativeNameExtension | undefined;
}

async function issue(
  authority: CertifiedKey,
  { subject, usage, altNames }: Leaf,
  options: IssueOptions,
): Promise<CertifiedKey> {
  const signer = await openAuthority(authority);
  const keys = await keysFor(options);
  const latest = Math.min(
    Date.now() + LEAF_VALID_DAYS * DAY_MS,
    signer.certificate.notAfter.getTime(),
  );
  const flags = isRsa(keys.type)
    ? KeyUsageFlags.digitalSignature | KeyUsageFlags.keyEncipherment
    : KeyUsageFlags.digitalSignature;
  const certificate = await X509CertificateGenerator.create({
    serialNumber: newSerialNumber(),
    subject,
    issuer: signer.certificate.subjectName,
    notBefore: options.notBefore ?? wholeSecond(Date.now() - CLOCK_SKEW_MS),
    notAfter: options.notAfter ?? wholeSecond(latest),
    publicKey: keys.publicKey,
    signingKey: signer.keys.privateKey,
    signingAlgorithm: signer.keys.algorithm,
    extensions: [
      new BasicConstraintsExtension(false, undefined, true),
      // Not critical: QEMU before 10.2 would then demand keyEncipherment, which an elliptic curve key must not claim.
      new KeyUsagesExtension(flags, false),
      new ExtendedKeyUsageExtension([usage]),
      await SubjectKeyIdentifierExtension.create(keys.publicKey),
      await authorityKeyIdentifier(signer),
      ...(altNames === undefined ? [] : [altNames]),
    ],
  });
  return { cert: encodePem(certificate.rawData, 'CERTIFICATE'), key: keys.pem };
}

/**
 * A server's certificate for these host names and IP addresses; the first is its common name too. Viewers look at the
 * name they were told to connect to, so each that people use has to be among them. Throws TypeError.
 */
export async function issueServerCertificate(
  authority: CertifiedKey,
  names: readonly string[],
  options: IssueOptions & { readonly subject?: string } = {},
): Promise<CertifiedKey> {
  const [first] = names;
  if (first === undefined) throw new TypeError('a server certificate needs at least one name');
  // A common name has at most 64 characters (RFC 5280 appendix A); nobody compares it where there are other names.
  const subject = nameFrom(options.subject ?? `CN=${first.slice(0, 64)}`);
  const leaf = { subject, usage: ExtendedKeyUsage.serverAuth, altNames: altNamesOf(names) };
  return issue(authority, leaf, options);
}

/** A person's certificate; the subject, such as `C=GB,O=Lab,CN=alice`, is what name rules see. Throws TypeError. */
export async function issueClientCertificate(
  authority: CertifiedKey,
  subject: string,
  options: IssueOptions = {},
): Promise<CertifiedKey> {
  const name = nameFrom(subject);
  const leaf = { subject: name, usage: ExtendedKeyUsage.clientAuth, altNames: undefined };
  return issue(authority, leaf, options);
}

export const revocationReasons = [
  'keyCompromise',
  'affiliationChanged',
  'superseded',
  'cessationOfOperation',
] as const;
/** RFC 5280 5.3.1: the key is known to others; the person left; there is another certificate; the host is gone. */
export type RevocationReason = (typeof revocationReasons)[number];

export interface Revocation {
  /** Hexadecimal, as in PeerCertificate. */
  readonly serialNumber: string;
  readonly date?: Date;
  readonly reason?: RevocationReason;
}

export interface RevocationListOptions {
  /** Larger with each list of an authority. */
  readonly number: bigint;
  readonly thisUpdate?: Date;
  /** From then on every client is refused (fail closed). Default: 30 days from now. */
  readonly nextUpdate?: Date;
}

export const REVOCATION_LIST_VALID_DAYS = 30;

/** All that an authority has revoked so far, as PEM. Keep the revocations: a big list is not meant to be read back. */
export async function issueRevocationList(
  authority: CertifiedKey,
  revoked: readonly Revocation[],
  options: RevocationListOptions,
): Promise<string> {
  const signer = await openAuthority(authority);
  const list = await X509CrlGenerator.create({
    issuer: signer.certificate.subjectName,
    thisUpdate: options.thisUpdate ?? wholeSecond(Date.now() - CLOCK_SKEW_MS),
    nextUpdate: options.nextUpdate ?? wholeSecond(Date.now() + REVOCATION_LIST_VALID_DAYS * DAY_MS),
    signingKey: signer.keys.privateKey,
    signingAlgorithm: signer.keys.algorithm,
    entries: revoked.map(({ serialNumber, date, reason }) => ({
      serialNumber,
      revocationDate: date ?? wholeSecond(Date.now()),
      ...(reason === undefined ? {} : { reason: X509CrlReason[reason] }),
    })),
    extensions: [await authorityKeyIdentifier(signer), crlNumber(options.number)],
  });
  // The package's own label, "CRL", is one that OpenSSL, GnuTLS and Node do not know.
  return encodePem(list.rawData, 'X509 CRL');
}

/** RFC 5280 5.2.3: a positive INTEGER of at most 20 bytes. */
function crlNumber(value: bigint): Extension {
  if (value < 0n || value >= 1n << 159n)
    throw new RangeError(`CRL number ${value} is out of range`);
  const digits = value.toString(16);
  const bytes = Buffer.from(digits.padStart(digits.length + (digits.length % 2), '0'), 'hex');
  const positive = (bytes[0] ?? 0) >= 0x80 ? Buffer.concat([Buffer.of(0), bytes]) : bytes;
  return new Extension('2.5.29.20', false, Buffer.from([0x02, positive.length, ...positive]));
}
