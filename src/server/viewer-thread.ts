/**
 * On which thread a viewer's pixels are encoded: on this one as long as there are few, so that they are there at once; on
 * another one for as long as there are many. It changes sides between updates, and seldom: each time the compression has
 * nothing to refer back to.
 */
import type { EncodePool, RemoteEncoder } from './encode-pool.ts';

export class ViewerThread {
  readonly #pool: EncodePool | undefined;
  #remote: RemoteEncoder | undefined;
  #fewInARow = 0;
  #isLossy = false;

  constructor(pool: EncodePool | undefined) {
    this.#pool = pool;
  }

  /** See PoolThreshold. */
  get jobPixels(): number {
    return this.#pool?.threshold.jobPixels ?? 0;
  }

  /** For an update of so many pixels, as JPEG or not: who encodes it elsewhere. Undefined: nobody, it is done here. */
  choose(pixels: number, lossy: boolean): RemoteEncoder | undefined {
    if (this.#pool === undefined) return undefined;
    if (lossy !== this.#isLossy) this.release();
    this.#isLossy = lossy;
    const { manyPixels, fewPixels, fewUpdates } = this.#pool.threshold;
    this.#fewInARow = pixels < fewPixels ? this.#fewInARow + 1 : 0;
    if (this.#remote === undefined && pixels >= manyPixels)
      this.#remote = this.#pool.encoder(lossy);
    else if (this.#fewInARow >= fewUpdates) this.release();
    return this.#remote;
  }

  /** The viewer has gone, or comes back. */
  release(): void {
    this.#remote?.release();
    this.#remote = undefined;
  }
}
