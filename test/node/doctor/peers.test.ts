import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { initStore } from '../../../src/node/certificate-store.ts';
import { examine } from '../../../src/node/doctor/examine.ts';
import { judge } from '../../../src/node/doctor/judge.ts';
import type { Observations } from '../../../src/node/doctor/observations.ts';
import { endProcess, start } from '../../support/child.ts';
import { withoutPeers } from '../../support/peers.ts';
import { until } from '../../support/until.ts';
import { startXvnc } from '../../support/xvnc.ts';
import { temporaryDirectory } from '../command.ts';

const TIMEOUT_MS = 2000;

async function pki(t: TestContext): Promise<string> {
  const dir = join(temporaryDirectory(t), 'pki');
  await initStore(dir, { hosts: ['console.lab'], client: 'alice' });
  return dir;
}

const look = (path: string, caFile?: string): Promise<Observations> =>
  examine(
    { kind: 'unix', path },
    {
      target: 'the server',
      hosts: ['console.lab'],
      timeoutMs: TIMEOUT_MS,
      ...(caFile === undefined ? {} : { caFile }),
    },
  );

const ids = (seen: Observations): string[] => judge(seen).findings.map(({ id }) => id);

/** As if it stood on a network. */
const gradeOf = (seen: Observations): string => judge({ ...seen, reach: 'network' }).grade;

async function qemu(t: TestContext, credentials: string, vnc: string): Promise<string> {
  const path = join(temporaryDirectory(t), 'vnc.sock');
  const { child, output } = start(
    'qemu-system-x86_64',
    ['-M', 'none', '-nodefaults', '-object', credentials, '-vnc', `unix:${path},${vnc}`],
    process.env,
  );
  t.after(() => endProcess(child));
  await until('QEMU listens', () => {
    assert.equal(child.exitCode, null, output());
    return existsSync(path);
  });
  return path;
}

describe('examine, of QEMU', { skip: withoutPeers('qemu-system-x86_64') }, () => {
  it('x509: finds that clear bytes get inside TLS, and TLS 1.0', async (t) => {
    const dir = await pki(t);
    const credentials = `tls-creds-x509,id=t,dir=${dir},endpoint=server,verify-peer=off`;
    const seen = await look(await qemu(t, credentials, 'tls-creds=t'), join(dir, 'ca-cert.pem'));
    assert.equal(seen.clearBytesAcrossTls.outcome, 'accepted');
    assert.deepEqual(seen.subtypes, [260]);
    for (const id of ['clear-bytes-across-tls', 'open-inside-tls', 'certificate-good'])
      assert.ok(ids(seen).includes(id), id);
    assert.equal(gradeOf(seen), 'D');
  });
  it('anonymous: finds that clear bytes get inside TLS, and the group of 2048 bits', async (t) => {
    const path = await qemu(t, 'tls-creds-anon,id=t,endpoint=server', 'tls-creds=t');
    const seen = await look(path);
    assert.equal(seen.clearBytesAcrossTls.outcome, 'accepted');
    assert.deepEqual(seen.anonymous?.exchange, { type: 'DH', bits: 2048 });
    assert.equal(gradeOf(seen), 'D');
  });
  it('x509 with client certificates: lets nobody in without one', async (t) => {
    const dir = await pki(t);
    const credentials = `tls-creds-x509,id=t,dir=${dir},endpoint=server,verify-peer=on`;
    const seen = await look(await qemu(t, credentials, 'tls-creds=t'), join(dir, 'ca-cert.pem'));
    assert.equal(seen.x509?.opens.outcome, 'refused');
    assert.equal(seen.clearBytesAcrossTls.outcome, 'not checked');
    assert.ok(!ids(seen).includes('open-inside-tls'));
  });
});

describe('examine, of TigerVNC', { skip: withoutPeers('Xtigervnc') }, () => {
  async function xvnc(t: TestContext, ...options: string[]): Promise<string> {
    const server = await startXvnc('64x64', ['-SecurityTypes', ...options]);
    t.after(() => server.close());
    return server.path;
  }

  it('X509None: finds that anyone is let in, and that clear bytes stay out', async (t) => {
    const dir = await pki(t);
    const files = ['-X509Cert', `${dir}/server-cert.pem`, '-X509Key', `${dir}/server-key.pem`];
    const seen = await look(await xvnc(t, 'X509None', ...files), join(dir, 'ca-cert.pem'));
    assert.equal(seen.clearBytesAcrossTls.outcome, 'refused');
    assert.equal(seen.x509?.versions['TLSv1.3'].outcome, 'accepted');
    assert.equal(seen.unofferedNone.outcome, 'refused');
    for (const id of ['open-inside-tls', 'old-tls', 'certificate-good'])
      assert.ok(ids(seen).includes(id), id);
    assert.equal(gradeOf(seen), 'D');
  });
  it('TLSNone: finds that nothing tells the server by', async (t) => {
    const seen = await look(await xvnc(t, 'TLSNone'));
    assert.equal(seen.anonymous?.versions['TLSv1.2'].outcome, 'accepted');
    assert.equal(seen.clearBytesAcrossTls.outcome, 'refused');
    assert.ok(ids(seen).includes('anonymous-tls'));
  });
  it('VncAuth: finds a password in clear, and that None is refused', async (t) => {
    const seen = await look(await xvnc(t, 'VncAuth'));
    assert.deepEqual(seen.types, [2]);
    assert.equal(seen.unofferedNone.outcome, 'refused');
    assert.equal(gradeOf(seen), 'D');
  });
  it('None: finds that anyone is let in, whatever RFB they speak', async (t) => {
    const seen = await look(await xvnc(t, 'None'));
    assert.deepEqual(seen.versions['3.3'].types, [1]);
    assert.deepEqual(seen.versions['3.7'].types, [1]);
    assert.equal(gradeOf(seen), 'F');
  });
});
