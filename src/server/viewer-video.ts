/**
 * The film in one viewer's picture, if there is one, and the viewer knows Open H.264: what changes in it goes to a video
 * encoder in place of tiles, and comes back as rectangles of later updates. Used by viewer-damage.ts and viewer-updates.ts.
 *
 * INVARIANT: from the update with the first of these rectangles on, what the viewer has in the film's is what some earlier
 * shadow had, and is not in the damage; nothing is moved into it or out of it. When the film ends it is damage again, unless
 * the last frame that was sent is the shadow, which then only has to be made exact (lossy-region.ts).
 */
import { OpenH264Flag, writeOpenH264 } from '../codec/open-h264/open-h264.ts';
import type { Region } from '../pixels/region.ts';
import { Encoding } from '../rfb/constants.ts';
import {
  contains,
  intersect,
  isEmpty,
  writeRectangleHeader,
  type Rectangle,
} from '../rfb/rectangle.ts';
import type { ByteWriter } from '../wire/byte-writer.ts';
import type { LossyRegion } from './lossy-region.ts';
import { sourceOf, type Move } from './move.ts';
import type { Negotiated } from './negotiated.ts';
import type { Shadow } from './shadow.ts';
import type { ShadowChange } from './take-over.ts';
import type { VideoEncoder, VideoEncoders, VideoPacket } from './video-encoder.ts';
import { VideoRegions } from './video-regions.ts';

export interface ViewerVideoOptions {
  /** Absent: there are no films. */
  readonly encoders: VideoEncoders | undefined;
  readonly shadow: Shadow;
  /** Of this viewer. */
  readonly damage: Region;
  readonly lossy: LossyRegion;
  /** Something may be due now. */
  readonly wake: () => void;
}

/** So many frames are with the encoder at a time; a newer one waits as what the shadow is then. */
const MAX_IN_FLIGHT = 2;
/** An encoder that takes longer than this for a frame hangs. */
const HANG_MS = 5000;
/** So many frames in a row that took so long: without a processor to spare, pixels are there sooner. */
const LATE_MS = 400;
const MAX_LATE = 5;

interface Film {
  readonly rectangle: Rectangle;
  readonly encoder: VideoEncoder;
  /** Encoded, not yet sent. */
  packets: VideoPacket[];
  /** When frames were pushed whose packets did not come, the oldest first. */
  readonly pushed: number[];
  /** Packets in a row that came late. */
  late: number;
  /** The shadow is no longer what was pushed last. */
  behind: boolean;
  /** The viewer has, or is being sent, a frame of it. */
  shown: boolean;
}

/** A frame to be sent. */
export interface FilmRectangle extends Rectangle {
  readonly flags: number;
  readonly data: Uint8Array;
}

export class ViewerVideo {
  readonly #options: ViewerVideoOptions;
  #regions: VideoRegions | undefined;
  #allowed = false;
  #failed = false;
  /** For which there was no encoder. */
  #refused: Rectangle | undefined;
  #film: Film | undefined;

  constructor(options: ViewerVideoOptions) {
    this.#options = options;
  }

  /**
   * Whether the viewer understands films, takes what is not exact, and may look. What scrolls is only told from a film where
   * moves are looked for.
   */
  allow({ openH264, copyRect, wishes }: Negotiated, mayLook: boolean): void {
    const takes = openH264 && copyRect && wishes.lossy !== undefined;
    const mayHave = this.#options.encoders !== undefined && !this.#failed;
    this.#allowed = takes && mayLook && mayHave;
    if (!this.#allowed) this.stop();
  }

  /** Whether a move reads what the viewer has not, or writes where the film will. */
  touches(move: Move): boolean {
    const film = this.#film;
    return film?.shown === true && [sourceOf(move), move.to].some((r) => meet(film.rectangle, r));
  }

  /** The shadow is another picture, and the damage has been told. `known`: what viewer and shadow both have. */
  published(change: ShadowChange, known: Rectangle, now: number): void {
    if (!this.#allowed) return;
    if (this.#regions === undefined || !same(this.#regions.bounds, known)) {
      this.stop();
      this.#regions = new VideoRegions(known);
    }
    this.#regions.changed(change, now);
    this.#follow(this.#regions.rectangle(now));
    const film = this.#film;
    if (film === undefined) return;
    const { rectangle } = film;
    film.behind ||=
      change.changed.some((r) => meet(rectangle, r)) ||
      change.moves.some(({ to }) => meet(rectangle, to));
    this.#claim(film);
    this.#push(film, now);
    if (now - (film.pushed[0] ?? now) > HANG_MS) this.#fail();
  }

  /** A frame can be sent, or the film is over. */
  isDue(wanted: readonly Rectangle[], now: number): boolean {
    const film = this.#film;
    if (film === undefined) return false;
    if (this.#regions?.calmInMs(now) === 0) return true;
    return film.packets.length > 0 && wanted.some((r) => meet(film.rectangle, r));
  }

  /** Milliseconds until the film is over unless something changes; undefined: there is none. */
  dueInMs(now: number): number | undefined {
    return this.#film === undefined ? undefined : this.#regions?.calmInMs(now);
  }

  /** An update begins: what of the film is to be sent in it, behind all else. Takes the film out of the damage. */
  take(wanted: readonly Rectangle[], now: number): FilmRectangle[] {
    this.#follow(this.#regions?.rectangle(now));
    const film = this.#film;
    if (film === undefined) return [];
    const { rectangle } = film;
    if (!wanted.some((r) => contains(r, rectangle))) {
      // A viewer that wants to see a part of it would never see it.
      if (wanted.some((r) => meet(r, rectangle))) this.#refuse(film);
      return [];
    }
    const taken = film.packets.splice(0).map(({ data }, i) => {
      const begins = !film.shown && i === 0;
      // No viewer need remember the films before this one.
      const flags = begins ? OpenH264Flag.ResetContext | OpenH264Flag.ResetAllContexts : 0;
      return { ...rectangle, flags, data };
    });
    film.shown ||= taken.length > 0;
    this.#claim(film);
    this.#push(film, now);
    return taken;
  }

  /** Writes what was taken; without pictures when the viewer may not look any more. */
  write(w: ByteWriter, taken: readonly FilmRectangle[], mayLook: boolean, now: number): void {
    for (const { flags, data, ...r } of taken) {
      writeRectangleHeader(w, r, Encoding.OpenH264);
      writeOpenH264(w, { flags, data: mayLook ? data : new Uint8Array(0) });
      // As long as the film goes on, nothing in it need be made exact.
      this.#options.lossy.sent(r, [], now);
    }
  }

  /** Ends the film. What the viewer has not of it is damage. */
  stop(): void {
    const film = this.#film;
    if (film === undefined) return;
    this.#film = undefined;
    film.encoder.close();
    const isLate = film.behind || film.pushed.length > 0 || film.packets.length > 0;
    if (!film.shown) return;
    if (isLate) this.#options.damage.add(film.rectangle);
    else this.#options.lossy.calm(film.rectangle);
  }

  /** What is a film now, or is none. */
  #follow(rectangle: Rectangle | undefined): void {
    if (this.#film !== undefined && !same(this.#film.rectangle, rectangle)) this.stop();
    if (rectangle === undefined) this.#refused = undefined;
    else if (this.#allowed && this.#film === undefined && !same(rectangle, this.#refused))
      this.#begin(rectangle);
  }

  #begin(rectangle: Rectangle): void {
    let film: Film | undefined;
    const encoder = this.#options.encoders?.({
      width: rectangle.width,
      height: rectangle.height,
      packet: (packet) => {
        if (film === undefined || film !== this.#film) return;
        const pushedAt = film.pushed.shift() ?? 0;
        film.late = performance.now() - pushedAt > LATE_MS ? film.late + 1 : 0;
        film.packets.push(packet);
        if (film.late >= MAX_LATE) this.#refuse(film);
        if (!film.shown && film.packets[0]?.keyframe !== true) this.#fail();
        this.#options.wake();
      },
      failed: () => {
        if (film !== undefined && film === this.#film) this.#fail();
      },
    });
    if (encoder === undefined) {
      this.#refused = rectangle;
      return;
    }
    film = { rectangle, encoder, packets: [], pushed: [], late: 0, behind: true, shown: false };
    this.#film = film;
  }

  /** This film does not suit; another one may. */
  #refuse({ rectangle }: Film): void {
    this.#refused = rectangle;
    this.stop();
  }

  /** The encoder broke: this viewer gets no other. */
  #fail(): void {
    this.#failed = true;
    this.#allowed = false;
    this.stop();
    this.#options.wake();
  }

  /** Once the film is shown, what changes in it comes with its next frame. Until then it comes as ever. */
  #claim(film: Film): void {
    const { damage } = this.#options;
    if (!film.shown || !damage.intersects(film.rectangle)) return;
    damage.subtract(film.rectangle);
    film.behind = true;
  }

  /** The shadow as it is now, unless enough is under way. */
  #push(film: Film, now: number): void {
    if (!film.behind || film.packets.length > 0 || film.pushed.length >= MAX_IN_FLIGHT) return;
    const { picture } = this.#options.shadow;
    const { x, y } = film.rectangle;
    film.behind = false;
    film.pushed.push(now);
    const bytes = picture.kernels.memory.bytes.subarray(picture.addressOf(x, y));
    film.encoder.push({ bytes, stride: picture.stride });
  }
}

const meet = (a: Rectangle, b: Rectangle): boolean => !isEmpty(intersect(a, b));

const same = (a: Rectangle, b: Rectangle | undefined): boolean =>
  b !== undefined && a.x === b.x && a.y === b.y && a.width === b.width && a.height === b.height;
