/** Keys and pointer on their way to the server, in the form that it announced. */
import { writeExtendedKeyEvent, writeKeyEvent, type KeyEvent } from '../rfb/messages/key-event.ts';
import { relativeZero, writePointerEvent } from '../rfb/messages/pointer-event.ts';
import type { Outbox } from './outbox.ts';
import type { ServerState } from './server-state.ts';

export class Input {
  readonly #outbox: Outbox;
  readonly #state: ServerState;
  #buttonMask = 0;

  constructor(outbox: Outbox, state: ServerState) {
    this.#outbox = outbox;
    this.#state = state;
  }

  /** With the scan code when it is known and the server understands it. A key without keysym is dropped otherwise. */
  key(event: Omit<KeyEvent, 'type'>): void {
    const message: KeyEvent = { type: 'KeyEvent', ...event };
    if (this.#state.extendedKeys && (event.keycode ?? 0) !== 0)
      this.#outbox.send((w) => writeExtendedKeyEvent(w, message));
    else if (event.keysym !== 0) this.#outbox.send((w) => writeKeyEvent(w, message));
  }

  pointer(mask: number, x: number, y: number): void {
    const { moreButtons } = this.#state;
    // Without the extension the eighth button, back, still has its bit.
    const buttonMask = mask & (moreButtons ? 0x1ff : 0xff);
    // Motion alone may be lost when the server does not keep up; a button never.
    if (buttonMask === this.#buttonMask && this.#outbox.congested) return;
    this.#buttonMask = buttonMask;
    const { pointerMode, framebuffer } = this.#state;
    const position =
      pointerMode === 'relative'
        ? { x: clamp(x + relativeZero, 0xfffe), y: clamp(y + relativeZero, 0xfffe) }
        : { x: clamp(x, framebuffer.width - 1), y: clamp(y, framebuffer.height - 1) };
    this.#outbox.send((w) =>
      writePointerEvent(w, { type: 'PointerEvent', buttonMask, ...position }, moreButtons),
    );
  }
}

const clamp = (value: number, max: number): number => Math.max(0, Math.min(max, Math.round(value)));
