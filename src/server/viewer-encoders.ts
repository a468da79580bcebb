/** One viewer's encoders. They keep zlib streams, which live as long as the connection: one for each encoding. */
import type { Encoder, JpegEncoder } from '../codec/codec.ts';
import { exactly, type EncodingWishes } from './encoding-wishes.ts';
import type { Negotiated } from './negotiated.ts';

export class ViewerEncoders {
  readonly #jpeg: JpegEncoder | undefined;
  readonly #encoders = new Map<number, { readonly encoder: Encoder; wishes: EncodingWishes }>();

  constructor(jpeg: JpegEncoder | undefined) {
    this.#jpeg = jpeg;
  }

  /** The encoder for what the viewer wants now, made when first used. `exact`: nothing may be lost this time. */
  of({ codec, wishes: wanted }: Negotiated, exact = false): Encoder {
    const wishes = exact ? exactly(wanted) : wanted;
    const known = this.#encoders.get(codec.encoding);
    if (known?.wishes === wishes) return known.encoder;
    const options = { ...wishes, ...(this.#jpeg === undefined ? {} : { jpeg: this.#jpeg }) };
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
