import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { ServerEstablished } from '../../src/handshake/established.ts';
import { nativeFormat } from '../../src/rfb/pixel-format.ts';
import { allRights } from '../../src/security/identity.ts';
import { viewerInfo } from '../../src/server/viewer-info.ts';
import { ByteReader } from '../../src/wire/byte-reader.ts';
import { memoryPair } from '../../src/wire/memory-pair.ts';

const peer = { address: '10.0.0.1:5', host: '10.0.0.1', local: false };

function established(verified: boolean): ServerEstablished {
  return {
    reader: new ByteReader(memoryPair()[0]),
    version: '3.8',
    security: {
      type: 19,
      subtype: 261,
      name: 'X509Vnc',
      tlsInfo: {
        layer: 'x509',
        protocol: 'TLSv1.2',
        cipher: 'ECDHE-ECDSA-AES256-GCM-SHA384',
        peerCertificate: {
          distinguishedName: 'C=GB,CN=alice',
          distinguishedNameReversed: 'CN=alice,C=GB',
          subjectAltNames: [],
          fingerprint256: '00',
          issuer: 'O=Lab,CN=Test CA',
          serialNumber: '1',
          verified,
        },
      },
    },
    init: { width: 1, height: 1, format: nativeFormat, name: '' },
    shared: true,
    identity: { name: 'password', rights: allRights },
  };
}

describe('viewerInfo', () => {
  it('says what protects a viewer, and the name of its verified certificate', () => {
    assert.deepEqual(viewerInfo(7, peer, established(true)), {
      id: 7,
      address: '10.0.0.1:5',
      name: 'password',
      version: '3.8',
      security: 'X509Vnc',
      tls: 'TLSv1.2 ECDHE-ECDSA-AES256-GCM-SHA384',
      distinguishedName: 'C=GB,CN=alice',
      certificate: established(true).security.tlsInfo?.peerCertificate,
      rights: allRights,
    });
  });

  it('leaves out a name that was not verified: it is a mere claim', () => {
    const info = viewerInfo(7, peer, established(false));
    assert.deepEqual([info.distinguishedName, info.certificate], [undefined, undefined]);
  });
});
