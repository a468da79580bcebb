/** What the actions of a script act upon, and the pointer that they share. Used by verbs.ts and do.ts. */
import type { Point } from '../../client/automation/pointer.ts';
import type { Viewing } from '../client-options.ts';

export interface Stage extends Viewing {
  /** Pauses are this many times shorter. */
  readonly warp: number;
  /** Pictures are of what has come, not of what is asked for anew. */
  readonly incremental: boolean;
  /** Where the pointer was moved last, and the buttons that are down. */
  at: Point;
  buttonMask: number;
}

export type Action = (stage: Stage) => Promise<void>;

/** One command of a script, checked. */
export interface Step {
  /** `key enter`, for messages. */
  readonly words: string;
  readonly action: Action;
}
