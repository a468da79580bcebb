/** One viewer's encoders. They keep zlib streams, which live as long as the connection: one for each encoding. */
import type { Encoder, JpegEncoder } from '../codec/codec.ts';
import { Encoding } from '../rfb/constants.ts';
import type { RemoteEncoder } from './encode-pool.ts';
import { exactly, type EncodingWishes } from './encoding-wishes.ts';
import type { Negotiated } from './negotiated.ts';

interface Kept {
  readonly encoder: Encoder;
  wishes: EncodingWishes;
}

/** Streams that another thread used last, and how they stand. */
interface Elsewhere {
  readonly remote: RemoteEncoder;
  streams: number;
}

/** Encodings with the same streams: ZRLE and ZYWRLE have one in common. */
const streamsOf = (encoding: number): number =>
  encoding === Encoding.ZYWRLE ? Encoding.ZRLE : encoding;

export class ViewerEncoders {
  readonly #jpeg: JpegEncoder | undefined;
  readonly #shareable: boolean;
  readonly #encoders = new Map<number, Kept>();
  /** By streamsOf(). */
  readonly #elsewhere = new Map<number, Elsewhere>();
  /** Encodings in which the viewer was sent something else since its encoder was last used. */
  readonly #interrupted = new Set<number>();

  /** `shareable`: what they make is for any viewer. */
  constructor(jpeg: JpegEncoder | undefined, shareable = false) {
    this.#jpeg = jpeg;
    this.#shareable = shareable;
  }

  /** The viewer was sent what another encoder made. */
  interrupted(encoding: number): void {
    this.#interrupted.add(encoding);
  }

  /** The encoder for what the viewer wants now, made when first used. `exact`: nothing may be lost this time. */
  of(wanted: Pick<Negotiated, 'codec' | 'wishes'>, exact = false): Encoder {
    return this.#kept(wanted, exact).encoder;
  }

  /** The same, to encode here: it goes on where another thread left the streams. */
  here(wanted: Pick<Negotiated, 'codec' | 'wishes'>, exact: boolean): Encoder {
    const { encoder } = this.#kept(wanted, exact);
    const streams = streamsOf(wanted.codec.encoding);
    const elsewhere = this.#elsewhere.get(streams);
    if (elsewhere !== undefined) encoder.resume?.(elsewhere.streams);
    this.#elsewhere.delete(streams);
    if (this.#interrupted.delete(wanted.codec.encoding)) encoder.restart?.();
    return encoder;
  }

  /** Encoding goes on there. Returns how the streams stand if that is not known there. */
  move(wanted: Pick<Negotiated, 'codec' | 'wishes'>, remote: RemoteEncoder): number | undefined {
    const { encoder } = this.#kept(wanted, false);
    const key = streamsOf(wanted.codec.encoding);
    const elsewhere = this.#elsewhere.get(key);
    const isInterrupted = this.#interrupted.delete(wanted.codec.encoding);
    if (elsewhere?.remote === remote && !isInterrupted) return undefined;
    if (isInterrupted) encoder.restart?.();
    const known = isInterrupted ? undefined : elsewhere?.streams;
    const streams = known ?? encoder.streams?.() ?? 0;
    this.#elsewhere.set(key, { remote, streams });
    return streams;
  }

  /** A job was done there, and left the streams so. */
  moved(encoding: number, streams: number): void {
    const elsewhere = this.#elsewhere.get(streamsOf(encoding));
    if (elsewhere !== undefined) elsewhere.streams = streams;
  }

  #kept({ codec, wishes: wanted }: Pick<Negotiated, 'codec' | 'wishes'>, exact: boolean): Kept {
    const wishes = exact ? exactly(wanted) : wanted;
    const known = this.#encoders.get(codec.encoding);
    if (known?.wishes === wishes) return known;
    const options = {
      ...wishes,
      shareable: this.#shareable,
      ...(this.#jpeg === undefined ? {} : { jpeg: this.#jpeg }),
    };
    if (known !== undefined) {
      known.encoder.retune?.(options);
      known.wishes = wishes;
      return known;
    }
    const kept: Kept = { encoder: codec.createEncoder({ ...options, connection: this }), wishes };
    this.#encoders.set(codec.encoding, kept);
    return kept;
  }
}
