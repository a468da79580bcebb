/** A display for interop tests: a picture that can be found on a screen, and that shows every key and click. */
import { Emitter } from '../../src/core/emitter.ts';
import { ClosedError } from '../../src/core/errors.ts';
import type { CursorImage } from '../../src/pixels/cursor-image.ts';
import { Framebuffer } from '../../src/pixels/framebuffer.ts';
import { boundingBox } from '../../src/pixels/region.ts';
import { DesktopSizeStatus } from '../../src/rfb/constants.ts';
import type { KeyEvent } from '../../src/rfb/messages/key-event.ts';
import type { Rectangle } from '../../src/rfb/rectangle.ts';
import { singleScreen, type Screen } from '../../src/rfb/screen.ts';
import type { Display, DisplayEvents, PointerInput } from '../../src/server/display.ts';

/** The first row starts with these colours, `MARK_WIDTH` pixels each: no desktop has them side by side. */
export const MARK: readonly number[] = [0x12ab34, 0xfe01c8, 0x0077ee, 0xeeee11, 0x5a5a00, 0xff8844];
export const MARK_WIDTH = 12;
const BAND = 24;
const CELL = 16;

export class EchoDisplay implements Display {
  readonly events: Emitter<DisplayEvents> = new Emitter<DisplayEvents>();
  readonly name: string = 'interop';
  framebuffer: Framebuffer;
  screens: readonly Screen[];
  readonly cursor: CursorImage | undefined = undefined;
  readonly pointerMode = 'absolute' as const;
  readonly leds: number | undefined = undefined;
  /** Keysyms pressed, in order. */
  readonly pressed: number[] = [];
  /** Keysyms now held. */
  readonly held: Set<number> = new Set<number>();
  /** Positions where the left button went down. */
  readonly clicks: Array<{ x: number; y: number }> = [];
  readonly clipboards: string[] = [];
  #buttons = 0;

  constructor(width = 640, height = 400) {
    this.framebuffer = new Framebuffer(width, height);
    this.screens = singleScreen(width, height);
    this.#paint();
  }

  #paint(): void {
    const { framebuffer } = this;
    const { width, height } = framebuffer;
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++) {
        // A smooth ramp at the left, blocks of few colours at the right: every encoding finds its case.
        const ramp = ((x & 255) << 16) | ((y & 255) << 8) | ((x ^ y) & 255);
        const block = ((x >> 5) * 0x2f1b07 + (y >> 5) * 0x071d3b) & 0xe0e0e0;
        framebuffer.pixels[y * width + x] = (0xff000000 | (x < width / 2 ? ramp : block)) >>> 0;
      }
    }
    MARK.forEach((colour, i) =>
      framebuffer.fill({ x: i * MARK_WIDTH, y: 0, width: MARK_WIDTH, height: 4 }, colour),
    );
    framebuffer.fill({ x: 0, y: height - BAND, width, height: BAND }, 0x101820);
  }

  /** Moves a part of the picture, as scrolling and dragging do, and tells only where pixels changed. */
  slide(from: Rectangle, dx: number, dy: number): void {
    const to = { ...from, x: from.x + dx, y: from.y + dy };
    this.framebuffer.move(from.x, from.y, to);
    this.#damage(boundingBox(from, to));
  }

  #damage(r: Rectangle): void {
    this.events.emit('damage', [r]);
  }

  key = (event: KeyEvent): void => {
    if (!event.down) {
      this.held.delete(event.keysym);
      return;
    }
    this.held.add(event.keysym);
    const index = this.pressed.push(event.keysym) - 1;
    const perRow = Math.floor(this.framebuffer.width / CELL);
    const r = {
      x: (index % perRow) * CELL,
      y: this.framebuffer.height - BAND + 4,
      width: CELL - 2,
      height: CELL,
    };
    this.framebuffer.fill(r, (event.keysym * 0x3b9ac9) & 0xffffff);
    this.#damage(r);
  };

  pointer = (input: PointerInput): void => {
    if ((input.buttonMask & 1) === 1 && (this.#buttons & 1) === 0)
      this.clicks.push({ x: input.x, y: input.y });
    this.#buttons = input.buttonMask;
  };

  clipboard = (text: string): void => {
    this.clipboards.push(text);
  };

  resize = (width: number, height: number, screens: readonly Screen[]): Promise<number> => {
    this.framebuffer = new Framebuffer(width, height);
    this.screens = screens;
    this.#paint();
    this.events.emit('resize', undefined);
    return Promise.resolve(DesktopSizeStatus.Ok);
  };

  close = (): Promise<void> => {
    this.events.emit('closed', new ClosedError('the test is over'));
    return Promise.resolve();
  };
}
