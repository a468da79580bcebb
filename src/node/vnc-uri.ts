/**
 * RFC 7869: `vnc://host:port?VncUsername=…&ViewOnly=true`. The port is as it is, never a display. Read by connect().
 *
 * What asks for a tunnel is refused, because to connect without it would be unsafe; ColorLevel, SaveConnection and what
 * nobody knows are wishes to programs with windows, and are left alone. Parameters stand once, in any case of letters.
 */
import { Secret } from '../core/secret.ts';
import { parseAddress, type Address } from './address.ts';

export interface VncUri {
  readonly address: Address;
  readonly connectionName?: string;
  readonly username?: string;
  readonly password?: Secret;
  /** RFB's number of a security type. */
  readonly securityType?: number;
  readonly viewOnly?: boolean;
  /** SHA-256 of the server's certificate, in hexadecimal. */
  readonly fingerprint256?: string;
}

/** RFC 7869, ChannelType. */
const ChannelType = { Tcp: '1' } as const;
/** RFC 7869, IdHashAlgorithm: MD5 is 1, SHA-1 is 2. */
const Sha256 = '4';

export const isVncUri = (text: string): boolean => /^vnc:\/\//i.test(text);

/** Throws TypeError with one sentence, which does not quote the query: it may hold a password. */
export function parseVncUri(text: string): VncUri {
  const withoutFragment = text.replace(/#.*$/s, '');
  const queryAt = withoutFragment.indexOf('?');
  const place = queryAt === -1 ? withoutFragment : withoutFragment.slice(0, queryAt);
  const parameters = parseQuery(queryAt === -1 ? '' : withoutFragment.slice(queryAt + 1));
  if (place.includes('@'))
    throw new TypeError('a vnc:// address names the user in its query, as VncUsername');
  const address = parseAddress(place.replace(/^vnc:/i, 'vnc:'), 'connect');

  const channel = parameters.get('channeltype');
  const tunnel = Array.from(parameters.keys()).some((name) => name.startsWith('ssh'));
  if (tunnel || (channel !== undefined && channel !== ChannelType.Tcp))
    throw new TypeError(
      'the vnc:// address asks for a tunnel, and there is none here: open it with ssh -L and connect to its near end',
    );
  const connectionName = parameters.get('connectionname');
  const username = parameters.get('vncusername');
  const password = parameters.get('vncpassword');
  const securityType = parameters.get('securitytype');
  const viewOnly = parameters.get('viewonly');
  const fingerprint256 = pinOf(parameters.get('idhash'), parameters.get('idhashalgorithm'));
  return {
    address,
    ...(connectionName === undefined ? {} : { connectionName }),
    ...(username === undefined ? {} : { username }),
    ...(password === undefined ? {} : { password: new Secret(password) }),
    ...(securityType === undefined ? {} : { securityType: numberOf(securityType) }),
    ...(viewOnly === undefined ? {} : { viewOnly: booleanOf(viewOnly) }),
    ...(fingerprint256 === undefined ? {} : { fingerprint256 }),
  };
}

/** By name in lower case. Empty values are as good as none. */
function parseQuery(query: string): ReadonlyMap<string, string> {
  const parameters = new Map<string, string>();
  for (const part of query.split('&')) {
    const [name = '', ...rest] = part.split('=');
    const key = decoded(name).toLowerCase();
    const value = decoded(rest.join('='));
    if (key === '' || value === '') continue;
    if (parameters.has(key))
      throw new TypeError(`the vnc:// address has the parameter ${JSON.stringify(key)} twice`);
    parameters.set(key, value);
  }
  return parameters;
}

/** RFC 3986: a `+` is a plus. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new TypeError('the vnc:// address has a percent sign that is not percent-encoding');
  }
}

function numberOf(text: string): number {
  if (!/^\d{1,3}$/.test(text))
    throw new TypeError('the vnc:// address has a SecurityType that is not a number of RFB');
  return Number(text);
}

function booleanOf(text: string): boolean {
  const word = text.toLowerCase();
  if (word !== 'true' && word !== 'false')
    throw new TypeError('the vnc:// address has a ViewOnly that is neither true nor false');
  return word === 'true';
}

function pinOf(hash: string | undefined, algorithm: string | undefined): string | undefined {
  if (hash === undefined) return undefined;
  if (algorithm !== undefined && algorithm !== Sha256)
    throw new TypeError(
      'the vnc:// address has an IdHash of MD5 or SHA-1, which prove nothing: SHA-256 is IdHashAlgorithm=4',
    );
  const pin = hash.replaceAll(/[:\s-]/g, '').toLowerCase();
  if (!/^[0-9a-f]{64}$/.test(pin))
    throw new TypeError('the vnc:// address has an IdHash that is not a SHA-256 in hexadecimal');
  return pin;
}
