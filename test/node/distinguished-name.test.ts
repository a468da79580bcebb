import assert from 'node:assert/strict';
import { X509Certificate, createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { SecurityError } from '../../src/core/errors.ts';
import { readDer } from '../../src/node/der.ts';
import { formatDistinguishedName } from '../../src/node/distinguished-name.ts';
import { describePeerCertificate } from '../../src/node/peer-certificate.ts';
import type { PeerCertificate } from '../../src/security/tls-port.ts';
import { fromHex } from '../../src/wire/hex.ts';
import { needs, run, temporaryDirectory } from './command.ts';

/** A Name of one attribute, in hexadecimal: type and value with their headers. */
function nameOf(oid: string, value: string): string {
  const header = (tag: string, body: string) =>
    `${tag}${(body.length / 2).toString(16).padStart(2, '0')}${body}`;
  const body = header(
    '30',
    header('31', header('30', oid.replace(/ /g, '') + value.replace(/ /g, ''))),
  );
  return formatDistinguishedName(readDer(fromHex(body))).inOrder;
}
const CN = '06 03 550403';

describe('formatDistinguishedName', () => {
  const rows: [what: string, oid: string, value: string, text: string][] = [
    ['a newline, so that one name stays one line', CN, '0c 05 6576690a43', 'CN=evi\\0aC'],
    ['NUL', CN, '0c 03 610062', 'CN=a\\00b'],
    ['delete', CN, '0c 01 7f', 'CN=\\7f'],
    ['a control character above ASCII, as UTF-8', CN, '0c 02 c285', 'CN=\\c2\\85'],
    ['a mark that turns the direction of text', CN, '0c 03 e280ae', 'CN=\\e2\\80\\ae'],
    ['a leading space', CN, '0c 02 2061', 'CN=\\ a'],
    ['a trailing space', CN, '0c 02 6120', 'CN=a\\ '],
    ['a single space', CN, '0c 01 20', 'CN=\\ '],
    ['a backslash before a trailing space', CN, '0c 02 5c20', 'CN=\\\\\\ '],
    ['a leading number sign only', CN, '0c 03 236123', 'CN=\\#a#'],
    ['separators, quotes and brackets', CN, '0c 08 2c2b3b3c3e225c3d', 'CN=\\,\\+\\;\\<\\>\\"\\\\='],
  ];
  for (const [what, oid, value, text] of rows)
    it(`escapes ${what}`, () => assert.equal(nameOf(oid, value), text));

  it('leaves UTF-8 readable', () => assert.equal(nameOf(CN, '0c 02 c3a9'), 'CN=é'));
  it('reads BMPString and UniversalString', () => {
    assert.equal(nameOf(CN, '1e 04 00e9 0062'), 'CN=éb');
    assert.equal(nameOf(CN, '1c 04 0001f600'), 'CN=😀');
  });
  it('shows an unknown attribute as its number and the DER of its value', () =>
    assert.equal(nameOf('06 03 2a0304', '0c 03 666f6f'), '1.2.3.4=#0c03666f6f'));
  it('shows a value that is not valid in its alphabet as DER, never as a guess', () => {
    assert.equal(nameOf(CN, '0c 01 ff'), 'CN=#0c01ff');
    assert.equal(nameOf(CN, '14 01 e9'), 'CN=#1401e9');
    assert.equal(nameOf(CN, '1e 02 d800'), 'CN=#1e02d800');
  });
  it('shows an empty name as the empty string', () =>
    assert.equal(formatDistinguishedName(readDer(fromHex('3000'))).inOrder, ''));
  it('refuses a name that is cut anywhere', () => {
    const whole = fromHex(
      '300d 310b 3009 0603550403 0c0161'.replace(/ /g, '').replace('0c0161', '0c026162'),
    );
    for (let end = 0; end < whole.length; end++)
      assert.throws(() => formatDistinguishedName(readDer(whole.subarray(0, end))), SecurityError);
  });
});

describe('describePeerCertificate', { ...needs('openssl') }, () => {
  /** A self-signed certificate of the subject, with alternative names if given. */
  function certificate(dir: string, subject: string, altNames?: string): string {
    const out = join(dir, 'cert.pem');
    const fixed = 'req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -utf8';
    const args = [
      ...fixed.split(' '),
      '-keyout',
      join(dir, 'key.pem'),
      '-out',
      out,
      '-subj',
      subject,
    ];
    if (altNames !== undefined) args.push('-addext', `subjectAltName=${altNames}`);
    const made = run('openssl', args);
    assert.equal(made.status, 0, made.output);
    return out;
  }
  const describeFile = (file: string): PeerCertificate =>
    describePeerCertificate(new X509Certificate(readFileSync(file)).raw, { verified: true });

  const subjects: [what: string, subject: string, inOrder: string][] = [
    [
      'a plain name',
      '/C=GB/ST=London/L=London/O=Lab/OU=a/OU=b/CN=alice',
      'C=GB,ST=London,L=London,O=Lab,OU=a,OU=b,CN=alice',
    ],
    [
      'comma, plus, equals and backslash',
      '/O=Lab, Org \\+ Co/CN=a=b\\\\c',
      'O=Lab\\, Org \\+ Co,CN=a=b\\\\c',
    ],
    ['spaces at both ends', '/O=x/CN= a ', 'O=x,CN=\\ a\\ '],
    [
      'number sign, quotes, brackets, slash',
      '/O=#x/CN=<a>;"b"\\/c',
      'O=\\#x,CN=\\<a\\>\\;\\"b\\"/c',
    ],
    ['UTF-8', '/O=Société/CN=日本', 'O=Société,CN=日本'],
    ['an attribute set', '/O=x/CN=bob+OU=multi', 'O=x,CN=bob+OU=multi'],
    [
      'email, DC and UID',
      '/DC=org/DC=lab/UID=u1/emailAddress=a@b.c',
      'DC=org,DC=lab,UID=u1,EMAIL=a@b.c',
    ],
    [
      'rarer attributes',
      '/serialNumber=7/title=t/SN=s/GN=g/initials=i/street=r/postalCode=9/name=n/pseudonym=p',
      'serialNumber=7,title=t,surName=s,givenName=g,initials=i,street=r,postalCode=9,name=n,pseudonym=p',
    ],
    ['an attribute that GnuTLS has no name for', '/CN=a/postOfficeBox=7', 'CN=a,2.5.4.18=#0c0137'],
  ];
  for (const [what, subject, inOrder] of subjects) {
    it(`gives ${what} in the order of the certificate`, (t) => {
      const file = certificate(temporaryDirectory(t), subject);
      assert.equal(describeFile(file).distinguishedName, inOrder);
    });
    it(`gives ${what} reversed exactly as certtool prints it`, { ...needs('certtool') }, (t) => {
      const file = certificate(temporaryDirectory(t), subject);
      const line = /^\tSubject: (.*)$/m.exec(run('certtool', ['-i', '--infile', file]).output);
      assert.equal(describeFile(file).distinguishedNameReversed, line?.[1]);
    });
  }

  it('keeps a newline in a name from looking like a second name', (t) => {
    const file = certificate(temporaryDirectory(t), '/O=x/CN=evil\nCN=admin');
    assert.equal(describeFile(file).distinguishedName, 'O=x,CN=evil\\0aCN=admin');
  });
  it('lists alternative names with their kind', (t) => {
    const names =
      'DNS:a.example,DNS:*.lab,IP:10.0.0.1,IP:::1,IP:fe80::1:2,email:a+b@c.d,URI:spiffe://x/y';
    const file = certificate(temporaryDirectory(t), '/CN=a', names);
    assert.deepEqual(describeFile(file).subjectAltNames, [
      'DNS:a.example',
      'DNS:*.lab',
      'IP:10.0.0.1',
      'IP:::1',
      'IP:fe80::1:2',
      'email:a+b@c.d',
      'URI:spiffe://x/y',
    ]);
  });
  it("gives OpenSSL's serial number and SHA-256 fingerprint", (t) => {
    const file = certificate(temporaryDirectory(t), '/CN=a');
    const described = describeFile(file);
    const reference = new X509Certificate(readFileSync(file));
    assert.equal(described.serialNumber, reference.serialNumber);
    assert.equal(
      described.fingerprint256,
      reference.fingerprint256.replaceAll(':', '').toLowerCase(),
    );
    assert.equal(
      described.fingerprint256,
      createHash('sha256').update(reference.raw).digest('hex'),
    );
  });
  it('passes the verdict on', (t) => {
    const { raw } = new X509Certificate(readFileSync(certificate(temporaryDirectory(t), '/CN=a')));
    assert.equal(describePeerCertificate(raw, { verified: true }).fault, undefined);
    const refused = describePeerCertificate(raw, { verified: false, fault: 'CERT_REVOKED' });
    assert.deepEqual([refused.verified, refused.fault], [false, 'CERT_REVOKED']);
  });
  it('refuses DER that is cut anywhere, with its own error', (t) => {
    const { raw } = new X509Certificate(readFileSync(certificate(temporaryDirectory(t), '/CN=a')));
    for (let end = 0; end < raw.length; end++)
      assert.throws(
        () => describePeerCertificate(raw.subarray(0, end), { verified: false }),
        SecurityError,
      );
  });
});
