/**
 * Fences, a viewer's side: answers the server's, and sends its own to learn how long the way there and back takes, and when
 * the server has dealt with everything before it. A server that has sent none is sent none: it might not know them.
 * @rfb pseudo-encoding -312 Fence | answered in order; sent to measure the round trip
 */
import type { VncError } from '../core/errors.ts';
import { FenceFlag } from '../rfb/constants.ts';
import {
  fenceAnswer,
  isFenceRequest,
  writeFence,
  type ServerFence,
} from '../rfb/messages/fence.ts';
import { ByteWriter } from '../wire/byte-writer.ts';
import { Cursor } from '../wire/cursor.ts';
import type { Outbox } from './outbox.ts';
import { Pending } from './pending.ts';

/** Time between two measurements that nobody asked for. */
const MEASURE_EVERY_MS = 1000;
/** A fence is told by its number, in its payload. */
const payloadSize = 4;

interface Sent {
  readonly at: number;
  readonly answered: Pending<number>;
}

export class Fences {
  readonly #outbox: Outbox;
  /** By number, until answered. */
  readonly #sent = new Map<number, Sent>();
  #lastNumber = 0;
  #isKnown = false;
  #measuredAt = Number.NEGATIVE_INFINITY;
  #roundTripMs: number | undefined;

  constructor(outbox: Outbox) {
    this.#outbox = outbox;
  }

  /** Smoothed, milliseconds; undefined before the first answer. */
  get roundTripMs(): number | undefined {
    return this.#roundTripMs;
  }

  receive(fence: ServerFence): void {
    if (isFenceRequest(fence)) {
      // Messages are dealt with one after the other, so whatever the flags want is so.
      this.#outbox.send((w) => writeFence(w, { type: 'ClientFence', ...fenceAnswer(fence) }));
      this.#isKnown = true;
      this.measure();
      return;
    }
    if (fence.payload.length !== payloadSize) return;
    const number = new Cursor(fence.payload).u32();
    const sent = this.#sent.get(number);
    if (sent === undefined) return;
    this.#sent.delete(number);
    const tookMs = performance.now() - sent.at;
    const before = this.#roundTripMs ?? tookMs;
    this.#roundTripMs = before + (tookMs - before) / 8;
    sent.answered.settleAll(tookMs);
  }

  /** Measures again if it is time, and no answer is awaited. */
  measure(): void {
    const now = performance.now();
    if (!this.#isKnown || this.#sent.size > 0 || now - this.#measuredAt < MEASURE_EVERY_MS) return;
    this.#measuredAt = now;
    this.#send(FenceFlag.Request);
  }

  /**
   * Resolves, with the milliseconds it took, when the server has dealt with everything that was sent before; at once with
   * undefined when it knows no fences.
   */
  sync(): Promise<number | undefined> {
    if (!this.#isKnown) return Promise.resolve(undefined);
    return this.#send(FenceFlag.Request | FenceFlag.BlockBefore).wait();
  }

  rejectAll(error: VncError): void {
    for (const { answered } of this.#sent.values()) answered.rejectAll(error);
    this.#sent.clear();
  }

  #send(flags: number): Pending<number> {
    const answered = new Pending<number>();
    this.#lastNumber = (this.#lastNumber + 1) >>> 0;
    this.#sent.set(this.#lastNumber, { at: performance.now(), answered });
    const payload = new ByteWriter(payloadSize).u32(this.#lastNumber).take();
    this.#outbox.send((w) => writeFence(w, { type: 'ClientFence', flags: flags >>> 0, payload }));
    return answered;
  }
}
