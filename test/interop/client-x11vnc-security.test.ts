/** x11vnc's security types: its own TLS layer, on OpenSSL, as our client meets it. */
import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { X509Certificate } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { after, before, describe, it } from 'node:test';
import { screenshot } from '../../src/client/automation/screenshot.ts';
import { VncError } from '../../src/core/errors.ts';
import {
  createAuthority,
  issueClientCertificate,
  issueRevocationList,
  issueServerCertificate,
  type CertifiedKey,
} from '../../src/node/certificate-authority.ts';
import { connect, type ConnectOptions } from '../../src/node/connect.ts';
import { endProcess } from '../support/child.ts';
import { withoutPeers } from '../support/peers.ts';
import { startX11vnc } from '../support/x11vnc.ts';

interface Mode {
  readonly name: string;
  readonly args: readonly string[];
  readonly options: ConnectOptions;
}

/** It waits 1.4 s before it greets: several at a time. */
const several = { concurrency: 3, skip: withoutPeers('x11vnc', 'Xvfb') };

describe('our client logs in at x11vnc', several, () => {
  const folder = mkdtempSync(join(tmpdir(), 'x11vnc-security-'));
  const inFolder = (name: string): string => join(folder, name);
  let authority: CertifiedKey;
  let alice: CertifiedKey;
  let bob: CertifiedKey;
  let xvfb: ChildProcess;
  let environment: NodeJS.ProcessEnv;
  before(async () => {
    authority = await createAuthority();
    // x11vnc wants RSA of its server.
    const server = await issueServerCertificate(authority, ['localhost'], { keyType: 'RSA-2048' });
    alice = await issueClientCertificate(authority, 'CN=alice');
    bob = await issueClientCertificate(authority, 'CN=bob');
    const { serialNumber } = new X509Certificate(bob.cert);
    for (const [name, text] of Object.entries({
      'server.pem': `${server.key}${server.cert}`,
      'ca.pem': authority.cert,
      'ca-crl.pem': await issueRevocationList(authority, [{ serialNumber }], { number: 1n }),
      // OpenSSL 3 has no anonymous suites at its own level.
      'openssl.cnf':
        'openssl_conf=c\n[c]\nssl_conf=s\n[s]\nsystem_default=d\n[d]\nCipherString=DEFAULT:@SECLEVEL=0\n',
    }))
      writeFileSync(inFolder(name), text, { mode: 0o600 });
    writeFileSync(inFolder('login'), '#!/bin/sh\nread u; read p; [ "$u:$p" = alice:secret12 ]\n', {
      mode: 0o755,
    });
    xvfb = spawn('Xvfb', '-displayfd 3 -screen 0 64x48x24 -nolisten tcp'.split(' '), {
      stdio: ['ignore', 'ignore', 'ignore', 'pipe'],
    });
    const [number] = (await once(xvfb.stdio[3] as Readable, 'data')) as [Buffer];
    environment = {
      PATH: process.env['PATH'],
      HOME: folder,
      DISPLAY: `:${number.toString().trim()}`,
      OPENSSL_CONF: inFolder('openssl.cnf'),
    };
  });
  after(async () => {
    if (xvfb !== undefined) await endProcess(xvfb);
    rmSync(folder, { recursive: true, force: true });
  });

  const ssl = (vencrypt: string): readonly string[] => [
    '-ssl',
    inFolder('server.pem'),
    ...`-sslonly -anontls never -vencrypt ${vencrypt}:only`.split(' '),
  ];
  const password = { password: 'secret12' };
  const vnc = ['-passwd', 'secret12'];
  const plain = ['-unixpw_cmd', inFolder('login'), '-unixpw_unsafe'];
  const anonymous = { tls: { minDhBits: 1024 } };
  const modes = (): readonly Mode[] => {
    const tls = { ca: authority.cert, servername: 'localhost' };
    const certificate = ['-sslverify', inFolder('ca.pem'), '-sslCRL', inFolder('ca-crl.pem')];
    return [
      { name: 'VncAuth', args: vnc, options: password },
      { name: 'TLSNone', args: ['-nopw', ...ssl('nox509')], options: anonymous },
      { name: 'TLSVnc', args: [...vnc, ...ssl('nox509')], options: { ...anonymous, ...password } },
      {
        name: 'TLSPlain',
        args: [...plain, ...ssl('plain:nox509')],
        options: { ...anonymous, ...password, username: 'alice' },
      },
      { name: 'X509None', args: ['-nopw', ...ssl('nodh')], options: { tls } },
      { name: 'X509Vnc', args: [...vnc, ...ssl('nodh')], options: { tls, ...password } },
      {
        name: 'X509Plain',
        args: [...plain, ...ssl('plain:nodh')],
        options: { tls, ...password, username: 'alice' },
      },
      {
        name: 'X509None with a client certificate',
        args: ['-nopw', ...ssl('nodh'), ...certificate],
        options: { tls: { ...tls, ...alice } },
      },
    ];
  };
  const names = 'VncAuth TLSNone TLSVnc TLSPlain X509None X509Vnc X509Plain'.split(' ');

  for (const name of [...names, 'X509None with a client certificate']) {
    it(`over ${name}, and takes a picture`, async () => {
      const mode = modes().find((each) => each.name === name);
      assert.ok(mode !== undefined);
      const server = await startX11vnc(environment, mode.args);
      try {
        const security = name.split(' ')[0] ?? '';
        const client = await connect(`127.0.0.1::${server.port}`, { ...mode.options, security });
        try {
          assert.equal(client.security.name, security);
          const { width, height } = await screenshot(client);
          assert.deepEqual([width, height], [64, 48]);
        } finally {
          await client.close();
        }
      } finally {
        await server.close();
      }
    });
  }

  it('is refused with a revoked certificate, and without one', async () => {
    const mode = modes().find((each) => each.name === 'X509None with a client certificate');
    assert.ok(mode !== undefined);
    const server = await startX11vnc(environment, mode.args);
    const tls = { ca: authority.cert, servername: 'localhost' };
    try {
      for (const certificate of [bob, {}])
        await assert.rejects(
          connect(`127.0.0.1::${server.port}`, {
            security: 'X509None',
            tls: { ...tls, ...certificate },
          }),
          VncError,
        );
    } finally {
      await server.close();
    }
  });
});
