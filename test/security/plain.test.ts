import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { AuthenticationError, ClosedError, LimitError } from '../../src/core/errors.ts';
import { plain } from '../../src/security/plain.ts';
import { toHex } from '../../src/wire/hex.ts';
import { utf8 } from '../../src/wire/text.ts';
import { fakeAuthenticator } from '../support/fake-authenticator.ts';
import { credentialsOf, dialType, joinType, serveType } from '../support/security-contexts.ts';

const credentials = credentialsOf('alice', 'open sesame');

/** A Plain message: lengths, then both texts as they are. */
const message = (username: Uint8Array, password: Uint8Array): string =>
  [username.length, password.length].map((n) => n.toString(16).padStart(8, '0')).join('') +
  toHex(username) +
  toHex(password);

const right = `
  00000005                # ulen
  0000000b                # plen
  616c696365              # "alice"
  6f70656e20736573616d65  # "open sesame"
`;

describe('Plain, both ends', () => {
  for (const chunkBytes of [1, 7, 64]) {
    it(`lets a user in, and names the user, ${chunkBytes} bytes at a time`, async () => {
      const { server } = await joinType(plain, { chunkBytes }, { credentials });
      assert.equal(server.denied === undefined && server.identity.username, 'alice');
    });
  }

  it('carries names and passwords that are not ASCII', async () => {
    const authenticator = fakeAuthenticator();
    const foreign = credentialsOf('zoë', 'пароль');
    await joinType(plain, { authenticator }, { credentials: foreign });
    assert.deepEqual(authenticator.asked, ['plain zoë']);
  });
});

describe('Plain server', () => {
  it('takes the message of the specification', async () => {
    const { viewer, outcome } = serveType(plain);
    viewer.send(right);
    assert.equal((await outcome).denied, undefined);
  });

  it('denies a wrong password, an unknown user and an empty name', async () => {
    for (const [username, password] of [
      ['alice', 'wrong'],
      ['bob', 'open sesame'],
      ['', 'open sesame'],
    ] as const) {
      const { viewer, outcome } = serveType(plain);
      viewer.send(message(utf8(username), utf8(password)));
      assert.ok((await outcome).denied, username);
    }
  });

  it('denies the empty password, without asking', async () => {
    const authenticator = fakeAuthenticator();
    const { viewer, outcome } = serveType(plain, { authenticator });
    viewer.send(message(utf8('alice'), utf8('')));
    assert.ok((await outcome).denied);
    assert.deepEqual(authenticator.asked, []);
  });

  it('denies a NUL in either text, where others cut it off (Xvnc, neatvnc)', async () => {
    for (const [username, password] of [
      ['alice\0', 'open sesame'],
      ['alice', 'open sesame\0'],
      ['alice\0bob', 'open sesame'],
      ['\0', '\0'],
    ] as const) {
      const authenticator = fakeAuthenticator();
      const { viewer, outcome } = serveType(plain, { authenticator });
      viewer.send(message(utf8(username), utf8(password)));
      assert.match((await outcome).denied?.message ?? '', /contains a NUL/);
      assert.deepEqual(authenticator.asked, []);
    }
  });

  it('denies what is not UTF-8, instead of guessing', async () => {
    for (const bad of ['ff', 'c080', 'eda080', 'e282']) {
      const authenticator = fakeAuthenticator();
      const { viewer, outcome } = serveType(plain, { authenticator });
      viewer.send(message(Buffer.from(bad, 'hex'), utf8('open sesame')));
      assert.match((await outcome).denied?.message ?? '', /not UTF-8/, bad);
      assert.deepEqual(authenticator.asked, []);
    }
  });

  it('takes 1023 bytes, and refuses longer ones before they arrive (CVE-2017-7394)', async () => {
    const long = serveType(plain);
    long.viewer.send(message(utf8('u'.repeat(1023)), utf8('p'.repeat(1023))));
    assert.ok((await long.outcome).denied);
    for (const length of ['00000400', '7fffffff', '80000000', 'ffffffff']) {
      for (const head of [`${length}00000001`, `00000001${length}`]) {
        const { viewer, outcome } = serveType(plain);
        viewer.send(head);
        await assert.rejects(outcome, LimitError, head);
      }
    }
  });

  it('asks nobody when the viewer leaves at any byte', async () => {
    const whole = message(utf8('alice'), utf8('open sesame'));
    for (let length = 0; length < whole.length; length += 2) {
      const authenticator = fakeAuthenticator();
      const { viewer, outcome } = serveType(plain, { authenticator });
      viewer.send(whole.slice(0, length)).stream.end();
      await assert.rejects(outcome, ClosedError);
      assert.deepEqual(authenticator.asked, []);
    }
  });

  it('hands the password on as a secret', async () => {
    let shown = '';
    const authenticator = {
      ...fakeAuthenticator(),
      plain: (_: string, password: unknown) => {
        shown = `${String(password)} ${JSON.stringify(password)}`;
        return Promise.reject(new AuthenticationError('no'));
      },
    };
    const { viewer, outcome } = serveType(plain, { authenticator });
    viewer.send(right);
    await outcome;
    assert.equal(shown, '[secret] "[secret]"');
  });
});

describe('Plain client', () => {
  it('sends one message, in one write', async () => {
    const { server, outcome } = dialType(plain, { credentials });
    await outcome;
    const chunk = await server.stream.read();
    assert.equal(toHex(chunk ?? new Uint8Array()), right.replace(/#.*$|\s/gm, ''));
  });

  it('refuses to log in unless both were given, and neither has a NUL', async () => {
    for (const [username, password] of [
      [undefined, 'x'],
      ['alice', undefined],
      ['a\0', 'x'],
      ['alice', 'x\0'],
    ] as const) {
      const { outcome } = dialType(plain, { credentials: credentialsOf(username, password) });
      await assert.rejects(outcome, AuthenticationError);
    }
  });
});
