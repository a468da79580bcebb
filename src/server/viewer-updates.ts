/**
 * What one viewer must yet be sent, as state: the area that it asked for, the damage in it, and everything to be said
 * about the display. Damage is merged, never queued. The scheduler decides when; this decides what, and writes it.
 */
import type { Codec, JpegEncoder } from '../codec/codec.ts';
import { writeCopyRect } from '../codec/copy-rect/copy-rect.ts';
import { assertInvariant } from '../core/errors.ts';
import type { Limits } from '../core/limits.ts';
import { Region } from '../pixels/region.ts';
import { translatorOf } from '../pixels/translate.ts';
import { DesktopSizeReason, DesktopSizeStatus, Encoding } from '../rfb/constants.ts';
import { writeBell } from '../rfb/messages/bell.ts';
import type { FramebufferUpdateRequest } from '../rfb/messages/framebuffer-update-request.ts';
import { writeFramebufferUpdate } from '../rfb/messages/framebuffer-update.ts';
import { bytesPerPixel, checkPixelFormat, type PixelFormat } from '../rfb/pixel-format.ts';
import { intersect, isEmpty, writeRectangleHeader, type Rectangle } from '../rfb/rectangle.ts';
import type { RfbVersion } from '../rfb/version.ts';
import type { Rights } from '../security/identity.ts';
import type { ByteWriter } from '../wire/byte-writer.ts';
import { Announcements, type Announcement } from './announcements.ts';
import type { Aside } from './aside.ts';
import { writeFixedColourMap } from './colour-map.ts';
import type { Display } from './display.ts';
import type { EncodePool, Piece } from './encode-pool.ts';
import { negotiate, type Negotiated } from './negotiated.ts';
import { PendingMoves } from './pending-moves.ts';
import type { Shadow } from './shadow.ts';
import type { ShadowChange } from './take-over.ts';
import { ViewerAttention } from './viewer-attention.ts';
import { ViewerFlow } from './viewer-flow.ts';
import { ViewerPixels, writeLastRect, type PixelPass } from './viewer-pixels.ts';
import { ViewerSize } from './viewer-size.ts';
import type { VideoEncoders } from './video-encoder.ts';
import { ViewerVideo } from './viewer-video.ts';

export interface ViewerUpdatesOptions {
  readonly display: Display;
  /** Of the display: where pixels come from. */
  readonly shadow: Shadow;
  readonly limits: Limits;
  readonly codecs: readonly Codec[];
  readonly rights: Rights;
  /** As ServerInit said. */
  readonly width: number;
  readonly height: number;
  /** What goes out beside the updates. */
  readonly asides?: readonly Aside[];
  /** Absent: nothing is lost, whatever the viewer allows. */
  readonly jpeg?: JpegEncoder;
  /** Absent: everything is encoded on this thread. */
  readonly pool?: EncodePool;
  /** For parts that move like a film. Absent: they are sent as all else. */
  readonly video?: VideoEncoders;
  /** Something may be due that nobody else told of. */
  readonly wake?: () => void;
  /** Of RFB. vncsnapshot speaks 3.3, names LastRect and then hangs on it. Default: 3.8. */
  readonly version?: RfbVersion;
}

/** Small messages that wait for room. A bell rings once however often it was rung. */
interface Waiting {
  colourMap: boolean;
  bell: boolean;
}

/** One less than what means "until LastRect". */
const MAX_RECTANGLES = 65534;
const UNTIL_LAST_RECT = 65535;
/** As many as a full-HD picture has rows of tiles and runs of tiles in them, so that changes stay as exact as they are found. */
const MAX_DAMAGE = 256;
/** How often an update that is being written looks for echoes, milliseconds. */
const LOOK_MS = 8;

export class ViewerUpdates {
  readonly #shadow: Shadow;
  readonly #codecs: readonly Codec[];
  readonly #pixels: ViewerPixels;
  readonly #mayTakeLastRect: boolean;
  readonly #announcements: Announcements;
  readonly #size: ViewerSize;
  readonly #asides: readonly Aside[];
  readonly #damage = new Region(MAX_DAMAGE);
  readonly #moves = new PendingMoves(this.#damage);
  readonly #requested = new Region();
  readonly #video: ViewerVideo;
  /** An update may go out: one was asked for since the last one with pixels. */
  #asked = false;
  #sentUpdates = 0;
  /** Where the viewer looks. */
  readonly attention: ViewerAttention = new ViewerAttention();
  /** When echoes were last looked for inside an update. */
  #lookedAt = Number.NEGATIVE_INFINITY;
  /** When and how fast; also answers the viewer's fences. */
  readonly flow: ViewerFlow = new ViewerFlow();
  #rights: Rights;
  #negotiated: Negotiated;
  #waiting: Waiting = { colourMap: false, bell: false };

  constructor(options: ViewerUpdatesOptions) {
    this.#shadow = options.shadow;
    this.#codecs = options.codecs;
    this.#pixels = new ViewerPixels(options.shadow, options.jpeg, options.pool);
    this.#video = new ViewerVideo({
      encoders: options.video,
      shadow: options.shadow,
      damage: this.#damage,
      lossy: this.#pixels.lossy,
      wake: options.wake ?? (() => undefined),
    });
    this.#mayTakeLastRect = options.version !== '3.3';
    this.#rights = options.rights;
    this.#announcements = new Announcements(options.display, options.limits);
    this.#size = new ViewerSize(options.display, options.width, options.height);
    this.#asides = options.asides ?? [];
    this.#negotiated = negotiate([], options.codecs);
  }

  /** FramebufferUpdates so far, for statistics. */
  get sentUpdates(): number {
    return this.#sentUpdates;
  }

  get understandsResize(): boolean {
    return this.#negotiated.extendedDesktopSize;
  }

  /** The viewer sends motion plus 0x7FFF: it knows how to, and was told to. */
  get pointerIsRelative(): boolean {
    return this.#announcements.pointerMode === 'relative';
  }

  /** The viewer was told that bit 7 of its buttons means that more follow. */
  get moreButtons(): boolean {
    return this.#announcements.moreButtons;
  }

  get negotiated(): Negotiated {
    return this.#negotiated;
  }

  /** Throws ProtocolError on a format in which no pixel can be made. */
  setPixelFormat(format: PixelFormat): void {
    checkPixelFormat(format);
    this.#pixels.format = format;
    this.#waiting.colourMap = !format.trueColour;
  }

  setEncodings(encodings: readonly number[]): void {
    const before = this.#negotiated;
    this.#negotiated = negotiate(encodings, this.#codecs);
    this.#announcements.negotiated(before, this.#negotiated);
    if (!this.takesMoves) this.#moves.forget();
    this.#video.allow(this.#negotiated, this.#rights.view);
    this.flow.negotiated(before, this.#negotiated);
    // The only way for a viewer to learn that SetDesktopSize will be understood.
    if (this.#negotiated.extendedDesktopSize) this.#size.announce(DesktopSizeReason.Server);
  }

  request(request: FramebufferUpdateRequest): void {
    const r = intersect(request, this.#size.bounds);
    this.flow.requested();
    this.#asked = true;
    this.#requested.add(r);
    if (request.incremental) return;
    // The viewer may have lost what stands there, and would move it.
    this.#moves.forget();
    this.#damage.add(r);
    // It gets the picture as it is, even from a display that reported too little.
    if (this.#rights.view) this.#shadow.suspect(r);
    if (this.#negotiated.extendedDesktopSize) this.#size.announce(DesktopSizeReason.Server);
  }

  get takesMoves(): boolean {
    return this.#negotiated.copyRect;
  }

  /** The shadow is another picture now. */
  published({ moves, changed }: ShadowChange): void {
    if (!this.#rights.view) return;
    const { bounds } = this.#size;
    const known = intersect(bounds, this.#shadow.picture.bounds);
    for (const move of moves) {
      if (this.takesMoves && !this.#video.touches(move))
        this.#moves.add(move, known, this.#pixels.unsent);
      else this.#damage.add(intersect(move.to, bounds));
    }
    for (const r of changed) this.#damage.add(intersect(r, bounds));
    this.#video.published({ moves, changed }, known, performance.now());
  }

  resized(reason: number): void {
    this.#size.announce(reason);
    this.#damageAll();
  }

  #damageAll(): void {
    this.#moves.forget();
    this.#video.stop();
    this.#damage.clear();
    this.#damage.add(this.#size.bounds);
    this.#pixels.lossy.clear();
  }

  /** Answers the viewer's own SetDesktopSize. */
  answerResize(status: number): void {
    if (status === DesktopSizeStatus.Ok) this.#size.announce(DesktopSizeReason.ThisClient);
    else this.#size.refuse(status);
  }

  announce(announcement: Announcement): void {
    this.#announcements.add(announcement);
  }

  bell(): void {
    this.#waiting.bell = true;
  }

  /** Who may not look sees black; who may again sees everything. */
  setRights(rights: Rights): void {
    if (rights.view !== this.#rights.view) {
      this.#damageAll();
      this.#announcements.add('cursor');
    }
    this.#rights = rights;
    this.#video.allow(this.#negotiated, rights.view);
  }

  /** One full picture, uncompressed. */
  get frameBytes(): number {
    const { width, height } = this.#size.bounds;
    return width * height * bytesPerPixel(this.#pixels.format);
  }

  /** Something could be sent now. */
  get isDue(): boolean {
    if (this.messagesAreDue) return true;
    if (!this.#mayUpdate) return false;
    if (this.#size.isDue(this.#negotiated) || this.#dueAnnouncements.length > 0) return true;
    const wanted = this.#wanted();
    return (
      this.#isStale(wanted) ||
      this.#moves.isDue(wanted) ||
      this.#video.isDue(wanted, performance.now()) ||
      this.#pixels.lossy.isDue(wanted, performance.now()) ||
      wanted.some((r) => this.#damage.intersects(r))
    );
  }

  /** What the viewer may see there may be another picture than the shadow. */
  #isStale(wanted: readonly Rectangle[]): boolean {
    return this.#rights.view && wanted.some((r) => this.#shadow.isStale(r));
  }

  /** Milliseconds until something may be due although nothing happens; undefined: never. */
  get dueInMs(): number | undefined {
    if (!this.#mayUpdate) return undefined;
    const now = performance.now();
    const calm = this.#video.dueInMs(now);
    const blurred = this.#pixels.lossy.dueInMs(this.#wanted(), now);
    return calm === undefined ? blurred : Math.min(calm, blurred ?? calm);
  }

  get messagesAreDue(): boolean {
    const { colourMap, bell } = this.#waiting;
    const asideIsDue = this.#asides.some((aside) => aside.isDue);
    return colourMap || bell || asideIsDue || this.flow.isDue;
  }

  /** An update may go out: one was asked for, or none needs to be. */
  get #mayUpdate(): boolean {
    return this.#asked || this.flow.mayPush;
  }

  /** Where the viewer wants to know of changes. */
  #wanted(): Rectangle[] {
    const { bounds } = this.#size;
    const { continuous } = this.flow;
    const asked = this.#requested.intersected(bounds);
    if (continuous === undefined) return asked;
    const pushed = intersect(continuous, bounds);
    return isEmpty(pushed) ? asked : [pushed, ...asked];
  }

  get #dueAnnouncements(): Announcement[] {
    const due = this.#announcements.due(this.#negotiated);
    return this.#rights.view ? due : due.filter((each) => each !== 'cursor');
  }

  /**
   * Writes all that is due, and yields after each rectangle of pixels: there the caller may send what was written and
   * wait. Where a promise is yielded it must wait for that. Formats, encoder and picture are those of the update's start,
   * whatever happens meanwhile.
   */
  *write(w: ByteWriter): Generator<Promise<void> | undefined, void> {
    this.writeMessages(w);
    if (!this.#mayUpdate) return;
    if (this.#isStale(this.#wanted())) {
      const refreshed = this.#shadow.refresh();
      if (refreshed !== undefined) yield refreshed;
      if (!this.#mayUpdate) return;
    }
    if (this.#size.write(w, this.#negotiated)) {
      this.#sentUpdates += 1;
      this.#damageAll();
    }
    const before = this.#sentUpdates;
    yield* this.#writeUpdate(w);
    if (this.#sentUpdates > before) this.flow.writeMark(w);
  }

  /** The viewer has gone: lets go of what it holds outside. Nothing is published to it or written any more. */
  leave(): void {
    this.#video.stop();
    this.#pixels.leave();
  }

  /** Bytes of it were given to the stream. */
  sent(bytes: number): void {
    this.flow.sent(bytes);
  }

  /** Writes the small messages that wait. */
  writeMessages(w: ByteWriter): void {
    const { colourMap, bell } = this.#waiting;
    this.#waiting = { colourMap: false, bell: false };
    this.flow.writeWaiting(w);
    if (colourMap) writeFixedColourMap(w);
    if (bell) writeBell(w);
    for (const aside of this.#asides) if (aside.isDue) aside.write(w);
  }

  *#writeUpdate(w: ByteWriter): Generator<Promise<void> | undefined, void> {
    const format = translatorOf(this.#pixels.format).format;
    const now = performance.now();
    const mayEndEarly = this.#mayTakeLastRect && this.#negotiated.lastRect;
    const pass = this.#pixels.begin(this.#negotiated, mayEndEarly, this.flow.bytesPerMs);
    const announcements = this.#dueAnnouncements;
    const wanted = this.#wanted();
    const moves = this.#moves.take(wanted);
    const film = this.#video.take(wanted, now);
    const pieces = this.#takePieces(wanted, pass, now);
    const asked = this.#asked;
    if (moves.length + pieces.length + film.length > 0) this.#answered();
    const count = announcements.length + moves.length + pieces.length + film.length;
    if (count === 0) return;
    assertInvariant(count <= MAX_RECTANGLES, 'an update counts its rectangles in 16 bits');
    const untilLastRect = pass.inParts && pieces.length > 0;
    const rectangleCount = untilLastRect ? UNTIL_LAST_RECT : count;
    writeFramebufferUpdate(w, { type: 'FramebufferUpdate', rectangleCount });
    this.#sentUpdates += 1;
    for (const each of announcements) this.#announcements.write(w, each, this.#negotiated, format);
    for (const move of moves) {
      writeRectangleHeader(w, move.to, Encoding.CopyRect);
      writeCopyRect(w, move.from.x, move.from.y);
      this.#pixels.lossy.moved(move, now);
    }
    const mayLook = (): boolean => this.#rights.view;
    const next = untilLastRect
      ? () => this.#nextPiece(w, pieces, pass, wanted, asked)
      : () => pieces.shift();
    yield* pass.write(w, pieces, next, mayLook);
    this.#video.write(w, film, mayLook(), now);
    if (untilLastRect) writeLastRect(w);
  }

  /** Only an update with pixels uses the request up: simple viewers wait for them. */
  #answered(): void {
    this.#asked = false;
    this.#requested.clear();
  }

  /** The damage that was asked for, small parts first; and if there is none, what is still blurred. */
  #takePieces(wanted: readonly Rectangle[], pass: PixelPass, now: number): Piece[] {
    const damage = this.attention.nearestFirst(wanted.flatMap((r) => this.#damage.take(r)));
    if (damage.length > 0) return damage.flatMap((r) => pass.cut(r));
    return this.#pixels.lossy.take(wanted, now).flatMap((r) => pass.cut(r, true));
  }

  /**
   * The piece to go on with, in an update that may have any number: an echo of the viewer's input that came meanwhile, else
   * the next one. An update that nobody asked for ends when the line is full: what is left is damage again.
   */
  #nextPiece(
    w: ByteWriter,
    pieces: Piece[],
    pass: PixelPass,
    wanted: readonly Rectangle[],
    asked: boolean,
  ): Piece | undefined {
    if (pieces.length === 0) return undefined;
    const now = performance.now();
    if (this.attention.isFresh(now) && now - this.#lookedAt >= LOOK_MS) {
      this.#lookedAt = now;
      pieces.unshift(...this.#takeEchoes(wanted, now).flatMap((r) => pass.cut(r)));
    }
    if (!asked && w.length >= this.flow.roomBytes) {
      for (const piece of pieces.splice(0)) this.#putBack(piece);
      return undefined;
    }
    return pieces.shift();
  }

  /** To be sent another time. What was to be made exact must not be blurred once more, or it might never be. */
  #putBack(piece: Piece): void {
    if (piece.exact) this.#pixels.lossy.putBack(piece);
    else this.#damage.add(piece);
  }

  #takeEchoes(wanted: readonly Rectangle[], now: number): Rectangle[] {
    // Where another thread reads the shadow, what is new is seen the next time.
    if (this.#isStale(wanted)) void this.#shadow.refresh();
    const echoes = this.attention.echoes(this.#damage, wanted, now);
    // Moves that wait would be done after this, to what is then no longer what they moved.
    if (echoes.length > 0) this.#moves.forget();
    for (const r of echoes) this.#damage.subtract(r);
    return echoes;
  }
}
