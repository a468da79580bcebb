/**
 * Which pages may open a WebSocket (RFC 6454, RFC 6455 section 10.2). A browser lets any page on the web connect to any
 * address it can reach, loopback too, and sends its Origin along: that is all that tells ours from theirs. Used by the
 * WebSocket listener. A program sends no Origin, and is let through: it could send any.
 */
import { isIP } from 'node:net';

/** Reads `https://console.example[:PORT]`. Throws TypeError with one sentence. */
export function parseOrigin(text: string): string {
  const origin = originOf(text);
  if (origin === undefined || /[/?#]$/.test(text.replace(/^\w+:\/\//, '')))
    throw new TypeError(
      `origin ${JSON.stringify(text)} is not http://host or https://host, with or without a port`,
    );
  return origin;
}

export interface OriginRequest {
  readonly origin: string | undefined;
  readonly host: string | undefined;
  readonly encrypted: boolean;
}

/** Why a request must not go on, for our log, or undefined. */
export function originFault(
  { origin, host, encrypted }: OriginRequest,
  allowed: ReadonlySet<string>,
): string | undefined {
  if (origin === undefined) return undefined;
  const page = originOf(origin);
  if (page !== undefined && allowed.has(page)) return undefined;
  const own =
    host === undefined ? undefined : originOf(`${encrypted ? 'https' : 'http'}://${host}`);
  if (page === undefined || page !== own)
    return `a page of ${JSON.stringify(origin)} is not allowed`;
  // A name that somebody points at our address a moment later (DNS rebinding) is in Host and Origin alike. A certificate
  // would not be of that name; without one, only what no name server answers for can be believed.
  if (!encrypted && !isLiteral(new URL(page).hostname))
    return `a page of ${JSON.stringify(origin)} is of the same name, which proves nothing without TLS`;
  return undefined;
}

const isLiteral = (hostname: string): boolean =>
  hostname === 'localhost' || isIP(hostname.replace(/^\[|\]$/g, '')) !== 0;

/** Scheme, host and port in one spelling, or undefined. */
function originOf(text: string): string | undefined {
  if (!/^https?:\/\/[^\s/?#@\\]+$/i.test(text)) return undefined;
  try {
    return new URL(text).origin;
  } catch {
    return undefined;
  }
}
