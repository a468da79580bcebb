/**
 * The beginning of RFB as the doctor speaks it: one step a function, no credentials, and nothing that a lenient client
 * would paper over. Used by rfb-probes.ts and tls-probes.ts.
 */
import type { ConnectionOptions, TLSSocket } from 'node:tls';
import { AuthenticationError, ClosedError, ErrorCode, ProtocolError } from '../../core/errors.ts';
import { checkLimit, defaultLimits } from '../../core/limits.ts';
import { SecurityTypeNumber } from '../../rfb/constants.ts';
import { parseVersion, versionBytes, versionSize, type RfbVersion } from '../../rfb/version.ts';
import { securityTypeName } from '../../security/names.ts';
import type { ByteReader } from '../../wire/byte-reader.ts';
import { fromLatin1, fromUtf8, printable } from '../../wire/text.ts';
import { secure } from '../tls-connector.ts';

/** The server's `003.008`. Throws ProtocolError on what is not RFB. */
export async function readGreeting(reader: ByteReader): Promise<string> {
  const bytes = await reader.bytes(versionSize);
  parseVersion(bytes);
  return fromLatin1(bytes).slice(4, 11);
}

/** RFB 7.1.2. Throws AuthenticationError (ERR_VNC_REFUSED) where the server gives a reason instead of types. */
export async function askTypes(reader: ByteReader, version: RfbVersion): Promise<number[]> {
  reader.stream.write(versionBytes(version));
  if (version === '3.3') {
    const type = await reader.u32();
    return type === SecurityTypeNumber.Invalid ? refused(reader) : [type];
  }
  const count = await reader.u8();
  return count === 0 ? refused(reader) : Array.from(await reader.bytes(count));
}

/** RFB 7.1.2's refusal, which some servers send without waiting for our version. */
export async function refused(reader: ByteReader): Promise<never> {
  throw new AuthenticationError(await readReason(reader), {
    code: ErrorCode.refused,
    phase: 'security',
  });
}

/** QEMU closes without one. */
async function readReason(reader: ByteReader): Promise<string> {
  try {
    const length = await reader.u32();
    checkLimit(defaultLimits, 'maxReasonBytes', length);
    const text = printable(fromUtf8(await reader.bytes(length)).replace(/\0+$/, ''));
    return text === '' ? 'no reason given' : text;
  } catch (error) {
    if (error instanceof ClosedError) return 'no reason given';
    throw error;
  }
}

/** VeNCrypt 0.2 up to the list of sub-types. */
export async function openVeNCrypt(reader: ByteReader): Promise<number[]> {
  reader.stream.write(Uint8Array.of(SecurityTypeNumber.VeNCrypt));
  const version = await reader.cursor(2);
  const [major, minor] = [version.u8(), version.u8()];
  if (major !== 0 || minor < 2)
    throw new ProtocolError(`VeNCrypt ${major}.${minor} is not spoken here`);
  reader.stream.write(Uint8Array.of(0, 2));
  const acknowledged = await reader.u8();
  if (acknowledged !== 0)
    throw new ProtocolError('the server does not take VeNCrypt 0.2, which it offered');
  const count = await reader.u8();
  const list = await reader.cursor(4 * count);
  return Array.from({ length: count }, () => list.u32());
}

/** Chooses a TLS sub-type, with `behind` in clear in the same segment. Resolves when the server is ready for TLS. */
export async function chooseSubtype(
  reader: ByteReader,
  subtype: number,
  behind: readonly number[] = [],
): Promise<void> {
  const word = [subtype >>> 24, subtype >>> 16, subtype >>> 8, subtype].map((byte) => byte & 255);
  reader.stream.write(Uint8Array.of(...word, ...behind));
  if ((await reader.u8()) !== 1)
    throw new ProtocolError(`the server refuses ${securityTypeName(subtype)}, which it offered`);
}

/** TLS over the connection, whoever answers: nothing is told to this server, so that nothing needs to be verified. */
export async function startTls(reader: ByteReader, options: ConnectionOptions): Promise<TLSSocket> {
  reader.assertEmptyBeforeTls();
  const socket = await secure(reader.stream, { ...options, rejectUnauthorized: false });
  // What comes later has no one to tell.
  socket.on('error', () => undefined);
  return socket;
}
