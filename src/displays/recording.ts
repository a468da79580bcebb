/** A recorded session as a Display: any viewer can watch it. What viewers type comes to nothing. */
import { playRecording } from '../node/recording/playback.ts';
import type { Display } from '../server/display.ts';
import { createUpstreamDisplay } from './upstream.ts';

/** Between the end and the beginning. */
const PAUSE_MS = 500;

export interface RecordingOptions {
  /** FBS. */
  readonly file: string;
  /** Default 1. */
  readonly speed?: number;
  /** From the beginning again, after a short pause. Default: the last picture stays. */
  readonly loop?: boolean;
  /** Default: that of the recorded desktop. */
  readonly name?: string;
}

/** Rejects with TypeError for a file that is no recording. */
export function createRecordingDisplay({
  file,
  speed = 1,
  loop = false,
  name,
}: RecordingOptions): Promise<Display> {
  return createUpstreamDisplay({
    connect: () => playRecording(file, { speed, hold: !loop }),
    // What breaks off the protocol once does so each time.
    reconnect: loop ? { initialMs: PAUSE_MS, maxMs: PAUSE_MS } : false,
    ...(name === undefined ? {} : { name }),
  });
}
