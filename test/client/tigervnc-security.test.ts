import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { connectClient, type VncClient } from '../../src/client/client.ts';
import { AuthenticationError, ErrorCode, SecurityError } from '../../src/core/errors.ts';
import { Secret } from '../../src/core/secret.ts';
import { respond } from '../../src/crypto/vnc-challenge.ts';
import { dial } from '../../src/node/dial.ts';
import { createTlsConnector } from '../../src/node/tls-connector.ts';
import { parseSecurityList } from '../../src/security/policy.ts';
import { utf8 } from '../../src/wire/text.ts';
import { withoutPeers } from '../support/peers.ts';
import { makeTestPki, type TestPki } from '../support/test-pki.ts';
import { startXvnc, type Xvnc } from '../support/xvnc.ts';

/** TigerVNC's password file: the password, enciphered under a key that everybody knows. */
function passwordFile(password: string): Uint8Array {
  const block = new Uint8Array(16);
  block.set(utf8(password));
  return respond(block, Uint8Array.of(23, 82, 107, 6, 35, 78, 88, 7)).subarray(0, 8);
}

describe('client login at TigerVNC', { skip: withoutPeers('Xtigervnc', 'openssl') }, () => {
  let pki: TestPki;
  let xvnc: Xvnc;
  before(async () => {
    pki = makeTestPki();
    const file = (name: string, content: string | Uint8Array): string => {
      const path = join(pki.directory, name);
      writeFileSync(path, content, { mode: 0o600 });
      return path;
    };
    xvnc = await startXvnc('320x200', [
      '-SecurityTypes',
      'VncAuth,TLSNone,TLSVnc,X509None,X509Vnc',
      '-rfbauth',
      file('xvnc.password', passwordFile('secret')),
      '-X509Cert',
      file('xvnc.pem', pki.server.cert),
      '-X509Key',
      file('xvnc.key', pki.server.key),
    ]);
  });
  after(async () => {
    await xvnc.close();
    pki.remove();
  });

  const login = async (
    accept: string,
    { password = 'secret', ca = pki.ca } = {},
  ): Promise<VncClient> =>
    connectClient({
      stream: await dial({ kind: 'unix', path: xvnc.path }),
      accept: parseSecurityList(accept),
      credentials: async () => ({ password: new Secret(password) }),
      tls: createTlsConnector({ serverName: 'localhost', ca }),
    });

  for (const name of ['VncAuth', 'TLSNone', 'TLSVnc', 'X509None', 'X509Vnc']) {
    it(`gets a picture through ${name}`, async () => {
      const client = await login(name);
      assert.equal(client.security.name, name);
      await client.events.once('damage');
      assert.deepEqual([client.framebuffer.width, client.framebuffer.height], [320, 200]);
      await client.close();
    });
  }

  it('is told that a password is wrong', async () => {
    await assert.rejects(login('X509Vnc', { password: 'guess' }), AuthenticationError);
  });

  it('gives no password to a server that it does not know', async () => {
    await assert.rejects(
      login('X509Vnc', { ca: pki.evilCa }),
      (error) => error instanceof SecurityError && error.code === ErrorCode.certificate,
    );
  });
});
