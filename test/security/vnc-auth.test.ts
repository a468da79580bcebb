import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { AuthenticationError, ClosedError } from '../../src/core/errors.ts';
import { respond } from '../../src/crypto/vnc-challenge.ts';
import { vncAuth } from '../../src/security/vnc-auth.ts';
import { toHex } from '../../src/wire/hex.ts';
import { utf8 } from '../../src/wire/text.ts';
import { fakeAuthenticator } from '../support/fake-authenticator.ts';
import { credentialsOf, dialType, joinType, serveType } from '../support/security-contexts.ts';

describe('VncAuth, both ends', () => {
  for (const chunkBytes of [1, 7, 64]) {
    it(`lets the right password in, ${chunkBytes} bytes at a time`, async () => {
      const { server } = await joinType(vncAuth, { chunkBytes }, {});
      assert.equal(server.denied, undefined);
    });

    it(`denies a wrong one, ${chunkBytes} bytes at a time`, async () => {
      const credentials = credentialsOf(undefined, 'sesamf');
      const { server } = await joinType(vncAuth, { chunkBytes }, { credentials });
      assert.ok(server.denied instanceof AuthenticationError);
    });
  }
});

describe('VncAuth server', () => {
  it('never repeats a challenge', async () => {
    const seen = new Set<string>();
    for (let i = 0; i < 200; i++) {
      const { viewer } = serveType(vncAuth);
      seen.add(toHex(await viewer.take(16)));
    }
    assert.equal(seen.size, 200);
  });

  it('denies a response that was right for another connection', async () => {
    const first = serveType(vncAuth);
    const response = toHex(respond(await first.viewer.take(16), utf8('sesame')));
    first.viewer.send(response);
    assert.equal((await first.outcome).denied, undefined);

    const second = serveType(vncAuth);
    await second.viewer.take(16);
    second.viewer.send(response);
    assert.ok((await second.outcome).denied);
  });

  it('denies a response that differs in one bit of any byte', async () => {
    for (let at = 0; at < 16; at++) {
      const { viewer, outcome } = serveType(vncAuth);
      const response = respond(await viewer.take(16), utf8('sesame'));
      response[at]! ^= 0x80;
      viewer.send(toHex(response));
      assert.ok((await outcome).denied, `byte ${at}`);
    }
  });

  it('denies its own challenge sent back', async () => {
    const { viewer, outcome } = serveType(vncAuth);
    viewer.send(toHex(await viewer.take(16)));
    assert.ok((await outcome).denied);
  });

  it('takes any of several passwords, and denies all when none is set', async () => {
    const several = fakeAuthenticator({ vncPasswords: ['full', 'view', 'sesame'] });
    const found = await joinType(vncAuth, { authenticator: several }, {});
    assert.equal(found.server.denied, undefined);
    const unset = fakeAuthenticator({ vncPasswords: [] });
    const none = await joinType(vncAuth, { authenticator: unset }, {});
    assert.equal(none.server.denied?.message, 'no password is set');
  });

  it('asks nobody when the viewer leaves inside its response', async () => {
    for (let length = 0; length < 16; length++) {
      const authenticator = fakeAuthenticator();
      const { viewer, outcome } = serveType(vncAuth, { authenticator });
      viewer.send('00'.repeat(length)).stream.end();
      await assert.rejects(outcome, ClosedError);
      assert.deepEqual(authenticator.asked, []);
    }
  });

  it('passes on what is no denial: an authenticator that broke', async () => {
    const broken = { ...fakeAuthenticator(), vncPassword: () => Promise.reject(new Error('disk')) };
    const { viewer, outcome } = serveType(vncAuth, { authenticator: broken });
    viewer.send('00'.repeat(16));
    await assert.rejects(outcome, /^Error: disk$/);
  });
});

describe('VncAuth client', () => {
  it('answers the challenge with DES', async () => {
    const credentials = credentialsOf(undefined, '12345678');
    const { server, outcome } = dialType(vncAuth, { credentials });
    const challenge = '000102030405060708090a0b0c0d0e0f';
    server.send(challenge);
    await outcome;
    await server.expect(toHex(respond(Buffer.from(challenge, 'hex'), utf8('12345678'))));
  });

  it('asks for a password only, and only when the challenge is there', async () => {
    const asked: unknown[] = [];
    const { server, outcome } = dialType(vncAuth, {
      credentials: (needs) => {
        asked.push(needs);
        return credentialsOf(undefined, 'x')();
      },
    });
    server.send('00'.repeat(15));
    await Promise.resolve();
    assert.deepEqual(asked, []);
    server.send('00');
    await outcome;
    assert.deepEqual(asked, [{ username: false, password: true, security: 'VncAuth' }]);
  });

  it('refuses a password of nine bytes instead of cutting it', async () => {
    const credentials = credentialsOf(undefined, 'ninebytes');
    const { server, outcome } = dialType(vncAuth, { credentials });
    server.send('00'.repeat(16));
    await assert.rejects(outcome, /takes a password of 1 to 8 bytes, and this one has 9/);
  });

  it('refuses to log in without a password, or with the empty one', async () => {
    for (const password of [undefined, '']) {
      const { server, outcome } = dialType(vncAuth, {
        credentials: credentialsOf(undefined, password),
      });
      server.send('00'.repeat(16));
      await assert.rejects(outcome, AuthenticationError);
    }
  });
});
