/** One viewer's encoders. They keep zlib streams, which live as long as the connection: one for each encoding. */
import type { Encoder, JpegEncoder } from '../codec/codec.ts';
import { exactly, type EncodingWishes } from './encoding-wishes.ts';
import type { EncodingCodec, Negotiated } from './negotiated.ts';

export class ViewerEncoders {
  readonly #jpeg: JpegEncoder | undefined;
  readonly #shareable: boolean;
  readonly #encoders = new Map<number, { readonly encoder: Encoder; wishes: EncodingWishes }>();
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
  of({ codec, wishes: wanted }: Negotiated, exact = false): Encoder {
    const encoder = this.#tuned(codec, exact ? exactly(wanted) : wanted);
    if (this.#interrupted.delete(codec.encoding)) encoder.restart?.();
    return encoder;
  }

  #tuned(codec: EncodingCodec, wishes: EncodingWishes): Encoder {
    const known = this.#encoders.get(codec.encoding);
    if (known?.wishes === wishes) return known.encoder;
    const options = {
      ...wishes,
      shareable: this.#shareable,
      ...(this.#jpeg === undefined ? {} : { jpeg: this.#jpeg }),
    };
    if (known !== undefined) {
      known.encoder.retune?.(options);
      known.wishes = wishes;
      return known.encoder;
    }
    const encoder = codec.createEncoder({ ...options, connection: this });
    this.#encoders.set(codec.encoding, { encoder, wishes });
    return encoder;
  }
}
