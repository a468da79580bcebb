/**
 * How much may be on its way to one viewer. Marks (fences, or the viewer's next request) tell how long bytes took and how fast
 * they arrived; from the shortest time and the best rate follows how much fills the line without queueing in front of it.
 * Pure: the time is an argument, milliseconds on any clock that does not jump.
 */

/** Never less than this on its way: one chunk of an update, so that a tiny estimate cannot stop everything. */
const MIN_WINDOW_BYTES = 16 * 1024;
/** Until something is known. Also what a screenful of text takes. */
const FIRST_WINDOW_BYTES = 128 * 1024;
/** More than this waits in nobody's buffers, whatever the estimate says: 1 Gbit/s at 130 ms. */
const MAX_WINDOW_BYTES = 16 * 1024 * 1024;
/** The window holds this many times what the line itself holds: a viewer that was just late is not starved. */
const WINDOW_GAIN = 2;
/** Round trips whose best rate counts: content that compresses to nothing must not look like a slow line. */
const RATE_SAMPLES = 10;
/** The shortest round trip is forgotten after this: routes change. */
const BASE_MS = 10_000;
/** Marks that may be open; above, none are set until one comes back. */
const MAX_MARKS = 32;

interface Mark {
  readonly id: number;
  readonly setAt: number;
  /** Bytes given to the line before it. */
  readonly position: number;
  /** Bytes that had arrived when it was set, and when the last of them was known. */
  readonly arrived: number;
  readonly arrivedAt: number;
  /** The line was idle before it: how fast it is cannot be told from this one. */
  readonly idle: boolean;
}

export class Congestion {
  #sent = 0;
  #arrived = 0;
  #arrivedAt = 0;
  #nextId = 1;
  readonly #marks: Mark[] = [];
  readonly #rates: number[] = [];
  #baseMs: number | undefined;
  #baseAt = 0;
  #smoothMs: number | undefined;

  /** `bytes` were given to the line. */
  sent(bytes: number): void {
    this.#sent += bytes;
  }

  /** A mark can be set: not too many are open. */
  get mayMark(): boolean {
    return this.#marks.length < MAX_MARKS;
  }

  /**
   * Sets a mark behind all that was sent and `ahead` bytes that are about to be. Undefined when too many are open. Ids are
   * 1, 2, 3 …
   */
  mark(now: number, ahead = 0): number | undefined {
    if (!this.mayMark) return undefined;
    const id = this.#nextId++;
    const idle = this.#marks.length === 0;
    if (idle) this.#arrivedAt = now;
    this.#marks.push({
      id,
      setAt: now,
      position: this.#sent + ahead,
      arrived: this.#arrived,
      arrivedAt: this.#arrivedAt,
      idle,
    });
    return id;
  }

  /** A mark came back: all in front of it arrived. Unknown ids, and those from before a later one, are ignored. */
  answered(id: number, now: number): void {
    const at = this.#marks.findIndex((mark) => mark.id === id);
    if (at < 0) return;
    const mark = this.#marks[at]!;
    this.#marks.splice(0, at + 1);
    const tookMs = Math.max(now - mark.setAt, 0.05);
    this.#measureTime(tookMs, now);
    const bytes = mark.position - mark.arrived;
    this.#arrived = mark.position;
    this.#arrivedAt = now;
    if (bytes > 0) this.#measureRate(bytes, Math.max(now - mark.arrivedAt, 0.05), mark.idle);
  }

  /** The shortest and the smoothed round trip. */
  #measureTime(tookMs: number, now: number): void {
    const smooth = this.#smoothMs ?? tookMs;
    this.#smoothMs = smooth + (tookMs - smooth) / 8;
    if (this.#baseMs === undefined || tookMs <= this.#baseMs || now - this.#baseAt > BASE_MS) {
      this.#baseMs = tookMs;
      this.#baseAt = now;
    }
  }

  /** Bytes a millisecond. From an idle line the time there and back counts too, so the rate is too low: it may only lift. */
  #measureRate(bytes: number, tookMs: number, idle: boolean): void {
    const rate = bytes / tookMs;
    if (idle && rate < this.bytesPerMs) return;
    this.#rates.push(rate);
    if (this.#rates.length > RATE_SAMPLES) this.#rates.shift();
  }

  /** Bytes given to the line that are not known to have arrived. */
  get inFlight(): number {
    return this.#sent - this.#arrived;
  }

  /** Best rate lately; 0 when nothing is known. */
  get bytesPerMs(): number {
    return Math.max(0, ...this.#rates);
  }

  /** Smoothed round trip, milliseconds; undefined before the first. */
  get roundTripMs(): number | undefined {
    return this.#smoothMs;
  }

  /** Shortest round trip of the last seconds: the line with nothing queued. */
  get baseMs(): number | undefined {
    return this.#baseMs;
  }

  /** Bytes that may be on their way. */
  get windowBytes(): number {
    if (this.#rates.length === 0 || this.#baseMs === undefined) return FIRST_WINDOW_BYTES;
    const line = this.bytesPerMs * this.#baseMs;
    return Math.min(MAX_WINDOW_BYTES, Math.max(MIN_WINDOW_BYTES, WINDOW_GAIN * line));
  }

  /** Something may be sent now. An update that has begun goes on in chunks while this is so. */
  get hasRoom(): boolean {
    return this.inFlight < this.windowBytes;
  }
}
