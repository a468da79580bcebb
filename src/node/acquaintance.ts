/**
 * What a connection owes to those before it: the certificate that the server had, and the weakest type that was used. The
 * client never falls back behind either. Used by connect() with `knownServers`.
 */
import { ErrorCode, SecurityError } from '../core/errors.ts';
import type { SecuritySummary } from '../handshake/established.ts';
import {
  describeProtection,
  parseSecurityList,
  securityNames,
  type SecurityOffer,
} from '../security/policy.ts';
import { formatAddress, type Address } from './address.ts';
import {
  findServer,
  knownServersFile,
  rememberServer,
  type KnownServersOptions,
} from './known-servers.ts';

export interface Acquaintance {
  /** Of the certificate that it had. */
  readonly pin: string | undefined;
  /** Whatever certificate it has is believed, and remembered. */
  readonly believes: boolean;
  /** What is left of it: nothing weaker than what was used before. Throws SecurityError (ERR_VNC_POLICY). */
  readonly narrow: (accept: SecurityOffer) => SecurityOffer;
  /** The error of a connection that failed, with what is known of the server. */
  readonly explain: (error: unknown) => unknown;
  /** Keeps what is new. */
  readonly remember: (security: SecuritySummary, insideTls: boolean) => Promise<void>;
}

/** Strongest first. Plain by itself is a password in clear text. */
const strength: readonly string[] = [...securityNames.filter((name) => name !== 'Plain'), 'Plain'];

/** With no options: a server that was never met, and is not remembered. `isProven`: by what the caller named. */
export async function recall(
  address: Address | undefined,
  options: KnownServersOptions | undefined,
  isProven: boolean,
): Promise<Acquaintance> {
  if (address === undefined || options === undefined) return stranger;
  const file = knownServersFile(options);
  const name = formatAddress(address);
  const known = await findServer(file, address);
  if (known === undefined) {
    if (options.trustFirst !== true) return stranger;
    return {
      ...stranger,
      believes: !isProven,
      remember: (security, insideTls) =>
        rememberServer(file, address, {
          weakest: insideTls ? insideX509(security.name) : security.name,
          ...(isProven ? {} : printOf(security)),
        }),
    };
  }
  const { weakest } = known;
  const pin = isProven ? undefined : known.fingerprint256;
  const forget = `if it was changed on purpose, take the line of ${name} out of ${file}; if not, something poses as it`;
  return {
    ...stranger,
    pin,
    narrow: (accept) => {
      const names = describeProtection(accept).map((each) => each.name);
      const left = names.filter((each) => strength.indexOf(each) <= strength.indexOf(weakest));
      if (left.length > 0) return parseSecurityList(left.join(','));
      throw new SecurityError(
        `${name} is known with ${weakest}, and ${names.join(', ')} would be weaker`,
        {
          code: ErrorCode.policy,
          phase: 'connect',
          cure: `name ${weakest} with the option \`security\`, or take the line of ${name} out of ${file}`,
        },
      );
    },
    explain: (error) => {
      if (!(error instanceof SecurityError)) return error;
      const { code, message, phase, cause = error } = error;
      const told = { code, cause, cure: forget, ...(phase === undefined ? {} : { phase }) };
      if (code === ErrorCode.certificate && pin !== undefined)
        return new SecurityError(`${name} has another certificate than before: ${message}`, told);
      if (code === ErrorCode.noCommonType)
        return new SecurityError(
          `${name} is known with ${weakest}, and offers nothing as strong: ${message}`,
          told,
        );
      return error;
    },
  };
}

const stranger: Acquaintance = {
  pin: undefined,
  believes: false,
  narrow: (accept) => accept,
  explain: (error) => error,
  remember: () => Promise.resolve(),
};

/** wss is X.509 around what stands inside. */
const insideX509 = (name: string): string =>
  ({ VncAuth: 'X509Vnc', None: 'X509None', Plain: 'X509Plain' })[name] ?? name;

function printOf({ tlsInfo }: SecuritySummary): { readonly fingerprint256?: string } {
  const print = tlsInfo?.peerCertificate?.fingerprint256;
  return print === undefined ? {} : { fingerprint256: print };
}
