/**
 * The picture that viewers are told of, one for each display: a copy in the kernels' memory, which follows the display when
 * somebody is about to be sent something. What a display reports is only where to look: viewers hear of what moved and of
 * pixels that differ, once each, whatever the display reports and however often.
 */
import type { Unsubscribe } from '../core/emitter.ts';
import { assertInvariant } from '../core/errors.ts';
import type { Framebuffer } from '../pixels/framebuffer.ts';
import type { Rectangle } from '../rfb/rectangle.ts';
import type { Display } from './display.ts';
import { ShadowPicture } from './shadow-picture.ts';
import { SharedPieces } from './shared-pieces.ts';
import { noChange, takeOver, type ShadowChange } from './take-over.ts';
import { TileMap } from './tile-map.ts';

export interface ShadowViewer {
  /** It understands CopyRect: looking for moves is worth while. */
  readonly takesMoves: boolean;
  readonly published: (change: ShadowChange) => void;
  /** There may be something to be published: refresh() tells. */
  readonly stale: () => void;
}

/** In a smaller change looking for moves costs more than they save. */
const MIN_TILES = 4;
/** After so many changes in a row in which nothing had moved, some are not looked into: 1, then 3, 7 and so on. */
const MAX_FAILURES = 3;
const MAX_SKIPPED = 15;

export class Shadow {
  readonly #display: Display;
  readonly #viewers = new Set<ShadowViewer>();
  /** What viewers were sent of the picture as it is. */
  readonly pieces: SharedPieces = new SharedPieces();
  #unsubscribe: Unsubscribe = () => undefined;
  #picture: ShadowPicture | undefined;
  /** Of which the picture is a copy, but for the tiles that are marked. Undefined: of none, following it failed. */
  #source: Framebuffer | undefined;
  #reported = new TileMap(1, 1);
  /** Changes in a row in which nothing had moved, and how many of those to come are not looked into. */
  #failures = 0;
  #skip = 0;

  constructor(display: Display) {
    this.#display = display;
  }

  /** With the first viewer the shadow comes into being, with the last it goes. Returns how this one leaves, once. */
  join(viewer: ShadowViewer): () => void {
    if (this.#viewers.size === 0) this.#begin();
    this.#viewers.add(viewer);
    return () => {
      if (this.#viewers.delete(viewer) && this.#viewers.size === 0) this.#end();
    };
  }

  /** As it is now. Whoever keeps it retains it. */
  get picture(): ShadowPicture {
    assertInvariant(this.#picture !== undefined, 'a shadow has a picture while a viewer is there');
    return this.#picture;
  }

  /** Whether the display may have changed there since the last refresh(). */
  isStale(r: Rectangle): boolean {
    return this.#source !== this.#display.framebuffer || this.#reported.touches(r);
  }

  /** Looks there with the next refresh(), as if the display had reported it. */
  suspect(r: Rectangle): void {
    this.#reported.mark(r);
  }

  /**
   * Follows the display, and tells all viewers how. Costs nothing when nothing was reported. A promise: other threads read
   * the picture, and it is done when they have; then the promise settles.
   */
  refresh(): Promise<void> | undefined {
    const { picture } = this;
    const waiting = this.#isOfItsSize(picture)
      ? picture.mayWrite(() => this.#refreshLater(picture))
      : undefined;
    if (waiting === undefined) this.#refreshNow();
    return waiting;
  }

  /** Whoever asked for it may have gone. What fails here fails again where somebody is about to be sent something. */
  #refreshLater(picture: ShadowPicture): void {
    if (this.#picture !== picture) return;
    try {
      this.#refreshNow();
    } catch {
      this.#source = undefined;
      this.#tellStale();
    }
  }

  #refreshNow(): void {
    const change = this.#follow();
    if (change.moves.length === 0 && change.changed.length === 0) return;
    this.pieces.changed([...change.moves.map(({ to }) => to), ...change.changed]);
    for (const viewer of Array.from(this.#viewers)) viewer.published(change);
  }

  #begin(): void {
    this.#copy(this.#display.framebuffer);
    const { events } = this.#display;
    const subscriptions = [
      events.on('damage', (rectangles) => {
        for (const r of rectangles) this.#reported.mark(r);
        this.#tellStale();
      }),
      events.on('resize', () => this.#tellStale()),
    ];
    this.#unsubscribe = () => {
      for (const unsubscribe of subscriptions) unsubscribe();
    };
  }

  #end(): void {
    this.#unsubscribe();
    this.pieces.clear();
    this.#picture?.release();
    this.#picture = undefined;
    this.#source = undefined;
  }

  #tellStale(): void {
    for (const viewer of Array.from(this.#viewers)) viewer.stale();
  }

  #copy(framebuffer: Framebuffer): void {
    this.pieces.clear();
    this.#picture?.release();
    this.#picture = undefined;
    this.#picture = new ShadowPicture(framebuffer);
    this.#source = framebuffer;
    this.#reported = new TileMap(framebuffer.width, framebuffer.height);
  }

  #follow(): ShadowChange {
    const { framebuffer } = this.#display;
    const { picture } = this;
    if (this.#source === undefined || !this.#isOfItsSize(picture)) {
      const before = picture.bounds;
      this.#copy(framebuffer);
      // Who was sent what the old one had beyond the edges of the new one, and keeps its size, is sent black there.
      const { width, height } = framebuffer.bounds;
      const both = {
        ...before,
        width: Math.max(width, before.width),
        height: Math.max(height, before.height),
      };
      return { moves: [], changed: [both] };
    }
    if (this.#source !== framebuffer) this.#reported.mark(framebuffer.bounds);
    const reported = this.#reported;
    this.#reported = new TileMap(framebuffer.width, framebuffer.height);
    // If anything is thrown on the way, viewers are told of everything the next time: some of it may have been done.
    this.#source = undefined;
    const change = reported.isEmpty ? noChange : this.#takeOver(framebuffer, reported);
    this.#source = framebuffer;
    return change;
  }

  /** Else it gets another one, and the old one stays as it is. */
  #isOfItsSize({ width, height }: ShadowPicture): boolean {
    const { framebuffer } = this.#display;
    return framebuffer.width === width && framebuffer.height === height;
  }

  #takeOver(framebuffer: Framebuffer, reported: TileMap): ShadowChange {
    let looked = false;
    const change = takeOver(this.picture, framebuffer, reported, (tiles) => {
      looked = this.#looksForMoves(tiles);
      return looked;
    });
    if (looked) {
      this.#failures = change.moves.length > 0 ? 0 : this.#failures + 1;
      const excess = Math.max(0, this.#failures - MAX_FAILURES);
      this.#skip = Math.min(2 ** excess - 1, MAX_SKIPPED);
    }
    return change;
  }

  /** A film changes all the time, and mostly nothing in it moves. */
  #looksForMoves(tiles: number): boolean {
    if (tiles < MIN_TILES || !Array.from(this.#viewers).some(({ takesMoves }) => takesMoves))
      return false;
    if (this.#skip === 0) return true;
    this.#skip -= 1;
    return false;
  }
}
