/**
 * Where one viewer's picture is not the shadow, and how it becomes that: moves that it can do itself, a film, pixels; and once
 * all is there, what was not sent exactly. In which order, its attention says. Used by viewer-updates.ts.
 */
import { Region } from '../pixels/region.ts';
import { intersect, type Rectangle } from '../rfb/rectangle.ts';
import type { Piece } from './encode-pool.ts';
import type { LossyRegion } from './lossy-region.ts';
import type { Move } from './move.ts';
import { PendingMoves } from './pending-moves.ts';
import type { Shadow } from './shadow.ts';
import type { ShadowChange } from './take-over.ts';
import type { VideoEncoders } from './video-encoder.ts';
import { ViewerAttention } from './viewer-attention.ts';
import type { PixelPass, ViewerPixels } from './viewer-pixels.ts';
import { ViewerVideo, type FilmRectangle } from './viewer-video.ts';

/** What goes out in one update: the moves first. */
export interface Taken {
  readonly moves: readonly Move[];
  readonly film: readonly FilmRectangle[];
  readonly pieces: Piece[];
}

/** As many as a full-HD picture has rows of tiles and runs of tiles in them, so that changes stay as exact as they are found. */
const MAX_DAMAGE = 256;
/** How often an update that is being written looks for echoes, milliseconds. */
const LOOK_MS = 8;

export class ViewerDamage {
  readonly #shadow: Shadow;
  readonly #pixels: ViewerPixels;
  readonly #damage = new Region(MAX_DAMAGE);
  readonly #moves = new PendingMoves(this.#damage);
  /** When echoes were last looked for inside an update. */
  #lookedAt = Number.NEGATIVE_INFINITY;
  /** Where the viewer looks. */
  readonly attention: ViewerAttention = new ViewerAttention();
  readonly video: ViewerVideo;

  /** `wake`: something may be due that nobody else told of. */
  constructor(
    shadow: Shadow,
    pixels: ViewerPixels,
    encoders: VideoEncoders | undefined,
    wake: () => void,
  ) {
    this.#shadow = shadow;
    this.#pixels = pixels;
    const { lossy } = pixels;
    this.video = new ViewerVideo({ encoders, shadow, damage: this.#damage, lossy, wake });
  }

  get #lossy(): LossyRegion {
    return this.#pixels.lossy;
  }

  /** The shadow is another picture now. `bounds`: the viewer's. */
  published({ moves, changed }: ShadowChange, bounds: Rectangle, takesMoves: boolean): void {
    const known = intersect(bounds, this.#shadow.picture.bounds);
    for (const move of moves) {
      if (takesMoves && !this.video.touches(move))
        this.#moves.add(move, known, this.#pixels.unsent);
      else this.#damage.add(intersect(move.to, bounds));
    }
    for (const r of changed) this.#damage.add(intersect(r, bounds));
    this.video.published({ moves, changed }, known, performance.now());
  }

  /** The viewer may have lost what stands there, and would move it. */
  lost(r: Rectangle): void {
    this.#moves.forget();
    this.#damage.add(r);
  }

  /** It has nothing of this any more. */
  lostAll(bounds: Rectangle): void {
    this.#moves.forget();
    this.video.stop();
    this.#damage.clear();
    this.#damage.add(bounds);
    this.#lossy.clear();
  }

  /** The viewer no longer takes moves. */
  forgetMoves(): void {
    this.#moves.forget();
  }

  /** Something can be sent of what is wanted. */
  isDue(wanted: readonly Rectangle[]): boolean {
    return (
      this.#moves.isDue(wanted) ||
      this.video.isDue(wanted, performance.now()) ||
      this.#lossy.isDue(wanted, performance.now()) ||
      wanted.some((r) => this.#damage.intersects(r))
    );
  }

  /** Milliseconds until something may be due although nothing happens; undefined: never. */
  dueInMs(wanted: readonly Rectangle[], now: number): number | undefined {
    const calm = this.video.dueInMs(now);
    const blurred = this.#lossy.dueInMs(wanted, now);
    return calm === undefined ? blurred : Math.min(calm, blurred ?? calm);
  }

  /** All that is due, to be written now. */
  take(wanted: readonly Rectangle[], pass: PixelPass, now: number): Taken {
    const moves = this.#moves.take(wanted);
    const film = this.video.take(wanted, now);
    return { moves, film, pieces: this.#takePieces(wanted, pass, now) };
  }

  /** The damage that is wanted, small parts first; and if there is none, what is still blurred. */
  #takePieces(wanted: readonly Rectangle[], pass: PixelPass, now: number): Piece[] {
    const damage = this.attention.nearestFirst(wanted.flatMap((r) => this.#damage.take(r)));
    if (damage.length > 0) return damage.flatMap((r) => pass.cut(r));
    return this.#lossy.take(wanted, now).flatMap((r) => pass.cut(r, true));
  }

  /** A move of this update was written. */
  moved(move: Move, now: number): void {
    this.#lossy.moved(move, now);
  }

  /** To be sent another time. What was to be made exact must not be blurred once more, or it might never be. */
  putBack(piece: Piece): void {
    if (piece.exact) this.#lossy.putBack(piece);
    else this.#damage.add(piece);
  }

  /** Whether it is time to look for echoes inside an update; if so it is looked for. */
  looks(now: number): boolean {
    if (!this.attention.isFresh(now) || now - this.#lookedAt < LOOK_MS) return false;
    this.#lookedAt = now;
    return true;
  }

  /** Echoes of the viewer's input that came since the update began, to be written in front of its rest. */
  takeEchoes(wanted: readonly Rectangle[], now: number): Rectangle[] {
    const echoes = this.attention.echoes(this.#damage, wanted, now);
    // Moves that wait would be done after this, to what is then no longer what they moved.
    if (echoes.length > 0) this.#moves.forget();
    for (const r of echoes) this.#damage.subtract(r);
    return echoes;
  }
}
