/** Presses keys by name, alone or held together. Used by the library, `sallyport key`, `sallyport do` and MCP. */
import type { VncClient } from '../client.ts';
import { planKeys, type ChordKey } from './chord.ts';
import { withOutcome } from './input-outcome.ts';
import type { LayoutName } from './layouts/layout.ts';
import { awaitAnswer, pause } from './pace.ts';
import type { WaitLimits } from './wait-for.ts';

/** What keys take. */
export interface KeyOptions {
  /**
   * The keyboard that the server's side has, as for typed text. Default: an American one, without scan codes, and what it has
   * no key for as a Unicode keysym.
   */
  readonly layout?: LayoutName;
}

/** What pressing keys takes. */
export interface PressOptions extends KeyOptions, Pick<WaitLimits, 'signal'> {
  /** How long all are held, milliseconds. Default 30, within which every guest looks at its keyboard. */
  readonly holdMs?: number;
}

const HOLD_MS = 30;

/** All were pressed and released. */
export interface Pressed {
  readonly outcome: 'sent';
}

/**
 * Presses and releases them; resolves once the server has taken them. Rejects with InputLostError, which says whether
 * anything was pressed, when the connection is lost.
 */
export async function pressKeys(
  client: VncClient,
  keys: string,
  options: PressOptions = {},
): Promise<Pressed> {
  const { holdMs = HOLD_MS, layout, signal } = options;
  const chord = planKeys(keys, layout);
  await withOutcome(client, async (count) => {
    const down: ChordKey[] = [];
    try {
      count();
      for (const key of chord) {
        client.key({ down: true, ...key });
        down.unshift(key);
      }
      await pause(client, holdMs, signal);
    } finally {
      // Nothing stays down, whatever happened: a Control key that does would spoil all that follows.
      for (const key of down) client.key({ down: false, ...key });
    }
    await awaitAnswer(client, signal);
  });
  return { outcome: 'sent' };
}

/** Presses them and leaves them down, for what comes next; resolves once the server has taken them. */
export const holdKeys = (
  client: VncClient,
  keys: string,
  options: KeyOptions = {},
): Promise<Pressed> => sendKeys(client, planKeys(keys, options.layout), true);

/** Releases what holdKeys pressed. */
export const releaseKeys = (
  client: VncClient,
  keys: string,
  options: KeyOptions = {},
): Promise<Pressed> => sendKeys(client, planKeys(keys, options.layout).toReversed(), false);

async function sendKeys(
  client: VncClient,
  keys: readonly ChordKey[],
  down: boolean,
): Promise<Pressed> {
  await withOutcome(client, async (count) => {
    count();
    for (const key of keys) client.key({ down, ...key });
    await awaitAnswer(client);
  });
  return { outcome: 'sent' };
}
