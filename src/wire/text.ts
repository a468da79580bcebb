/** Text on the wire: UTF-8 for names and reasons, Latin-1 for the classic clipboard. */
const encoder = new TextEncoder();
const lenient = new TextDecoder('utf-8', { ignoreBOM: true });

export const utf8 = (text: string): Uint8Array => encoder.encode(text);

/** Malformed bytes become U+FFFD: a peer's text is shown, never trusted. */
export const fromUtf8 = (bytes: Uint8Array): string => lenient.decode(bytes);

/** RFB 7.5.6: ISO 8859-1; characters outside it become `?`. */
export function latin1(text: string): Uint8Array {
  const points = Array.from(text);
  return Uint8Array.from(points, (point) => {
    const code = point.codePointAt(0) ?? 63;
    return code < 256 ? code : 63;
  });
}

export function fromLatin1(bytes: Uint8Array): string {
  let text = '';
  for (let at = 0; at < bytes.length; at += 8192) {
    text += String.fromCharCode(...bytes.subarray(at, at + 8192));
  }
  return text;
}

/** Removes control characters, so that a peer's words can stand in a log line or a terminal. */
export function printable(text: string, maxLength = 256): string {
  const clean = text.replace(/\p{Cc}|[\u2028\u2029\u202a-\u202e\u2066-\u2069]/gu, '\u00b7');
  return clean.length > maxLength ? `${clean.slice(0, maxLength)}…` : clean;
}
