/** What a tool for a model is, and how one fails: with a cause and a cure. Used by view-tools.ts and input-tools.ts. */
import { messageOf, TimeoutError, VncError } from '../../core/errors.ts';
import type { ScreenView } from './screen-view.ts';

export type Content =
  | { readonly type: 'text'; readonly text: string }
  /** `data` is base64. */
  | { readonly type: 'image'; readonly data: string; readonly mimeType: 'image/png' };

/** JSON Schema of one argument. */
export type ArgumentSchema = Readonly<Record<string, unknown>> & { readonly description: string };

export interface ToolDefinition<Arguments> {
  readonly name: string;
  readonly title: string;
  /** For the model that decides when to call it. */
  readonly description: string;
  readonly properties: Readonly<Record<string, ArgumentSchema>>;
  readonly required?: readonly string[];
  /** Cures for what goes wrong in it: what a model should do next. */
  readonly cure?: string;
  /** `args` agree with the schema. */
  readonly run: (screen: ScreenView, args: Arguments, signal: AbortSignal) => Promise<Content[]>;
}

export type Tool = ToolDefinition<never>;

/** The cause says what is wrong, the cure what to do about it. */
export class ToolFault extends Error {
  readonly cure: string;

  constructor(cause: string, cure: string) {
    super(cause);
    this.name = 'ToolFault';
    this.cure = cure;
  }
}

export const text = (words: string): Content => ({ type: 'text', text: words });

/** What a model is told when a tool failed. */
export function faultWords(error: unknown, tool: Pick<Tool, 'cure'>): string {
  const cause = messageOf(error);
  return `${cause}. ${cureOf(error, tool)}`;
}

function cureOf(error: unknown, { cure }: Pick<Tool, 'cure'>): string {
  if (error instanceof ToolFault) return error.cure;
  if (error instanceof TimeoutError && error.phase === 'session')
    return cure ?? 'The display does not answer: wait, then take a screenshot to see how it is.';
  // Whoever connects may have wrapped it.
  const origin = error instanceof Error && error.cause instanceof VncError ? error.cause : error;
  if (origin instanceof VncError)
    return 'There is no session with the display now. Each call tries to connect again: wait a little, then take a screenshot; what was done last may not have arrived.';
  return cure ?? 'Take a screenshot to see how the display is, then try another way.';
}

/** For arguments. */
export const SECONDS = (description: string, most: number): ArgumentSchema => ({
  type: 'number',
  exclusiveMinimum: 0,
  maximum: most,
  description,
});

export const COORDINATE = (axis: 'x' | 'y', what = 'place'): ArgumentSchema => ({
  type: 'integer',
  minimum: 0,
  description: `${axis === 'x' ? 'Pixels from the left' : 'Pixels from the top'} of the ${what}, in the last picture of the screen.`,
});
