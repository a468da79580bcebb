import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { AuthenticationError, ProtocolError } from '../../src/core/errors.ts';
import { scram } from '../../src/security/scram.ts';
import { fromUtf8, utf8 } from '../../src/wire/text.ts';

const login = { username: utf8('user'), password: utf8('pencil') };

/** RFC 5802, section 5, and RFC 7677, section 3. */
const published = [
  {
    hash: 'SHA-1',
    nonce: 'fyko+d2lbbFgONRv9qkxdawL',
    serverFirst: 'r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,s=QSXCR+Q6sek8bf92,i=4096',
    clientFinal:
      'c=biws,r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,p=v0X8v3Bz2T0CJGbJQyF0X+HI4Ts=',
    serverFinal: 'v=rmF9pqV8S7suAoZWja4dJRkFsKQ=',
  },
  {
    hash: 'SHA-256',
    nonce: 'rOprNGfwEbeRWgbNEkqO',
    serverFirst:
      'r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096',
    clientFinal:
      'c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=',
    serverFinal: 'v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=',
  },
] as const;

const begin = () => {
  const [, { nonce, ...texts }] = published;
  return { ...texts, nonce, dialogue: scram('SHA-256', () => nonce).begin(login) };
};

describe('SCRAM client', () => {
  for (const { hash, nonce, serverFirst, clientFinal, serverFinal } of published) {
    it(`answers as the RFC's example with ${hash}`, async () => {
      const dialogue = scram(hash, () => nonce).begin(login);
      assert.equal(fromUtf8(dialogue.first), `n,,n=user,r=${nonce}`);
      assert.equal(fromUtf8(await dialogue.answer(utf8(serverFirst))), clientFinal);
      assert.equal(dialogue.isSatisfied(), false);
      assert.equal((await dialogue.answer(utf8(serverFinal))).length, 0);
      assert.equal(dialogue.isSatisfied(), true);
      await assert.rejects(dialogue.answer(utf8(serverFinal)), ProtocolError);
    });
  }

  it('writes commas and equals signs of a name so that they end nothing', () => {
    const { first } = scram('SHA-256', () => 'n').begin({ ...login, username: utf8('a=,b') });
    assert.equal(fromUtf8(first), 'n,,n=a=3D=2Cb,r=n');
  });

  it('takes a nonce of its own each time', () => {
    const { begin: start } = scram('SHA-256');
    assert.notDeepEqual(start(login).first, start(login).first);
  });

  it('refuses a nonce that does not go on from its own', async () => {
    for (const nonce of ['rOprNGfwEbeRWgbNEkqO', 'x', 'xrOprNGfwEbeRWgbNEkqO']) {
      const { dialogue } = begin();
      await assert.rejects(dialogue.answer(utf8(`r=${nonce},s=c2FsdA==,i=4096`)), ProtocolError);
    }
  });

  it('refuses fewer iterations than the RFC asks for, and more than a login is worth', async () => {
    for (const count of [
      '0',
      '1',
      '4095',
      '1000001',
      '9999999999',
      '99999999999',
      '-1',
      '4096.0',
    ]) {
      const { dialogue, nonce } = begin();
      await assert.rejects(
        dialogue.answer(utf8(`r=${nonce}x,s=c2FsdA==,i=${count}`)),
        ProtocolError,
        count,
      );
    }
  });

  it('refuses messages that are no first ones, and mandatory extensions', async () => {
    const { nonce } = begin();
    for (const message of [
      '',
      'e=other-error',
      `r=${nonce}x`,
      `r=${nonce}x,s=,i=4096`,
      `r=${nonce}x,s=c2FsdA=,i=4096`,
      `r=${nonce}x,s=*,i=4096`,
      `m=ext,r=${nonce}x,s=c2FsdA==,i=4096`,
      `r=${nonce}\u{1}x,s=c2FsdA==,i=4096`,
    ]) {
      await assert.rejects(begin().dialogue.answer(utf8(message)), ProtocolError, message);
    }
  });

  it('tells a refusal from a server that is not who it says', async () => {
    const { dialogue, serverFirst } = begin();
    await dialogue.answer(utf8(serverFirst));
    await assert.rejects(
      dialogue.answer(utf8('e=invalid-proof')),
      (error) => error instanceof AuthenticationError && error.peerReason === 'invalid-proof',
    );
    await assert.rejects(dialogue.answer(utf8('v=AAAA')), /does not know the password/);
    await assert.rejects(dialogue.answer(utf8('v')), ProtocolError);
    assert.equal(dialogue.isSatisfied(), false);
  });
});
