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
import type { Shadow } from './shadow.ts';
import type { ShadowChange } from './take-over.ts';
import type { ViewerAttention } from './viewer-attention.ts';
import { ViewerDamage } from './viewer-damage.ts';
import { ViewerFlow } from './viewer-flow.ts';
import { ViewerPixels, writeLastRect, type PixelPass } from './viewer-pixels.ts';
import { ViewerSize } from './viewer-size.ts';
import type { VideoEncoders } from './video-encoder.ts';

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

export class ViewerUpdates {
  readonly #shadow: Shadow;
  readonly #codecs: readonly Codec[];
  readonly #pixels: ViewerPixels;
  readonly #mayTakeLastRect: boolean;
  readonly #announcements: Announcements;
  readonly #size: ViewerSize;
  readonly #asides: readonly Aside[];
  readonly #damage: ViewerDamage;
  readonly #requested = new Region();
  /** An update may go out: one was asked for since the last one with pixels. */
  #asked = false;
  #sentUpdates = 0;
  /** When and how fast; also answers the viewer's fences. */
  readonly flow: ViewerFlow = new ViewerFlow();
  #rights: Rights;
  #negotiated: Negotiated;
  #waiting: Waiting = { colourMap: false, bell: false };

  constructor(options: ViewerUpdatesOptions) {
    this.#shadow = options.shadow;
    this.#codecs = options.codecs;
    this.#pixels = new ViewerPixels(options.shadow, options.jpeg, options.pool);
    const { shadow, video, wake = () => undefined } = options;
    this.#damage = new ViewerDamage(shadow, this.#pixels, video, wake);
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

  /** Where the viewer looks. */
  get attention(): ViewerAttention {
    return this.#damage.attention;
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
    if (!this.takesMoves) this.#damage.forgetMoves();
    this.#damage.video.allow(this.#negotiated, this.#rights.view);
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
    this.#damage.lost(r);
    // It gets the picture as it is, even from a display that reported too little.
    if (this.#rights.view) this.#shadow.suspect(r);
    if (this.#negotiated.extendedDesktopSize) this.#size.announce(DesktopSizeReason.Server);
  }

  get takesMoves(): boolean {
    return this.#negotiated.copyRect;
  }

  /** The shadow is another picture now. */
  published(change: ShadowChange): void {
    if (this.#rights.view) this.#damage.published(change, this.#size.bounds, this.takesMoves);
  }

  resized(reason: number): void {
    this.#size.announce(reason);
    this.#damage.lostAll(this.#size.bounds);
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
      this.#damage.lostAll(this.#size.bounds);
      this.#announcements.add('cursor');
    }
    this.#rights = rights;
    this.#damage.video.allow(this.#negotiated, rights.view);
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
    return this.#isStale(wanted) || this.#damage.isDue(wanted);
  }

  /** What the viewer may see there may be another picture than the shadow. */
  #isStale(wanted: readonly Rectangle[]): boolean {
    return this.#rights.view && wanted.some((r) => this.#shadow.isStale(r));
  }

  /** Milliseconds until something may be due although nothing happens; undefined: never. */
  get dueInMs(): number | undefined {
    return this.#mayUpdate ? this.#damage.dueInMs(this.#wanted(), performance.now()) : undefined;
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
      this.#damage.lostAll(this.#size.bounds);
    }
    const before = this.#sentUpdates;
    yield* this.#writeUpdate(w);
    if (this.#sentUpdates > before) this.flow.writeMark(w);
  }

  /** The viewer has gone: lets go of what it holds outside. Nothing is published to it or written any more. */
  leave(): void {
    this.#damage.video.stop();
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
    const { moves, film, pieces } = this.#damage.take(wanted, pass, now);
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
      this.#damage.moved(move, now);
    }
    const mayLook = (): boolean => this.#rights.view;
    const next = untilLastRect
      ? () => this.#nextPiece(w, pieces, pass, wanted, asked)
      : () => pieces.shift();
    yield* pass.write(w, pieces, next, mayLook);
    this.#damage.video.write(w, film, mayLook(), now);
    if (untilLastRect) writeLastRect(w);
  }

  /** Only an update with pixels uses the request up: simple viewers wait for them. */
  #answered(): void {
    this.#asked = false;
    this.#requested.clear();
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
    if (this.#damage.looks(now)) {
      // Where another thread reads the shadow, what is new is seen the next time.
      if (this.#isStale(wanted)) void this.#shadow.refresh();
      pieces.unshift(...this.#damage.takeEchoes(wanted, now).flatMap((r) => pass.cut(r)));
    }
    if (!asked && w.length >= this.flow.roomBytes) {
      for (const piece of pieces.splice(0)) this.#damage.putBack(piece);
      return undefined;
    }
    return pieces.shift();
  }
}
