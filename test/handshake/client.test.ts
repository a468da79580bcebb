import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  AuthenticationError,
  ClosedError,
  ErrorCode,
  LimitError,
  ProtocolError,
  SecurityError,
  VncError,
} from '../../src/core/errors.ts';
import { respond } from '../../src/crypto/vnc-challenge.ts';
import { toHex } from '../../src/wire/hex.ts';
import { utf8 } from '../../src/wire/text.ts';
import { fakeConnector, fakeHandshake } from '../support/fake-tls.ts';
import { dial, rfb, testInit, testInitHex } from '../support/handshakes.ts';
import { ScriptedPeer } from '../support/scripted-peer.ts';
import { credentialsOf } from '../support/security-contexts.ts';

const challenge = '00112233445566778899aabbccddeeff';
const response = toHex(respond(Buffer.from(challenge, 'hex'), utf8('sesame')));
const reason = (text: string): string =>
  utf8(text).length.toString(16).padStart(8, '0') + toHex(utf8(text));

describe('client handshake, as the specification has it', () => {
  it('3.8 None: choice, SecurityResult, init', async () => {
    const { server, established } = dial({ security: 'None' });
    server.send(rfb['3.8']);
    await server.expect(rfb['3.8']);
    server.send('02 02 01        # VncAuth, None');
    await server.expect('01      # None');
    server.send('00000000        # SecurityResult: ok');
    await server.expect('01      # ClientInit: shared');
    server.send(testInitHex);
    const { version, security, init, shared, reader } = await established;
    assert.deepEqual([version, init, shared], ['3.8', testInit, true]);
    assert.deepEqual(security, { type: 1, name: 'None' });
    assert.equal(reader.phase, 'session');
  });

  it('3.8 VncAuth: answers the challenge', async () => {
    const { server, established } = dial({ security: 'VncAuth,None', shared: false });
    server.send(rfb['3.8']).send('02 02 01');
    await server.expect(`${rfb['3.8']} 02`);
    server.send(challenge);
    await server.expect(response);
    server.send('00000000');
    await server.expect('00      # ClientInit: exclusive');
    server.send(testInitHex);
    assert.equal((await established).security.name, 'VncAuth');
  });

  it('3.7 None: waits for no SecurityResult', async () => {
    const { server, established } = dial({ security: 'None' });
    server.send(rfb['3.7']).send('01 01').send(testInitHex);
    await server.expect(`${rfb['3.7']} 01 01`);
    assert.equal((await established).version, '3.7');
  });

  it('3.3: takes the type that the server decided', async () => {
    const none = dial({ security: 'None' });
    none.server.send(rfb['3.3']).send('00000001').send(testInitHex);
    await none.server.expect(`${rfb['3.3']} 01`);
    assert.equal((await none.established).version, '3.3');

    const vnc = dial({ security: 'VncAuth' });
    vnc.server.send(rfb['3.3']).send(`00000002 ${challenge}`).send('00000000').send(testInitHex);
    await vnc.server.expect(`${rfb['3.3']} ${response} 01`);
    assert.equal((await vnc.established).security.type, 2);
  });

  it('3.8 X509Plain: logs in inside TLS', async () => {
    const { server, established } = dial({
      security: 'X509Plain',
      tls: fakeConnector(),
      credentials: credentialsOf('alice', 'pw'),
    });
    server.send(rfb['3.8']).send('02 13 01');
    await server.expect(`${rfb['3.8']} 13`);
    server.send('0002');
    await server.expect('0002');
    server.send('00 02 00000106 00000101');
    await server.expect('00000106');
    server.send('01');
    const inside = new ScriptedPeer(await fakeHandshake(server.stream, 'server'));
    await inside.expect('00000005 00000002 616c696365 7077');
    inside.send('00000000');
    await inside.expect('01');
    inside.send(testInitHex);
    const { security } = await established;
    assert.deepEqual([security.type, security.subtype, security.name], [19, 262, 'X509Plain']);
  });

  it('takes the first of the list of the server that it accepts, not the first that it likes', async () => {
    const { server } = dial({ security: 'VncAuth,None' });
    server.send(rfb['3.8']).send('03 05 01 02');
    await server.expect(`${rfb['3.8']} 01`);
  });

  it('answers versions that nobody has with the nearest that it speaks', async () => {
    for (const [text, answer] of [
      ['RFB 003.005\n', '3.3'],
      ['RFB 003.889\n', '3.8'],
      ['RFB 004.001\n', '3.8'],
      ['RFB 005.000\n', '3.8'],
    ] as const) {
      const { server } = dial();
      server.send(toHex(utf8(text)));
      await server.expect(rfb[answer]);
    }
  });

  it('hangs up on what is no RFB, without a byte', async () => {
    for (const text of ['HTTP/1.1 400', 'SSH-2.0-Open', 'RFB 003.008\r', 'RFB 000.000\n']) {
      const { server, established } = dial();
      server.send(toHex(utf8(text)));
      await assert.rejects(established, (error) => (error as VncError).code === ErrorCode.version);
      await server.expectEnd();
    }
  });
});

describe('client handshake, refusals', () => {
  it('says in words what the server offers and what was allowed', async () => {
    const { server, established } = dial({ security: 'X509Plain,X509Vnc', tls: fakeConnector() });
    server.send(rfb['3.8']).send('03 02 01 4d');
    await assert.rejects(established, {
      code: ErrorCode.noCommonType,
      message:
        'the server offers VNC authentication (VncAuth, 2), no authentication (None, 1) and type 77; allowed here: X509Plain (262) and X509Vnc (261)',
      cure: 'have the server offer a type that is allowed here, or allow VncAuth and None if that is safe enough on this network',
    });
    await server.expect(rfb['3.8']);
    await server.expectEnd();
  });

  it('3.3: never takes a weaker type because the server decided so', async () => {
    for (const type of ['00000001', '00000002', 'ffffffff', '01000001']) {
      const { server, established } = dial({ security: 'X509Plain', tls: fakeConnector() });
      server.send(rfb['3.3']).send(type);
      await assert.rejects(
        established,
        /the server, of RFB 3.3, offers .*; allowed here: X509Plain/,
      );
      await server.expect(rfb['3.3']);
      await server.expectEnd();
    }
  });

  it('gives the reason of a server that refuses the connection', async () => {
    for (const [version, refused] of [
      ['3.3', '00000000'],
      ['3.7', '00'],
      ['3.8', '00'],
    ] as const) {
      const { server, established } = dial();
      server.send(rfb[version]).send(refused + reason('Too many security failures'));
      await assert.rejects(established, {
        code: ErrorCode.refused,
        message: 'the server refused the connection: Too many security failures',
      });
    }
  });

  it('bears with a server that refuses without a reason, as QEMU does', async () => {
    const { server, established } = dial();
    server.send(rfb['3.3']).send('00000000').stream.end();
    await assert.rejects(established, {
      code: ErrorCode.refused,
      message: 'the server refused the connection, and gave no reason',
    });
  });

  it('gives the reason of a failed login in 3.8, without the NUL that QEMU adds', async () => {
    const { server, established } = dial({ security: 'VncAuth' });
    server.send(rfb['3.8']).send(`01 02 ${challenge}`);
    server.send(`00000001 ${reason('Authentication failed\0')}`);
    await assert.rejects(established, (error) => {
      assert.ok(error instanceof AuthenticationError);
      assert.equal(error.peerReason, 'Authentication failed');
      assert.equal(error.tooMany, false);
      return true;
    });
    await server.expect(`${rfb['3.8']} 02 ${response}`);
    await server.expectEnd();
  });

  it('knows a failed login without a reason, in 3.3 and 3.7', async () => {
    const old = dial({ security: 'VncAuth' });
    old.server.send(rfb['3.3']).send(`00000002 ${challenge} 00000001`);
    await assert.rejects(old.established, AuthenticationError);
    const newer = dial({ security: 'VncAuth' });
    newer.server.send(rfb['3.7']).send(`01 02 ${challenge} 00000001`);
    await assert.rejects(newer.established, AuthenticationError);
  });

  it('tells too many attempts from a wrong password, with or without a reason', async () => {
    for (const tail of [reason('Wait'), '', '0000']) {
      const { server, established } = dial({ security: 'VncAuth' });
      server.send(rfb['3.8']).send(`01 02 ${challenge} 00000002 ${tail}`).stream.end();
      await assert.rejects(
        established,
        (error) => error instanceof AuthenticationError && error.tooMany,
      );
    }
  });

  it('makes the words of a server safe to print', async () => {
    const { server, established } = dial();
    server.send(rfb['3.8']).send(`00 ${reason('\u001b[2J\u202eevil\nline')}`);
    await assert.rejects(established, (error) => {
      assert.match((error as Error).message, /^[ -~·]+$/);
      return true;
    });
  });

  it('refuses a reason of 64 KiB before it arrives', async () => {
    for (const length of ['00001001', '00010000', 'ffffffff']) {
      const { server, established } = dial();
      server.send(rfb['3.8']).send(`00 ${length}`);
      await assert.rejects(established, LimitError);
    }
  });

  it('refuses a SecurityResult that does not exist', async () => {
    const { server, established } = dial({ security: 'None' });
    server.send(rfb['3.8']).send('01 01 00000003');
    await assert.rejects(established, ProtocolError);
  });

  it('refuses a ServerInit beyond the limits', async () => {
    const { server, established } = dial({ security: 'None' });
    server.send(rfb['3.8']).send(`01 01 00000000 ffff ffff ${'00'.repeat(20)}`);
    await assert.rejects(established, ProtocolError);
    await server.rest();
  });

  it('hangs up, and says nothing more, when the credentials are not to be had', async () => {
    const { server, established } = dial({
      security: 'VncAuth',
      credentials: () => Promise.reject(new Error('the person pressed escape')),
    });
    server.send(rfb['3.8']).send(`01 02 ${challenge}`);
    await assert.rejects(established, /pressed escape/);
    await server.expect(`${rfb['3.8']} 02`);
    await server.expectEnd();
  });

  it('asks for no credentials where none are needed', async () => {
    const { server, established } = dial({
      security: 'None',
      credentials: () => Promise.reject(new Error('was asked')),
    });
    server.send(rfb['3.8']).send('01 01 00000000').send(testInitHex);
    await established;
  });

  it('hangs up on the server whose certificate is refused', async () => {
    const { server, established } = dial({
      security: 'X509Vnc',
      tls: {
        ...fakeConnector(),
        connect: () =>
          Promise.reject(new SecurityError('expired', { code: ErrorCode.certificate })),
      },
    });
    server.send(rfb['3.8']).send('01 13 0002 00 01 00000105').send('01');
    await assert.rejects(established, { code: ErrorCode.certificate });
    await server.expect(`${rfb['3.8']} 13 0002 00000105`);
    await server.expectEnd();
  });
});

describe('client handshake, servers that leave', () => {
  const truncated = async (
    security: string,
    whole: string,
    phases: readonly [number, string][],
  ): Promise<void> => {
    const bytes = whole.replace(/#.*$|\s/gm, '');
    for (let length = 0; length < bytes.length / 2; length++) {
      const { server, established } = dial({ security, chunkBytes: 1 });
      server.send(bytes.slice(0, 2 * length)).stream.end();
      const phase = phases.find(([end]) => length < end)?.[1];
      await assert.rejects(
        established,
        (error) => error instanceof ClosedError && error.phase === phase,
        `${length} bytes`,
      );
    }
  };

  it('ends with the phase that they left in, at any byte, in 3.8', async () => {
    await truncated('VncAuth', `${rfb['3.8']} 01 02 ${challenge} 00000000 ${testInitHex}`, [
      [12, 'version'],
      [14, 'security'],
      [34, 'authentication'],
      [61, 'init'],
    ]);
  });

  it('ends with the phase that they left in, at any byte, in 3.3', async () => {
    await truncated('VncAuth', `${rfb['3.3']} 00000002 ${challenge} 00000000 ${testInitHex}`, [
      [12, 'version'],
      [16, 'security'],
      [36, 'authentication'],
      [63, 'init'],
    ]);
  });
});
