/**
 * The built-in display: a test card that shows how pictures, keys, pointer and clipboard arrive, and what protects each
 * viewer. It draws and ticks only while somebody watches.
 */
import { Emitter } from '../core/emitter.ts';
import { ClosedError } from '../core/errors.ts';
import { defaultLimits } from '../core/limits.ts';
import type { CursorImage } from '../pixels/cursor-image.ts';
import { Framebuffer } from '../pixels/framebuffer.ts';
import { boundingBox } from '../pixels/region.ts';
import { DesktopSizeStatus, Led } from '../rfb/constants.ts';
import type { KeyEvent } from '../rfb/messages/key-event.ts';
import { intersect, isEmpty, type Rectangle } from '../rfb/rectangle.ts';
import { layoutFault, singleScreen, type Screen } from '../rfb/screen.ts';
import type { Display, DisplayEvents, PointerInput, ViewerInfo } from '../server/display.ts';
import { arrowCursor } from './arrow-cursor.ts';
import { drawRect } from './drawing.ts';
import { keysymCharacter, keysymName } from './keysym-names.ts';
import { layOutTestCard, type TestCardLayout } from './testcard-layout.ts';
import {
  colours,
  drawClipboard,
  drawClock,
  drawHeader,
  drawKeyboard,
  drawPointer,
  drawTrack,
  drawViewers,
  markWidth,
  type Canvas,
} from './testcard-panels.ts';
import { drawBars, drawEdge, drawRamps, drawSharpness } from './testcard-patterns.ts';

/** How the test card looks. */
export interface TestCardOptions {
  /** Pixels, 200 to 8192. Default 1280. */
  readonly width?: number;
  /** Likewise. Default 800. */
  readonly height?: number;
  /** Default `Sallyport test card`. */
  readonly name?: string;
}

const MIN_SIDE = 200;
const MAX_SIDE = 8192;
/** Fifteen pictures a second. */
const TICK_MS = 66;
/** The mark's way there and back. */
const PERIOD_MS = 8000;
/** What is kept of the text that was typed. */
const MAX_TYPED = 4000;
const MAX_CLIPBOARD_SHOWN = 400;
/** Least time from one picture of the viewers' panel to the next: a thousand may come at once. */
const VIEWERS_MS = 100;

const CONTROL_KEYS = new Set([0xffe3, 0xffe4]);
const RETURN_KEYS = new Set([0xff0d, 0xff8d]);
const BACKSPACE = 0xff08;
const TAB = 0xff09;
const ledOfKey = new Map<number, number>([
  [0xffe5, Led.CapsLock],
  [0xff7f, Led.NumLock],
  [0xff14, Led.ScrollLock],
]);

/**
 * A display that shows how pictures, keys, pointer and clipboard arrive, and what protects each viewer. Throws RangeError
 * for a size that cannot be.
 */
export function createTestCard(options: TestCardOptions = {}): Display {
  return new TestCard(options);
}

class TestCard implements Display {
  readonly events: Emitter<DisplayEvents> = new Emitter();
  readonly name: string;
  readonly pointerMode = 'absolute';
  readonly cursor: CursorImage = arrowCursor;
  framebuffer: Framebuffer;
  screens: readonly Screen[];
  leds = 0;

  #layout: TestCardLayout;
  #viewers: readonly ViewerInfo[] = [];
  #typed = '';
  #lastKey = 'Ctrl-G rings, Ctrl-L clears';
  #pointer: PointerInput | undefined;
  #clipboard: string | undefined;
  readonly #controlsHeld = new Set<number>();
  #markX = 0;
  #clock = '';
  #timer: ReturnType<typeof setInterval> | undefined;
  /** There while the panel of viewers was drawn a moment ago. */
  #viewersTimer: ReturnType<typeof setTimeout> | undefined;
  #viewersAreNew = false;
  #closed = false;

  constructor(options: TestCardOptions) {
    const { width = 1280, height = 800, name = 'Sallyport test card' } = options;
    if (sizeFault(width, height, singleScreen(width, height)))
      throw new RangeError(`a test card of ${width}x${height}`);
    this.name = name;
    this.framebuffer = new Framebuffer(width, height);
    this.screens = singleScreen(width, height);
    this.#layout = layOutTestCard(width, height);
    this.#drawAll();
  }

  readonly key = (event: KeyEvent): void => {
    const { keysym, down, keycode } = event;
    if (CONTROL_KEYS.has(keysym)) {
      if (down) this.#controlsHeld.add(keysym);
      else this.#controlsHeld.delete(keysym);
    }
    const scan = keycode === undefined || keycode === 0 ? '' : ` scan 0x${keycode.toString(16)}`;
    const arrow = down ? 'down' : 'up';
    this.#lastKey = `${keysymName(keysym)} 0x${keysym.toString(16)}${scan} ${arrow}`;
    if (down) this.#press(keysym);
    this.#redraw(this.#layout.keyboard, () => this.#drawKeyboard());
  };

  readonly pointer = (input: PointerInput): void => {
    this.#pointer = input;
    this.#redraw(this.#layout.pointer, () => this.#drawPointer());
  };

  readonly clipboard = (text: string): void => {
    this.#clipboard = text.slice(0, MAX_CLIPBOARD_SHOWN);
    this.#redraw(this.#layout.clipboard, () => this.#drawClipboard());
  };

  readonly resize = async (
    width: number,
    height: number,
    screens: readonly Screen[],
  ): Promise<number> => {
    if (this.#closed) return DesktopSizeStatus.Prohibited;
    if (sizeFault(width, height, screens)) return DesktopSizeStatus.InvalidLayout;
    this.screens = screens;
    this.framebuffer = new Framebuffer(width, height);
    this.#layout = layOutTestCard(width, height);
    this.#drawAll();
    this.events.emit('resize', undefined);
    return DesktopSizeStatus.Ok;
  };

  readonly viewers = (list: readonly ViewerInfo[]): void => {
    if (this.#closed) return;
    this.#viewers = list;
    this.#viewersAreNew = true;
    if (this.#viewersTimer === undefined) this.#showViewers();
    if (list.length > 0 && this.#timer === undefined) {
      this.#tick();
      this.#timer = setInterval(() => this.#tick(), TICK_MS);
    } else if (list.length === 0) this.#stopTimer();
  };

  readonly close = async (): Promise<void> => {
    if (this.#closed) return;
    this.#closed = true;
    this.#stopTimer();
    clearTimeout(this.#viewersTimer);
    this.events.emit('closed', new ClosedError('the test card was closed'));
  };

  #press(keysym: number): void {
    const led = ledOfKey.get(keysym);
    const character = keysymCharacter(keysym);
    if (led !== undefined) {
      this.leds ^= led;
      this.events.emit('leds', undefined);
    } else if (this.#controlsHeld.size > 0) {
      if (character?.toLowerCase() === 'g') this.events.emit('bell', undefined);
      if (character?.toLowerCase() === 'l') this.#typed = '';
    } else if (RETURN_KEYS.has(keysym)) this.#type('\n');
    else if (keysym === TAB) this.#type('    ');
    else if (keysym === BACKSPACE) this.#typed = Array.from(this.#typed).slice(0, -1).join('');
    else if (character !== undefined) this.#type(character);
  }

  #type(text: string): void {
    this.#typed = (this.#typed + text).slice(-MAX_TYPED);
  }

  /** One picture of the moving mark, and the clock when its second is over. */
  #tick(): void {
    const now = new Date();
    const damage: Rectangle[] = [];
    const { track, clock } = this.#layout;
    const from = this.#markRectangle();
    this.#markX = markPosition(track, now.getTime());
    const to = this.#markRectangle();
    // After a pause the mark is elsewhere: two small rectangles, then, and not all that lies between.
    const changed = isEmpty(intersect(from, to)) ? [from, to] : [boundingBox(from, to)];
    for (const part of changed) {
      if (isEmpty(part)) continue;
      drawTrack(this.#canvas, track, this.#markX, part);
      damage.push(part);
    }
    const time = clockText(now);
    if (time !== this.#clock) {
      this.#clock = time;
      drawClock(this.#canvas, clock, time);
      damage.push(clock);
    }
    if (damage.length > 0) this.events.emit('damage', damage);
  }

  #markRectangle(): Rectangle {
    const { track } = this.#layout;
    return { ...track, x: this.#markX, width: markWidth(track) };
  }

  #stopTimer(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  /** Now, and for all changes of the next moment together when it is over. */
  #showViewers(): void {
    this.#viewersTimer = undefined;
    if (!this.#viewersAreNew) return;
    this.#viewersAreNew = false;
    this.#redraw(this.#layout.viewers, () => this.#drawViewers());
    this.#viewersTimer = setTimeout(() => this.#showViewers(), VIEWERS_MS);
  }

  #redraw(area: Rectangle, draw: () => void): void {
    if (this.#closed || isEmpty(area)) return;
    draw();
    this.events.emit('damage', [area]);
  }

  get #canvas(): Canvas {
    return { target: this.framebuffer, scale: this.#layout.scale, gap: this.#layout.gap };
  }

  #drawAll(): void {
    const { framebuffer: target } = this;
    const { header, clock, bars, ramps, sharpness, track, scale } = this.#layout;
    const now = new Date();
    drawRect(target, target.bounds, colours.background);
    drawEdge(target, scale);
    drawHeader(this.#canvas, header, this.name);
    this.#clock = clockText(now);
    drawClock(this.#canvas, clock, this.#clock);
    drawBars(target, bars);
    drawRamps(target, ramps);
    drawSharpness(target, sharpness);
    this.#markX = markPosition(track, now.getTime());
    drawTrack(this.#canvas, track, this.#markX);
    this.#drawKeyboard();
    this.#drawPointer();
    this.#drawClipboard();
    this.#drawViewers();
  }

  #drawKeyboard(): void {
    drawKeyboard(this.#canvas, this.#layout.keyboard, {
      typed: this.#typed,
      lastKey: this.#lastKey,
      leds: this.leds,
    });
  }

  #drawPointer(): void {
    drawPointer(this.#canvas, this.#layout.pointer, this.#pointer);
  }

  #drawClipboard(): void {
    drawClipboard(this.#canvas, this.#layout.clipboard, this.#clipboard);
  }

  #drawViewers(): void {
    drawViewers(this.#canvas, this.#layout.viewers, this.#viewers);
  }
}

function sizeFault(width: number, height: number, screens: readonly Screen[]): boolean {
  const sideFits = (side: number): boolean =>
    Number.isInteger(side) && side >= MIN_SIDE && side <= MAX_SIDE;
  return (
    !sideFits(width) ||
    !sideFits(height) ||
    layoutFault(width, height, screens, defaultLimits) !== undefined
  );
}

/** There and back along the track, slower at the ends. */
function markPosition(track: Rectangle, timeMs: number): number {
  const phase = (timeMs % PERIOD_MS) / PERIOD_MS;
  const way = (1 - Math.cos(2 * Math.PI * phase)) / 2;
  return track.x + Math.round((track.width - markWidth(track)) * way);
}

function clockText(now: Date): string {
  const two = (value: number): string => String(value).padStart(2, '0');
  return `${two(now.getHours())}:${two(now.getMinutes())}:${two(now.getSeconds())}`;
}
