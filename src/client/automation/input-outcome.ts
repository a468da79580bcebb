/**
 * How far input came. RFB acknowledges nothing: what was sent before the connection was lost may have been typed or not,
 * and whoever must not type a thing twice has to know which it is. Used by typed text and keys.
 */
import { ClosedError, VncError } from '../../core/errors.ts';
import type { VncClient } from '../client.ts';

/** `not started`: nothing was sent, and all of it may safely be tried again. `unknown`: it has to be looked at. */
export type InputOutcome = 'sent' | 'not started' | 'unknown';

/** The connection was lost, before the first key or on the way. Its code is that of ClosedError. */
export class InputLostError extends ClosedError {
  readonly outcome: Exclude<InputOutcome, 'sent'>;
  /** Characters, or chords, that were handed to the connection. */
  readonly handedOver: number;

  constructor(outcome: Exclude<InputOutcome, 'sent'>, handedOver: number, cause: VncError) {
    super(
      outcome === 'not started'
        ? `nothing was typed: ${cause.message}`
        : `the connection was lost after ${handedOver} were handed over, and whether they were typed is unknown: ${cause.message}`,
      { phase: 'session', cause },
    );
    this.outcome = outcome;
    this.handedOver = handedOver;
  }
}

/** Characters of a text that no key of the keyboard types. Thrown before anything is sent. */
export class UntypableError extends RangeError {
  readonly outcome = 'not started' as const;
  /** Each once, in the order of the text. */
  readonly characters: readonly string[];

  constructor(characters: readonly string[], keyboard?: string) {
    const where = keyboard === undefined ? '' : ` on the ${keyboard} keyboard`;
    super(`no key types ${listed(characters)}${where}`);
    this.name = 'UntypableError';
    this.characters = characters;
  }
}

/** How many characters the sentence names. */
const NAMED = 10;

function listed(characters: readonly string[]): string {
  const names = characters.slice(0, NAMED).map(codePointName).join(', ');
  return characters.length > NAMED ? `${names} and ${characters.length - NAMED} more` : names;
}

/** With the character itself where it shows. */
function codePointName(character: string): string {
  const code = (character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0');
  return /[\p{L}\p{N}\p{P}\p{S}]/u.test(character) ? `${character} (U+${code})` : `U+${code}`;
}

/**
 * Does the work, which counts what it hands over. A session that is gone before, or goes on the way, is an InputLostError;
 * everything else is passed on.
 */
export async function withOutcome(
  client: VncClient,
  work: (count: () => void) => Promise<void>,
): Promise<number> {
  let handedOver = 0;
  try {
    await checkAlive(client);
    await work(() => handedOver++);
    return handedOver;
  } catch (error) {
    if (!(error instanceof VncError)) throw error;
    throw new InputLostError(handedOver === 0 ? 'not started' : 'unknown', handedOver, error);
  }
}

/** Sending to a session that has closed does nothing, silently; a question to it is refused within the turn. */
async function checkAlive(client: VncClient): Promise<void> {
  const question = client.refresh(true, { x: 0, y: 0, width: 1, height: 1 });
  await Promise.race([question, new Promise<void>((resolve) => void setTimeout(resolve, 0))]);
}
