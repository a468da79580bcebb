/**
 * How pixels go to one viewer: cut into pieces that its encoder takes, encoded from the shadow, in its format. It remembers
 * what is on its way and what was not sent exactly; which pixels are sent, and when, is decided elsewhere.
 */
import type { Encoder, JpegEncoder } from '../codec/codec.ts';
import { translatorOf, type PixelTranslator } from '../pixels/translate.ts';
import { Encoding } from '../rfb/constants.ts';
import { nativeFormat, type PixelFormat } from '../rfb/pixel-format.ts';
import { writeRectangleHeader, type Rectangle } from '../rfb/rectangle.ts';
import type { ByteWriter } from '../wire/byte-writer.ts';
import { atLevel } from './encoding-wishes.ts';
import { LevelChoice } from './level-choice.ts';
import { LossyRegion } from './lossy-region.ts';
import type { Negotiated } from './negotiated.ts';
import { cutForParts, cutRectangle, pixelBlock } from './picture.ts';
import type { Shadow } from './shadow.ts';
import type { ShadowPicture } from './shadow-picture.ts';
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

export class ViewerPixels {
  readonly #shadow: Shadow;
  readonly #encoders: ViewerEncoders;
  /** What the viewer sees without being told exactly. */
  readonly lossy: LossyRegion = new LossyRegion();
  readonly #level = new LevelChoice();
  #format: PixelFormat = nativeFormat;
  /** What the update that is being written has yet to write. */
  #unsent: readonly Piece[] = [];

  constructor(shadow: Shadow, jpeg: JpegEncoder | undefined) {
    this.#shadow = shadow;
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

  /**
   * For one update. `mayEndEarly`: the viewer need not know how many rectangles there are. `bytesPerMs`: of its line, 0 when
   * not known.
   */
  begin(asked: Negotiated, mayEndEarly: boolean, bytesPerMs: number): PixelPass {
    const level = this.#level.level(bytesPerMs);
    const negotiated = { ...asked, wishes: atLevel(asked.wishes, level) };
    const translator = translatorOf(this.#format);
    const encoder = this.#encoders.of(negotiated);
    const inParts = mayEndEarly && encoder.encodeParts !== undefined;
    return {
      inParts,
      cut: (r, exact = false) =>
        (inParts ? cutForParts(r) : cutRectangle(r, encoder)).map((part) => ({ ...part, exact })),
      write: (w, pieces, next, mayLook) =>
        this.#write(pieces, next, (piece, picture) => {
          const source = mayLook() ? picture : undefined;
          this.#encode(w, { piece, source, translator, negotiated, inParts });
        }),
    };
  }

  *#write(
    pieces: Piece[],
    next: () => Piece | undefined,
    encode: (piece: Piece, picture: ShadowPicture) => void,
  ): Generator<void, void> {
    const picture = this.#shadow.picture.retain();
    this.#unsent = pieces;
    let encodeMs = 0;
    try {
      for (let piece = next(); piece !== undefined; piece = next()) {
        const begun = performance.now();
        encode(piece, picture);
        encodeMs += performance.now() - begun;
        yield;
      }
    } finally {
      this.#unsent = [];
      this.#level.encoded(encodeMs);
      picture.release();
    }
  }

  #encode(
    w: ByteWriter,
    how: {
      readonly piece: Piece;
      readonly source: ShadowPicture | undefined;
      readonly translator: PixelTranslator;
      readonly negotiated: Negotiated;
      readonly inParts: boolean;
    },
  ): void {
    const { piece, source, translator, negotiated, inParts } = how;
    const encoder: Encoder = this.#encoders.of(negotiated, piece.exact);
    const block = pixelBlock(source, piece, translator);
    let lossy: readonly Rectangle[] = [];
    if (inParts && encoder.encodeParts !== undefined) {
      ({ lossy } = encoder.encodeParts(block, piece, translator.format, w));
    } else {
      writeRectangleHeader(w, piece, negotiated.codec.encoding);
      encoder.encode(block, translator.format, w);
      if (encoder.lossy === true) lossy = [piece];
    }
    this.lossy.sent(piece, lossy, performance.now());
  }
}

/** Behind an update of parts. */
export function writeLastRect(w: ByteWriter): void {
  writeRectangleHeader(w, { x: 0, y: 0, width: 0, height: 0 }, Encoding.LastRect);
}
