import { after } from 'node:test';
import { createTlsAcceptor } from '../../src/node/tls-acceptor.ts';
import { createTlsConnector } from '../../src/node/tls-connector.ts';
import { memoryPair } from '../../src/wire/memory-pair.ts';
import { describeByteStream } from '../conformance/byte-stream.ts';
import { secure, tcpPair, unixPair, type Pair } from '../support/socket-pair.ts';
import { makeTestPki } from '../support/test-pki.ts';

const pki = makeTestPki();
after(() => pki.remove());

const acceptor = createTlsAcceptor({ x509: pki.server, anonymous: true, maxVersion: 'TLSv1.3' });
const connector = createTlsConnector({ serverName: 'localhost', ca: pki.ca });
const tls = async (pair: Pair, layer: 'x509' | 'anonymous'): Promise<Pair> => {
  const { client, server } = await secure(pair, connector, acceptor, layer);
  return [client, server];
};

describeByteStream('TCP', () => tcpPair());
describeByteStream('a unix socket', () => unixPair());
describeByteStream('TLS 1.3 over TCP', async () => tls(await tcpPair(), 'x509'));
describeByteStream('anonymous TLS 1.2 over TCP', async () => tls(await tcpPair(), 'anonymous'));
describeByteStream('TLS over a pair in memory', () => tls(memoryPair(), 'x509'));
