/**
 * How pixels go to one viewer: cut into pieces that its encoder takes, encoded from the shadow, in its format. It remembers
 * what is on its way and what was not sent exactly; which pixels are sent, and when, is decided elsewhere.
 */
import type { Encoder, JpegEncoder } from '../codec/codec.ts';
import { translatorOf, type PixelTranslator } from '../pixels/translate.ts';
import { Encoding } from '../rfb/constants.ts';
import { nativeFormat, type PixelFormat } from '../rfb/pixel-format.ts';
import { writeRectangleHeader, type Rectangle } from '../rfb/rectangle.ts';
import { ByteWriter } from '../wire/byte-writer.ts';
import { atLevel } from './encoding-wishes.ts';
import { LevelChoice } from './level-choice.ts';
import { LossyRegion } from './lossy-region.ts';
import type { Negotiated } from './negotiated.ts';
import { cutForParts, cutRectangle, pixelBlock } from './picture.ts';
import type { Shadow } from './shadow.ts';
import type { ShadowPicture } from './shadow-picture.ts';
import type { SharedManner, SharedPiece, SharingGroup } from './shared-pieces.ts';
import { ViewerEncoders } from './viewer-encoders.ts';

/** A part of an update; `exact`: without loss, whatever the viewer allows. */
export interface Piece extends Rectangle {
  readonly exact: boolean;
}

/** How the pixels of one update go out: its settings stay until its end, whatever the viewer says meanwhile. */
export interface PixelPass {
  /** As many rectangles as suit the picture, so that their count is not known before. */
  readonly inParts: boolean;
  readonly cut: (r: Rectangle, exact?: boolean) => Piece[];
  /**
   * Writes pieces, and yields after each. `next` gives them one by one, undefined at the end; `mayLook`: else they are black.
   */
  readonly write: (
    w: ByteWriter,
    pieces: Piece[],
    next: () => Piece | undefined,
    mayLook: () => boolean,
  ) => Generator<void, void>;
}

/** For many viewers time is spent once and bytes by each: not the fastest level, however fast the line. */
const SHARED_LEVEL = 2;

export class ViewerPixels {
  readonly #shadow: Shadow;
  readonly #jpeg: JpegEncoder | undefined;
  readonly #encoders: ViewerEncoders;
  /** The viewers that want what this one wanted last, and what that was. */
  #group: SharingGroup | undefined;
  #manner: SharedManner | undefined;
  /** What the viewer sees without being told exactly. */
  readonly lossy: LossyRegion = new LossyRegion();
  readonly #level = new LevelChoice();
  #format: PixelFormat = nativeFormat;
  /** What the update that is being written has yet to write. */
  #unsent: readonly Piece[] = [];

  constructor(shadow: Shadow, jpeg: JpegEncoder | undefined) {
    this.#shadow = shadow;
    this.#jpeg = jpeg;
    this.#encoders = new ViewerEncoders(jpeg);
  }

  get format(): PixelFormat {
    return this.#format;
  }

  /** Its tables are made when pixels are: a flood of formats costs nothing. */
  set format(format: PixelFormat) {
    this.#format = format;
  }

  get unsent(): readonly Rectangle[] {
    return this.#unsent;
  }

  /** The viewer has gone. */
  leave(): void {
    if (this.#group !== undefined) this.#shadow.pieces.leave(this.#group);
    this.#group = undefined;
    this.#manner = undefined;
  }

  /**
   * For one update. `mayEndEarly`: the viewer need not know how many rectangles there are. `bytesPerMs`: of its line, 0 when
   * not known.
   */
  begin(asked: Negotiated, mayEndEarly: boolean, bytesPerMs: number): PixelPass {
    const level = this.#level.level(bytesPerMs);
    const translator = translatorOf(this.#format);
    const encoder = this.#encoders.of({ ...asked, wishes: atLevel(asked.wishes, level) });
    const inParts = mayEndEarly && encoder.encodeParts !== undefined;
    const mannerAt = (compressionLevel: number): SharedManner => ({
      negotiated: { ...asked, wishes: atLevel(asked.wishes, compressionLevel) },
      format: translator.format,
      inParts,
    });
    const common = mannerAt(Math.max(level, SHARED_LEVEL));
    const group = this.#groupFor(common);
    const shared = group?.shares === true ? group : undefined;
    const manner = shared === undefined ? mannerAt(level) : common;
    return {
      inParts,
      cut: (r, exact = false) =>
        (inParts ? cutForParts(r) : cutRectangle(r, encoder)).map((part) => ({ ...part, exact })),
      write: (w, pieces, next, mayLook) =>
        this.#write(pieces, next, (piece, picture) => {
          const source = mayLook() ? picture : undefined;
          return this.#send(w, { piece, source, translator, manner, shared });
        }),
    };
  }

  /** Moves the viewer to those who want the same. */
  #groupFor(manner: SharedManner): SharingGroup | undefined {
    const before = this.#manner;
    const isSame =
      before?.negotiated.codec === manner.negotiated.codec &&
      before.negotiated.wishes === manner.negotiated.wishes &&
      before.format === manner.format &&
      before.inParts === manner.inParts;
    if (isSame) return this.#group;
    this.leave();
    this.#manner = manner;
    this.#group = this.#shadow.pieces.join(manner, this.#jpeg);
    return this.#group;
  }

  *#write(
    pieces: Piece[],
    next: () => Piece | undefined,
    send: (piece: Piece, picture: ShadowPicture) => number,
  ): Generator<void, void> {
    const picture = this.#shadow.picture.retain();
    this.#unsent = pieces;
    let encodeMs = 0;
    try {
      for (let piece = next(); piece !== undefined; piece = next()) {
        encodeMs += send(piece, picture);
        yield;
      }
    } finally {
      this.#unsent = [];
      this.#level.encoded(encodeMs);
      picture.release();
    }
  }

  /** Returns what encoding took, milliseconds, be it for another viewer. */
  #send(w: ByteWriter, sending: Sending): number {
    const { piece, source, manner, shared } = sending;
    const { negotiated } = manner;
    let encoded: Encoded;
    if (shared !== undefined && source === this.#shadow.picture) {
      encoded = this.#share(w, sending, shared);
      this.#encoders.interrupted(negotiated.codec.encoding);
    } else {
      encoded = encode(w, sending, this.#encoders.of(negotiated, piece.exact));
    }
    this.lossy.sent(piece, encoded.lossy, performance.now());
    return encoded.encodeMs;
  }

  /** What another viewer was sent, or else what the next one may be. */
  #share(w: ByteWriter, sending: Sending, group: SharingGroup): Encoded {
    const { pieces } = this.#shadow;
    const { piece } = sending;
    let shared = pieces.find(group, piece);
    if (shared === undefined) {
      const { negotiated } = group.manner;
      const encoded = encode(scratch, sending, group.encoders.of(negotiated, piece.exact));
      shared = { ...encoded, bytes: scratch.written().slice() };
      scratch.truncate(0);
      pieces.keep(group, piece, shared);
    }
    w.shared(shared.bytes);
    return shared;
  }
}

/** Where shared pieces are made. */
const scratch = new ByteWriter();

/** A piece on its way. */
interface Sending {
  readonly piece: Piece;
  /** Undefined: black. */
  readonly source: ShadowPicture | undefined;
  readonly translator: PixelTranslator;
  readonly manner: SharedManner;
  /** With whom it is shared, if anybody. */
  readonly shared: SharingGroup | undefined;
}

type Encoded = Omit<SharedPiece, 'bytes'>;

function encode(w: ByteWriter, sending: Sending, encoder: Encoder): Encoded {
  const { piece, source, translator, manner } = sending;
  const begun = performance.now();
  const block = pixelBlock(source, piece, translator);
  let lossy: readonly Rectangle[] = [];
  if (manner.inParts && encoder.encodeParts !== undefined) {
    ({ lossy } = encoder.encodeParts(block, piece, translator.format, w));
  } else {
    writeRectangleHeader(w, piece, manner.negotiated.codec.encoding);
    encoder.encode(block, translator.format, w);
    if (encoder.lossy === true) lossy = [piece];
  }
  return { lossy, encodeMs: performance.now() - begun };
}

/** Behind an update of parts. */
export function writeLastRect(w: ByteWriter): void {
  writeRectangleHeader(w, { x: 0, y: 0, width: 0, height: 0 }, Encoding.LastRect);
}
