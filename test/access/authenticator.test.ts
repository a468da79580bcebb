import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createAuthenticator } from '../../src/access/authenticator.ts';
import { parseNameRule } from '../../src/access/name-rules.ts';
import { PasswordStore } from '../../src/access/passwords.ts';
import { UserStore } from '../../src/access/users.ts';
import { AuthenticationError, ErrorCode } from '../../src/core/errors.ts';
import { Secret } from '../../src/core/secret.ts';
import { allRights, viewOnlyRights, type Peer } from '../../src/security/identity.ts';
import { certificateOf } from './certificates.ts';

const peer: Peer = { address: '192.0.2.1:1', host: '192.0.2.1', local: false };

/** The refusal's own words, after checking that the peer hears the neutral ones. */
async function refusal(
  attempt: Promise<unknown>,
  code: ErrorCode = ErrorCode.authentication,
): Promise<string> {
  const error = await attempt.then(
    () => assert.fail('it was let in'),
    (thrown: unknown) => thrown,
  );
  assert.ok(error instanceof AuthenticationError);
  assert.equal(error.peerReason, 'Authentication failed');
  assert.equal(error.code, code);
  return error.message;
}

describe('createAuthenticator: anyone', () => {
  it('gives an unknown person the rights that were named', async () => {
    const identity = await createAuthenticator({ anyone: viewOnlyRights }).anyone(peer);
    assert.deepEqual(identity, { name: 'anyone', rights: viewOnlyRights });
  });
  it('lets nobody in unless told so', async () =>
    assert.match(await refusal(createAuthenticator({}).anyone(peer)), /nobody may enter/));
});

describe('createAuthenticator: VNC password', () => {
  it('says which password it was', async () => {
    const passwords = new PasswordStore();
    passwords.set('full', 'f');
    passwords.set('view', 'v');
    const { vncPassword } = createAuthenticator({ passwords });
    const answer = (text: string) => (known: Uint8Array) =>
      new TextDecoder().decode(known) === text;
    assert.deepEqual(await vncPassword(answer('f'), peer), { name: 'password', rights: allRights });
    assert.deepEqual(await vncPassword(answer('v'), peer), {
      name: 'view-only password',
      rights: viewOnlyRights,
    });
    assert.equal(await refusal(vncPassword(answer('x'), peer)), 'wrong password');
  });
  it('asks as often without a store as with one', async () => {
    let calls = 0;
    const matches = (): boolean => ++calls > 0;
    assert.equal(
      await refusal(createAuthenticator({}).vncPassword(matches, peer)),
      'no password is set',
    );
    assert.equal(calls, 2);
  });
});

describe('createAuthenticator: plain', () => {
  const scrypt = async (password: Uint8Array, { byteLength }: { byteLength: number }) => {
    const hash = new Uint8Array(byteLength);
    hash.set(password);
    return hash;
  };
  const hash = new Uint8Array(32);
  hash[0] = 0x61;
  const record = {
    name: 'alice',
    access: 'view',
    password: { ln: 12, r: 8, p: 1, salt: new Uint8Array(16), hash },
  } as const;

  it('names the user it let in', async () => {
    const { plain } = createAuthenticator({ users: new UserStore([record], { scrypt }) });
    assert.deepEqual(await plain('alice', new Secret('a'), peer), {
      name: 'alice',
      username: 'alice',
      rights: viewOnlyRights,
    });
  });
  it('tells unknown user and wrong password apart in our log alone', async () => {
    const { plain } = createAuthenticator({ users: new UserStore([record], { scrypt }) });
    assert.equal(
      await refusal(plain('alice', new Secret('b'), peer)),
      'user "alice": wrong password',
    );
    assert.equal(
      await refusal(plain('bob\n', new Secret('a'), peer)),
      'user "bob\\n": unknown user',
    );
  });
  it('says that too many are at it', async () => {
    const users = new UserStore([record], { scrypt, maxConcurrentHashes: 0, maxWaiting: 0 });
    await assert.rejects(
      createAuthenticator({ users }).plain('alice', new Secret('a'), peer),
      (error: unknown) => error instanceof AuthenticationError && error.tooMany,
    );
  });
  it('lets nobody in without users', async () =>
    assert.match(
      await refusal(createAuthenticator({}).plain('a', new Secret('b'), peer)),
      /no users/,
    ));
});

describe('createAuthenticator: certificate', () => {
  const withRules = (...rules: string[]) =>
    createAuthenticator({ nameRules: () => rules.map(parseNameRule) });
  const alice = certificateOf('C=GB,O=Lab,CN=alice');

  it('asks nothing more when there are no rules', async () =>
    assert.equal(await createAuthenticator({}).certificate(alice, peer), undefined));
  it('lets a name in that a rule allows', async () =>
    assert.equal(await withRules('CN=alice,O=Lab,C=GB').certificate(alice, peer), undefined));
  it('prints the very option that would let a refused name in', async () => {
    const message = await refusal(
      withRules('CN=bob').certificate(alice, peer),
      ErrorCode.notAllowed,
    );
    assert.match(message, /matches no rule; to let it in: --allow-name "C=GB,O=Lab,CN=alice"$/);
  });
  it('prints an option that works when pasted, whatever the name', async () => {
    for (const name of [
      'CN=a*',
      'CN=a\\,b',
      'CN=$HOME',
      "CN=o'neil`x`",
      'O=x,CN=evil\\0aCN=admin',
    ]) {
      const message = await refusal(
        withRules('CN=bob').certificate(certificateOf(name), peer),
        ErrorCode.notAllowed,
      );
      const quoted = /--allow-name (.*)$/.exec(message)?.[1] ?? '';
      const rule = quoted.startsWith("'")
        ? quoted.slice(1, -1).replaceAll("'\\''", "'")
        : quoted.slice(1, -1);
      await withRules(rule).certificate(certificateOf(name), peer);
    }
  });
  it('offers the fingerprint of a certificate without a subject', async () => {
    const message = await refusal(
      withRules('CN=bob').certificate(certificateOf(''), peer),
      ErrorCode.notAllowed,
    );
    assert.match(message, /--allow-name "fp:(ab){32}"$/);
  });
  it('names the rule that denied', async () => {
    const message = await refusal(
      withRules('deny:*CN=alice', '*').certificate(alice, peer),
      ErrorCode.notAllowed,
    );
    assert.match(message, /is denied by the rule deny:\*CN=alice$/);
  });
  it('lets nobody in once the last rule was taken away', async () => {
    assert.match(
      await refusal(withRules().certificate(alice, peer), ErrorCode.notAllowed),
      /matches no rule/,
    );
  });
  it('asks for the rules at each connection', async () => {
    let rules = [parseNameRule('CN=bob')];
    const { certificate } = createAuthenticator({ nameRules: () => rules });
    await refusal(certificate(alice, peer), ErrorCode.notAllowed);
    rules = [parseNameRule('*')];
    await certificate(alice, peer);
  });
  it('refuses a certificate that was not verified, with the reason of the TLS layer', async () => {
    const unverified = { ...alice, verified: false, fault: 'CERT_REVOKED' };
    assert.match(
      await refusal(withRules('*').certificate(unverified, peer), ErrorCode.certificate),
      /was not verified: CERT_REVOKED$/,
    );
  });
});
