import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  ClosedError,
  ErrorCode,
  LimitError,
  ProtocolError,
  SecurityError,
} from '../../src/core/errors.ts';
import { respond } from '../../src/crypto/vnc-challenge.ts';
import type { SecurityOutcome } from '../../src/security/security-type.ts';
import { vencrypt } from '../../src/security/vencrypt.ts';
import { vencryptSubtypes } from '../../src/security/vencrypt-subtypes.ts';
import { toHex } from '../../src/wire/hex.ts';
import { utf8 } from '../../src/wire/text.ts';
import { fakeAuthenticator } from '../support/fake-authenticator.ts';
import {
  aliceCertificate,
  clientHello,
  fakeAcceptor,
  fakeConnector,
  fakeHandshake,
} from '../support/fake-tls.ts';
import { ScriptedPeer } from '../support/scripted-peer.ts';
import { credentialsOf, dialType, joinType, serveType } from '../support/security-contexts.ts';

const u32 = (number: number): string => number.toString(16).padStart(8, '0');
const code = (wanted: ErrorCode) => (error: unknown) =>
  error instanceof SecurityError && error.code === wanted;

const greeting = `
  00 02     # S: version 0.2
`;
const list = (...subtypes: number[]): string => `
  00                                        # S: version taken
  ${subtypes.length.toString(16).padStart(2, '0')}  # count
  ${subtypes.map(u32).join(' ')}            # sub-types
`;

/** Which byte comes next out of TLS, sent by the other end: proves that both ends have the same stream. */
async function assertJoined(a: SecurityOutcome, b: SecurityOutcome): Promise<void> {
  a.reader.stream.write(Uint8Array.of(42));
  assert.equal(await b.reader.u8(), 42);
}

describe('VeNCrypt, both ends', () => {
  for (const subtype of vencryptSubtypes.values()) {
    const password = /(?:Plain|SASL)$/.test(subtype.name) ? 'open sesame' : 'sesame';
    for (const chunkBytes of [1, 64]) {
      it(`${subtype.name} lets a viewer in, ${chunkBytes} bytes at a time`, async () => {
        const { server, client } = await joinType(
          vencrypt,
          { subtypes: [subtype.number], tls: fakeAcceptor(), chunkBytes },
          { tls: fakeConnector(), credentials: credentialsOf('alice', password) },
        );
        assert.equal(server.denied, undefined);
        const layer = subtype.layer === 'clear' ? undefined : subtype.layer;
        for (const end of [server, client]) {
          assert.equal(end.subtype, subtype.number);
          assert.equal(end.tlsInfo?.layer, layer);
          assert.equal(end.alwaysResult, true);
        }
        await assertJoined(server, client);
        await assertJoined(client, server);
      });
    }

    it(`${subtype.name} denies a viewer, as a value`, async () => {
      const authenticator = fakeAuthenticator({ anyone: false, vncPasswords: [] });
      const { server, client } = await joinType(
        vencrypt,
        { subtypes: [subtype.number], tls: fakeAcceptor(), authenticator },
        { tls: fakeConnector(), credentials: credentialsOf('bob', 'x') },
      );
      assert.ok(server.denied);
      await assertJoined(server, client);
    });
  }

  it('takes the first sub-type of the server that the client accepts', async () => {
    const { client } = await joinType(
      vencrypt,
      { subtypes: [262, 261, 258], tls: fakeAcceptor() },
      { subtypes: [258, 261], tls: fakeConnector() },
    );
    assert.equal(client.subtype, 261);
  });
});

describe('VeNCrypt server', () => {
  it('X509None: says in clear what the specification says, and no more', async () => {
    const { viewer, outcome } = serveType(vencrypt, { subtypes: [262, 260], tls: fakeAcceptor() });
    await viewer.expect(greeting);
    viewer.send('00 02');
    await viewer.expect(list(262, 260));
    viewer.send('00000104 # sub-type 260');
    await viewer.expect('01 # start TLS');
    await fakeHandshake(viewer.stream, 'client');
    assert.equal((await outcome).denied, undefined);
  });

  it('Plain: has no byte between the sub-type and the exchange', async () => {
    const { viewer, outcome } = serveType(vencrypt, { subtypes: [256] });
    await viewer.expect(greeting);
    viewer.send('00 02');
    await viewer.expect(list(256));
    viewer.send('00000100').send('00000005 0000000b').send('616c696365 6f70656e20736573616d65');
    const { denied, reader } = await outcome;
    assert.equal(denied, undefined);
    reader.stream.end();
    await viewer.expectEnd();
  });

  it('sends its version, and the answer with the list, in one write each', async () => {
    const { viewer } = serveType(vencrypt, { subtypes: [262, 261], tls: fakeAcceptor() });
    assert.equal(toHex((await viewer.stream.read()) ?? new Uint8Array()), '0002');
    viewer.send('0002');
    const chunk = (await viewer.stream.read()) ?? new Uint8Array();
    assert.equal(toHex(chunk), '0002' + '00000106' + '00000105');
  });

  it('refuses every version but 0.2 with 01', async () => {
    for (const version of ['0000', '0001', '0003', '0100', '0102', '0200', 'ffff']) {
      const { viewer, outcome } = serveType(vencrypt, { tls: fakeAcceptor() });
      await viewer.expect(greeting);
      viewer.send(version);
      await assert.rejects(outcome, SecurityError, version);
      await viewer.expect('01');
    }
  });

  it('refuses a sub-type that was not offered with 00, even one that it speaks', async () => {
    for (const subtype of [
      0, 1, 2, 19, 255, 256, 257, 260, 261, 263, 264, 0x01000106, 0xffffffff,
    ]) {
      const { viewer, outcome } = serveType(vencrypt, { subtypes: [262], tls: fakeAcceptor() });
      viewer.send('0002').send(u32(subtype));
      await assert.rejects(outcome, code(ErrorCode.typeNotOffered), String(subtype));
      await viewer.expect(greeting + list(262) + '00');
    }
  });

  it('refuses with 00 a sub-type that is offered, but for which there is no TLS', async () => {
    for (const tls of [undefined, fakeAcceptor({ layers: ['anonymous'] })]) {
      const { viewer, outcome } = serveType(vencrypt, {
        subtypes: [262],
        ...(tls === undefined ? {} : { tls }),
      });
      viewer.send('0002').send(u32(262));
      await assert.rejects(outcome, code(ErrorCode.tls));
      await viewer.expect(greeting + list(262) + '00');
    }
  });

  describe('clear bytes behind the sub-type', () => {
    const behind = {
      'a ClientInit': '01',
      'the sub-type again': u32(260),
      'a ClientHello': clientHello,
      '4 KiB of rubbish': 'a5'.repeat(4096),
    };
    for (const [name, hex] of Object.entries(behind)) {
      it(`ends the connection when they are ${name}`, async () => {
        const authenticator = fakeAuthenticator();
        const options = { authenticator, subtypes: [260], tls: fakeAcceptor() };
        const { viewer, outcome } = serveType(vencrypt, options);
        viewer.send(`0002 ${u32(260)} ${hex}`);
        await assert.rejects(outcome, code(ErrorCode.bytesBeforeTls));
        // No word to start TLS either.
        await viewer.expect(greeting + list(260));
        assert.equal(viewer.stream.backlogBytes, 0);
        assert.deepEqual(authenticator.asked, []);
      });

      it(`reach nothing but TLS when they are ${name}, in later segments`, async () => {
        const authenticator = fakeAuthenticator();
        const options = { authenticator, subtypes: [260], tls: fakeAcceptor(), chunkBytes: 1 };
        const { viewer, outcome } = serveType(vencrypt, options);
        viewer.send(`0002 ${u32(260)} ${hex}`).stream.end();
        // To TLS, which takes its own hello (and then finds the end), or chokes.
        if (hex === clientHello) {
          const { reader } = await outcome;
          await assert.rejects(reader.u8(), ClosedError);
        } else {
          await assert.rejects(outcome);
          assert.deepEqual(authenticator.asked, []);
        }
      });
    }
  });

  it('ends with the right phase when the viewer leaves at any byte', async () => {
    const whole = `0002${u32(261)}${clientHello}${'00'.repeat(16)}`;
    for (let length = 0; length < whole.length / 2; length++) {
      const authenticator = fakeAuthenticator();
      const options = { authenticator, subtypes: [261], tls: fakeAcceptor(), chunkBytes: 1 };
      const { viewer, outcome } = serveType(vencrypt, options);
      viewer.send(whole.slice(0, 2 * length)).stream.end();
      const phase = length < 6 ? 'security' : length < 9 ? 'tls' : 'authentication';
      await assert.rejects(
        outcome,
        (error) => error instanceof ClosedError && error.phase === phase,
        `after ${length} bytes`,
      );
      assert.deepEqual(authenticator.asked, []);
    }
  });

  describe('with client certificates', () => {
    const bad = { ...aliceCertificate, verified: false, fault: 'CERT_REVOKED' };

    it('names who a good certificate is of', async () => {
      const tls = fakeAcceptor({ verifyClient: 'require', peerCertificate: aliceCertificate });
      const { server } = await joinType(
        vencrypt,
        { tls, subtypes: [261] },
        { tls: fakeConnector() },
      );
      assert.equal(
        server.denied === undefined && server.identity.distinguishedName,
        'C=GB,O=Lab,CN=alice',
      );
    });

    it('shows a verified certificate to the inner exchange, and keeps it with the identity', async () => {
      for (const [verifyClient, expected] of [
        ['require', aliceCertificate],
        ['request', aliceCertificate],
        ['off', undefined],
      ] as const) {
        const seen: unknown[] = [];
        const inner = fakeAuthenticator();
        const { server } = await joinType(
          vencrypt,
          {
            tls: fakeAcceptor({ verifyClient, peerCertificate: aliceCertificate }),
            subtypes: [261],
            authenticator: {
              ...inner,
              vncPassword: (matches, peer) => {
                seen.push(peer.certificate);
                return inner.vncPassword(matches, peer);
              },
            },
          },
          { tls: fakeConnector() },
        );
        assert.deepEqual(seen, [expected], verifyClient);
        assert.equal(server.denied === undefined && server.identity.certificate, expected);
      }
    });

    it('X509None: takes the name of the certificate for the name of the viewer', async () => {
      const tls = fakeAcceptor({ verifyClient: 'require', peerCertificate: aliceCertificate });
      for (const [subtype, name] of [
        [260, 'C=GB,O=Lab,CN=alice'],
        [261, 'password'],
      ] as const) {
        const options = { tls, subtypes: [subtype] };
        const { server } = await joinType(vencrypt, options, { tls: fakeConnector() });
        assert.equal(server.denied === undefined && server.identity.name, name);
      }
    });

    it('names nobody by a certificate that was not verified or not asked for', async () => {
      for (const [verifyClient, peerCertificate] of [
        ['off', aliceCertificate],
        ['off', bad],
        ['request', undefined],
      ] as const) {
        const tls = fakeAcceptor({
          verifyClient,
          ...(peerCertificate === undefined ? {} : { peerCertificate }),
        });
        const { server } = await joinType(
          vencrypt,
          { tls, subtypes: [261] },
          { tls: fakeConnector() },
        );
        assert.equal(server.denied, undefined);
        assert.equal(server.denied === undefined && 'distinguishedName' in server.identity, false);
      }
    });

    for (const [number, name] of [
      [260, 'X509None'],
      [261, 'X509Vnc'],
      [262, 'X509Plain'],
    ] as const) {
      it(`${name}: says the same to a bad certificate as to a wrong password, and looks nothing up`, async () => {
        const heard = [];
        for (const acceptor of [
          fakeAcceptor(),
          fakeAcceptor({ verifyClient: 'require' }),
          fakeAcceptor({ verifyClient: 'require', peerCertificate: bad }),
          fakeAcceptor({ verifyClient: 'request', peerCertificate: bad }),
          fakeAcceptor({ verifyClient: 'require', peerCertificate: aliceCertificate }),
        ]) {
          const authenticator = fakeAuthenticator({
            anyone: false,
            vncPasswords: ['s'],
            names: [],
          });
          const { viewer, outcome } = serveType(vencrypt, {
            authenticator,
            subtypes: [number],
            tls: acceptor,
          });
          viewer.send('0002');
          await viewer.expect(greeting + list(number));
          viewer.send(u32(number));
          await viewer.expect('01');
          const inside = new ScriptedPeer(await fakeHandshake(viewer.stream, 'client'));
          // The right password, so that only the certificate can be what denies.
          if (number === 261) {
            inside.send(
              toHex(
                respond(await inside.take(16), utf8(acceptor.verifyClient === 'off' ? 'x' : 's')),
              ),
            );
          }
          if (number === 262) {
            const password = toHex(
              utf8(acceptor.verifyClient === 'off' ? 'open sesamE' : 'open sesame'),
            );
            inside.send(`00000005 0000000b 616c696365 ${password}`);
          }
          const { denied, reader } = await outcome;
          assert.ok(denied);
          reader.stream.end();
          assert.equal(await inside.rest(), '');
          heard.push([inside.heard.length, denied.peerReason]);
          if (acceptor.verifyClient !== 'off') {
            const questions = authenticator.asked.filter(
              (asked) => !asked.startsWith('certificate'),
            );
            assert.deepEqual(questions, []);
          }
        }
        assert.equal(new Set(heard.map(String)).size, 1);
      });
    }

    it('logs the fault, and the name to copy into a rule', async () => {
      const messageOf = async (
        peerCertificate: typeof aliceCertificate | undefined,
      ): Promise<[string, string]> => {
        const tls = fakeAcceptor({
          verifyClient: 'require',
          ...(peerCertificate === undefined ? {} : { peerCertificate }),
        });
        const authenticator = fakeAuthenticator({ names: ['C=GB,O=Lab,CN=bob'] });
        const options = { tls, authenticator, subtypes: [260] };
        const { server } = await joinType(vencrypt, options, { tls: fakeConnector() });
        assert.ok(server.denied);
        assert.equal(server.denied.peerReason, 'Authentication failed');
        return [server.denied.code, server.denied.message];
      };
      assert.deepEqual(await messageOf(undefined), [
        'ERR_VNC_CERTIFICATE',
        'no client certificate was sent, and one is required',
      ]);
      assert.deepEqual(await messageOf(bad), [
        'ERR_VNC_CERTIFICATE',
        'client certificate is not good: CERT_REVOKED, of "C=GB,O=Lab,CN=alice"',
      ]);
      assert.deepEqual(await messageOf(aliceCertificate), [
        'ERR_VNC_NOT_ALLOWED',
        'client certificate is good, but no rule lets it in, of "C=GB,O=Lab,CN=alice"',
      ]);
    });

    it('lets nobody in by anonymous TLS where a certificate is required', async () => {
      const tls = fakeAcceptor({ verifyClient: 'require' });
      const { server } = await joinType(
        vencrypt,
        { tls, subtypes: [258] },
        { tls: fakeConnector() },
      );
      assert.equal(server.denied?.code, ErrorCode.certificate);
    });
  });
});

describe('VeNCrypt client', () => {
  it('X509Plain: asks for credentials only once the server is verified (CVE-2011-1775)', async () => {
    const order: string[] = [];
    const connector = fakeConnector();
    const { server, outcome } = dialType(vencrypt, {
      tls: {
        ...connector,
        connect: async (stream, layer) => {
          const upgrade = await connector.connect(stream, layer);
          order.push('verified');
          return upgrade;
        },
      },
      credentials: (needs) => {
        order.push('asked');
        assert.equal(needs.tlsInfo?.layer, 'x509');
        const { username, password, security } = needs;
        assert.deepEqual([username, password, security], [true, true, 'X509Plain']);
        return credentialsOf('al', 'pw')();
      },
    });
    server.send(greeting);
    await server.expect('00 02');
    server.send(list(262));
    await server.expect(u32(262));
    server.send('01');
    const inside = new ScriptedPeer(await fakeHandshake(server.stream, 'server'));
    await inside.expect(`
      00000002 00000002   # lengths
      616c 7077           # "al", "pw"
    `);
    await outcome;
    assert.deepEqual(order, ['verified', 'asked']);
  });

  it('sends no credentials to a server that is not verified', async () => {
    let asked = false;
    const { server, outcome } = dialType(vencrypt, {
      tls: {
        layers: new Set(['x509']),
        connect: () =>
          Promise.reject(new SecurityError('expired', { code: ErrorCode.certificate })),
      },
      credentials: () => {
        asked = true;
        return credentialsOf('alice', 'sesame')();
      },
    });
    server.send(greeting).send(list(262)).send('01');
    await assert.rejects(outcome, code(ErrorCode.certificate));
    assert.equal(asked, false);
    await server.expect('0002' + u32(262));
    assert.equal(server.stream.backlogBytes, 0);
  });

  it('answers 0.0 to any version but 0.2', async () => {
    for (const version of ['0000', '0001', '0003', '0100']) {
      const { server, outcome } = dialType(vencrypt, { tls: fakeConnector() });
      server.send(version);
      await assert.rejects(outcome, SecurityError, version);
      await server.expect('0000');
    }
  });

  it('ends when the server takes its version back, whatever the byte', async () => {
    for (const answer of ['01', 'ff']) {
      const { server, outcome } = dialType(vencrypt, { tls: fakeConnector() });
      server.send(greeting).send(answer);
      await assert.rejects(outcome, /refused the VeNCrypt version/);
    }
  });

  it('says what the server offers and what was allowed', async () => {
    const { server, outcome } = dialType(vencrypt, { subtypes: [262, 261], tls: fakeConnector() });
    server.send(greeting).send(list(257, 2, 256));
    await assert.rejects(outcome, {
      name: 'SecurityError',
      message:
        'the server offers TLSNone (257), VNC authentication (VncAuth, 2) and user name and password in clear text (Plain, 256) inside VeNCrypt; allowed here: X509Plain (262) and X509Vnc (261)',
    });
  });

  it('never takes a classic type inside VeNCrypt, which Xvnc offers, for an encrypted one', async () => {
    const { server, outcome } = dialType(vencrypt, { tls: fakeConnector() });
    server.send(greeting).send(list(2, 1));
    await assert.rejects(outcome, SecurityError);
  });

  it('takes no sub-type with a layer that it has not got', async () => {
    const { server, outcome } = dialType(vencrypt, { subtypes: [262] });
    server.send(greeting).send(list(262));
    await assert.rejects(outcome, /there is no TLS here/);
  });

  it('refuses an empty list, and one of 21', async () => {
    const empty = dialType(vencrypt, { tls: fakeConnector() });
    empty.server.send(greeting).send(list());
    await assert.rejects(empty.outcome, /the server offers nothing inside VeNCrypt/);
    const long = dialType(vencrypt, { tls: fakeConnector() });
    long.server.send(greeting).send('00 15');
    await assert.rejects(long.outcome, LimitError);
  });

  it('tells a server that cannot start TLS from one that answers nonsense', async () => {
    const cannot = dialType(vencrypt, { tls: fakeConnector() });
    cannot.server.send(greeting).send(list(262)).send('00');
    await assert.rejects(cannot.outcome, code(ErrorCode.tls));
    const nonsense = dialType(vencrypt, { tls: fakeConnector() });
    nonsense.server.send(greeting).send(list(262)).send('02');
    await assert.rejects(nonsense.outcome, ProtocolError);
  });

  it('refuses clear bytes between the word to start TLS and TLS', async () => {
    for (const behind of ['00', '00000000', 'a5'.repeat(4096)]) {
      let started = false;
      const { server, outcome } = dialType(vencrypt, {
        tls: {
          ...fakeConnector(),
          connect: () => {
            started = true;
            return Promise.reject(new Error('not reached'));
          },
        },
      });
      server.send(greeting).send(list(262)).send(`01 ${behind}`);
      await assert.rejects(outcome, code(ErrorCode.bytesBeforeTls));
      assert.equal(started, false);
    }
  });

  it('ends with the right phase when the server leaves at any byte', async () => {
    const whole = (greeting + list(261) + '01 160303').replace(/#.*$|\s/gm, '');
    for (let length = 0; length < whole.length / 2; length++) {
      const { server, outcome } = dialType(vencrypt, { tls: fakeConnector(), chunkBytes: 1 });
      server.send(whole.slice(0, 2 * length)).stream.end();
      const phase = length < 9 ? 'security' : 'tls';
      await assert.rejects(
        outcome,
        (error) => error instanceof ClosedError && error.phase === phase,
        `after ${length} bytes`,
      );
    }
  });
});
