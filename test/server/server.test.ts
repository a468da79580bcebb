import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { AuthenticationError, SecurityError, TimeoutError } from '../../src/core/errors.ts';
import type { Limits } from '../../src/core/limits.ts';
import { createServer, type ServerOptions, type VncServer } from '../../src/server/server.ts';
import { memoryPair } from '../../src/wire/memory-pair.ts';
import { utf8 } from '../../src/wire/text.ts';
import { toHex } from '../../src/wire/hex.ts';
import { fakeAuthenticator, localPeer } from '../support/fake-authenticator.ts';
import { aliceCertificate, clientHello, fakeAcceptor } from '../support/fake-tls.ts';
import { FakeDisplay } from '../support/fake-display.ts';
import { TestViewer, updateRequest } from '../support/served.ts';

const version = toHex(utf8('RFB 003.008\n'));

function serve(
  types: readonly number[],
  limits: Partial<Limits> = {},
  more: Partial<ServerOptions> = {},
): VncServer {
  return createServer({
    display: new FakeDisplay({ width: 1, height: 1, name: 'desk' }),
    offer: { types, subtypes: [] },
    authenticator: fakeAuthenticator(),
    limits,
    ...more,
  });
}

function connect(server: VncServer, chunkBytes?: number): TestViewer {
  const [ours, theirs] = memoryPair(chunkBytes === undefined ? {} : { chunkBytes });
  return new TestViewer(server, server.accept(ours, localPeer), theirs);
}

describe('createServer', () => {
  for (const chunkBytes of [undefined, 1]) {
    it(`serves from the first byte to the first picture${chunkBytes === 1 ? ', in single bytes' : ''}`, async () => {
      const server = serve([1]);
      const viewer = connect(server, chunkBytes);
      viewer.send(`${version} 01 01 ${updateRequest(false)}`);
      await viewer.receives(`
        ${version}
        01 01                                              # one type: None
        00000000                                           # SecurityResult: ok
        0001 0001                                          # 1x1
        20 18 00 01 00ff 00ff 00ff 10 08 00 000000         # 32 bits, depth 24, little-endian
        00000004 6465736b                                  # desk
        00 00 0001 0000 0000 0001 0001 00000000 000000ff   # the picture
      `);
      assert.deepEqual(
        server.viewers.map(({ version: spoken, security }) => [spoken, security]),
        [['3.8', 'None']],
      );
      await server.close();
    });
  }

  it('a wrong password is answered, told as authenticationfailed with its real reason, and closed', async () => {
    const server = serve([2]);
    const failed = server.events.once('authenticationfailed');
    const viewer = connect(server);
    viewer.send(`${version} 02`);
    await viewer.reader.skip(12 + 2 + 16);
    viewer.send('00'.repeat(16));
    await viewer.receives('00000001 00000015'); // SecurityResult: failed, 21 bytes of reason
    await viewer.receives(toHex(utf8('Authentication failed')));
    await viewer.receivesEnd();
    viewer.stream.end();
    assert.ok((await viewer.gone) instanceof AuthenticationError);
    assert.equal((await failed).reason, 'wrong password');
  });

  it('a type that was not offered is answered and closed, and is no failed login', async () => {
    const server = serve([2]);
    let failures = 0;
    server.events.on('authenticationfailed', () => failures++);
    const viewer = connect(server);
    viewer.send(`${version} 01`);
    await viewer.reader.skip(12 + 2);
    await viewer.receives('00000001');
    viewer.stream.end();
    assert.ok((await viewer.gone) instanceof SecurityError);
    assert.equal(failures, 0);
  });

  it('a peer that says nothing is dropped at its deadline', async () => {
    const viewer = connect(serve([1], { handshakeStageMs: 5 }));
    assert.ok((await viewer.gone) instanceof TimeoutError);
  });

  it('the name in ServerInit is cut at the limit', async () => {
    const server = serve([1], { maxNameBytes: 2 });
    const viewer = connect(server);
    viewer.send(`${version} 01 01`);
    await viewer.reader.skip(12 + 2 + 4 + 20);
    await viewer.receives('00000002 6465');
    await server.close();
  });

  it('refuses limits that are none', () => {
    assert.throws(() => serve([1], { maxSessions: 0 }), RangeError);
  });
});

describe('closing inside a callback of the handshake', () => {
  const asked = fakeAuthenticator();
  const callbacks: Record<string, (act: () => void) => Partial<ServerOptions>> = {
    'the authenticator, for a password': (act) => ({
      offer: { types: [2], subtypes: [] },
      authenticator: {
        ...asked,
        vncPassword: (matches, peer) => {
          act();
          return asked.vncPassword(matches, peer);
        },
      },
    }),
    'the authenticator, for anyone': (act) => ({
      authenticator: {
        ...asked,
        anyone: (peer) => {
          act();
          return asked.anyone(peer);
        },
      },
    }),
    'TLS being accepted': (act) => ({
      offer: { types: [19], subtypes: [257] },
      tls: {
        ...fakeAcceptor(),
        accept: (stream, layer) => {
          act();
          return fakeAcceptor().accept(stream, layer);
        },
      },
    }),
    'the name rules, inside TLS': (act) => ({
      offer: { types: [19], subtypes: [260] },
      tls: fakeAcceptor({ peerCertificate: aliceCertificate, verifyClient: 'require' }),
      authenticator: {
        ...asked,
        certificate: (certificate, peer) => {
          act();
          return asked.certificate(certificate, peer);
        },
      },
    }),
  };
  const said: Record<string, string> = {
    'the authenticator, for a password': `${version} 02 ${'00'.repeat(16)}`,
    'the authenticator, for anyone': `${version} 01 01`,
    'TLS being accepted': `${version} 13 00 02 00000101`,
    'the name rules, inside TLS': `${version} 13 00 02 00000104`,
  };
  for (const [name, options] of Object.entries(callbacks)) {
    for (const way of ['kick', 'close'] as const) {
      it(`${way} in ${name} is safe, and frees the place of the connection`, async () => {
        let called = 0;
        const act = (): void => {
          called += 1;
          if (way === 'kick') server.kick(1, 'kicked');
          else void server.close();
        };
        const server: VncServer = serve([1], { maxUnauthenticated: 1 }, options(act));
        const log: string[] = [];
        for (const event of [
          'connected',
          'authenticationfailed',
          'initialized',
          'disconnected',
        ] as const)
          server.events.on(event, ({ id }) => log.push(`${event} ${id}`));
        const viewer = connect(server);
        viewer.send(said[name] ?? '');
        if (name === 'the name rules, inside TLS') {
          // The clear part must have been read before TLS starts.
          await viewer.reader.skip(12 + 2 + 2 + 1 + 1 + 4 + 1);
          viewer.send(clientHello);
        }
        assert.equal((await viewer.gone).message, way === 'kick' ? 'kicked' : 'the server closed');
        assert.equal(called, 1);
        assert.deepEqual(log, ['connected 1', 'disconnected 1']);
        if (way === 'kick') {
          const next = connect(server);
          await next.receives(version);
          await server.close();
        }
      });
    }
  }
});
