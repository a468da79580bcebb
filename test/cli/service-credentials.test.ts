import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { withServiceCredentials } from '../../src/cli/service-credentials.ts';
import type { ServeSettings } from '../../src/cli/serve-settings.ts';
import { parseSecurityList } from '../../src/security/policy.ts';

const folder = mkdtempSync(join(tmpdir(), 'sallyport-credentials-'));
after(() => rmSync(folder, { recursive: true, force: true }));
let count = 0;

/** $CREDENTIALS_DIRECTORY with these files. */
function credentials(...names: string[]): { CREDENTIALS_DIRECTORY: string } {
  const CREDENTIALS_DIRECTORY = mkdtempSync(join(folder, `${++count}-`));
  for (const name of names) writeFileSync(join(CREDENTIALS_DIRECTORY, name), '');
  return { CREDENTIALS_DIRECTORY };
}

const settings: ServeSettings = {
  display: { kind: 'testcard' },
  listen: [],
  websocket: [],
  websocketOrigins: [],
  connect: [],
  disconnectRevoked: true,
  proxyProtocolFrom: [],
  allowInsecure: new Set(),
  tls: { identities: [], maxVersion: 'TLSv1.2', dhGroup: 'ffdhe2048' },
  verifyClient: 'off',
  allowNames: [],
  share: 'ignore',
  service: { drainMs: 0, needsInherited: false },
  json: false,
  verbose: false,
};

describe('service credentials', () => {
  it('stand in for options that were not given', () => {
    const env = credentials(
      'vnc-password',
      'users',
      'server-cert.pem',
      'server-key.pem',
      'ca-cert.pem',
      'ca-crl.pem',
    );
    const dir = env.CREDENTIALS_DIRECTORY;
    const { passwordFile, usersFile, tls } = withServiceCredentials(settings, env);
    assert.equal(passwordFile, join(dir, 'vnc-password'));
    assert.equal(usersFile, join(dir, 'users'));
    assert.deepEqual(tls, {
      ...settings.tls,
      identities: [
        { certFile: join(dir, 'server-cert.pem'), keyFile: join(dir, 'server-key.pem') },
      ],
      ca: join(dir, 'ca-cert.pem'),
      crl: join(dir, 'ca-crl.pem'),
    });
  });

  it('never win over an option', () => {
    const env = credentials('vnc-password', 'users', 'server-cert.pem', 'server-key.pem');
    const given = {
      ...settings,
      passwordFile: '/etc/p',
      usersFile: '/etc/u',
      tls: { ...settings.tls, dir: '/etc/pki' },
    };
    assert.deepEqual(withServiceCredentials(given, env), given);
    const identities = [{ certFile: 'c', keyFile: 'k' }];
    const pair = { ...given, tls: { ...settings.tls, identities } };
    assert.deepEqual(withServiceCredentials(pair, env), pair);
  });

  it('are left alone by security types that have no use for them', () => {
    const env = credentials('vnc-password', 'users');
    const given = { ...settings, security: parseSecurityList('X509Vnc') };
    const { passwordFile, usersFile } = withServiceCredentials(given, env);
    assert.notEqual(passwordFile, undefined);
    assert.equal(usersFile, undefined);
  });

  it('are left alone beside an access file, but for those of TLS', () => {
    const env = credentials('vnc-password', 'users', 'server-cert.pem', 'server-key.pem');
    const given = { ...settings, accessFile: '/etc/access.yaml' };
    const { passwordFile, usersFile, tls } = withServiceCredentials(given, env);
    assert.deepEqual([passwordFile, usersFile], [undefined, undefined]);
    assert.equal(tls.identities.length, 1);
  });

  it('are left alone beside -vnc', () => {
    const env = credentials('vnc-password', 'users');
    const given = { ...settings, security: parseSecurityList('VncAuth'), qemu: { remarks: [] } };
    assert.deepEqual(withServiceCredentials(given, env), given);
  });

  it('must have the key together with its certificate', () =>
    assert.throws(() => withServiceCredentials(settings, credentials('server-key.pem')), {
      message: /belong together, and one is missing/,
      exitCode: 3,
    }));

  it('are none without $CREDENTIALS_DIRECTORY', () => {
    assert.equal(withServiceCredentials(settings, {}), settings);
    assert.equal(withServiceCredentials(settings, { CREDENTIALS_DIRECTORY: '' }), settings);
  });
});
