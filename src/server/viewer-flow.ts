/**
 * How updates flow to one viewer: each for a request, or continuously (RFB 7.5.10) as long as the line has room; and the
 * fences (RFB 7.5.11) by which we learn how much room it has. It decides nothing about pixels.
 * @rfb pseudo-encoding -312 Fence | answered in order; our own measure the line after each update
 * @rfb pseudo-encoding -313 ContinuousUpdates | as fast as the line takes them, 60 a second at most
 */
import { LimitError, ProtocolError } from '../core/errors.ts';
import { FenceFlag } from '../rfb/constants.ts';
import {
  writeEndOfContinuousUpdates,
  type EnableContinuousUpdates,
} from '../rfb/messages/continuous-updates.ts';
import {
  fenceAnswer,
  isFenceRequest,
  writeFence,
  type ClientFence,
} from '../rfb/messages/fence.ts';
import type { Rectangle } from '../rfb/rectangle.ts';
import type { ByteWriter } from '../wire/byte-writer.ts';
import { Congestion } from './congestion.ts';
import type { Negotiated } from './negotiated.ts';

/** Fences that a viewer asked for and that wait for their place in the stream. No viewer has more than a few open. */
const MAX_WAITING_ANSWERS = 64;
/** Bytes of our own fences' payload: a mark's number. The one that offers fences has none. */
const MARK_BYTES = 4;
/** What we ask: all in front of it was dealt with. */
const REQUEST = (FenceFlag.Request | FenceFlag.BlockBefore) >>> 0;

type Answer = ReturnType<typeof fenceAnswer>;

export class ViewerFlow {
  readonly #congestion = new Congestion();
  readonly #answers: Answer[] = [];
  /** The viewer showed that it answers: it came back with one of ours. */
  #answersFences = false;
  #offerFences = false;
  /** There were too many marks to set one behind the last update: of those bytes nobody would ever hear again. */
  #owesMark = false;
  #endContinuous = false;
  // What was offered once: a viewer that no longer names it may have a message under way.
  #offeredFences = false;
  #offeredContinuous = false;
  #continuous: Rectangle | undefined;
  /** The mark that stands for the viewer's next request, where there are no fences. */
  #requestMark: number | undefined;

  /** After SetEncodings: what is newly understood is offered once. */
  negotiated(before: Negotiated, now: Negotiated): void {
    if (now.fence && !before.fence) {
      this.#offerFences = true;
      this.#offeredFences = true;
    }
    if (now.continuousUpdates && !before.continuousUpdates) {
      this.#endContinuous = true;
      this.#offeredContinuous = true;
    }
    if (!now.fence) this.#answersFences = false;
    if (!now.continuousUpdates) this.#continuous = undefined;
  }

  /** ProtocolError from a viewer to which this was never offered. */
  enableContinuous(message: EnableContinuousUpdates): void {
    if (!this.#offeredContinuous) throw neverOffered(message);
    const { enable, x, y, width, height } = message;
    if (!enable && this.#continuous !== undefined) this.#endContinuous = true;
    this.#continuous = enable ? { x, y, width, height } : undefined;
  }

  /** Where updates need no request; undefined: nowhere. */
  get continuous(): Rectangle | undefined {
    return this.#continuous;
  }

  /** An update may go out that nobody asked for. */
  get mayPush(): boolean {
    return this.#continuous !== undefined && (!this.#answersFences || this.#congestion.hasRoom);
  }

  /** Bytes that may go out now without queueing; no bound where nothing measures the line. */
  get roomBytes(): number {
    if (!this.#answersFences) return Number.POSITIVE_INFINITY;
    return this.#congestion.windowBytes - this.#congestion.inFlight;
  }

  /** Smoothed, milliseconds. Without fences: from the end of an update to the next request. Undefined before the first. */
  get roundTripMs(): number | undefined {
    return this.#congestion.roundTripMs;
  }

  /** Best lately, bytes a millisecond; 0 when nothing is known. */
  get bytesPerMs(): number {
    return this.#congestion.bytesPerMs;
  }

  /**
   * A fence from the viewer: to be answered, or the answer to one of ours. LimitError when too many wait, ProtocolError
   * from a viewer to which this was never offered.
   */
  fence(message: ClientFence): void {
    if (!this.#offeredFences) throw neverOffered(message);
    if (isFenceRequest(message)) {
      if (this.#answers.length >= MAX_WAITING_ANSWERS)
        throw new LimitError('waitingFences', MAX_WAITING_ANSWERS, this.#answers.length + 1);
      this.#answers.push(fenceAnswer(message));
      return;
    }
    this.#answersFences = true;
    const { payload } = message;
    if (payload.length === MARK_BYTES)
      this.#congestion.answered(
        new DataView(payload.buffer, payload.byteOffset).getUint32(0),
        now(),
      );
  }

  /** The viewer asks for an update: without fences, that is the answer to the last one. */
  requested(): void {
    if (this.#requestMark !== undefined) this.#congestion.answered(this.#requestMark, now());
    this.#requestMark = undefined;
  }

  /** Bytes were given to the line. */
  sent(bytes: number): void {
    this.#congestion.sent(bytes);
  }

  get isDue(): boolean {
    return (
      (this.#owesMark && this.#congestion.mayMark) ||
      this.#offerFences ||
      this.#endContinuous ||
      this.#answers.length > 0
    );
  }

  /** Writes what is to be said in front of an update: answers first, they are older. */
  writeWaiting(w: ByteWriter): void {
    for (const answer of this.#answers) writeFence(w, { type: 'ServerFence', ...answer });
    this.#answers.length = 0;
    if (this.#offerFences) {
      const flags = REQUEST;
      writeFence(w, { type: 'ServerFence', flags, payload: new Uint8Array(0) });
      this.#offerFences = false;
    }
    if (this.#endContinuous) writeEndOfContinuousUpdates(w);
    this.#endContinuous = false;
    if (this.#owesMark && this.#congestion.mayMark) this.writeMark(w);
  }

  /** Behind an update: marks the place in the stream, with a fence where the viewer answers them. */
  writeMark(w: ByteWriter): void {
    if (!this.#answersFences) {
      if (this.#continuous === undefined)
        this.#requestMark = this.#congestion.mark(now(), w.length) ?? this.#requestMark;
      return;
    }
    const fenceBytes = 1 /* type */ + 3 /* padding */ + 4 /* flags */ + 1 /* length */ + MARK_BYTES;
    const id = this.#congestion.mark(now(), w.length + fenceBytes);
    this.#owesMark = id === undefined;
    if (id === undefined) return;
    const payload = new Uint8Array(MARK_BYTES);
    new DataView(payload.buffer).setUint32(0, id);
    const flags = REQUEST;
    writeFence(w, { type: 'ServerFence', flags, payload });
  }
}

const neverOffered = ({ type }: { readonly type: string }): ProtocolError =>
  new ProtocolError(`${type} was never offered`, { field: 'messageType' });

const now = (): number => performance.now();
