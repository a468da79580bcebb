/**
 * When a viewer is sent something: at once if the line is idle, so that typing is not felt; once in 16 ms if it is
 * busy; and only while little of what was sent before still waits. All that goes to a viewer goes through here, in order.
 */
import type { Lifecycle } from '../core/lifecycle.ts';
import type { Limits } from '../core/limits.ts';
import type { ByteStream } from '../wire/byte-stream.ts';
import { ByteWriter } from '../wire/byte-writer.ts';
import { StallWatch } from './stall-watch.ts';

/** What there is to send. */
export interface UpdateSource {
  readonly isDue: boolean;
  /** Milliseconds until something may be due although nothing happens; undefined: never. */
  readonly dueInMs: number | undefined;
  /** Something small is due that is no picture. */
  readonly messagesAreDue: boolean;
  /** Writes just that. */
  readonly writeMessages: (w: ByteWriter) => void;
  /** Writes all of it, and yields wherever the sending may pause, and what it must wait for. */
  readonly write: (w: ByteWriter) => Iterable<Promise<void> | undefined>;
  /** So many bytes were given to the stream. */
  readonly sent: (bytes: number) => void;
  /** One full picture in bytes: may wait on top of the backlog's limit. */
  readonly frameBytes: number;
}

/** One update in each: 60 a second, a timer's lateness included. */
const FRAME_MS = 16;
/** A timer may be so much early: what is begun then belongs to the next frame. */
const EARLY_MS = 2;
/** Nothing new is begun while more than this waits: what is sent later is fresher. Large updates go in chunks of it. */
const CHUNK_BYTES = 64 * 1024;
/** An update encodes no longer than this without letting other connections have their turn. */
const SLICE_MS = 8;

export class UpdateScheduler {
  readonly #source: UpdateSource;
  readonly #stream: ByteStream;
  readonly #lifecycle: Lifecycle;
  readonly #watch: StallWatch;
  readonly #writer = new ByteWriter();
  #begunAt = Number.NEGATIVE_INFINITY;
  #sentBytes = 0;
  #timer: TimerHandle | undefined;
  /** Ends the pause that run() is in: a sleep until something is due, or a timer. */
  #resume: () => void = () => undefined;
  #asleep = false;
  /** Waiting for a frame's time, between updates. */
  #isPacing = false;

  constructor(source: UpdateSource, stream: ByteStream, lifecycle: Lifecycle, limits: Limits) {
    this.#source = source;
    this.#stream = stream;
    this.#lifecycle = lifecycle;
    this.#watch = new StallWatch(stream, limits, (reason) => void lifecycle.close(reason));
    lifecycle.onClosing(() => {
      this.#watch.stop();
      clearTimeout(this.#timer);
      this.#resume();
    });
  }

  /** All that was given to the stream, for statistics. */
  get sentBytes(): number {
    return this.#sentBytes;
  }

  /** Something may be due now. */
  wake(): void {
    if (this.#asleep) this.#resume();
    // A viewer that does not read its answers gets no more of them.
    else if (this.#isPacing && this.#stream.backlogBytes === 0) this.#sendMessages();
  }

  /** Returns when the connection closes. Throws only if writing does, which is our bug. */
  async run(): Promise<void> {
    while (this.#lifecycle.isOpen) {
      if (!this.#source.isDue) {
        await this.#sleep();
        continue;
      }
      const leftMs = frameAfter(this.#begunAt) - performance.now();
      if (leftMs > 0) {
        this.#sendMessages();
        this.#isPacing = true;
        await this.#pause(leftMs);
        this.#isPacing = false;
      }
      await this.#stream.drained(CHUNK_BYTES);
      if (this.#lifecycle.isOpen) await this.#send();
    }
  }

  /** What is small does not wait for the next frame: an answered fence tells how far away the viewer is. */
  #sendMessages(): void {
    if (!this.#source.messagesAreDue) return;
    this.#source.writeMessages(this.#writer);
    this.#flush();
  }

  async #send(): Promise<void> {
    let sliceStart = performance.now();
    this.#begunAt = sliceStart;
    for (const ready of this.#source.write(this.#writer)) {
      if (ready !== undefined) {
        await ready;
        if (!this.#lifecycle.isOpen) return;
        sliceStart = performance.now();
        continue;
      }
      const sliceIsOver = performance.now() - sliceStart > SLICE_MS;
      if (sliceIsOver || this.#writer.length >= CHUNK_BYTES) {
        this.#flush();
        await this.#stream.drained(CHUNK_BYTES);
      }
      if (sliceIsOver) {
        await this.#pause(0);
        sliceStart = performance.now();
      }
      if (!this.#lifecycle.isOpen) return;
    }
    this.#flush();
  }

  #flush(): void {
    const bytes = this.#writer.length;
    if (bytes === 0 || !this.#lifecycle.isOpen) return;
    this.#writer.send(this.#stream);
    this.#sentBytes += bytes;
    this.#source.sent(bytes);
    this.#watch.wrote(bytes, this.#source.frameBytes);
  }

  /** Until something is due, or may be. */
  #sleep(): Promise<void> {
    const dueInMs = this.#source.dueInMs;
    return new Promise((resolve) => {
      this.#asleep = true;
      this.#resume = () => {
        this.#asleep = false;
        clearTimeout(this.#timer);
        resolve();
      };
      if (dueInMs !== undefined)
        this.#timer = setTimeout(() => this.#resume(), Math.max(1, dueInMs));
    });
  }

  #pause(ms: number): Promise<void> {
    if (!this.#lifecycle.isOpen) return Promise.resolve();
    return new Promise((resolve) => {
      this.#resume = resolve;
      this.#timer = setTimeout(resolve, ms);
    });
  }
}

/** When the next frame begins. The same for all viewers: those that are sent the same changes can be sent the same bytes. */
const frameAfter = (ms: number): number => (Math.floor((ms + EARLY_MS) / FRAME_MS) + 1) * FRAME_MS;
