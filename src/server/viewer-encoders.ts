/** One viewer's encoders. They keep zlib streams, which live as long as the connection: one for each encoding. */
import type { Encoder, JpegEncoder } from '../codec/codec.ts';
import { createDeflater, type Deflater } from '../codec/zlib-stream.ts';
import { exactly, type EncodingWishes } from './encoding-wishes.ts';
import type { Negotiated } from './negotiated.ts';

export class ViewerEncoders {
  readonly #jpeg: JpegEncoder | undefined;
  #zrleDeflater: Deflater | undefined;
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
    // Viewers read ZRLE and ZYWRLE from one stream.
    this.#zrleDeflater ??= createDeflater(wishes.compressionLevel ?? 2);
    const encoder = codec.createEncoder({ ...options, zrleDeflater: this.#zrleDeflater });
    this.#encoders.set(codec.encoding, { encoder, wishes });
    return encoder;
  }
}
