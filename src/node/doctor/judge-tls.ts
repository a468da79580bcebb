/** Judges the TLS layers: whom they let in, versions, suites, key exchange and certificates. Part of judge.ts. */
import { securityTypeName, securityTypeNames } from '../../security/names.ts';
import type { Problem } from '../chain-audit.ts';
import type { Add, Finding } from './findings.ts';
import { isAnonymous, isX509 } from './kinds.ts';
import { tlsVersions, type LayerObservation, type Observations } from './observations.ts';

export function judgeTls(seen: Observations, add: Add): void {
  const { x509, anonymous, subtypes, turnedAway } = seen;
  for (const [layer, offered] of [
    [x509, subtypes.filter(isX509)],
    [anonymous, subtypes.filter(isAnonymous)],
  ] as const) {
    if (offered.length === 0) continue;
    if (layer === undefined || !works(layer)) {
      if (turnedAway === undefined)
        add(
          'tls-fails',
          'bad',
          `${securityTypeNames(offered)}: offered, but TLS fails${reasonOf(layer)}`,
          { fix: 'look at its log: credentials that cannot be used, or no suite in common' },
        );
      continue;
    }
    judgeLayer(layer, add);
  }
  if (x509 !== undefined && works(x509)) judgeCertificate(x509.audit.problems, add);
  if (subtypes.length > 0 && subtypes.every(isX509) && x509 !== undefined && works(x509))
    add('verified-tls', 'ok', 'everything that it offers is inside TLS with a certificate');
  if (seen.clearBytesAcrossTls.outcome === 'accepted')
    add(
      'clear-bytes-across-tls',
      'bad',
      'bytes sent in clear before TLS are taken as if they came inside: whoever sits between can put words into a session',
      { fix: 'put a server that refuses them in front of it', remedy: 'clear-bytes' },
    );
  const hasTls = subtypes.some((subtype) => isX509(subtype) || isAnonymous(subtype));
  if (seen.clearBytesAcrossTls.outcome === 'not checked' && hasTls)
    add(
      'clear-bytes-unchecked',
      'info',
      'whether clear bytes before TLS get inside could not be asked without a login; in QEMU they do',
    );
  if (seen.clearBytesAcrossTls.outcome === 'refused')
    add('clear-bytes-refused', 'ok', 'bytes sent in clear before TLS do not get inside');
}

const works = (layer: LayerObservation): boolean =>
  tlsVersions.some((version) => layer.versions[version].outcome === 'accepted');

function reasonOf(layer: LayerObservation | undefined): string {
  const why = layer?.versions['TLSv1.2'].why;
  return why === undefined ? '' : ` (${why.replace('the TLS handshake failed: ', '')})`;
}

function judgeLayer(layer: LayerObservation, add: Add): void {
  const { subtype, versions, cipher, exchange, opens } = layer;
  const name = isX509(subtype) ? 'TLS with a certificate' : 'anonymous TLS';
  if (opens.outcome === 'accepted')
    add(
      'open-inside-tls',
      'bad',
      `${securityTypeName(subtype)}: encrypted, but whoever can connect is let in`,
      { fix: 'ask for a password, a name, or a client certificate', remedy: 'login' },
    );
  const accepted = tlsVersions.filter((version) => versions[version].outcome === 'accepted');
  const old = accepted.filter((version) => version < 'TLSv1.2');
  if (accepted.length === old.length)
    add('no-current-tls', 'bad', `${name}: nothing newer than ${inWords(old[0])}`, {
      fix: 'update its TLS library, or let it speak TLS 1.2',
    });
  if (old.length > 0)
    add('old-tls', 'warn', `${name}: ${old.map(inWords).join(' and ')} still accepted`, {
      fix: 'take TLS 1.2 as the oldest',
      remedy: 'tls-versions',
    });
  if (cipher !== undefined && !/GCM|CHACHA20|CCM/.test(cipher))
    add(
      'weak-cipher',
      /NULL|RC4|DES-CBC3|EXP/.test(cipher) ? 'bad' : 'warn',
      `${name}: its best suite for us is ${cipher}, of an old kind`,
      { fix: 'allow suites with AES-GCM', remedy: 'verified-tls' },
    );
  if (exchange?.type === 'DH' && exchange.bits < 2048)
    add(
      'small-dh',
      'warn',
      `${name}: Diffie-Hellman of ${exchange.bits} bits, which can be broken`,
      {
        fix: 'a group of 2048 bits or more; x11vnc: -dhparams FILE of "openssl dhparam 2048"',
      },
    );
}

const inWords = (version = ''): string =>
  version === 'TLSv1' ? 'TLS 1.0' : version.replace('TLSv', 'TLS ');

const levels = {
  error: ['certificate-error', 'bad'],
  warning: ['certificate-warning', 'warn'],
  note: ['certificate-note', 'info'],
} as const satisfies Readonly<Record<Problem['level'], readonly [Finding['id'], Finding['mark']]>>;

function judgeCertificate(problems: readonly Problem[], add: Add): void {
  for (const { level, message, fix } of problems) {
    const [id, mark] = levels[level];
    add(id, mark, message, {
      ...(fix === undefined ? {} : { fix }),
      ...(level === 'note' ? {} : { remedy: 'certificate' as const }),
    });
  }
  if (problems.every(({ level }) => level === 'note'))
    add('certificate-good', 'ok', 'the certificate: name, dates, key and usage are good');
}
