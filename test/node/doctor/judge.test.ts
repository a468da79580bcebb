import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ceilings, type FindingId, type Grade } from '../../../src/node/doctor/findings.ts';
import { judge } from '../../../src/node/doctor/judge.ts';
import type { Observations } from '../../../src/node/doctor/observations.ts';
import type { ServerAudit } from '../../../src/node/server-audit.ts';
import { anonymous, bare, good, layer, oldToo } from './seen.ts';

const accepted = { outcome: 'accepted' } as const;

function x509(
  rest: Partial<NonNullable<Observations['x509']>>,
  problems: ServerAudit['problems'] = [],
): Observations {
  return { ...good, x509: { ...layer(261), audit: { problems }, ...rest } };
}

const table: ReadonlyArray<
  readonly [promise: string, seen: Observations, grade: Grade, ...findings: FindingId[]]
> = [
  ['verified TLS with a login is an A', good, 'A', 'verified-tls', 'none-refused'],
  ['None is an F on a network', bare(1), 'F', 'open-in-clear'],
  ['None is a C on loopback', { ...bare(1), reach: 'loopback' }, 'C', 'open-in-clear'],
  ['None is a B on a unix socket', { ...bare(1), reach: 'unix' }, 'B', 'open-in-clear'],
  ['VncAuth in clear is a D', bare(2), 'D', 'vnc-password-without-tls'],
  ['VncAuth in clear is a B on loopback', { ...bare(2), reach: 'loopback' }, 'B'],
  ['ARD is a D: only its login is encrypted', bare(30), 'D', 'login-without-tls'],
  ['RSA-AES is a B', bare(5), 'B', 'rsa-aes'],
  ['Plain without TLS is an F', { ...bare(19), subtypes: [256] }, 'F', 'password-in-clear'],
  [
    'Plain without TLS is an F behind X.509 too',
    { ...good, subtypes: [262, 256] },
    'F',
    'password-in-clear',
  ],
  ['anonymous TLS is a C', anonymous([258]), 'C', 'anonymous-tls'],
  ['the old TLS type is a C', bare(18), 'C', 'anonymous-tls'],
  [
    'anonymous TLS that lets anyone in is a D',
    anonymous([257], { opens: accepted }),
    'D',
    'open-inside-tls',
    'anonymous-tls',
  ],
  [
    'X509None that lets anyone in is a D',
    { ...x509({ subtype: 260, opens: accepted }), subtypes: [260] },
    'D',
    'open-inside-tls',
  ],
  [
    'X509None that wants a client certificate is an A',
    { ...x509({ subtype: 260, opens: { outcome: 'refused' } }), subtypes: [260] },
    'A',
  ],
  [
    'a type for RFB 3.3 that newer viewers do not see counts',
    { ...good, versions: { ...good.versions, '3.3': { ...accepted, types: [2] } } },
    'D',
    'weaker-for-older',
    'vnc-password-without-tls',
  ],
  [
    'a weaker type in front of X.509 is told of',
    { ...good, types: [2, 19] },
    'D',
    'vnc-password-without-tls',
    'weaker-first',
  ],
  ['TLS 1.0 is a B', x509({ versions: oldToo }), 'B', 'old-tls'],
  [
    'nothing but TLS 1.0 is a D',
    x509({ versions: { ...oldToo, 'TLSv1.2': { outcome: 'refused' } } }),
    'D',
    'no-current-tls',
  ],
  [
    'TLS that is offered and fails is a D',
    x509({
      versions: {
        ...oldToo,
        'TLSv1.2': { outcome: 'refused' },
        'TLSv1.1': { outcome: 'refused' },
        TLSv1: { outcome: 'refused' },
      },
    }),
    'D',
    'tls-fails',
  ],
  [
    'Diffie-Hellman of 1024 bits is a C',
    anonymous([258], { exchange: { type: 'DH', bits: 1024 } }),
    'C',
    'small-dh',
  ],
  ['a suite of old is a C', x509({ cipher: 'AES256-SHA' }), 'C', 'weak-cipher'],
  [
    'a certificate that viewers refuse is a C',
    x509({}, [{ level: 'error', message: 'it has expired', fix: 'renew it' }]),
    'C',
    'certificate-error',
  ],
  [
    'a certificate that will expire soon is a B',
    x509({}, [{ level: 'warning', message: 'it expires soon' }]),
    'B',
    'certificate-warning',
  ],
  [
    'a note costs nothing',
    x509({}, [{ level: 'note', message: 'no authority' }]),
    'A',
    'certificate-note',
  ],
  [
    'clear bytes across TLS are a C',
    { ...good, clearBytesAcrossTls: accepted },
    'C',
    'clear-bytes-across-tls',
  ],
  [
    'None that was not offered is an F, even on a unix socket',
    { ...good, reach: 'unix', unofferedNone: accepted },
    'F',
    'unoffered-none',
  ],
  [
    'a late greeting is a B',
    { ...good, greeting: { version: '003.008', afterMs: 1400 } },
    'B',
    'slow-greeting',
  ],
  [
    'what could not be checked is no A',
    { ...good, turnedAway: 'Too many security failures' },
    'B',
    'turned-away',
  ],
  [
    'more sub-types than gtk-vnc takes are a B',
    { ...good, subtypes: [262, 261, ...Array.from({ length: 19 }, (_, i) => 300 + i)] },
    'B',
    'too-many-subtypes',
  ],
  [
    'RFB 3.7 is a B',
    { ...good, versions: { ...good.versions, '3.8': { outcome: 'refused', types: [] } } },
    'B',
    'old-rfb',
  ],
];

describe('judge', () => {
  for (const [promise, seen, grade, ...findings] of table)
    it(promise, () => {
      const judgement = judge(seen);
      assert.equal(judgement.grade, grade);
      const found = judgement.findings.map(({ id }) => id);
      for (const id of findings) assert.ok(found.includes(id), `${id} in ${found.join()}`);
    });
  it('puts the worst first, and says what to do about all that cost something', () => {
    const { findings } = judge({ ...bare(2), greeting: { version: '003.008', afterMs: 1400 } });
    assert.equal(findings[0]?.id, 'vnc-password-without-tls');
    for (const { ceiling, fix, id } of findings)
      assert.ok(ceiling === 'A' || fix !== undefined, `${id} has a fix`);
  });
  it('calls nothing bad that leaves a B', () => {
    const { findings } = judge({ ...bare(1, 2), reach: 'unix' });
    assert.deepEqual(
      findings.filter(({ mark }) => mark === 'bad'),
      [],
    );
  });
  it('never thinks better of a network than of loopback, nor of loopback than of a unix socket', () => {
    for (const { network, loopback, unix } of Object.values(ceilings))
      assert.ok(network >= loopback && loopback >= unix);
  });
});

describe('viewers', () => {
  const verdicts = (seen: Observations): Record<string, string> =>
    Object.fromEntries(
      judge(seen).viewers.map(({ viewer, connects, by }) => [
        viewer.replace(/ .*/, ''),
        by === undefined ? connects : `${connects} ${by}`,
      ]),
    );

  it('are told apart by what they speak', () => {
    assert.deepEqual(verdicts(good), {
      TigerVNC: 'yes X509Plain',
      'gtk-vnc': 'yes X509Plain',
      Remmina: 'yes X509Plain',
      noVNC: 'no',
      macOS: 'no',
    });
    assert.deepEqual(verdicts(bare(2)), {
      TigerVNC: 'yes VncAuth',
      'gtk-vnc': 'yes VncAuth',
      Remmina: 'yes VncAuth',
      noVNC: 'yes VncAuth',
      macOS: 'yes VncAuth',
    });
  });
  it('choose in the order of the server or in their own', () => {
    const both = { ...good, types: [1, 19], subtypes: [257, 262], anonymous: layer(257) };
    assert.deepEqual(verdicts(both), {
      TigerVNC: 'yes None',
      'gtk-vnc': 'yes X509Plain',
      Remmina: 'yes None',
      noVNC: 'yes None',
      macOS: 'no',
    });
  });
  it('that are strict refuse a bad certificate, and TigerVNC asks', () => {
    const told = verdicts(x509({}, [{ level: 'error', message: 'expired' }]));
    assert.equal(told['TigerVNC'], 'asks X509Plain');
    assert.equal(told['gtk-vnc'], 'no X509Plain');
  });
  it('without client certificates cannot use an X509None that wants them', () => {
    const wanting = { subtype: 260, opens: { outcome: 'refused' } } as const;
    const told = verdicts({ ...x509(wanting), subtypes: [260] });
    assert.equal(told['TigerVNC'], 'no X509None');
    assert.equal(told['gtk-vnc'], 'yes X509None');
  });
  it('of libvncclient need TLS 1.2', () => {
    const versions = {
      'TLSv1.3': accepted,
      'TLSv1.2': { outcome: 'refused' },
      'TLSv1.1': { outcome: 'refused' },
      TLSv1: { outcome: 'refused' },
    } as const;
    const told = verdicts(x509({ versions }));
    assert.equal(told['Remmina'], 'no X509Plain');
    assert.equal(told['TigerVNC'], 'yes X509Plain');
  });
});
