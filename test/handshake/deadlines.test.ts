import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { resolveLimits } from '../../src/core/limits.ts';
import { TimeoutError, type Phase } from '../../src/core/errors.ts';
import type { TlsUpgrade } from '../../src/security/tls-port.ts';
import { memoryPair } from '../../src/wire/memory-pair.ts';
import { fakeAuthenticator } from '../support/fake-authenticator.ts';
import { fakeAcceptor, fakeConnector, fakeHandshake } from '../support/fake-tls.ts';
import { dial, rfb, serve, serveOn } from '../support/handshakes.ts';
import { ScriptedPeer } from '../support/scripted-peer.ts';

// The one place where real time passes: a few milliseconds, since nothing else can fire a timer.
const limits = resolveLimits({ handshakeStageMs: 20, handshakeTotalMs: 30 });

const late = (phase: Phase) => (error: unknown) =>
  error instanceof TimeoutError && error.phase === phase;

describe('server handshake, deadlines', () => {
  const stalls: readonly [Phase, string, string][] = [
    ['version', 'nothing', ''],
    ['version', 'half a version', '524642203030'],
    ['security', 'no type', rfb['3.8']],
    ['authentication', 'no response to the challenge', `${rfb['3.8']} 02`],
    ['security', 'no VeNCrypt version', `${rfb['3.8']} 13`],
    ['security', 'no sub-type', `${rfb['3.8']} 13 0002`],
    ['tls', 'no ClientHello', `${rfb['3.8']} 13 0002 00000104`],
    ['init', 'no ClientInit', `${rfb['3.8']} 01`],
  ];
  for (const [phase, what, hex] of stalls) {
    it(`ends a viewer that sends ${what}`, async () => {
      const { viewer, established } = serve({ limits, tls: fakeAcceptor() });
      viewer.send(hex);
      await assert.rejects(established, late(phase));
      // The stream is gone, not just the promise.
      await viewer.rest();
    });
  }

  it('ends a viewer that stalls inside TLS, through the stream of TLS', async () => {
    const { viewer, established } = serve({ limits, security: 'X509Vnc', tls: fakeAcceptor() });
    viewer.send(`${rfb['3.8']} 13 0002`);
    await viewer.expect(`${rfb['3.8']} 0113 0002 00 01 00000105`);
    viewer.send('00000105');
    await viewer.expect('01');
    const inside = new ScriptedPeer(await fakeHandshake(viewer.stream, 'client'));
    await assert.rejects(established, late('authentication'));
    await inside.rest();
  });

  it('ends a viewer that sends a byte now and then, by the time for the whole', async () => {
    const { viewer, established } = serve({ limits: resolveLimits({ handshakeTotalMs: 30 }) });
    const bytes = rfb['3.8'].match(/../g) ?? [];
    let ended = false;
    established.catch(() => {
      ended = true;
    });
    for (const byte of bytes) {
      if (ended) break;
      viewer.send(byte);
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    await assert.rejects(established, TimeoutError);
  });

  it('gives a person who types a password more than the time of one stage', async () => {
    const patient = resolveLimits({ handshakeStageMs: 10, handshakeTotalMs: 5000 });
    const { viewer, established } = serve({ limits: patient, security: 'VncAuth' });
    viewer.send(`${rfb['3.8']} 02`);
    await viewer.take(14 + 16);
    await new Promise((resolve) => setTimeout(resolve, 30));
    viewer.send('00'.repeat(16));
    await assert.rejects(established, /wrong password/);
  });

  it('destroys a TLS stream that comes too late', async () => {
    const [tlsStream, theirs] = memoryPair();
    let finish: (upgrade: TlsUpgrade) => void = () => undefined;
    const tls = {
      ...fakeAcceptor(),
      accept: () =>
        new Promise<TlsUpgrade>((resolve) => {
          finish = resolve;
        }),
    };
    const [a, b] = memoryPair();
    const established = serveOn(a, { limits, security: 'X509None', tls });
    new ScriptedPeer(b).send(`${rfb['3.8']} 13 0002 00000104`);
    await assert.rejects(established, TimeoutError);
    finish({ stream: tlsStream, info: { layer: 'x509', protocol: 'TLSv1.2', cipher: 'FAKE' } });
    await tlsStream.closed;
    assert.equal(await theirs.read(), null);
  });

  it('leaves no timer behind', async () => {
    const before = process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length;
    const { viewer, established } = serve({ security: 'None', authenticator: fakeAuthenticator() });
    viewer.send(`${rfb['3.8']} 01 01`);
    await established;
    const after = process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length;
    assert.equal(after, before);
  });
});

describe('client handshake, deadlines', () => {
  const stalls: readonly [Phase, string, string, string][] = [
    ['version', 'no version', 'None', ''],
    ['security', 'no list of types', 'None', rfb['3.8']],
    ['authentication', 'no challenge', 'VncAuth', `${rfb['3.8']} 01 02`],
    ['authentication', 'no SecurityResult', 'None', `${rfb['3.8']} 01 01`],
    ['security', 'no VeNCrypt version', 'X509None', `${rfb['3.8']} 01 13`],
    [
      'security',
      'no answer to the sub-type',
      'X509None',
      `${rfb['3.8']} 01 13 0002 00 01 00000104`,
    ],
    ['tls', 'no ServerHello', 'X509None', `${rfb['3.8']} 01 13 0002 00 01 00000104 01`],
    ['init', 'no ServerInit', 'None', `${rfb['3.8']} 01 01 00000000`],
  ];
  for (const [phase, what, security, hex] of stalls) {
    it(`gives up on a server that sends ${what}`, async () => {
      const { server, established } = dial({ limits, security, tls: fakeConnector() });
      server.send(hex);
      await assert.rejects(established, late(phase));
      await server.rest();
    });
  }
});
