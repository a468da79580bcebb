import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  AuthenticationError,
  ClosedError,
  ErrorCode,
  SecurityError,
  VncError,
} from '../../src/core/errors.ts';
import { respond } from '../../src/crypto/vnc-challenge.ts';
import { toHex } from '../../src/wire/hex.ts';
import { utf8 } from '../../src/wire/text.ts';
import { fakeAuthenticator } from '../support/fake-authenticator.ts';
import { clientHello, fakeAcceptor, fakeHandshake } from '../support/fake-tls.ts';
import { rfb, serve, testInit, testInitHex } from '../support/handshakes.ts';
import { ScriptedPeer } from '../support/scripted-peer.ts';

/** `00000001`, and the neutral reason. */
const failed38 = `
  00000001                                              # SecurityResult: failed
  00000015 41757468656e7469636174696f6e206661696c6564   # "Authentication failed"
`;
const notOffered38 = `
  00000001                                                          # SecurityResult: failed
  0000001d 53656375726974792074797065 20 776173206e6f74206f666665726564  # "Security type was not offered"
`;

const code = (wanted: ErrorCode) => (error: unknown) =>
  error instanceof VncError && error.code === wanted;

async function answerChallenge(viewer: ScriptedPeer, password: string): Promise<void> {
  viewer.send(toHex(respond(await viewer.take(16), utf8(password))));
}

describe('server handshake, as the specification has it', () => {
  it('3.8 None: list, choice, SecurityResult, init', async () => {
    const { viewer, established } = serve({ security: 'None' });
    await viewer.expect(rfb['3.8']);
    viewer.send(rfb['3.8']);
    await viewer.expect('01 01       # one type: None');
    viewer.send('01              # None');
    await viewer.expect('00000000    # SecurityResult: ok');
    viewer.send('00              # ClientInit: exclusive');
    await viewer.expect(testInitHex);
    const { version, security, shared, init, identity } = await established;
    assert.deepEqual([version, shared, init], ['3.8', false, testInit]);
    assert.deepEqual(security, { type: 1, name: 'None' });
    assert.equal(identity.name, 'anyone');
  });

  it('3.8 VncAuth: lists several types at once, strongest first', async () => {
    const { viewer, established } = serve({ security: 'None,VncAuth' });
    await viewer.expect(rfb['3.8']);
    viewer.send(rfb['3.8']);
    await viewer.expect('02 02 01    # two types: VncAuth, None');
    viewer.send('02              # VncAuth');
    await answerChallenge(viewer, 'sesame');
    await viewer.expect('00000000    # SecurityResult: ok');
    viewer.send('01              # ClientInit: shared');
    await viewer.expect(testInitHex);
    assert.equal((await established).security.name, 'VncAuth');
  });

  it('3.7 None: has no SecurityResult', async () => {
    const { viewer, established } = serve({ security: 'None' });
    viewer.send(rfb['3.7']);
    await viewer.expect(rfb['3.8'] + '01 01');
    viewer.send('01 01           # None, ClientInit');
    await viewer.expect(testInitHex);
    assert.equal((await established).version, '3.7');
  });

  it('3.7 VncAuth: fails without a reason', async () => {
    const { viewer, established } = serve({ security: 'VncAuth' });
    viewer.send(rfb['3.7']);
    await viewer.expect(rfb['3.8'] + '01 02');
    viewer.send('02');
    await answerChallenge(viewer, 'wrong');
    await viewer.expect('00000001    # SecurityResult: failed');
    await viewer.expectEnd();
    await assert.rejects(established, AuthenticationError);
  });

  it('3.3 None: the server decides, and there is no SecurityResult', async () => {
    const { viewer, established } = serve({ security: 'None' });
    viewer.send(rfb['3.3']);
    await viewer.expect(rfb['3.8'] + '00000001 # None');
    viewer.send('01');
    await viewer.expect(testInitHex);
    assert.equal((await established).version, '3.3');
  });

  it('3.3 VncAuth: the stronger of two types is decided on', async () => {
    const { viewer, established } = serve({ security: 'X509Plain,None,VncAuth' });
    viewer.send(rfb['3.3']);
    await viewer.expect(rfb['3.8'] + '00000002 # VncAuth');
    await answerChallenge(viewer, 'sesame');
    await viewer.expect('00000000');
    viewer.send('01');
    await viewer.expect(testInitHex);
    assert.equal((await established).security.type, 2);
  });

  it('3.3 VncAuth: fails without a reason', async () => {
    const { viewer, established } = serve({ security: 'VncAuth' });
    viewer.send(rfb['3.3']);
    await viewer.expect(rfb['3.8'] + '00000002');
    await answerChallenge(viewer, 'wrong');
    await viewer.expect('00000001');
    await viewer.expectEnd();
    await assert.rejects(established, AuthenticationError);
  });

  it('3.3: says that VeNCrypt cannot be had, where nothing else is offered', async () => {
    const { viewer, established } = serve({ security: 'X509Plain' });
    viewer.send(rfb['3.3']);
    await viewer.expect(rfb['3.8'] + '00000000 00000045 # refused, length of the reason');
    const reason = Buffer.from(await viewer.rest(), 'hex').toString();
    assert.equal(reason, 'RFB 3.3 has none of the security types of this server; use 3.7 or 3.8');
    await assert.rejects(established, SecurityError);
  });

  for (const version of ['3.7', '3.8'] as const) {
    it(`${version} X509None: has a SecurityResult, and everything after the word is inside TLS`, async () => {
      const { viewer, established } = serve({ security: 'X509None', tls: fakeAcceptor() });
      viewer.send(rfb[version]);
      await viewer.expect(rfb['3.8'] + '01 13 # VeNCrypt');
      viewer.send('13');
      await viewer.expect('00 02');
      viewer.send('00 02');
      await viewer.expect('00 01 00000104 # one sub-type: X509None');
      viewer.send('00000104');
      await viewer.expect('01');
      const inside = new ScriptedPeer(await fakeHandshake(viewer.stream, 'client'));
      await inside.expect('00000000');
      inside.send('01');
      await inside.expect(testInitHex);
      const { security, reader } = await established;
      assert.equal(reader.phase, 'session');
      assert.deepEqual(
        { ...security, tlsInfo: security.tlsInfo?.layer },
        { type: 19, subtype: 260, name: 'X509None', tlsInfo: 'x509' },
      );
    });

    it(`${version} X509Vnc: says inside TLS that the password is wrong`, async () => {
      const { viewer, established } = serve({ security: 'X509Vnc', tls: fakeAcceptor() });
      viewer.send(rfb[version]);
      await viewer.expect(rfb['3.8'] + '01 13');
      viewer.send('13');
      await viewer.expect('00 02');
      viewer.send('00 02');
      await viewer.expect('00 01 00000105');
      viewer.send('00000105');
      await viewer.expect('01');
      const inside = new ScriptedPeer(await fakeHandshake(viewer.stream, 'client'));
      await answerChallenge(inside, 'wrong');
      await inside.expect(version === '3.8' ? failed38 : '00000001');
      await inside.expectEnd();
      await assert.rejects(established, AuthenticationError);
    });
  }

  it('lets a viewer say everything in one segment', async () => {
    const { viewer, established } = serve({ security: 'None' });
    viewer.send(`${rfb['3.8']} 01 01 03000000 000002800 1e0`);
    const { reader } = await established;
    // The FramebufferUpdateRequest behind ClientInit is left for the session.
    assert.equal(reader.buffered, 10);
    await viewer.expect(`${rfb['3.8']} 0101 00000000 ${testInitHex}`);
  });

  it('sends each unit of the protocol in one write', async () => {
    const { viewer } = serve({ security: 'VncAuth,None' });
    const chunk = async (): Promise<number> => (await viewer.stream.read())?.length ?? 0;
    assert.equal(await chunk(), 12);
    viewer.send(rfb['3.8']);
    assert.equal(await chunk(), 3);
    viewer.send('01');
    assert.equal(await chunk(), 4);
    viewer.send('01');
    assert.equal(await chunk(), 27);
  });
});

describe('server handshake, versions', () => {
  const message = (text: string): string => toHex(utf8(text));

  for (const [minor, list] of [
    ['003.003', '00000001'],
    ['003.004', '00000001'],
    ['003.005', '00000001'],
    ['003.006', '00000001'],
    ['003.007', '0101'],
    ['003.008', '0101'],
    ['003.009', '0101'],
    ['003.889', '0101'],
    ['004.000', '0101'],
    ['004.001', '0101'],
    ['005.000', '0101'],
  ] as const) {
    it(`answers ${minor} as ${list.length === 8 ? '3.3' : '3.7 or 3.8'}`, async () => {
      const { viewer } = serve({ security: 'None' });
      viewer.send(message(`RFB ${minor}\n`));
      await viewer.expect(rfb['3.8'] + list);
    });
  }

  for (const text of [
    'RFB 003.008X',
    'RFB 3.8\n\0\0\0\0',
    'RFB +03.+08\n',
    'RFB   3.  8\n',
    'RFB -03.008\n',
    'RFB 003 008\n',
    'rfb 003.008\n',
    'GET / HTTP/1.1\r\n',
    '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\x00',
    'RFB 002.009\n',
    'RFB 003.002\n',
    'RFB 000.000\n',
  ]) {
    it(`closes on ${JSON.stringify(text)} without a byte`, async () => {
      const { viewer, established } = serve({ security: 'None' });
      viewer.send(Buffer.from(text, 'latin1').toString('hex'));
      await assert.rejects(established, code(ErrorCode.version));
      await viewer.expect(rfb['3.8']);
      await viewer.expectEnd();
    });
  }
});

describe('server handshake, refusals', () => {
  it('3.8: passes only types that were offered, of all 256 (CVE-2006-2369, CVE-2024-42458)', async () => {
    for (let type = 0; type < 256; type++) {
      if (type === 2 || type === 19) continue;
      const authenticator = fakeAuthenticator();
      const { viewer, established } = serve({
        security: 'VncAuth,X509Vnc',
        tls: fakeAcceptor(),
        authenticator,
      });
      viewer.send(rfb['3.8']);
      await viewer.expect(rfb['3.8'] + '02 13 02');
      // A ClientInit behind it must not be heard.
      viewer.send(`${type.toString(16).padStart(2, '0')} 01`);
      await assert.rejects(
        established,
        (error) =>
          code(ErrorCode.typeNotOffered)(error) && (error as SecurityError).securityType === type,
      );
      await viewer.expect(notOffered38);
      await viewer.expectEnd();
      assert.deepEqual(authenticator.asked, []);
    }
  });

  it('3.7: refuses a type that was not offered without a reason', async () => {
    for (const type of ['00', '01', 'ff']) {
      const { viewer, established } = serve({ security: 'VncAuth' });
      viewer.send(rfb['3.7'] + type);
      await assert.rejects(established, code(ErrorCode.typeNotOffered));
      await viewer.expect(rfb['3.8'] + '0102' + '00000001');
      await viewer.expectEnd();
    }
  });

  it('says so when nothing is offered', async () => {
    for (const [version, refused] of [
      ['3.7', '00'],
      ['3.8', '00'],
    ] as const) {
      const { viewer, established } = serve({ offer: { types: [], subtypes: [] } });
      viewer.send(rfb[version]);
      await viewer.expect(`${rfb['3.8']} ${refused} 0000001d`);
      const reason = Buffer.from(await viewer.rest(), 'hex').toString();
      assert.equal(reason, 'No security type is available');
      await assert.rejects(established, code(ErrorCode.noCommonType));
    }
  });

  it('3.8: says that a stranger may not enter; before, it only closes', async () => {
    for (const [version, answer] of [
      ['3.3', '00000001'],
      ['3.7', '0101'],
      ['3.8', `0101 ${failed38}`],
    ] as const) {
      const authenticator = fakeAuthenticator({ anyone: false });
      const { viewer, established } = serve({ security: 'None', authenticator });
      viewer.send(rfb[version] + (version === '3.3' ? '' : '01'));
      await viewer.expect(rfb['3.8'] + answer);
      await viewer.expectEnd();
      await assert.rejects(established, AuthenticationError);
    }
  });

  it('says the same to a wrong password and to any where none is set, and never the real reason', async () => {
    const conversations = [];
    for (const vncPasswords of [['other'], [], ['sesamf', 'sesam']]) {
      const authenticator = fakeAuthenticator({ vncPasswords });
      const { viewer, established } = serve({ security: 'VncAuth', authenticator });
      viewer.send(rfb['3.8']);
      await viewer.expect(rfb['3.8'] + '0102');
      viewer.send('02');
      await answerChallenge(viewer, 'sesame');
      conversations.push(await viewer.rest());
      await assert.rejects(established, AuthenticationError);
    }
    assert.deepEqual(new Set(conversations), new Set([failed38.replace(/#.*$|\s/gm, '')]));
  });

  it('says the same to a wrong password, an unknown user and what is no text', async () => {
    const conversations = new Set<string>();
    for (const [username, password] of [
      ['alice', 'wrong'],
      ['bob', 'open sesame'],
      ['alice', ''],
      ['alice\0', 'open sesame'],
      ['\u{ff}', '\0'],
    ] as const) {
      const { viewer, established } = serve({ security: 'TLSPlain', tls: fakeAcceptor() });
      viewer.send(`${rfb['3.8']} 13 0002`);
      await viewer.expect(`${rfb['3.8']} 0113 0002 00 01 00000103`);
      viewer.send('00000103');
      await viewer.expect('01');
      const inside = new ScriptedPeer(await fakeHandshake(viewer.stream, 'client'));
      const [name, word] = [Buffer.from(username, 'latin1'), Buffer.from(password, 'latin1')];
      inside.send(`0000000${name.length} 000000${word.length.toString(16).padStart(2, '0')}`);
      inside.stream.write(name);
      inside.stream.write(word);
      conversations.add(await inside.rest());
      await assert.rejects(established, AuthenticationError);
    }
    assert.deepEqual(conversations, new Set([failed38.replace(/#.*$|\s/gm, '')]));
  });

  it('says what the authenticator wants said', async () => {
    const authenticator = {
      ...fakeAuthenticator(),
      anyone: () =>
        Promise.reject(new AuthenticationError('10 tries', { peerReason: 'Later', tooMany: true })),
    };
    const { viewer, established } = serve({ security: 'None', authenticator });
    viewer.send(`${rfb['3.8']} 01`);
    await assert.rejects(established, /10 tries/);
    await viewer.expect(`${rfb['3.8']} 0101 00000001 00000005 4c61746572`);
    await viewer.expectEnd();
  });

  it('closes without ServerInit when the share policy says no', async () => {
    const asked: unknown[] = [];
    const { viewer, established } = serve({
      security: 'None',
      admit: ({ shared, identity }) => {
        asked.push([shared, identity.name]);
        return Promise.reject(new AuthenticationError('in use by another viewer'));
      },
    });
    viewer.send(`${rfb['3.8']} 01 01`);
    await assert.rejects(established, /in use by another viewer/);
    await viewer.expect(`${rfb['3.8']} 0101 00000000`);
    await viewer.expectEnd();
    assert.deepEqual(asked, [[true, 'anyone']]);
  });

  it('ends the connection, inside TLS too, when something of ours breaks', async () => {
    const authenticator = {
      ...fakeAuthenticator(),
      anyone: () => Promise.reject(new Error('disk')),
    };
    const { viewer, established } = serve({
      security: 'X509None',
      authenticator,
      tls: fakeAcceptor(),
    });
    viewer.send(`${rfb['3.8']} 13 0002`);
    await viewer.expect(`${rfb['3.8']} 0113 0002 00 01 00000104`);
    viewer.send('00000104');
    await viewer.expect('01');
    const inside = new ScriptedPeer(await fakeHandshake(viewer.stream, 'client'));
    await inside.expectEnd();
    await assert.rejects(established, /^Error: disk$/);
  });
});

describe('server handshake, viewers that leave', () => {
  const truncated = async (whole: string, phases: readonly [number, string][]): Promise<void> => {
    const bytes = whole.replace(/#.*$|\s/gm, '');
    for (let length = 0; length < bytes.length / 2; length++) {
      let admitted = false;
      const { viewer, established } = serve({
        tls: fakeAcceptor(),
        chunkBytes: 1,
        admit: () => {
          admitted = true;
          return Promise.resolve(testInit);
        },
      });
      viewer.send(bytes.slice(0, 2 * length)).stream.end();
      const phase = phases.find(([end]) => length < end)?.[1];
      await assert.rejects(
        established,
        (error) => error instanceof ClosedError && error.phase === phase,
        `${length} bytes`,
      );
      assert.equal(admitted, false);
    }
  };

  it('ends with the phase that they left in, at any byte, in 3.8 None', async () => {
    await truncated(`${rfb['3.8']} 01 01`, [
      [12, 'version'],
      [13, 'security'],
      [14, 'init'],
    ]);
  });

  it('ends with the phase that they left in, at any byte, in 3.7 X509None', async () => {
    const inside = (0x01 ^ 0x5a).toString(16);
    await truncated(`${rfb['3.7']} 13 0002 00000104 ${clientHello} ${inside}`, [
      [12, 'version'],
      [19, 'security'],
      [22, 'tls'],
      [23, 'init'],
    ]);
  });

  it('ends with the phase that they left in, at any byte, in 3.3', async () => {
    await truncated(`${rfb['3.3']} ${'00'.repeat(16)}`, [
      [12, 'version'],
      [28, 'authentication'],
    ]);
  });
});
