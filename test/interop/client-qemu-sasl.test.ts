/** Our client, as it comes, at a QEMU that asks by Cyrus SASL inside X.509 TLS: each mechanism, the right and a wrong password. */
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import type { VncClient } from '../../src/client/client.ts';
import { AuthenticationError } from '../../src/core/errors.ts';
import { connect } from '../../src/node/connect.ts';
import { endProcess } from '../support/child.ts';
import { qemuCommand } from '../support/grub.ts';
import { withoutPeers } from '../support/peers.ts';
import { makeTestPki, type TestPki } from '../support/test-pki.ts';
import { until } from '../support/until.ts';

const SASLPASSWD = '/usr/sbin/saslpasswd2';
const USERNAME = 'alice=a';
const PASSWORD = 'open, sesame';

const machine =
  '-nodefaults -no-user-config -machine pc -accel tcg -m 16 -S -device VGA -display none'.split(
    ' ',
  );

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = probe.address() as AddressInfo;
  probe.close();
  await once(probe, 'close');
  return port;
}

describe('our client and SASL of QEMU', { skip: withoutPeers(qemuCommand, SASLPASSWD) }, () => {
  let folder: string;
  let pki: TestPki;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'sallyport-sasl-'));
    pki = makeTestPki();
    for (const [name, text] of Object.entries({
      'ca-cert.pem': pki.ca,
      'server-cert.pem': pki.server.cert,
      'server-key.pem': pki.server.key,
    }))
      writeFileSync(join(folder, name), text, { mode: 0o600 });
    const args = ['-p', '-c', '-f', join(folder, 'users.db'), '-a', 'qemu', USERNAME];
    execFileSync(SASLPASSWD, args, { input: PASSWORD });
  });
  after(() => {
    rmSync(folder, { recursive: true });
    pki.remove();
  });

  /** QEMU has no SASL on unix sockets before version 8. */
  async function withQemu(
    mechanisms: string,
    use: (login: (password: string) => Promise<VncClient>) => Promise<void>,
  ): Promise<void> {
    writeFileSync(
      join(folder, 'qemu.conf'),
      `mech_list: ${mechanisms}\nsasldb_path: ${join(folder, 'users.db')}\npwcheck_method: auxprop\nauxprop_plugin: sasldb\n`,
    );
    const port = await freePort();
    const child = spawn(
      qemuCommand,
      [
        ...machine,
        '-object',
        `tls-creds-x509,id=tls,dir=${folder},endpoint=server,verify-peer=off`,
        '-vnc',
        `127.0.0.1:${port - 5900},tls-creds=tls,sasl=on`,
      ],
      {
        stdio: 'ignore',
        env: { ...process.env, SASL_CONF_PATH: folder },
      },
    );
    const login = (password: string): Promise<VncClient> =>
      connect(`127.0.0.1::${port}`, {
        username: USERNAME,
        password,
        tls: { ca: pki.ca, servername: 'localhost' },
      });
    try {
      let first: unknown;
      await until('QEMU to listen', async () => {
        first = await login(PASSWORD).catch((error: unknown) => error);
        return !(first instanceof Error && /refused|cannot connect/i.test(first.message));
      });
      if (first instanceof Error) throw first;
      await (first as VncClient).close();
      await use(login);
    } finally {
      await endProcess(child);
    }
  }

  for (const mechanism of ['PLAIN', 'SCRAM-SHA-1', 'SCRAM-SHA-256', 'SCRAM-SHA-512']) {
    it(`logs in by ${mechanism}, and not with a wrong password`, () =>
      withQemu(mechanism, async (login) => {
        const client = await login(PASSWORD);
        assert.equal(client.security.name, 'X509SASL');
        await client.close();
        await assert.rejects(login('wrong'), AuthenticationError);
      }));
  }
});
