/** What every connect() takes to log in, on Node and in browsers: what may be accepted, and who we are. */
import { SecurityError, ErrorCode } from '../core/errors.ts';
import { Secret } from '../core/secret.ts';
import { SecurityTypeNumber } from '../rfb/constants.ts';
import { describeSecurityTypes } from '../security/names.ts';
import { parseSecurityList, type SecurityOffer } from '../security/policy.ts';
import type { ClientSecurityContext, CredentialsRequest } from '../security/security-type.ts';

/** Who we are. */
export interface LoginCredentials {
  readonly username?: string;
  readonly password?: string | Secret;
}

export interface LoginOptions extends LoginCredentials {
  /** Asked when the server wants them, once it is verified, in place of `username` and `password`. */
  readonly credentials?: (
    request: CredentialsRequest,
  ) => LoginCredentials | Promise<LoginCredentials>;
  /**
   * Types to accept, such as `VncAuth`. Default: those with a verified certificate,
   * `X509Plain,X509SASL,X509Vnc,X509None`. There is no falling back: what is not named here is refused.
   */
  readonly security?: string | SecurityOffer;
}

/** The server must show who it is. */
export const VERIFIED_TYPES = 'X509Plain,X509SASL,X509Vnc,X509None';

/** Throws TypeError for a list that cannot be read. */
export const acceptedTypes = ({ security = VERIFIED_TYPES }: LoginOptions): SecurityOffer =>
  typeof security === 'string' ? parseSecurityList(security) : security;

/**
 * What is left of it when an address asks for one type: an address may narrow what the program allows, never widen it.
 * Throws SecurityError (ERR_VNC_POLICY) when nothing is.
 */
export function narrowedTo(accept: SecurityOffer, type: number | undefined): SecurityOffer {
  if (type === undefined) return accept;
  if (!accept.types.includes(type)) {
    throw new SecurityError(
      `the address asks for ${describeSecurityTypes([type])}; allowed here: ${describeSecurityTypes(accept.types)}`,
      {
        code: ErrorCode.policy,
        phase: 'connect',
        securityType: type,
        cure: 'name that type with the option `security`, if it is safe enough on this network',
      },
    );
  }
  const subtypes = type === SecurityTypeNumber.VeNCrypt ? accept.subtypes : [];
  return { types: [type], subtypes };
}

export function credentialsOf(options: LoginOptions): ClientSecurityContext['credentials'] {
  const { credentials = () => options } = options;
  return async (request) => {
    const { username, password } = await credentials(request);
    return {
      ...(username === undefined ? {} : { username }),
      ...(password === undefined
        ? {}
        : { password: typeof password === 'string' ? new Secret(password) : password }),
    };
  };
}
