/** One viewer's encoders. They keep zlib streams, which live as long as the connection: one for each encoding. */
import type { Encoder, JpegEncoder } from '../codec/codec.ts';
import type { RemoteEncoder } from './encode-pool.ts';
import { exactly, type EncodingWishes } from './encoding-wishes.ts';
import type { Negotiated } from './negotiated.ts';

interface Kept {
  readonly encoder: Encoder;
  wishes: EncodingWishes;
  /** Its streams were used there since, and how they stand. */
  elsewhere?: { readonly remote: RemoteEncoder; streams: number } | undefined;
}

export class ViewerEncoders {
  readonly #jpeg: JpegEncoder | undefined;
  readonly #encoders = new Map<number, Kept>();

  constructor(jpeg: JpegEncoder | undefined) {
    this.#jpeg = jpeg;
  }

  /** The encoder for what the viewer wants now, made when first used. `exact`: nothing may be lost this time. */
  of(wanted: Pick<Negotiated, 'codec' | 'wishes'>, exact = false): Encoder {
    const { encoder } = this.#kept(wanted, exact);
    return encoder;
  }

  /** The same, to encode here: it goes on where another thread left the streams. */
  here(wanted: Pick<Negotiated, 'codec' | 'wishes'>, exact: boolean): Encoder {
    const kept = this.#kept(wanted, exact);
    if (kept.elsewhere !== undefined) kept.encoder.resume?.(kept.elsewhere.streams);
    kept.elsewhere = undefined;
    return kept.encoder;
  }

  /** Encoding goes on there. Returns how the streams stand if that is not known there. */
  move(wanted: Pick<Negotiated, 'codec' | 'wishes'>, remote: RemoteEncoder): number | undefined {
    const kept = this.#kept(wanted, false);
    const { elsewhere } = kept;
    if (elsewhere?.remote === remote) return undefined;
    const streams = elsewhere?.streams ?? kept.encoder.streams?.() ?? 0;
    kept.elsewhere = { remote, streams };
    return streams;
  }

  /** A job was done there, and left the streams so. */
  moved(encoding: number, streams: number): void {
    const elsewhere = this.#encoders.get(encoding)?.elsewhere;
    if (elsewhere !== undefined) elsewhere.streams = streams;
  }

  #kept({ codec, wishes: wanted }: Pick<Negotiated, 'codec' | 'wishes'>, exact: boolean): Kept {
    const wishes = exact ? exactly(wanted) : wanted;
    const known = this.#encoders.get(codec.encoding);
    if (known?.wishes === wishes) return known;
    const options = { ...wishes, ...(this.#jpeg === undefined ? {} : { jpeg: this.#jpeg }) };
    if (known !== undefined) {
      known.encoder.retune?.(options);
      known.wishes = wishes;
      return known;
    }
    const kept: Kept = { encoder: codec.createEncoder(options), wishes };
    this.#encoders.set(codec.encoding, kept);
    return kept;
  }
}
