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

/** Resolves when the server has answered, or has had a second for it. Rejects when the session closes, or when aborted. */
export function awaitAnswer(client: VncClient, signal?: AbortSignal): Promise<void> {
  return waitFor(client, 'an answer', limitsOf(ANSWER_MS * 2, signal), (resolve, reject) => {
    const timer = setTimeout(() => resolve(), ANSWER_MS);
    client.refresh(false, corner).then(resolve, reject);
    return () => clearTimeout(timer);
  });
}

/** Resolves after this time. Rejects when the session closes, or when aborted. */
export function pause(client: VncClient, ms: number, signal?: AbortSignal): Promise<void> {
  return waitFor(client, 'a pause', limitsOf(ms + ANSWER_MS, signal), (resolve) => {
    const timer = setTimeout(() => resolve(), ms);
    return () => clearTimeout(timer);
  });
}

const limitsOf = (timeoutMs: number, signal: AbortSignal | undefined) => ({
  timeoutMs,
  ...(signal === undefined ? {} : { signal }),
});
