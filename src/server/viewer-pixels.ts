/**
 * How pixels go to one viewer: cut into pieces that its encoder takes, encoded from the shadow, in its format. It remembers
 * what is on its way and what was not sent exactly; which pixels are sent, and when, is decided elsewhere.
 */
import type { JpegEncoder } from '../codec/codec.ts';
import { translatorOf } from '../pixels/translate.ts';
import { Encoding } from '../rfb/constants.ts';
import { nativeFormat, type PixelFormat } from '../rfb/pixel-format.ts';
import { area, writeRectangleHeader, type Rectangle } from '../rfb/rectangle.ts';
import type { ByteWriter } from '../wire/byte-writer.ts';
import { encodeElsewhere } from './encode-elsewhere.ts';
import { encodePiece } from './encode-piece.ts';
import type {
  EncodedJob,
  EncodePool,
  EncodeSettings,
  Piece,
  RemoteEncoder,
} from './encode-pool.ts';
import { atLevel, type EncodingWishes } from './encoding-wishes.ts';
import { canMove } from './job-encoder.ts';
import { LevelChoice } from './level-choice.ts';
import { LossyRegion } from './lossy-region.ts';
import type { Negotiated } from './negotiated.ts';
import { cutForParts, cutRectangle } from './picture.ts';
import type { Shadow } from './shadow.ts';
import type { ShadowPicture } from './shadow-picture.ts';
import { ViewerEncoders } from './viewer-encoders.ts';
import { ViewerThread } from './viewer-thread.ts';

/** How the pixels of one update go out: its settings stay until its end, whatever the viewer says meanwhile. */
export interface PixelPass {
  /** As many rectangles as suit the picture, so that their count is not known before. */
  readonly inParts: boolean;
  readonly cut: (r: Rectangle, exact?: boolean) => Piece[];
  /**
   * Writes pieces, and yields after each, or some, and what is to be waited for. `next` gives them one by one, undefined at
   * the end; `mayLook`: else they are black.
   */
  readonly write: (
    w: ByteWriter,
    pieces: Piece[],
    next: () => Piece | undefined,
    mayLook: () => boolean,
  ) => Generator<Promise<void> | undefined, void>;
}

export class ViewerPixels {
  readonly #shadow: Shadow;
  readonly #encoders: ViewerEncoders;
  readonly #thread: ViewerThread;
  /** What the viewer sees without being told exactly. */
  readonly lossy: LossyRegion = new LossyRegion();
  readonly #level = new LevelChoice();
  #format: PixelFormat = nativeFormat;
  #settings: EncodeSettings | undefined;
  /** What the update that is being written has yet to write. */
  #unsent: readonly Piece[] = [];
  /** And what another thread encodes, or has encoded, until its bytes are written. */
  #underWay: Piece[] = [];

  constructor(shadow: Shadow, jpeg: JpegEncoder | undefined, pool?: EncodePool) {
    this.#shadow = shadow;
    this.#encoders = new ViewerEncoders(jpeg);
    this.#thread = new ViewerThread(pool);
  }

  /** The viewer has gone. */
  release(): void {
    this.#thread.release();
  }

  get format(): PixelFormat {
    return this.#format;
  }

  /** Its tables are made when pixels are: a flood of formats costs nothing. */
  set format(format: PixelFormat) {
    this.#format = format;
  }

  get unsent(): readonly Rectangle[] {
    return this.#underWay.length === 0 ? this.#unsent : [...this.#underWay, ...this.#unsent];
  }

  /**
   * For one update. `mayEndEarly`: the viewer need not know how many rectangles there are. `bytesPerMs`: of its line, 0 when
   * not known.
   */
  begin(asked: Negotiated, mayEndEarly: boolean, bytesPerMs: number): PixelPass {
    const level = this.#level.level(bytesPerMs);
    const negotiated = { ...asked, wishes: atLevel(asked.wishes, level) };
    const encoder = this.#encoders.of(negotiated);
    const inParts = mayEndEarly && encoder.encodeParts !== undefined;
    const { codec, wishes } = negotiated;
    const settings = this.#settingsOf(codec.encoding, wishes, inParts);
    const moves = encoder.resume !== undefined && canMove(codec);
    return {
      inParts,
      cut: (r, exact = false) =>
        (inParts ? cutForParts(r) : cutRectangle(r, encoder)).map((part) => ({ ...part, exact })),
      write: (w, pieces, next, mayLook) => {
        const pixels = pieces.reduce((sum, piece) => sum + area(piece), 0);
        const remote = moves ? this.#thread.choose(pixels) : undefined;
        return this.#write(pieces, (picture) =>
          remote === undefined
            ? this.#here({ w, next, mayLook, picture, negotiated, settings })
            : this.#elsewhere({ w, next, mayLook, picture, negotiated, settings }, remote),
        );
      },
    };
  }

  /** For the same settings the same object. */
  #settingsOf(encoding: number, wishes: EncodingWishes, inParts: boolean): EncodeSettings {
    const last = this.#settings;
    const format = this.#format;
    if (
      last?.encoding !== encoding ||
      last.wishes !== wishes ||
      last.format !== format ||
      last.inParts !== inParts
    )
      this.#settings = { encoding, wishes, format, inParts };
    return this.#settings!;
  }

  *#write(
    pieces: Piece[],
    encode: (picture: ShadowPicture) => Generator<Promise<void> | undefined, number>,
  ): Generator<Promise<void> | undefined, void> {
    const picture = this.#shadow.picture.retain();
    this.#unsent = pieces;
    try {
      this.#level.encoded(yield* encode(picture));
    } finally {
      this.#unsent = [];
      this.#underWay = [];
      picture.release();
    }
  }

  /** Returns how long encoding took, milliseconds. */
  *#here(pass: Pass): Generator<undefined, number> {
    const { w, next, mayLook, picture, negotiated, settings } = pass;
    const translator = translatorOf(settings.format);
    let encodeMs = 0;
    for (let piece = next(); piece !== undefined; piece = next()) {
      const begun = performance.now();
      const encoder = this.#encoders.here(negotiated, piece.exact);
      const source = mayLook() ? picture : undefined;
      const { lossy } = encodePiece(w, piece, source, { ...settings, encoder, translator });
      this.lossy.sent(piece, lossy, performance.now());
      encodeMs += performance.now() - begun;
      yield;
    }
    return encodeMs;
  }

  *#elsewhere(pass: Pass, remote: RemoteEncoder): Generator<Promise<void> | undefined, number> {
    const { w, next, mayLook, picture, negotiated, settings } = pass;
    let encodeMs = 0;
    const start = (pieces: readonly Piece[]): Promise<EncodedJob> =>
      picture.read(() => {
        const streams = this.#encoders.move(negotiated, remote);
        return remote.encode({
          settings,
          pieces,
          picture: mayLook() ? picture.place : undefined,
          ...(streams === undefined ? {} : { streams }),
        });
      });
    const done = (pieces: readonly Piece[], job: EncodedJob): void => {
      w.bytes(job.bytes);
      this.#encoders.moved(settings.encoding, job.streams);
      pieces.forEach((piece, i) => this.lossy.sent(piece, job.lossy[i] ?? [], performance.now()));
      encodeMs += job.encodeMs;
    };
    yield* encodeElsewhere(
      { next, start, done, jobPixels: this.#thread.jobPixels },
      this.#underWay,
    );
    return encodeMs;
  }
}

/** What one update's pixels need. */
interface Pass {
  readonly w: ByteWriter;
  readonly next: () => Piece | undefined;
  readonly mayLook: () => boolean;
  readonly picture: ShadowPicture;
  readonly negotiated: Negotiated;
  readonly settings: EncodeSettings;
}

/** Behind an update of parts. */
export function writeLastRect(w: ByteWriter): void {
  writeRectangleHeader(w, { x: 0, y: 0, width: 0, height: 0 }, Encoding.LastRect);
}
