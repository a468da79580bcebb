/**
 * RFB 7.1.3 SecurityResult and the failure reasons of 7.1.2: what they look like in each version, both directions.
 * @rfb handshake - SecurityResult | with a reason in 3.8; none after type None before 3.8
 */
import { AuthenticationError, ClosedError, ProtocolError } from '../core/errors.ts';
import { checkLimit, type Limits } from '../core/limits.ts';
import { SecurityResult, SecurityTypeNumber } from '../rfb/constants.ts';
import type { RfbVersion } from '../rfb/version.ts';
import type { SecurityOutcome } from '../security/security-type.ts';
import type { ByteReader } from '../wire/byte-reader.ts';
import type { ByteStream } from '../wire/byte-stream.ts';
import { ByteWriter } from '../wire/byte-writer.ts';
import { fromUtf8, printable, utf8 } from '../wire/text.ts';

/** Before 3.8 there is no result after None, except inside VeNCrypt. */
export const hasSecurityResult = (
  version: RfbVersion,
  type: number,
  outcome: SecurityOutcome,
): boolean =>
  version === '3.8' || type !== SecurityTypeNumber.None || outcome.alwaysResult === true;

export function sendSecurityOk(stream: ByteStream): void {
  new ByteWriter().u32(SecurityResult.Ok).send(stream);
}

/** Only 3.8 has room for the reason. */
export function sendSecurityFailed(stream: ByteStream, version: RfbVersion, reason: string): void {
  const w = new ByteWriter().u32(SecurityResult.Failed);
  if (version === '3.8') writeReason(w, reason);
  w.send(stream);
}

/** `u32 length, text`, without the NUL that QEMU adds. */
export function writeReason(w: ByteWriter, reason: string): void {
  const text = utf8(reason);
  w.u32(text.length).bytes(text);
}

/** Throws AuthenticationError with the server's words unless the result is 0. */
export async function receiveSecurityResult(
  reader: ByteReader,
  version: RfbVersion,
  limits: Limits,
): Promise<void> {
  const result = await reader.u32();
  if (result === SecurityResult.Ok) return;
  if (result !== SecurityResult.Failed && result !== SecurityResult.TooManyAttempts) {
    throw new ProtocolError(`SecurityResult is ${result}`, {
      field: 'SecurityResult',
      got: result,
      phase: 'authentication',
    });
  }
  const reason = version === '3.8' ? await receiveReason(reader, limits) : '';
  const tooMany = result === SecurityResult.TooManyAttempts;
  const fallback = tooMany ? 'too many attempts' : 'authentication failed';
  throw new AuthenticationError(`the server refused the login: ${reason || fallback}`, {
    tooMany,
    ...(reason === '' ? {} : { peerReason: reason }),
  });
}

/** The server's words, safe to print; empty when it closes without any, as QEMU does. Throws LimitError. */
export async function receiveReason(reader: ByteReader, limits: Limits): Promise<string> {
  try {
    const length = checkLimit(limits, 'maxReasonBytes', await reader.u32());
    return printable(fromUtf8(await reader.view(length)).replace(/\0+$/, ''));
  } catch (error) {
    if (error instanceof ClosedError) return '';
    throw error;
  }
}
