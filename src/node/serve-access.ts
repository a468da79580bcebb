/** Who may enter, as serve() uses it: an authenticator that does not let anybody guess in haste, a policy that may change. */
import type { Network } from '../access/networks.ts';
import { defaultThrottle, Throttle, type ThrottleSettings } from '../access/throttle.ts';
import { throttled } from '../access/throttled.ts';
import { ClosedError, messageOf } from '../core/errors.ts';
import type { Limits } from '../core/limits.ts';
import { silentLogger, type Logger } from '../core/logger.ts';
import type { Authenticator } from '../security/security-type.ts';
import type { ServerOptions, VncServer } from '../server/server.ts';
import type { AccessPolicy } from './access-policy.ts';
import type { TrustedProxies } from './listen.ts';

export interface AccessParts {
  /** Asked when there is no policy. */
  readonly authenticator: Authenticator;
  readonly policy: AccessPolicy | undefined;
  /** For when there is no policy. `false`: nobody waits. */
  readonly throttle: Partial<ThrottleSettings> | false | undefined;
  /** Proxies that are trusted whatever the policy says. */
  readonly proxies: readonly Network[];
  readonly limits: Limits;
  readonly logger: Logger | undefined;
}

export interface AccessInForce {
  /** For createServer. */
  readonly options: Pick<ServerOptions, 'authenticator' | 'judge'>;
  /** For listen. */
  readonly proxies: TrustedProxies;
  /** Lets the server know when the policy changes. */
  readonly attach: (server: VncServer) => void;
  /** Follows the policy no more, and closes it. */
  readonly close: () => void;
}

export function accessInForce(parts: AccessParts): AccessInForce {
  const { policy, limits, logger = silentLogger } = parts;
  const settings =
    policy === undefined
      ? parts.throttle === false
        ? undefined
        : { ...defaultThrottle, ...parts.throttle }
      : policy.policy?.throttle;
  const throttle = new Throttle(settings, {
    now: () => performance.now(),
    maxEntries: limits.maxThrottleEntries,
  });
  let fromPolicy = policy?.policy?.proxies ?? [];
  let off: () => void = () => undefined;
  return {
    options: {
      authenticator: throttled(policy?.authenticator ?? parts.authenticator, throttle),
      ...(policy === undefined ? {} : { judge: policy.judge }),
    },
    proxies: {
      includes: (host) => [...parts.proxies, ...fromPolicy].some((each) => each.contains(host)),
      timeoutMs: limits.handshakeStageMs,
      maxBytes: limits.maxProxyHeaderBytes,
      refused: (error, proxy) => {
        // Many proxies only connect to see whether somebody listens.
        const level = error instanceof ClosedError ? 'debug' : 'warn';
        logger[level]('proxy connection refused', {
          address: proxy.address,
          reason: messageOf(error),
        });
      },
    },
    attach: (server) => {
      off =
        policy?.events.on('review', () => {
          // While the file is missing, throttle and proxies stay as they were.
          if (policy.policy !== undefined) {
            throttle.configure(policy.policy.throttle);
            fromPolicy = policy.policy.proxies;
          }
          server.review();
        }) ?? off;
    },
    close: () => {
      off();
      policy?.close();
    },
  };
}
