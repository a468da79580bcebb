/**
 * The other thread's half of encoding there: one viewer's encoders, which work on jobs. Knows no thread: node/ runs it in a
 * worker, tests where they are.
 */
import type { Codec, JpegEncoder } from '../codec/codec.ts';
import { findCodec } from '../codec/registry.ts';
import { assertInvariant } from '../core/errors.ts';
import { translatorOf } from '../pixels/translate.ts';
import { ByteWriter } from '../wire/byte-writer.ts';
import { encodePiece } from './encode-piece.ts';
import type { EncodedJob, EncodeJob } from './encode-pool.ts';
import { canEncode } from './negotiated.ts';
import { PlacedPicture } from './placed-picture.ts';
import { ViewerEncoders } from './viewer-encoders.ts';

/** What is made for a usual update, so that it need not grow. */
const CAPACITY = 256 * 1024;
/** Writers that are kept for the next job. */
const MAX_SPARE = 8;
/** Of this thread: empty ones. */
const spare: ByteWriter[] = [];

const openWriter = (): ByteWriter => spare.pop() ?? new ByteWriter(CAPACITY);

/** Whether other threads can encode that: they have the codecs of the registry. */
export const canMove = (codec: Codec): boolean => findCodec(codec.encoding) === codec;

export class JobEncoder {
  readonly #encoders: ViewerEncoders;

  constructor(jpeg: JpegEncoder | undefined) {
    this.#encoders = new ViewerEncoders(jpeg);
  }

  /** Works until it returns, but for JPEG files that are made elsewhere: the next job may begin meanwhile. */
  encode({ settings, picture, pieces, streams }: EncodeJob): EncodedJob | Promise<EncodedJob> {
    const begun = performance.now();
    const { encoding, wishes, format, inParts } = settings;
    const codec = findCodec(encoding);
    assertInvariant(canEncode(codec), `encoding ${encoding} can be encoded`);
    const source = picture && new PlacedPicture(picture);
    const translator = translatorOf(format);
    // With streams that are those of both, exact or not.
    const encoderFor = (exact: boolean) => this.#encoders.of({ codec, wishes }, exact);
    if (streams !== undefined) encoderFor(false).resume?.(streams);
    /** Behind a piece some rectangles of which are still to come, the next ones are written elsewhere. */
    const writers = [openWriter()];
    const rests: Promise<void>[] = [];
    const lossy: EncodedJob['lossy'][number][] = [];
    let rectangles = 0;
    for (const piece of pieces) {
      const encoder = encoderFor(piece.exact);
      const made = encodePiece(writers.at(-1)!, piece, source, {
        encoder,
        translator,
        encoding,
        inParts,
      });
      rectangles += made.rectangles;
      lossy.push(made.lossy);
      if (made.rest === undefined) continue;
      rests.push(made.rest);
      writers.push(openWriter());
    }
    const job = {
      rectangles,
      lossy,
      streams: encoderFor(false).streams?.() ?? 0,
      encodeMs: performance.now() - begun,
    };
    if (rests.length === 0) return { ...job, bytes: closeWriters(writers) };
    return Promise.allSettled(rests).then(async () => {
      await Promise.all(rests);
      return { ...job, bytes: closeWriters(writers) };
    });
  }
}

/** What they wrote, one behind the other, in memory of its own. */
function closeWriters(writers: readonly ByteWriter[]): Uint8Array {
  const bytes = new Uint8Array(writers.reduce((sum, writer) => sum + writer.length, 0));
  let at = 0;
  for (const writer of writers) {
    bytes.set(writer.written(), at);
    at += writer.length;
    writer.truncate(0);
    if (spare.length < MAX_SPARE) spare.push(writer);
  }
  return bytes;
}
