/**
 * What one viewer must yet be sent, as state: the area that it asked for, the damage in it, and everything to be said
 * about the display. Damage is merged, never queued. The scheduler decides when; this decides what, and writes it.
 * @rfb pseudo-encoding -256 CompressionLevel0 | to -247: taken when an encoding is first used
 */
import type { Codec, Encoder } from '../codec/codec.ts';
import { assertInvariant } from '../core/errors.ts';
import type { Limits } from '../core/limits.ts';
import { Region } from '../pixels/region.ts';
import { translatorOf } from '../pixels/translate.ts';
import { DesktopSizeReason, DesktopSizeStatus } from '../rfb/constants.ts';
import { writeBell } from '../rfb/messages/bell.ts';
import type { FramebufferUpdateRequest } from '../rfb/messages/framebuffer-update-request.ts';
import { writeFramebufferUpdate } from '../rfb/messages/framebuffer-update.ts';
import {
  bytesPerPixel,
  checkPixelFormat,
  nativeFormat,
  type PixelFormat,
} from '../rfb/pixel-format.ts';
import { intersect, isEmpty, writeRectangleHeader, type Rectangle } from '../rfb/rectangle.ts';
import type { Rights } from '../security/identity.ts';
import type { ByteWriter } from '../wire/byte-writer.ts';
import { Announcements, type Announcement } from './announcements.ts';
import type { Aside } from './aside.ts';
import { writeFixedColourMap } from './colour-map.ts';
import type { Display } from './display.ts';
import { negotiate, type Negotiated } from './negotiated.ts';
import { cutRectangle, pixelBlock } from './picture.ts';
import { ViewerFlow } from './viewer-flow.ts';
import { ViewerSize } from './viewer-size.ts';

export interface ViewerUpdatesOptions {
  readonly display: Display;
  readonly limits: Limits;
  readonly codecs: readonly Codec[];
  readonly rights: Rights;
  /** As ServerInit said. */
  readonly width: number;
  readonly height: number;
  /** What goes out beside the updates. */
  readonly asides?: readonly Aside[];
}

/** Small messages that wait for room. A bell rings once however often it was rung. */
interface Waiting {
  colourMap: boolean;
  bell: boolean;
}

const MAX_RECTANGLES = 65535;

export class ViewerUpdates {
  readonly #display: Display;
  readonly #codecs: readonly Codec[];
  readonly #encoders = new Map<number, Encoder>();
  readonly #announcements: Announcements;
  readonly #size: ViewerSize;
  readonly #asides: readonly Aside[];
  readonly #damage = new Region();
  readonly #requested = new Region();
  /** An update may go out: one was asked for since the last one with pixels. */
  #asked = false;
  #sentUpdates = 0;
  /** When and how fast; also answers the viewer's fences. */
  readonly flow: ViewerFlow = new ViewerFlow();
  #rights: Rights;
  #negotiated: Negotiated;
  #format: PixelFormat = nativeFormat;
  #waiting: Waiting = { colourMap: false, bell: false };

  constructor(options: ViewerUpdatesOptions) {
    this.#display = options.display;
    this.#codecs = options.codecs;
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
    // Its tables are made when pixels are: a flood of formats costs nothing.
    this.#format = format;
    this.#waiting.colourMap = !format.trueColour;
  }

  setEncodings(encodings: readonly number[]): void {
    const before = this.#negotiated;
    this.#negotiated = negotiate(encodings, this.#codecs);
    this.#announcements.negotiated(before, this.#negotiated);
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
    this.#damage.add(r);
    if (this.#negotiated.extendedDesktopSize) this.#size.announce(DesktopSizeReason.Server);
  }

  damaged(rectangles: readonly Rectangle[]): void {
    if (!this.#rights.view) return;
    for (const r of rectangles) this.#damage.add(intersect(r, this.#size.bounds));
  }

  resized(reason: number): void {
    this.#size.announce(reason);
    this.#damage.add(this.#size.bounds);
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
      this.#damage.add(this.#size.bounds);
      this.#announcements.add('cursor');
    }
    this.#rights = rights;
  }

  /** One full picture, uncompressed. */
  get frameBytes(): number {
    const { width, height } = this.#size.bounds;
    return width * height * bytesPerPixel(this.#format);
  }

  /** Something could be sent now. */
  get isDue(): boolean {
    if (this.messagesAreDue) return true;
    if (!this.#mayUpdate) return false;
    if (this.#size.isDue(this.#negotiated) || this.#dueAnnouncements.length > 0) return true;
    return this.#wanted().some((asked) => this.#damage.intersected(asked).length > 0);
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
   * wait. Formats, encoder and framebuffer are those of the update's start, whatever happens meanwhile.
   */
  *write(w: ByteWriter): Generator<void, void> {
    this.writeMessages(w);
    if (!this.#mayUpdate) return;
    if (this.#size.write(w, this.#negotiated)) {
      this.#sentUpdates += 1;
      this.#damage.clear();
      this.#damage.add(this.#size.bounds);
    }
    const before = this.#sentUpdates;
    yield* this.#writeUpdate(w);
    if (this.#sentUpdates > before) this.flow.writeMark(w);
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

  *#writeUpdate(w: ByteWriter): Generator<void, void> {
    const { framebuffer } = this.#display;
    const translator = translatorOf(this.#format);
    const { codec } = this.#negotiated;
    const encoder = this.#encoder();
    const announcements = this.#dueAnnouncements;
    const pieces = this.#takePieces(encoder);
    const rectangleCount = announcements.length + pieces.length;
    if (rectangleCount === 0) return;
    assertInvariant(rectangleCount <= MAX_RECTANGLES, 'an update counts its rectangles in 16 bits');
    writeFramebufferUpdate(w, { type: 'FramebufferUpdate', rectangleCount });
    this.#sentUpdates += 1;
    for (const each of announcements)
      this.#announcements.write(w, each, this.#negotiated, translator.format);
    for (const piece of pieces) {
      // Rights are looked at again for each piece: they may be lost while the update is on its way.
      const source = this.#rights.view ? framebuffer : undefined;
      writeRectangleHeader(w, piece, codec.encoding);
      encoder.encode(pixelBlock(source, piece, translator), translator.format, w);
      yield;
    }
  }

  /** The damage that was asked for. Only an update with pixels uses the request up: simple viewers wait for them. */
  #takePieces(encoder: Encoder): Rectangle[] {
    const pieces: Rectangle[] = [];
    for (const asked of this.#wanted()) {
      for (const r of this.#damage.take(asked)) pieces.push(...cutRectangle(r, encoder));
    }
    if (pieces.length > 0) {
      this.#asked = false;
      this.#requested.clear();
    }
    return pieces;
  }

  /** Encoders keep zlib streams, which live as long as the connection: one for each encoding, made when first used. */
  #encoder(): Encoder {
    const { codec, compressionLevel } = this.#negotiated;
    let encoder = this.#encoders.get(codec.encoding);
    if (encoder === undefined) {
      encoder = codec.createEncoder(compressionLevel === undefined ? {} : { compressionLevel });
      this.#encoders.set(codec.encoding, encoder);
    }
    return encoder;
  }
}
