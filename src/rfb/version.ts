/** RFB 7.1.1: the twelve bytes `RFB xxx.yyy\n`, and what each version is answered as. */
import { ErrorCode, ProtocolError } from '../core/errors.ts';
import { utf8, fromLatin1, printable } from '../wire/text.ts';

/** The versions that are spoken; all others map onto these. */
export type RfbVersion = '3.3' | '3.7' | '3.8';

export const versionSize = 12;

export const versionBytes = (version: RfbVersion): Uint8Array =>
  utf8(`RFB 00${version[0]}.00${version[2]}\n`);

/**
 * Reads a version message, strictly: three digits each, the terminator checked. Throws ProtocolError
 * (ERR_VNC_VERSION) on anything else.
 *
 * 3.3, 3.4 and 3.5 are 3.3 (4 and 5 were never released); 3.6 (UltraVNC's viewers) too; 3.7 is 3.7; 3.889 (Apple
 * Remote Desktop) and everything above 3.8 are 3.8.
 */
export function parseVersion(bytes: Uint8Array): RfbVersion {
  const match = /^RFB ([0-9]{3})\.([0-9]{3})\n$/.exec(fromLatin1(bytes));
  if (match === null) {
    throw new ProtocolError(
      `not an RFB version: ${JSON.stringify(printable(fromLatin1(bytes), 24))}`,
      {
        code: ErrorCode.version,
        phase: 'version',
      },
    );
  }
  const major = Number(match[1]);
  const minor = Number(match[2]);
  if (major < 3 || (major === 3 && minor < 3)) {
    throw new ProtocolError(`RFB version ${major}.${minor} is older than 3.3`, {
      code: ErrorCode.version,
      phase: 'version',
      got: `${major}.${minor}`,
    });
  }
  if (major > 3) return '3.8';
  if (minor <= 6) return '3.3';
  return minor === 7 ? '3.7' : '3.8';
}
