/**
 * An encoder on this thread that works as those of the pool's threads do: for viewers that are sent JPEG where one core is all
 * there is besides. The files take that core; a third to hand everything through would only be in the way.
 */
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { JpegEncoder } from '../codec/codec.ts';
import { ClosedError } from '../core/errors.ts';
import type { RemoteEncoder } from '../server/encode-pool.ts';
import { JobEncoder } from '../server/job-encoder.ts';

/** `jpeg` makes files on other threads. */
export function createEncoderHere(jpeg: JpegEncoder): RemoteEncoder {
  const encoder = new JobEncoder(jpeg);
  let released = false;
  let turn: Promise<void> = Promise.resolve();
  return {
    encode: (job) => {
      if (released) return Promise.reject(new ClosedError('the encoder was given back'));
      // Between two jobs everybody else has a turn.
      turn = turn.then(() => nextTurn());
      return turn.then(() => encoder.encode(job));
    },
    release: () => {
      released = true;
    },
  };
}
