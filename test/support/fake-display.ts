/** A Display that draws nothing by itself and remembers what it was told: for tests of servers and transports. */
import { Emitter } from '../../src/core/emitter.ts';
import { ClosedError } from '../../src/core/errors.ts';
import type { CursorImage } from '../../src/pixels/cursor-image.ts';
import { Framebuffer } from '../../src/pixels/framebuffer.ts';
import type { KeyEvent } from '../../src/rfb/messages/key-event.ts';
import type { Rectangle } from '../../src/rfb/rectangle.ts';
import { singleScreen, type Screen } from '../../src/rfb/screen.ts';
import type {
  Display,
  DisplayEvents,
  PowerAction,
  PointerInput,
  ResizeStatus,
  ViewerInfo,
} from '../../src/server/display.ts';

export interface FakeDisplayOptions {
  readonly width?: number;
  readonly height?: number;
  readonly name?: string;
  /** Lets viewers resize it; it then does as asked unless `resizeStatus` says otherwise. */
  readonly resizable?: boolean;
  /** Has a power switch; what it answers. */
  readonly power?: (action: PowerAction) => Promise<boolean>;
}

export class FakeDisplay implements Display {
  readonly events: Emitter<DisplayEvents> = new Emitter();
  name: string;
  framebuffer: Framebuffer;
  screens: readonly Screen[];
  cursor: CursorImage | undefined;
  pointerMode: 'absolute' | 'relative' = 'absolute';
  leds: number | undefined;

  /** What viewers did, in order. */
  readonly keys: KeyEvent[] = [];
  readonly pointers: PointerInput[] = [];
  readonly clipboards: string[] = [];
  readonly powers: PowerAction[] = [];
  readonly viewerLists: Array<readonly ViewerInfo[]> = [];
  /** What `resize` answers; 0 also resizes. */
  resizeStatus: ResizeStatus = 0;
  /** Called in every method that a viewer can reach, after it was noted: for tests that close or throw inside it. */
  intrude: (method: 'key' | 'pointer' | 'clipboard' | 'resize' | 'viewers') => void = () =>
    undefined;
  readonly resize?: Display['resize'] & {};
  readonly power: Display['power'];

  constructor(options: FakeDisplayOptions = {}) {
    const width = options.width ?? 4;
    const height = options.height ?? 4;
    this.name = options.name ?? 'fake';
    this.framebuffer = new Framebuffer(width, height);
    this.screens = singleScreen(width, height);
    const { power } = options;
    this.power =
      power &&
      ((action) => {
        this.powers.push(action);
        return power(action);
      });
    if (options.resizable === true) {
      this.resize = (w, h, screens) => {
        this.intrude('resize');
        if (this.resizeStatus === 0) this.setSize(w, h, screens);
        return Promise.resolve(this.resizeStatus);
      };
    }
  }

  readonly key = (event: KeyEvent): void => {
    this.keys.push(event);
    this.intrude('key');
  };

  readonly pointer = (input: PointerInput): void => {
    this.pointers.push(input);
    this.intrude('pointer');
  };

  readonly clipboard = (text: string): void => {
    this.clipboards.push(text);
    this.intrude('clipboard');
  };

  readonly viewers = (list: readonly ViewerInfo[]): void => {
    this.viewerLists.push(list);
    this.intrude('viewers');
  };

  readonly close = (): Promise<void> => {
    this.events.emit('closed', new ClosedError('the display closed'));
    return Promise.resolve();
  };

  /** Fills a rectangle (default: all) with 0xRRGGBB and reports it as damage. */
  paint(colour: number, r: Rectangle = this.framebuffer.bounds): void {
    this.framebuffer.fill(r, colour);
    this.events.emit('damage', [r]);
  }

  /** Replaces the framebuffer, keeping what fits. */
  setSize(width: number, height: number, screens: readonly Screen[] = singleScreen(width, height)) {
    this.framebuffer = this.framebuffer.resized(width, height);
    this.screens = screens;
    this.events.emit('resize', undefined);
  }

  setCursor(cursor: CursorImage | undefined): void {
    this.cursor = cursor;
    this.events.emit('cursor', undefined);
  }

  setLeds(leds: number | undefined): void {
    this.leds = leds;
    this.events.emit('leds', undefined);
  }

  setName(name: string): void {
    this.name = name;
    this.events.emit('name', undefined);
  }

  setPointerMode(mode: 'absolute' | 'relative'): void {
    this.pointerMode = mode;
    this.events.emit('pointerMode', undefined);
  }
}
