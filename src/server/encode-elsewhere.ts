/**
 * An update's pieces, encoded on another thread: two jobs are under way, in order, so that it works while this one sends what
 * it made.
 */
import { area } from '../rfb/rectangle.ts';
import type { EncodedJob, Piece } from './encode-pool.ts';

const MAX_PIECES = 64;
const JOBS_UNDER_WAY = 2;

interface Job {
  readonly pieces: readonly Piece[];
  readonly result: Promise<EncodedJob>;
}

export interface ElsewhereOptions {
  /** Gives the pieces one by one, undefined at the end. */
  readonly next: () => Piece | undefined;
  readonly start: (pieces: readonly Piece[]) => Promise<EncodedJob>;
  /** See PoolThreshold. */
  readonly jobPixels: number;
  /** In order. */
  readonly done: (pieces: readonly Piece[], result: EncodedJob) => void;
}

/** Yields what is to be waited for, and undefined after each job. `underWay`: pieces that were begun and not done, kept here. */
export function* encodeElsewhere(
  { next, start, done, jobPixels }: ElsewhereOptions,
  underWay: Piece[],
): Generator<Promise<void> | undefined, void> {
  const jobs: Job[] = [];
  for (;;) {
    while (jobs.length < JOBS_UNDER_WAY) {
      const pieces = takeJob(next, jobPixels, underWay);
      if (pieces.length === 0) break;
      const result = start(pieces);
      // It may fail before its turn comes, or when the update is no longer wanted.
      result.catch(() => undefined);
      jobs.push({ pieces, result });
    }
    const job = jobs.shift();
    if (job === undefined) return;
    let made: EncodedJob | undefined;
    yield job.result.then((result) => {
      made = result;
    });
    if (made === undefined) return;
    done(job.pieces, made);
    underWay.splice(0, job.pieces.length);
    yield;
  }
}

function takeJob(next: () => Piece | undefined, jobPixels: number, underWay: Piece[]): Piece[] {
  const pieces: Piece[] = [];
  for (let pixels = 0; pixels < jobPixels && pieces.length < MAX_PIECES; ) {
    const piece = next();
    if (piece === undefined) break;
    pieces.push(piece);
    underWay.push(piece);
    pixels += area(piece);
  }
  return pieces;
}
