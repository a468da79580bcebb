import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { AuthenticationError, VncError } from '../../src/core/errors.ts';
import type { RfbVersion } from '../../src/rfb/version.ts';
import { fakeAuthenticator } from '../support/fake-authenticator.ts';
import { fakeAcceptor, fakeConnector } from '../support/fake-tls.ts';
import { join, testInit } from '../support/handshakes.ts';
import { credentialsOf } from '../support/security-contexts.ts';

const names = ['None', 'VncAuth', 'Plain', 'TLSNone', 'TLSVnc', 'TLSPlain'].concat([
  'X509None',
  'X509Vnc',
  'X509Plain',
  'X509SASL',
  'TLSSASL',
]);
const versions: readonly RfbVersion[] = ['3.3', '3.7', '3.8'];
const tls = { server: fakeAcceptor(), client: fakeConnector() };

describe('the handshake, both ends', () => {
  for (const version of versions) {
    for (const name of names) {
      // 3.3 has no VeNCrypt.
      if (version === '3.3' && name !== 'None' && name !== 'VncAuth') continue;
      const password = /(?:Plain|SASL)$/.test(name) ? 'open sesame' : 'sesame';

      for (const chunkBytes of [1, 1000]) {
        it(`${version} ${name}: agrees at both ends, ${chunkBytes} bytes at a time`, async () => {
          const [server, client] = await Promise.all(
            join(
              version,
              { security: name, tls: tls.server, chunkBytes },
              { security: name, tls: tls.client, credentials: credentialsOf('alice', password) },
            ),
          );
          for (const end of [server, client]) {
            assert.equal(end.version, version);
            assert.equal(end.security.name, name);
            assert.equal(end.shared, true);
            assert.deepEqual(end.init, testInit);
          }
          assert.deepEqual(server.security, client.security);
          server.reader.stream.write(Uint8Array.of(7));
          assert.equal(await client.reader.u8(), 7);
          client.reader.stream.write(Uint8Array.of(8));
          assert.equal(await server.reader.u8(), 8);
        });
      }

      it(`${version} ${name}: ends at both ends when the viewer is denied`, async () => {
        const authenticator = fakeAuthenticator({ anyone: false, vncPasswords: [] });
        const [server, client] = join(
          version,
          { security: name, tls: tls.server, authenticator },
          { security: name, tls: tls.client, credentials: credentialsOf('bob', 'x') },
        );
        await assert.rejects(server, AuthenticationError);
        // Before 3.8 nothing can be said about None: the server just closes.
        const silent = name === 'None' && version !== '3.8';
        await assert.rejects(client, silent ? VncError : AuthenticationError);
      });
    }
  }

  it('takes the strongest type that both allow', async () => {
    const [server, client] = await Promise.all(
      join(
        '3.8',
        { tls: tls.server },
        { security: 'TLSVnc,X509Vnc,VncAuth,None', tls: tls.client },
      ),
    );
    assert.equal(server.security.name, 'X509Vnc');
    assert.equal(client.security.name, 'X509Vnc');
  });

  it('passes the wish to be alone on', async () => {
    const [server] = await Promise.all(
      join('3.8', { security: 'None' }, { security: 'None', shared: false }),
    );
    assert.equal(server.shared, false);
  });
});
