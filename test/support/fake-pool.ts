/**
 * Encodes for a server as other threads do, but when a test says so: as late as can be, and only if what it reads is
 * what it was when the job came.
 */
import assert from 'node:assert/strict';
import { ClosedError } from '../../src/core/errors.ts';
import type {
  EncodedJob,
  EncodeJob,
  EncodePool,
  PoolThreshold,
  RemoteEncoder,
} from '../../src/server/encode-pool.ts';
import { JobEncoder } from '../../src/server/job-encoder.ts';
import { PlacedPicture } from '../../src/server/placed-picture.ts';

interface Waiting {
  readonly work: () => EncodedJob | Promise<EncodedJob>;
  readonly resolve: (job: EncodedJob | Promise<EncodedJob>) => void;
  readonly reject: (error: unknown) => void;
}

export class FakePool implements EncodePool {
  readonly threshold: PoolThreshold;
  /** Jobs done. */
  jobs = 0;
  /** Encoders lent now, and in all. */
  lent = 0;
  lentInAll = 0;
  /** No thread is ready. */
  isEmpty = false;
  readonly #waiting: Waiting[] = [];

  constructor(threshold: PoolThreshold) {
    this.threshold = threshold;
  }

  readonly encoder = (): RemoteEncoder | undefined => {
    if (this.isEmpty) return undefined;
    this.lent += 1;
    this.lentInAll += 1;
    const encoder = new JobEncoder(undefined);
    return {
      encode: (job: EncodeJob) =>
        new Promise((resolve, reject) => {
          const before = pixelsOf(job);
          const work = () => {
            assert.ok(
              pixelsOf(job).equals(before),
              'nobody writes to a picture that is being read',
            );
            // A worker gets a copy; settings stay the same object there.
            return encoder.encode({ ...structuredClone(job), settings: job.settings });
          };
          this.#waiting.push({ work, resolve, reject });
        }),
      release: () => {
        this.lent -= 1;
      },
    };
  };

  get waiting(): number {
    return this.#waiting.length;
  }

  /** Does the oldest jobs. */
  work(most = Number.POSITIVE_INFINITY): void {
    for (const { work, resolve } of this.#waiting.splice(0, most)) {
      this.jobs += 1;
      resolve(work());
    }
  }

  /** The thread ends. */
  die(): void {
    for (const { reject } of this.#waiting.splice(0))
      reject(new ClosedError('the encoding thread ended'));
  }
}

function pixelsOf({ picture }: EncodeJob): Buffer {
  if (picture === undefined) return Buffer.alloc(0);
  return Buffer.from(new PlacedPicture(picture).framebuffer.pixels.slice().buffer);
}
