/**
 * What one viewer presses and points at, checked against its rights on the way to the display. It remembers what is held,
 * so that no key or button stays down when the viewer leaves or may no longer press it.
 */
import type { KeyEvent } from '../rfb/messages/key-event.ts';
import { relativeZero, type PointerEvent } from '../rfb/messages/pointer-event.ts';
import type { Rights } from '../security/identity.ts';
import type { Display } from './display.ts';

/** No hand holds more; a viewer that claims to is made to let go of the oldest. */
const MAX_HELD_KEYS = 64;

export class ViewerInput {
  readonly #display: Display;
  #rights: Rights;
  /** In order of pressing. */
  readonly #held = new Map<string, KeyEvent>();
  #buttonMask = 0;
  /** Where the viewer's pointer was last seen, in the framebuffer; undefined before its first event. */
  #position: { x: number; y: number } | undefined;

  constructor(display: Display, rights: Rights) {
    this.#display = display;
    this.#rights = rights;
  }

  key(event: KeyEvent): void {
    if (!this.#rights.keyboard) return;
    const name = keyName(event);
    if (event.down) {
      const oldest = this.#held.entries().next().value;
      if (oldest !== undefined && this.#held.size >= MAX_HELD_KEYS && !this.#held.has(name))
        this.#lift(oldest[0], oldest[1]);
      this.#held.set(name, event);
    } else {
      this.#held.delete(name);
    }
    this.#display.key(event);
  }

  /** `relative`: the viewer was told to send motion plus 0x7FFF (pseudo-encoding -257). */
  pointer(event: PointerEvent, relative: boolean): void {
    if (!this.#rights.pointer) return;
    const { width, height } = this.#display.framebuffer;
    const before = this.#position;
    const motionX = relative ? event.x - relativeZero : event.x - (before?.x ?? event.x);
    const motionY = relative ? event.y - relativeZero : event.y - (before?.y ?? event.y);
    this.#position = {
      x: clamp(relative ? (before?.x ?? 0) + motionX : event.x, width),
      y: clamp(relative ? (before?.y ?? 0) + motionY : event.y, height),
    };
    this.#buttonMask = event.buttonMask;
    this.#display.pointer(
      this.#display.pointerMode === 'relative'
        ? { buttonMask: event.buttonMask, x: motionX, y: motionY }
        : { buttonMask: event.buttonMask, ...this.#position },
    );
  }

  /** Rights that are lost take effect at once: what they allowed to hold is let go. */
  setRights(rights: Rights): void {
    this.#rights = rights;
    if (!rights.keyboard) this.#liftKeys();
    if (!rights.pointer) this.#liftButtons();
  }

  /** Lets go of everything. */
  release(): void {
    this.#liftKeys();
    this.#liftButtons();
  }

  #liftKeys(): void {
    for (const [name, event] of Array.from(this.#held)) this.#lift(name, event);
  }

  #lift(name: string, event: KeyEvent): void {
    this.#held.delete(name);
    this.#display.key({ ...event, down: false });
  }

  #liftButtons(): void {
    if (this.#buttonMask === 0) return;
    this.#buttonMask = 0;
    const relative = this.#display.pointerMode === 'relative';
    const { x, y } = relative ? { x: 0, y: 0 } : (this.#position ?? { x: 0, y: 0 });
    this.#display.pointer({ buttonMask: 0, x, y });
  }
}

/** The physical key if it is known: with Shift let go in between, its keysym is another one on release. */
const keyName = (event: KeyEvent): string =>
  event.keycode === undefined || event.keycode === 0
    ? `keysym ${event.keysym}`
    : `keycode ${event.keycode}`;

const clamp = (value: number, size: number): number => Math.max(0, Math.min(value, size - 1));
