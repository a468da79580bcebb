/**
 * Reverse connections: we dial viewers that listen (`vncviewer -listen`), and then serve them as if they had come. The
 * roles do not change: the server speaks first, and in TLS it is the server. Used by serve.
 */
import { pause } from '../core/deadline.ts';
import { messageOf } from '../core/errors.ts';
import { silentLogger, type Logger } from '../core/logger.ts';
import type { Peer } from '../security/identity.ts';
import type { ByteStream } from '../wire/byte-stream.ts';
import { formatAddress, isLoopback, type Address } from './address.ts';
import { dial } from './dial.ts';

export interface ReverseOptions {
  /** First wait between two tries; each failure doubles it. Default 1000 ms. */
  readonly firstDelayMs?: number;
  /** Longest wait. Default 60000 ms. */
  readonly maxDelayMs?: number;
  readonly logger?: Logger;
}

export interface Reverse {
  /** Dials no more; those that are connected stay. Idempotent. */
  readonly close: () => void;
}

/** A connection that lasted this long was no failure: somebody looked, and left. */
const LASTED_MS = 10_000;

/** Keeps one connection to the viewer, as long as it is not closed: dials again when it has ended. */
export function connectReverse(
  address: Address,
  onConnection: (stream: ByteStream, peer: Peer) => void,
  options: ReverseOptions = {},
): Reverse {
  const { firstDelayMs = 1000, maxDelayMs = 60_000, logger = silentLogger } = options;
  const stop = new AbortController();
  const name = formatAddress(address);
  const peer: Peer = {
    address: name,
    host: address.kind === 'tcp' ? address.host : '',
    local: isLoopback(address),
  };

  /** Resolves with whether a viewer was there for a while. */
  const connectOnce = async (): Promise<boolean> => {
    const stream = await dial(address, { signal: stop.signal });
    if (stop.signal.aborted) {
      stream.destroy();
      return false;
    }
    const startedAt = performance.now();
    onConnection(stream, peer);
    // Also once TLS has taken the stream over. A server that closes closes its viewers, and so this.
    await stream.closed;
    return performance.now() - startedAt > LASTED_MS;
  };

  const run = async (): Promise<void> => {
    let delayMs = firstDelayMs;
    while (!stop.signal.aborted) {
      try {
        if (await connectOnce()) delayMs = firstDelayMs;
      } catch (error) {
        if (stop.signal.aborted) break;
        logger.info('viewer not reached', {
          address: name,
          reason: messageOf(error),
          againInMs: delayMs,
        });
      }
      await pause(delayMs, stop.signal);
      delayMs = Math.min(2 * delayMs, maxDelayMs);
    }
  };
  void run();
  return { close: () => stop.abort() };
}
