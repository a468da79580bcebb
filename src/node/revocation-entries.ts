/**
 * What a revocation list (RFC 5280 section 5) says, of any length: serial numbers, dates, reasons and the list's own number.
 * Used when a directory of certificates is taken over that has a list and no record of its own.
 */
import {
  revocationReasons,
  type Revocation,
  type RevocationReason,
} from './certificate-authority.ts';
import {
  DerTag,
  derChildren,
  derOid,
  derTime,
  expectTag,
  readDer,
  type DerElement,
} from './der.ts';
import { serialText } from './peer-certificate.ts';

export interface RevocationEntries {
  /** 0 for a list without one. */
  readonly number: bigint;
  readonly nextUpdate: Date | undefined;
  readonly revoked: readonly Revocation[];
}

const OID_CRL_NUMBER = '2.5.29.20';
const OID_REASON = '2.5.29.21';
const TAG_EXTENSIONS = 0xa0;
const TAG_ENUMERATED = 0x0a;

/** CRLReason's numbers, of those reasons that we give ourselves. */
const reasonNumbers: Readonly<Record<RevocationReason, number>> = {
  keyCompromise: 1,
  affiliationChanged: 3,
  superseded: 4,
  cessationOfOperation: 5,
};

/** Throws SecurityError (ERR_VNC_CERTIFICATE) on DER that is no list. */
export function readRevocationEntries(der: Uint8Array): RevocationEntries {
  const [tbs] = derChildren(readDer(der), DerTag.Sequence);
  const fields = derChildren(expectTag(tbs), DerTag.Sequence);
  const isTime = ({ tag }: DerElement): boolean =>
    tag === DerTag.UtcTime || tag === DerTag.GeneralizedTime;
  const [, next] = fields.filter(isTime);
  // The algorithm and the issuer stand before the dates, the entries behind them.
  const behind = fields.slice(fields.findLastIndex(isTime) + 1);
  const entries = behind.find(({ tag }) => tag === DerTag.Sequence);
  const wrapper = behind.find(({ tag }) => tag === TAG_EXTENSIONS);
  const number = extensionsOf(wrapper && readDer(wrapper.content)).get(OID_CRL_NUMBER);
  return {
    number: number === undefined ? 0n : integerOf(readDer(number, DerTag.Integer)),
    nextUpdate: next === undefined ? undefined : derTime(next),
    revoked: entries === undefined ? [] : derChildren(entries).map(readEntry),
  };
}

function readEntry(entry: DerElement): Revocation {
  const [serial, date, more] = derChildren(entry, DerTag.Sequence);
  const code = extensionsOf(more).get(OID_REASON);
  const number = code === undefined ? 0 : readDer(code, TAG_ENUMERATED).content[0];
  const reason = revocationReasons.find((name) => reasonNumbers[name] === number);
  return {
    serialNumber: serialText(expectTag(serial, DerTag.Integer)),
    date: derTime(date),
    ...(reason === undefined ? {} : { reason }),
  };
}

function extensionsOf(list: DerElement | undefined): ReadonlyMap<string, Uint8Array> {
  const extensions = new Map<string, Uint8Array>();
  for (const extension of list === undefined ? [] : derChildren(list, DerTag.Sequence)) {
    const parts = derChildren(extension, DerTag.Sequence);
    extensions.set(derOid(parts[0]), expectTag(parts.at(-1), DerTag.OctetString).content);
  }
  return extensions;
}

const integerOf = ({ content }: DerElement): bigint =>
  BigInt(`0x${Buffer.from(content).toString('hex') || '0'}`);
