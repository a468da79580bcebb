import assert from 'node:assert/strict';
import { createHmac, pbkdf2Sync } from 'node:crypto';
import { describe, it } from 'node:test';
import {
  AuthenticationError,
  ClosedError,
  LimitError,
  ProtocolError,
  SecurityError,
} from '../../src/core/errors.ts';
import { sasl } from '../../src/security/sasl.ts';
import type { TlsInfo } from '../../src/security/tls-port.ts';
import { fromHex, toHex } from '../../src/wire/hex.ts';
import { fromUtf8, utf8 } from '../../src/wire/text.ts';
import { fakeAuthenticator } from '../support/fake-authenticator.ts';
import type { ScriptedPeer } from '../support/scripted-peer.ts';
import { credentialsOf, dialType, joinType, serveType } from '../support/security-contexts.ts';

const tlsInfo: TlsInfo = { layer: 'x509', protocol: 'TLSv1.3', cipher: 'TLS_AES_256_GCM_SHA384' };
const credentials = credentialsOf('alice', 'open sesame');

const u32 = (value: number): string => value.toString(16).padStart(8, '0');
const text = (value: string): string => toHex(utf8(value));
const list = (names: string): string => u32(names.length) + text(names);
/** Data of one step, with the NUL that is counted. */
const data = (value: string): string => `${u32(utf8(value).length + 1)}${text(value)}00`;
const plainList = `
  00000005                # length
  504c41494e              # "PLAIN"
`;
const login = `
  00000005                # mechlen
  504c41494e              # "PLAIN"
  00000013                # 18 bytes and the NUL
  00                      # to act for nobody else
  616c696365 00           # "alice"
  6f70656e20736573616d65  # "open sesame"
  00                      # padding
`;
const done = `
  00000000                # nothing to add
  01                      # complete
`;
const plainStep = (value: string): string => `00000005504c41494e${data(value)}`;

describe('SASL, both ends', () => {
  for (const chunkBytes of [1, 7, 64]) {
    it(`lets a user in by PLAIN, and names the user, ${chunkBytes} bytes at a time`, async () => {
      const { server } = await joinType(sasl, { chunkBytes, tlsInfo }, { credentials, tlsInfo });
      assert.equal(server.denied === undefined && server.identity.username, 'alice');
    });
  }

  it('carries names and passwords that are not ASCII', async () => {
    const authenticator = fakeAuthenticator();
    const foreign = credentialsOf('zoë', 'пароль');
    await joinType(sasl, { authenticator, tlsInfo }, { credentials: foreign, tlsInfo });
    assert.deepEqual(authenticator.asked, ['plain zoë']);
  });
});

describe('SASL server', () => {
  for (const chunkBytes of [1, 64]) {
    it(`offers PLAIN alone and takes it, ${chunkBytes} bytes at a time`, async () => {
      const { viewer, outcome } = serveType(sasl, { tlsInfo, chunkBytes });
      await viewer.expect(plainList);
      await viewer.send(login).expect(done);
      assert.equal((await outcome).denied, undefined);
    });
  }

  it('asks with nothing when the viewer waits to be asked', async () => {
    const { viewer, outcome } = serveType(sasl, { tlsInfo });
    await viewer.expect(plainList);
    viewer.send('00000005 504c41494e 00000000');
    await viewer.expect('00000001 00 00');
    await viewer.send(data('\0alice\0open sesame')).expect(done);
    assert.equal((await outcome).denied, undefined);
  });

  it('lets a user act for himself and for nobody else', async () => {
    for (const [message, denied] of [
      ['alice\0alice\0open sesame', undefined],
      ['root\0alice\0open sesame', /act for another user/],
    ] as const) {
      const authenticator = fakeAuthenticator();
      const { viewer, outcome } = serveType(sasl, { tlsInfo, authenticator });
      viewer.send(plainStep(message));
      const reason = (await outcome).denied?.message;
      if (denied === undefined) assert.equal(reason, undefined);
      else assert.match(reason ?? '', denied);
      assert.equal(authenticator.asked.length, denied === undefined ? 1 : 0);
    }
  });

  it('tells whoever is denied the same bytes, whatever the reason', async () => {
    for (const message of [
      '\0alice\0wrong',
      '\0bob\0open sesame',
      '\0alice\0',
      '\0alice\0open sesame\0',
      '\0alice',
      'alice',
      '',
    ]) {
      const { viewer, outcome } = serveType(sasl, { tlsInfo });
      await viewer.expect(plainList);
      await viewer.send(plainStep(message)).expect(done);
      assert.ok((await outcome).denied, JSON.stringify(message));
    }
  });

  it('denies what is not UTF-8, without asking', async () => {
    const authenticator = fakeAuthenticator();
    const { viewer, outcome } = serveType(sasl, { tlsInfo, authenticator });
    viewer.send('00000005504c41494e 00000007 00 ff 00 78787800');
    assert.match((await outcome).denied?.message ?? '', /not UTF-8/);
    assert.deepEqual(authenticator.asked, []);
  });

  it('refuses a mechanism that was not offered, and names that only begin alike', async () => {
    for (const name of ['ANONYMOUS', 'plain', 'PLAI', 'PLAINS', 'PLAIN\0', 'PLAIN,PLAIN']) {
      const { viewer, outcome } = serveType(sasl, { tlsInfo });
      viewer.send(list(name));
      await assert.rejects(outcome, SecurityError, name);
    }
  });

  it('refuses lengths out of bounds before the bytes arrive', async () => {
    for (const length of [0, 21, 0x7fffffff, 0xffffffff]) {
      const { viewer, outcome } = serveType(sasl, { tlsInfo });
      viewer.send(u32(length));
      await assert.rejects(outcome, ProtocolError, String(length));
    }
    for (const length of [4097, 0x100001, 0xffffffff]) {
      const { viewer, outcome } = serveType(sasl, { tlsInfo });
      viewer.send(`00000005504c41494e${u32(length)}`);
      await assert.rejects(outcome, LimitError, String(length));
    }
    const { viewer, outcome } = serveType(sasl, { tlsInfo });
    viewer.send(plainStep(`\0${'u'.repeat(1024)}\0p`));
    await assert.rejects(outcome, LimitError);
  });

  it('refuses data without its NUL', async () => {
    const { viewer, outcome } = serveType(sasl, { tlsInfo });
    viewer.send('00000005504c41494e 00000004 00610062');
    await assert.rejects(outcome, ProtocolError);
  });

  it('asks nobody when the viewer leaves at any byte', async () => {
    const whole = toHex(fromHex(login));
    for (let length = 0; length < whole.length; length += 2) {
      const authenticator = fakeAuthenticator();
      const { viewer, outcome } = serveType(sasl, { tlsInfo, authenticator });
      viewer.send(whole.slice(0, length)).stream.end();
      await assert.rejects(outcome, ClosedError);
      assert.deepEqual(authenticator.asked, []);
    }
  });
});

describe('SASL client', () => {
  for (const chunkBytes of [1, 64]) {
    it(`logs in by PLAIN, ${chunkBytes} bytes at a time`, async () => {
      const { server, outcome } = dialType(sasl, { credentials, tlsInfo, chunkBytes });
      await server.send(plainList).expect(login);
      server.send(done);
      await outcome;
    });
  }

  it('takes the strongest mechanism that both have, wherever it stands in the list', async () => {
    for (const [offered, chosen] of [
      ['PLAIN,SCRAM-SHA-1,SCRAM-SHA-256,SCRAM-SHA-512,ANONYMOUS', 'SCRAM-SHA-512'],
      ['ANONYMOUS,SCRAM-SHA-256,SCRAM-SHA-1', 'SCRAM-SHA-256'],
      ['PLAIN,SCRAM-SHA-256-PLUS,SCRAM-SHA-1', 'SCRAM-SHA-1'],
      ['GSSAPI,SCRAM-SHA-1-PLUS,PLAIN', 'PLAIN'],
    ] as const) {
      const { server } = dialType(sasl, { credentials, tlsInfo });
      await server.send(list(offered)).expect(list(chosen));
    }
  });

  it('refuses a list with nothing to log in by, and asks for no password', async () => {
    for (const offered of ['', 'ANONYMOUS', 'plain', 'XPLAIN', 'PLAIN\0', 'PLAIN-CLIENTTOKEN']) {
      let asked = 0;
      const ask = () => credentials().finally(() => asked++);
      const { server, outcome } = dialType(sasl, { credentials: ask, tlsInfo });
      server.send(list(offered));
      await assert.rejects(outcome, SecurityError, offered);
      assert.equal(asked, 0);
    }
  });

  it('never sends a password outside TLS', async () => {
    const { server, outcome } = dialType(sasl, { credentials });
    server.send(list('PLAIN'));
    await assert.rejects(outcome, /known here: SCRAM-SHA-512, SCRAM-SHA-256, SCRAM-SHA-1$/);
  });

  it('takes an empty answer for none', async () => {
    const { server, outcome } = dialType(sasl, { credentials, tlsInfo });
    await server.send(plainList).expect(login);
    server.send('00000001 00 01');
    await outcome;
  });

  it('refuses a server that goes on after PLAIN, and a completion that is neither 0 nor 1', async () => {
    for (const answer of ['00000000 00', '00000001 00 00', '00000002 4100 01', '00000000 02']) {
      const { server, outcome } = dialType(sasl, { credentials, tlsInfo });
      server.send(plainList + answer);
      await assert.rejects(outcome, ProtocolError, answer);
    }
  });

  it('refuses lengths out of bounds before the bytes arrive', async () => {
    for (const head of ['00001001', 'ffffffff', `${plainList}00001001`, `${plainList}ffffffff`]) {
      const { server, outcome } = dialType(sasl, { credentials, tlsInfo });
      server.send(head);
      await assert.rejects(outcome, LimitError, head);
    }
  });

  it('takes a close behind the credentials for a refusal, as QEMU means it', async () => {
    const { server, outcome } = dialType(sasl, { credentials, tlsInfo });
    server.send(plainList).stream.end();
    await assert.rejects(outcome, AuthenticationError);
  });

  it('fails when the server leaves at any byte', async () => {
    const whole = toHex(fromHex(plainList + done));
    for (let length = 0; length < whole.length; length += 2) {
      const { server, outcome } = dialType(sasl, { credentials, tlsInfo });
      server.send(whole.slice(0, length)).stream.end();
      await assert.rejects(outcome, /closed|ended/);
    }
  });
});

describe('SASL client by SCRAM', () => {
  /** A step of the client's, as text. */
  async function step(server: ScriptedPeer): Promise<string> {
    const [, , , length = 0] = await server.take(4);
    return fromUtf8((await server.take(length)).subarray(0, length - 1));
  }

  async function begun(chunkBytes = 1000): Promise<{
    server: ScriptedPeer;
    outcome: Promise<unknown>;
    nonce: string;
  }> {
    const { server, outcome } = dialType(sasl, { credentials, tlsInfo, chunkBytes });
    await server.send(list('SCRAM-SHA-256')).expect(list('SCRAM-SHA-256'));
    const [, nonce = ''] = /^n,,n=alice,r=(.{24})$/.exec(await step(server)) ?? [];
    assert.notEqual(nonce, '');
    return { server, outcome, nonce };
  }

  for (const [how, chunkBytes, early] of [
    ['with its last message', 1, true],
    ['after an empty step', 64, false],
  ] as const) {
    it(`logs in where the server ends ${how}, ${chunkBytes} bytes at a time`, async () => {
      const { server, outcome, nonce } = await begun(chunkBytes);
      const first = `r=${nonce}x,s=c2FsdA==,i=4096`;
      server.send(`${data(first)}00`);
      const final = (await step(server)).replace(/,p=.*$/, '');
      const salted = pbkdf2Sync('open sesame', 'salt', 4096, 32, 'sha256');
      const serverKey = createHmac('sha256', salted).update('Server Key').digest();
      const signature = createHmac('sha256', serverKey)
        .update(`n=alice,r=${nonce},${first},${final}`)
        .digest('base64');
      server.send(`${data(`v=${signature}`)}${early ? '01' : '00'}`);
      if (!early) await server.expect('00000000').then(() => server.send(done));
      await outcome;
    });
  }

  it('refuses a server that ends before it showed that it knows the password', async () => {
    const { server, outcome } = await begun();
    server.send(done);
    await assert.rejects(outcome, /without showing that it knows the password/);
  });

  it('refuses it behind the proof too', async () => {
    const { server, outcome, nonce } = await begun();
    server.send(`${data(`r=${nonce}x,s=c2FsdA==,i=4096`)}00`);
    assert.match(await step(server), /^c=biws,r=.{24}x,p=[\w+/]{43}=$/);
    server.send(done);
    await assert.rejects(outcome, /without showing that it knows the password/);
  });

  it('refuses a signature that the password does not make', async () => {
    const { server, outcome, nonce } = await begun();
    server.send(`${data(`r=${nonce}x,s=c2FsdA==,i=4096`)}00`);
    await step(server);
    server.send(`${data(`v=${Buffer.alloc(32).toString('base64')}`)}01`);
    await assert.rejects(outcome, /does not know the password/);
  });
});
