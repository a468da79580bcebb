/**
 * How pixels go to one viewer: cut into pieces that its encoder takes, encoded from the shadow, in its format. It remembers
 * what is on its way and what was not sent exactly; which pixels are sent, and when, is decided elsewhere.
 */
import type { Encoder, JpegEncoder } from '../codec/codec.ts';
import { translatorOf } from '../pixels/translate.ts';
import { Encoding } from '../rfb/constants.ts';
import { nativeFormat, type PixelFormat } from '../rfb/pixel-format.ts';
import { area, writeRectangleHeader, type Rectangle } from '../rfb/rectangle.ts';
import { ByteWriter } from '../wire/byte-writer.ts';
import { encodeElsewhere } from './encode-elsewhere.ts';
import { encodePiece } from './encode-piece.ts';
import type {
  EncodedJob,
  EncodePool,
  EncodeSettings,
  Piece,
  RemoteEncoder,
} from './encode-pool.ts';
import { atLevel } from './encoding-wishes.ts';
import { canMove } from './job-encoder.ts';
import { LevelChoice } from './level-choice.ts';
import { LossyRegion } from './lossy-region.ts';
import type { Negotiated } from './negotiated.ts';
import { cutForParts, cutRectangle } from './picture.ts';
import type { Shadow } from './shadow.ts';
import type { ShadowPicture } from './shadow-picture.ts';
import type { SharedManner, SharedPiece, SharingGroup } from './shared-pieces.ts';
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

/** For many viewers time is spent once and bytes by each: not the fastest level, however fast the line. */
const SHARED_LEVEL = 2;

export class ViewerPixels {
  readonly #shadow: Shadow;
  readonly #jpeg: JpegEncoder | undefined;
  readonly #encoders: ViewerEncoders;
  readonly #thread: ViewerThread;
  /** The viewers that want what this one wanted last, and what that was. */
  #group: SharingGroup | undefined;
  #manner: SharedManner | undefined;
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
    this.#jpeg = jpeg;
    this.#encoders = new ViewerEncoders(jpeg);
    this.#thread = new ViewerThread(pool);
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

  /** The viewer has gone. */
  leave(): void {
    this.#thread.release();
    this.#leaveGroup();
  }

  #leaveGroup(): void {
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
    const { format } = translatorOf(this.#format);
    const encoder = this.#encoders.of({ ...asked, wishes: atLevel(asked.wishes, level) });
    const inParts = mayEndEarly && encoder.encodeParts !== undefined;
    const mannerAt = (compressionLevel: number): SharedManner => ({
      negotiated: { ...asked, wishes: atLevel(asked.wishes, compressionLevel) },
      format,
      inParts,
    });
    const common = mannerAt(Math.max(level, SHARED_LEVEL));
    const group = this.#groupFor(common);
    const shared = group?.shares === true ? group : undefined;
    const { negotiated } = shared === undefined ? mannerAt(level) : common;
    const { codec, wishes } = negotiated;
    const settings = this.#settingsOf({ encoding: codec.encoding, wishes, format, inParts });
    // What is shared is made once, here.
    const moves = shared === undefined && encoder.resume !== undefined && canMove(codec);
    return {
      inParts,
      cut: (r, exact = false) =>
        (inParts ? cutForParts(r) : cutRectangle(r, encoder)).map(({ x, y, width, height }) => ({
          x,
          y,
          width,
          height,
          exact,
        })),
      write: (w, pieces, next, mayLook) => {
        const pixels = pieces.reduce((sum, piece) => sum + area(piece), 0);
        const lossy = this.#jpeg !== undefined && wishes.lossy !== undefined;
        const remote = moves ? this.#thread.choose(pixels, lossy) : undefined;
        return this.#write(pieces, (picture) => {
          const pass = { w, next, mayLook, picture, negotiated, settings, shared };
          return remote === undefined ? this.#here(pass) : this.#elsewhere(pass, remote);
        });
      },
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
    this.#leaveGroup();
    this.#manner = manner;
    this.#group = this.#shadow.pieces.join(manner, this.#jpeg);
    return this.#group;
  }

  /** For the same settings the same object. */
  #settingsOf(wanted: EncodeSettings): EncodeSettings {
    const last = this.#settings;
    const isSame =
      last?.encoding === wanted.encoding &&
      last.wishes === wanted.wishes &&
      last.format === wanted.format &&
      last.inParts === wanted.inParts;
    const settings = isSame ? last : wanted;
    this.#settings = settings;
    return settings;
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
    const { next, mayLook, picture, shared } = pass;
    let encodeMs = 0;
    for (let piece = next(); piece !== undefined; piece = next()) {
      const source = mayLook() ? picture : undefined;
      const mayShare = source === this.#shadow.picture;
      const encoded =
        shared !== undefined && mayShare
          ? this.#share(pass, piece, shared)
          : this.#encodeAlone(pass, piece, source);
      this.lossy.sent(piece, encoded.lossy, performance.now());
      encodeMs += encoded.encodeMs;
      yield;
    }
    return encodeMs;
  }

  #encodeAlone(pass: Pass, piece: Piece, source: ShadowPicture | undefined): Encoded {
    const encoder = this.#encoders.here(pass.negotiated, piece.exact);
    return encode(pass.w, piece, source, pass.settings, encoder);
  }

  /** What another viewer was sent, or else what the next one may be. */
  #share({ w, picture, settings }: Pass, piece: Piece, group: SharingGroup): Encoded {
    const { pieces } = this.#shadow;
    let shared = pieces.find(group, piece);
    if (shared === undefined) {
      const encoder = group.encoders.of(group.manner.negotiated, piece.exact);
      const encoded = encode(scratch, piece, picture, settings, encoder);
      shared = { ...encoded, bytes: scratch.written().slice() };
      scratch.truncate(0);
      pieces.keep(group, piece, shared);
    }
    w.shared(shared.bytes);
    this.#encoders.interrupted(settings.encoding);
    return shared;
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
      w.shared(job.bytes);
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
  /** With whom it is shared, if anybody. */
  readonly shared: SharingGroup | undefined;
}

/** Where shared pieces are made. */
const scratch = new ByteWriter();

type Encoded = Omit<SharedPiece, 'bytes'>;

function encode(
  w: ByteWriter,
  piece: Piece,
  source: ShadowPicture | undefined,
  settings: EncodeSettings,
  encoder: Encoder,
): Encoded {
  const begun = performance.now();
  const { encoding, inParts } = settings;
  const translator = translatorOf(settings.format);
  const { lossy } = encodePiece(w, piece, source, { encoding, inParts, encoder, translator });
  return { lossy, encodeMs: performance.now() - begun };
}

/** Behind an update of parts. */
export function writeLastRect(w: ByteWriter): void {
  writeRectangleHeader(w, { x: 0, y: 0, width: 0, height: 0 }, Encoding.LastRect);
}
