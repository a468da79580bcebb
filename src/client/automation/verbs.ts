/** What programs do with a session most, as its own methods: `vnc.type('root\n')`. Each is the function of the same name. */
import type { VncClient } from '../client.ts';
import { pressKeys } from './keys.ts';
import { pasteText } from './paste.ts';
import { click, doubleClick, drag, move, scroll } from './pointer.ts';
import { screenshot, type Picture, type ScreenshotOptions } from './screenshot.ts';
import { typeText } from './type-text.ts';
import { waitForChange, waitForRegion, waitForStable } from './wait.ts';

/** A function of automation without its first argument, the session. */
export type Verb<F> = F extends (client: VncClient, ...rest: infer R) => infer T
  ? (...rest: R) => T
  : never;

/** The functions of automation, for one session. */
export interface ClientVerbs {
  /** typeText() */
  readonly type: Verb<typeof typeText>;
  /** pressKeys(): `vnc.press('ctrl-alt-del')` */
  readonly press: Verb<typeof pressKeys>;
  /** pasteText() */
  readonly paste: Verb<typeof pasteText>;
  /** click() */
  readonly click: Verb<typeof click>;
  /** doubleClick() */
  readonly doubleClick: Verb<typeof doubleClick>;
  /** move() */
  readonly move: Verb<typeof move>;
  /** drag() */
  readonly drag: Verb<typeof drag>;
  /** scroll() */
  readonly scroll: Verb<typeof scroll>;
  /** screenshot() */
  readonly screenshot: {
    (options: ScreenshotOptions & { readonly format: 'png' }): Promise<Uint8Array>;
    (options?: ScreenshotOptions & { readonly format?: 'pixels' }): Promise<Picture>;
  };
  /** waitForChange() */
  readonly waitForChange: Verb<typeof waitForChange>;
  /** waitForStable() */
  readonly waitForStable: Verb<typeof waitForStable>;
  /** waitForRegion() */
  readonly waitForRegion: Verb<typeof waitForRegion>;
}

/** A session with what programs do most. */
export type VncSession = VncClient & ClientVerbs;

/** One function for both formats, as its type cannot say. */
const bindScreenshot = (client: VncClient): ClientVerbs['screenshot'] =>
  screenshot.bind(undefined, client) as ClientVerbs['screenshot'];

/** The same object, with the verbs. */
export function withVerbs(client: VncClient): VncSession {
  const verbs: ClientVerbs = {
    type: (...rest) => typeText(client, ...rest),
    press: (...rest) => pressKeys(client, ...rest),
    paste: (...rest) => pasteText(client, ...rest),
    click: (...rest) => click(client, ...rest),
    doubleClick: (...rest) => doubleClick(client, ...rest),
    move: (...rest) => move(client, ...rest),
    drag: (...rest) => drag(client, ...rest),
    scroll: (...rest) => scroll(client, ...rest),
    screenshot: bindScreenshot(client),
    waitForChange: (...rest) => waitForChange(client, ...rest),
    waitForStable: (...rest) => waitForStable(client, ...rest),
    waitForRegion: (...rest) => waitForRegion(client, ...rest),
  };
  return Object.assign(client, verbs);
}
