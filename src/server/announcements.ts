/**
 * Pseudo-rectangles that go out in front of the pixels: what the viewer must yet be told of the display. Each is a state
 * that is read when it is written, never a queue, so that a display which changes faster than a viewer reads costs nothing.
 * @rfb pseudo-encoding -257 QemuPointerMotionChange | absolute or relative, as the display says
 * @rfb pseudo-encoding -258 QemuExtendedKeyEvent | acknowledged once
 * @rfb pseudo-encoding -261 QemuLedState | when the display knows them
 * @rfb pseudo-encoding -307 DesktopName | when it changes
 * @rfb pseudo-encoding -316 ExtendedMouseButtons | acknowledged once
 */
import { writeAlphaCursor } from '../codec/cursor/alpha-cursor.ts';
import { writeRichCursor } from '../codec/cursor/rich-cursor.ts';
import { writeXCursor } from '../codec/cursor/x-cursor.ts';
import type { Limits } from '../core/limits.ts';
import { hiddenCursor, type CursorImage } from '../pixels/cursor-image.ts';
import { Encoding } from '../rfb/constants.ts';
import type { PixelFormat } from '../rfb/pixel-format.ts';
import { writeRectangleHeader } from '../rfb/rectangle.ts';
import type { ByteWriter } from '../wire/byte-writer.ts';
import { utf8 } from '../wire/text.ts';
import { limitedName } from './desktop-name.ts';
import type { Display } from './display.ts';
import type { CursorKind, Negotiated } from './negotiated.ts';

export type Announcement =
  | 'extended-keys'
  | 'more-buttons'
  | 'pointer-mode'
  | 'leds'
  | 'name'
  | 'cursor';

/** Which extension each needs. */
const needs: Record<Announcement, (negotiated: Negotiated) => boolean> = {
  'extended-keys': (n) => n.extendedKeys,
  'more-buttons': (n) => n.extendedMouseButtons,
  'pointer-mode': (n) => n.pointerMotion,
  leds: (n) => n.ledState,
  name: (n) => n.desktopName,
  cursor: (n) => n.cursor !== undefined,
};

export class Announcements {
  readonly #display: Display;
  readonly #limits: Limits;
  readonly #due = new Set<Announcement>();
  #cursorWasSent = false;
  /** What the viewer was told that its pointer events mean. */
  pointerMode: Display['pointerMode'] = 'absolute';
  /** The viewer was told that it may send more than eight buttons. */
  moreButtons = false;

  constructor(display: Display, limits: Limits) {
    this.#display = display;
    this.#limits = limits;
  }

  add(announcement: Announcement): void {
    this.#due.add(announcement);
  }

  /** After SetEncodings: what is newly understood is said once. The name stood in ServerInit already. */
  negotiated(before: Negotiated, now: Negotiated): void {
    if (now.extendedKeys && !before.extendedKeys) this.add('extended-keys');
    if (now.extendedMouseButtons && !before.extendedMouseButtons) this.add('more-buttons');
    if (!now.extendedMouseButtons) this.moreButtons = false;
    if (now.pointerMotion && !before.pointerMotion) this.add('pointer-mode');
    if (!now.pointerMotion) this.pointerMode = 'absolute';
    if (now.ledState && !before.ledState) this.add('leds');
    if (now.cursor !== before.cursor) this.add('cursor');
  }

  /** What can be said now. A display without LEDs or a pointer's shape says nothing of them. */
  due(negotiated: Negotiated): Announcement[] {
    return Array.from(this.#due).filter(
      (each) =>
        needs[each](negotiated) &&
        (each !== 'leds' || this.#display.leds !== undefined) &&
        (each !== 'cursor' || this.#display.cursor !== undefined || this.#cursorWasSent),
    );
  }

  /** Writes one rectangle. */
  write(
    w: ByteWriter,
    announcement: Announcement,
    negotiated: Negotiated,
    format: PixelFormat,
  ): void {
    this.#due.delete(announcement);
    const { framebuffer, pointerMode, leds, name, cursor } = this.#display;
    const whole = framebuffer.bounds;
    switch (announcement) {
      case 'extended-keys':
        writeRectangleHeader(w, whole, Encoding.QemuExtendedKeyEvent);
        break;
      case 'more-buttons':
        this.moreButtons = true;
        writeRectangleHeader(w, { x: 0, y: 0, width: 0, height: 0 }, Encoding.ExtendedMouseButtons);
        break;
      case 'pointer-mode':
        this.pointerMode = pointerMode;
        writeRectangleHeader(
          w,
          { ...whole, x: pointerMode === 'absolute' ? 1 : 0 },
          Encoding.QemuPointerMotionChange,
        );
        break;
      case 'leds':
        writeRectangleHeader(w, { x: 0, y: 0, width: 1, height: 1 }, Encoding.QemuLedState);
        w.u8(leds ?? 0);
        break;
      case 'name': {
        const bytes = utf8(limitedName(name, this.#limits.maxNameBytes));
        writeRectangleHeader(w, { x: 0, y: 0, width: 0, height: 0 }, Encoding.DesktopName);
        w.u32(bytes.length).bytes(bytes);
        break;
      }
      case 'cursor':
        this.#cursorWasSent = true;
        writeCursor(w, cursor ?? hiddenCursor, negotiated.cursor ?? 'mask', format);
        break;
    }
  }
}

function writeCursor(
  w: ByteWriter,
  cursor: CursorImage,
  kind: CursorKind,
  format: PixelFormat,
): void {
  switch (kind) {
    case 'alpha':
      writeAlphaCursor(w, cursor);
      break;
    case 'mask':
      writeRichCursor(w, cursor, format);
      break;
    case 'two-colour':
      writeXCursor(w, cursor);
      break;
  }
}
