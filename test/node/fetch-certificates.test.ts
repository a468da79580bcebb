import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { createTestCard } from '../../src/displays/testcard.ts';
import { parseAddress } from '../../src/node/address.ts';
import { initStore } from '../../src/node/certificate-store.ts';
import { auditChain } from '../../src/node/chain-audit.ts';
import { loadTlsCredentials } from '../../src/node/credential-files.ts';
import { fetchCertificates } from '../../src/node/fetch-certificates.ts';
import { listen } from '../../src/node/listen.ts';
import { serve } from '../../src/node/serve.ts';
import { endProcess, start } from '../support/child.ts';
import { withoutPeers } from '../support/peers.ts';
import { until } from '../support/until.ts';
import { temporaryDirectory } from './command.ts';

describe('fetchCertificates', () => {
  it('gets the chain of a server without logging in, whoever signed it', async (t) => {
    const dir = join(temporaryDirectory(t), 'pki');
    await initStore(dir, { hosts: ['console.lab'], client: 'alice' });
    const credentials = await loadTlsCredentials({ dir }, { needCa: true });
    for (const [security, maxVersion] of [
      ['X509Vnc', 'TLSv1.2'],
      ['X509Vnc,TLSVnc', 'TLSv1.3'],
    ] as const) {
      const serving = await serve({
        display: createTestCard(),
        listen: '127.0.0.1::0',
        security,
        tls: { credentials, maxVersion },
        access: { password: 'secret' },
      });
      t.after(() => serving.close());
      const [address] = serving.addresses;
      assert.ok(address !== undefined);
      const { chain, protocol } = await fetchCertificates(address, { serverName: 'console.lab' });
      assert.equal(protocol, maxVersion);
      assert.equal(chain[0]?.x509.fingerprint256, credentials.summary.fingerprint);
      const judged = auditChain(chain, {
        source: 'vnc://x',
        purpose: 'server',
        hosts: ['console.lab', 'x'],
        renew: 'renew it',
      });
      assert.deepEqual(judged, [
        {
          level: 'error',
          message:
            'vnc://x does not cover x, so viewers that connect to it refuse; it covers DNS:console.lab',
          fix: 'renew it --host x',
        },
      ]);
      await serving.close();
    }
  });
  it('says what is offered where there is no X.509', async (t) => {
    const serving = await serve({
      display: createTestCard(),
      listen: '127.0.0.1::0',
      security: 'None',
    });
    t.after(() => serving.close());
    const [address] = serving.addresses;
    assert.ok(address !== undefined);
    await assert.rejects(fetchCertificates(address, { serverName: 'localhost' }), {
      code: 'ERR_VNC_NO_COMMON_TYPE',
      message: /offers no authentication \(None, 1\)/,
    });
  });
  it('gives up on a server that says nothing', async (t) => {
    const listener = await listen(parseAddress('127.0.0.1::0', 'listen'), (stream) => {
      t.after(() => stream.destroy());
    });
    t.after(() => listener.close());
    await assert.rejects(
      fetchCertificates(listener.address, { serverName: 'localhost', timeoutMs: 100 }),
      { code: 'ERR_VNC_TIMEOUT' },
    );
  });
  for (const keyType of ['P-256', 'RSA-2048', 'Ed25519'] as const)
    it(`finds that QEMU serves a store with ${keyType} keys as it is`, {
      skip: withoutPeers('qemu-system-x86_64'),
    }, async (t) => {
      const dir = join(temporaryDirectory(t), 'pki');
      await initStore(dir, { hosts: ['console.lab'], client: 'alice', keyType });
      const path = join(dir, 'vnc.sock');
      const tls = `tls-creds-x509,id=t,dir=${dir},endpoint=server,verify-peer=on`;
      const qemu = start(
        'qemu-system-x86_64',
        ['-M', 'none', '-nodefaults', '-object', tls, '-vnc', `unix:${path},tls-creds=t`],
        process.env,
      );
      t.after(() => endProcess(qemu.child));
      await until('QEMU listens', () => {
        assert.equal(qemu.child.exitCode, null, qemu.output());
        return existsSync(path);
      });
      const { chain } = await fetchCertificates(
        { kind: 'unix', path },
        { serverName: 'console.lab' },
      );
      const credentials = await loadTlsCredentials({ dir }, { needCa: true });
      assert.equal(chain[0]?.x509.fingerprint256, credentials.summary.fingerprint);
    });
});
