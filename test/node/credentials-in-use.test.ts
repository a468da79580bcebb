import assert from 'node:assert/strict';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { connect, createServer, type TLSSocket } from 'node:tls';
import { X509Certificate } from 'node:crypto';
import {
  createAuthority,
  issueClientCertificate,
  issueRevocationList,
  issueServerCertificate,
  type CertifiedKey,
} from '../../src/node/certificate-authority.ts';
import { loadTlsCredentials, type LoadedCredentials } from '../../src/node/credential-files.ts';
import { temporaryDirectory } from './command.ts';

describe('loaded credentials in a TLS server', () => {
  let loaded: LoadedCredentials;
  const clients: Record<string, CertifiedKey> = {};
  const dir = temporaryDirectory({ after });
  before(async () => {
    const [first, second, stranger] = await Promise.all(
      ['CN=first', 'CN=second', 'CN=stranger'].map((subject) => createAuthority({ subject })),
    );
    assert.ok(first && second && stranger);
    const lists = [];
    for (const authority of [first, second]) {
      const name = authority === first ? 'first' : 'second';
      const good = await issueClientCertificate(authority, `CN=good of ${name}`);
      const bad = await issueClientCertificate(authority, `CN=revoked of ${name}`);
      const { serialNumber } = new X509Certificate(bad.cert);
      lists.push(await issueRevocationList(authority, [{ serialNumber }], { number: 1n }));
      Object.assign(clients, { [`good of ${name}`]: good, [`revoked of ${name}`]: bad });
    }
    clients['stranger'] = await issueClientCertificate(stranger, 'CN=stranger');
    const server = await issueServerCertificate(first, ['localhost']);
    clients['server as client'] = server;
    const files = {
      'ca-cert': first.cert + second.cert,
      'ca-crl': lists.join(''),
      'server-cert': server.cert,
      'server-key': server.key,
    };
    for (const [name, text] of Object.entries(files)) writeFileSync(join(dir, `${name}.pem`), text);
    loaded = await loadTlsCredentials({ dir }, { needCa: true });
  });

  /** What the server thinks of a client; the client verifies the server by name. */
  async function verdict(client: CertifiedKey): Promise<string> {
    const { cert, key, ca = '', crls = [] } = loaded;
    const options = { cert, key, ca, crl: [...crls], requestCert: true, rejectUnauthorized: false };
    const server = createServer(options).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const accepted = once(server, 'secureConnection') as Promise<[TLSSocket]>;
    const socket = connect({ port, host: '127.0.0.1', servername: 'localhost', ca, ...client });
    await once(socket, 'secureConnect');
    assert.equal(socket.authorized, true);
    const [peer] = await accepted;
    const answer = peer.authorized ? 'authorized' : String(peer.authorizationError);
    socket.destroy();
    peer.destroy();
    server.close();
    await once(server, 'close');
    return answer;
  }

  const rows: [client: string, answer: string][] = [
    ['good of first', 'authorized'],
    ['good of second', 'authorized'],
    ['revoked of first', 'CERT_REVOKED'],
    ['revoked of second', 'CERT_REVOKED'],
    ['stranger', 'UNABLE_TO_VERIFY_LEAF_SIGNATURE'],
    ['server as client', 'INVALID_PURPOSE'],
  ];
  for (const [client, answer] of rows)
    it(`find "${client}" ${answer}`, async () => {
      const certified = clients[client];
      assert.ok(certified);
      assert.equal(await verdict(certified), answer);
    });
});
