/**
 * Has QEMU look again for what a key did. QEMU looks at its guest's screen when a key arrives, which is mostly before the guest
 * has dealt with it, and next after 80 ms, since nothing had changed. Whatever a viewer says makes that 30 ms at most; the
 * release of a key that is not down is all that can be said without a meaning: QEMU keeps it from the guest. Used by
 * upstream.ts.
 */
import type { KeyEvent } from '../rfb/messages/key-event.ts';

/** For the guest to deal with a key; most need a few. */
const FIRST_MS = 10;
/** Until QEMU has looked again, and a busy guest is given more. */
const NEXT_MS = 30;
const NUDGES = 3;
/** Nobody has more fingers. */
const MAX_DOWN = 32;

export class RefreshNudge {
  readonly #send: (event: KeyEvent) => void;
  readonly #down = new Set<string>();
  /** The last one: it is up, until it goes down again. */
  #released: KeyEvent | undefined;
  #timer: NodeJS.Timeout | undefined;
  #left = 0;

  constructor(send: (event: KeyEvent) => void) {
    this.#send = send;
  }

  /** That key was passed on. */
  key(event: KeyEvent): void {
    if (!event.down) {
      this.#down.delete(idOf(event));
      this.#released = event;
    } else if (this.#down.size < MAX_DOWN) {
      this.#down.add(idOf(event));
    }
    this.#left = NUDGES;
    this.#timer ??= setTimeout(() => this.#nudge(), FIRST_MS);
  }

  /** Something changed, so that QEMU looks often. */
  stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  #nudge(): void {
    this.#left -= 1;
    this.#timer = this.#left > 0 ? setTimeout(() => this.#nudge(), NEXT_MS) : undefined;
    const event = this.#released;
    if (event === undefined) return;
    // Without its scan code a key may be one of those that are down under another name: `a` and `A`.
    const isUp =
      this.#down.size === 0 ||
      (hasCode(event) &&
        this.#down.size < MAX_DOWN &&
        Array.from(this.#down).every((id) => id.startsWith('code') && id !== idOf(event)));
    if (isUp) this.#send(event);
  }
}

const hasCode = ({ keycode }: KeyEvent): boolean => keycode !== undefined && keycode !== 0;

const idOf = (event: KeyEvent): string =>
  hasCode(event) ? `code ${event.keycode}` : `keysym ${event.keysym}`;
