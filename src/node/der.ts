/**
 * A reader for DER (X.690), as far as certificates and revocation lists need it; used by the files about certificates.
 * Not asn1js: that stops at 10 000 nodes, which a revocation list of two thousand entries exceeds.
 */
import { SecurityError, ErrorCode } from '../core/errors.ts';

/** Tags that are met in certificates (class and constructed bit included). */
export const DerTag = {
  Boolean: 0x01,
  Integer: 0x02,
  BitString: 0x03,
  OctetString: 0x04,
  ObjectIdentifier: 0x06,
  Utf8String: 0x0c,
  PrintableString: 0x13,
  TeletexString: 0x14,
  Ia5String: 0x16,
  UtcTime: 0x17,
  GeneralizedTime: 0x18,
  UniversalString: 0x1c,
  BmpString: 0x1e,
  Sequence: 0x30,
  Set: 0x31,
} as const;

/** One element: `raw` with its header, `content` without. Both are views. */
export interface DerElement {
  readonly tag: number;
  readonly raw: Uint8Array;
  readonly content: Uint8Array;
}

const broken = (what: string): SecurityError =>
  new SecurityError(`broken DER: ${what}`, { code: ErrorCode.certificate });

/** Reads the element that starts at `offset`. Throws SecurityError (ERR_VNC_CERTIFICATE) when it does not fit. */
function readAt(bytes: Uint8Array, offset: number): DerElement {
  const tag = bytes[offset];
  const first = bytes[offset + 1];
  if (tag === undefined || first === undefined) throw broken('header cut short');
  if ((tag & 0x1f) === 0x1f) throw broken('tag number above 30');
  let length = first;
  let start = offset + 2;
  if (first >= 0x80) {
    const count = first & 0x7f;
    // 0x80 alone is BER's indefinite length; four bytes are more than any certificate or list has.
    if (count === 0 || count > 4) throw broken('length form');
    length = 0;
    for (let i = 0; i < count; i++) {
      const byte = bytes[start + i];
      if (byte === undefined) throw broken('length cut short');
      length = length * 256 + byte;
    }
    start += count;
  }
  if (!(start + length <= bytes.length)) throw broken('content cut short');
  return {
    tag,
    raw: bytes.subarray(offset, start + length),
    content: bytes.subarray(start, start + length),
  };
}

/** The one element that fills `bytes`. */
export function readDer(bytes: Uint8Array, tag?: number): DerElement {
  const element = readAt(bytes, 0);
  if (element.raw.length !== bytes.length) throw broken('bytes after the end');
  return expectTag(element, tag);
}

/** The elements inside a constructed one. */
export function derChildren(parent: DerElement, tag?: number): DerElement[] {
  expectTag(parent, tag);
  const children: DerElement[] = [];
  for (let offset = 0; offset < parent.content.length; ) {
    const child = readAt(parent.content, offset);
    children.push(child);
    offset += child.raw.length;
  }
  return children;
}

/** The element itself, if it is there and has the tag. */
export function expectTag(element: DerElement | undefined, tag?: number): DerElement {
  if (element === undefined) throw broken('element missing');
  if (tag !== undefined && element.tag !== tag)
    throw broken(`tag ${element.tag} where ${tag} is due`);
  return element;
}

/** `2.5.4.3`. */
export function derOid(element: DerElement | undefined): string {
  const { content } = expectTag(element, DerTag.ObjectIdentifier);
  const arcs: bigint[] = [];
  let arc = 0n;
  let open = true;
  for (const byte of content) {
    arc = (arc << 7n) | BigInt(byte & 0x7f);
    open = (byte & 0x80) !== 0;
    if (!open) {
      arcs.push(arc);
      arc = 0n;
    }
    if (arc > 1n << 128n) throw broken('object identifier arc');
  }
  const first = arcs.shift();
  if (first === undefined || open) throw broken('object identifier cut short');
  const root = first < 80n ? first / 40n : 2n;
  return [root, first - root * 40n, ...arcs].join('.');
}

/** UTCTime or GeneralizedTime in the form that RFC 5280 4.1.2.5 demands. */
export function derTime(element: DerElement | undefined): Date {
  const { tag, content } = expectTag(element);
  const text = String.fromCharCode(...content.subarray(0, 32));
  const parts = /^(\d{2}|\d{4})(\d{2})(\d{2})(\d{2})(\d{2})(\d{2})Z$/.exec(text);
  const year = parts?.[1];
  if (parts === null || year === undefined) throw broken('time');
  if ((tag === DerTag.UtcTime ? 2 : 4) !== year.length) throw broken('time');
  const century = tag === DerTag.UtcTime ? (Number(year) < 50 ? 2000 : 1900) : 0;
  const [month = 0, day = 0, hour = 0, minute = 0, second = 0] = parts.slice(2).map(Number);
  return new Date(Date.UTC(century + Number(year), month - 1, day, hour, minute, second));
}

/** Text of a directory string, or undefined when it is none or not valid in its own alphabet. */
export function derText({ tag, content }: DerElement): string | undefined {
  try {
    switch (tag) {
      case DerTag.Utf8String:
        return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(content);
      case DerTag.PrintableString:
      case DerTag.Ia5String:
      case DerTag.TeletexString:
        // T.61 beyond ASCII has no agreed reading, so such a value is left as bytes.
        return content.every((byte) => byte < 0x80) ? String.fromCharCode(...content) : undefined;
      case DerTag.BmpString:
        return codePoints(content, 2);
      case DerTag.UniversalString:
        return codePoints(content, 4);
      default:
        return undefined;
    }
  } catch {
    return undefined;
  }
}

function codePoints(content: Uint8Array, width: number): string | undefined {
  if (content.length % width !== 0) return undefined;
  let text = '';
  for (let i = 0; i < content.length; i += width) {
    const code = content.subarray(i, i + width).reduce((sum, byte) => sum * 256 + byte, 0);
    if (code >= 0xd800 && code < 0xe000) return undefined;
    text += String.fromCodePoint(code);
  }
  return text;
}
