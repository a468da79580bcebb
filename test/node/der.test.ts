import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { before, describe, it } from 'node:test';
import fc from 'fast-check';
import { SecurityError } from '../../src/core/errors.ts';
import { createAuthority, issueServerCertificate } from '../../src/node/certificate-authority.ts';
import { DerTag, derChildren, derOid, derTime, readDer } from '../../src/node/der.ts';
import { describePeerCertificate } from '../../src/node/peer-certificate.ts';
import { fromHex } from '../../src/wire/hex.ts';

const element = (hex: string) => readDer(fromHex(hex));

describe('readDer', () => {
  it('reads short and long lengths', () => {
    assert.equal(element('04 02 0102').content.length, 2);
    assert.equal(element(`04 8180 ${'00'.repeat(128)}`).content.length, 128);
    assert.equal(element(`04 82 0100 ${'00'.repeat(256)}`).content.length, 256);
  });
  for (const [what, hex] of [
    ['nothing', ''],
    ['a tag alone', '04'],
    ['a length that is cut short', '04 82 01'],
    ['content that is cut short', '04 03 0102'],
    ['bytes after the end', '04 01 00 00'],
    ['an indefinite length', '30 80 0000'],
    ['a length of five bytes', '04 85 0000000001 00'],
    ['the largest length', '04 84 ffffffff 00'],
    ['a tag of several bytes', '1f 81 01 00'],
  ] as const)
    it(`refuses ${what}`, () => assert.throws(() => element(hex), SecurityError));
  it('refuses another tag than the one that is due', () =>
    assert.throws(() => derChildren(element('04 00'), DerTag.Sequence), SecurityError));
});

describe('derOid', () => {
  it('reads small, large and root arcs', () => {
    assert.equal(derOid(element('06 03 550403')), '2.5.4.3');
    assert.equal(derOid(element('06 09 2a864886f70d010901')), '1.2.840.113549.1.9.1');
    assert.equal(derOid(element('06 03 883703')), '2.999.3');
  });
  it('refuses an empty one, one that is cut short and an arc without end', () => {
    for (const hex of ['06 00', '06 02 5584', `06 28 ${'ff'.repeat(39)}7f`])
      assert.throws(() => derOid(element(hex)), SecurityError);
  });
});

describe('derTime', () => {
  const time = (tag: string, text: string) => {
    const hex = Buffer.from(text, 'latin1').toString('hex');
    return derTime(element(`${tag}${text.length.toString(16).padStart(2, '0')}${hex}`));
  };
  it('reads two digits of a year as 1950 to 2049', () => {
    assert.equal(time('17', '491231235959Z').toISOString(), '2049-12-31T23:59:59.000Z');
    assert.equal(time('17', '500101000000Z').toISOString(), '1950-01-01T00:00:00.000Z');
  });
  it('reads four digits', () =>
    assert.equal(time('18', '20600102030405Z').toISOString(), '2060-01-02T03:04:05.000Z'));
  it('refuses other forms', () => {
    for (const [tag, text] of [
      ['17', '4912312359Z'],
      ['17', '20600102030405Z'],
      ['18', '491231235959Z'],
      ['18', '20600102030405+0100'],
      ['18', ''],
    ] as const)
      assert.throws(() => time(tag, text), SecurityError);
  });
});

describe('hostile certificates', () => {
  let raw: Uint8Array;
  before(async () => {
    const { cert } = await issueServerCertificate(await createAuthority(), ['a.lab', '::1']);
    raw = new X509Certificate(cert).raw;
  });
  it('are described or refused with our own error, whichever bytes change', () =>
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(600), fc.nat(255)), { minLength: 1, maxLength: 4 }),
        (changes) => {
          const bytes = Uint8Array.from(raw);
          for (const [at, value] of changes) bytes[at % bytes.length] = value;
          try {
            assert.doesNotMatch(
              JSON.stringify(describePeerCertificate(bytes, { verified: false })),
              /\p{Cc}/u,
            );
          } catch (error) {
            assert.ok(error instanceof SecurityError, String(error));
          }
        },
      ),
      { numRuns: 2000 },
    ));
});
