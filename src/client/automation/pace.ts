/**
 * Input at the pace of who takes it. RFB acknowledges no key, but a server handles messages in order: its answer to an
 * update request says that it has read all that was sent before.
 */
import type { Rectangle } from '../../rfb/rectangle.ts';
import type { VncClient } from '../client.ts';
import { waitFor } from './wait-for.ts';

/** One pixel is enough of a question. */
const corner: Rectangle = { x: 0, y: 0, width: 1, height: 1 };

/** QEMU looks for updates to send every 30 ms, but every 2 s when nothing moves: nobody should type at that pace. */
const ANSWER_MS = 1000;
/** A wait that ends by itself needs no deadline before. */
const LONGER_MS = 60_000;

/** Long enough for slow guests to show a character, short enough for a password that is not shown. */
const ECHO_MS = 120;

/** Resolves when the server has answered, or has had a second for it. Rejects when the session closes, or when aborted. */
export function awaitAnswer(client: VncClient, signal?: AbortSignal): Promise<void> {
  return atMost(client, ANSWER_MS, signal, () => client.refresh(false, corner));
}

/**
 * Resolves when the screen changed after the call, or has had a tenth of a second for it: the only sign there is of how far
 * the guest behind the server has come with its keys. Rejects when the session closes, or when aborted.
 */
export function awaitEcho(client: VncClient, signal?: AbortSignal): Promise<void> {
  return atMost(client, ECHO_MS, signal, () => client.refresh(true));
}

/** Resolves after this time. Rejects when the session closes, or when aborted. */
export function pause(client: VncClient, ms: number, signal?: AbortSignal): Promise<void> {
  return atMost(client, ms, signal, () => new Promise(() => undefined));
}

function atMost(
  client: VncClient,
  ms: number,
  signal: AbortSignal | undefined,
  event: () => Promise<void>,
): Promise<void> {
  const limits = { timeoutMs: LONGER_MS + ms, ...(signal === undefined ? {} : { signal }) };
  return waitFor(client, 'a pause', limits, (resolve, reject) => {
    const timer = setTimeout(() => resolve(), ms);
    event().then(resolve, reject);
    return () => clearTimeout(timer);
  });
}
