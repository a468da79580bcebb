/**
 * TLS as the protocol sees it, without cryptography: three bytes each way for the handshake, then every byte is XORed,
 * so that what was meant to be inside and what was meant to be clear cannot be taken for each other.
 */
import { ErrorCode, SecurityError } from '../../src/core/errors.ts';
import type {
  PeerCertificate,
  TlsAcceptor,
  TlsConnector,
  TlsInfo,
  TlsLayer,
  TlsUpgrade,
} from '../../src/security/tls-port.ts';
import { ByteReader } from '../../src/wire/byte-reader.ts';
import type { ByteStream } from '../../src/wire/byte-stream.ts';
import { toHex } from '../../src/wire/hex.ts';

export const clientHello = '160301';
export const serverHello = '160303';

const scramble = (bytes: Uint8Array): Uint8Array => bytes.map((byte) => byte ^ 0x5a);

function scrambled(stream: ByteStream, left: Uint8Array): ByteStream {
  let first: Uint8Array | null = left.length === 0 ? null : left;
  return {
    async read() {
      const chunk = first ?? (await stream.read());
      first = null;
      return chunk === null ? null : scramble(chunk);
    },
    write: (bytes) => stream.write(scramble(bytes)),
    get backlogBytes() {
      return stream.backlogBytes;
    },
    drained: (maxBytes) => stream.drained(maxBytes),
    end: () => stream.end(),
    destroy: (error) => stream.destroy(error),
    closed: stream.closed,
  };
}

/** Both ends of the fake handshake on a stream that is to be TLS from now on. */
export async function fakeHandshake(
  stream: ByteStream,
  role: 'client' | 'server',
): Promise<ByteStream> {
  const [mine, theirs] =
    role === 'client' ? [clientHello, serverHello] : [serverHello, clientHello];
  const reader = new ByteReader(stream);
  reader.phase = 'tls';
  if (role === 'client') stream.write(Buffer.from(mine, 'hex'));
  const got = toHex(await reader.bytes(3));
  if (got !== theirs) {
    stream.destroy();
    throw new SecurityError(`not TLS: ${got}`, { code: ErrorCode.tls, phase: 'tls' });
  }
  if (role === 'server') stream.write(Buffer.from(mine, 'hex'));
  return scrambled(stream, reader.take(reader.buffered).slice());
}

const upgrade = async (
  stream: ByteStream,
  layer: TlsLayer,
  role: 'client' | 'server',
  peerCertificate: PeerCertificate | undefined,
): Promise<TlsUpgrade> => {
  const info: TlsInfo = {
    layer,
    protocol: 'TLSv1.2',
    cipher: 'FAKE',
    ...(peerCertificate === undefined ? {} : { peerCertificate }),
  };
  return { stream: await fakeHandshake(stream, role), info };
};

export interface FakeTlsOptions {
  readonly layers?: readonly TlsLayer[];
  readonly verifyClient?: TlsAcceptor['verifyClient'];
  readonly peerCertificate?: PeerCertificate;
}

export function fakeAcceptor(options: FakeTlsOptions = {}): TlsAcceptor {
  return {
    layers: new Set(options.layers ?? ['anonymous', 'x509']),
    verifyClient: options.verifyClient ?? 'off',
    accept: (stream, layer) => upgrade(stream, layer, 'server', options.peerCertificate),
  };
}

export function fakeConnector(options: FakeTlsOptions = {}): TlsConnector {
  return {
    layers: new Set(options.layers ?? ['anonymous', 'x509']),
    connect: (stream, layer) => upgrade(stream, layer, 'client', options.peerCertificate),
  };
}

export const aliceCertificate: PeerCertificate = {
  distinguishedName: 'C=GB,O=Lab,CN=alice',
  distinguishedNameReversed: 'CN=alice,O=Lab,C=GB',
  subjectAltNames: [],
  fingerprint256: 'ab'.repeat(32),
  issuer: 'O=Lab,CN=Test CA',
  serialNumber: '01',
  verified: true,
};
