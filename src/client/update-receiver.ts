/**
 * RFB 7.6.1: receives the rectangles of one FramebufferUpdate into the server's state, and returns what changed. Used by
 * the session. INVARIANT: a rectangle is checked against the framebuffer before its decoder sees it.
 * @rfb pseudo-encoding -223 DesktopSize | the framebuffer takes the size, within limits
 * @rfb pseudo-encoding -224 LastRect | ends an update, whatever its count
 * @rfb pseudo-encoding -257 QemuPointerMotionChange | absolute or relative pointer
 * @rfb pseudo-encoding -258 QemuExtendedKeyEvent | acknowledgement: scan codes are understood
 * @rfb pseudo-encoding -261 QemuLedState | lock lights
 * @rfb pseudo-encoding -307 DesktopName | UTF-8
 * @rfb pseudo-encoding -316 ExtendedMouseButtons | acknowledgement: back and forward are understood
 */
import type { Decoder } from '../codec/codec.ts';
import { receiveCursor } from '../codec/cursor/cursor.ts';
import { decodeRectangle } from '../codec/decode-rectangle.ts';
import { findCodec } from '../codec/registry.ts';
import { ProtocolError } from '../core/errors.ts';
import type { Lifecycle } from '../core/lifecycle.ts';
import { checkLimit } from '../core/limits.ts';
import { Region } from '../pixels/region.ts';
import {
  DesktopSizeReason,
  DesktopSizeStatus,
  Encoding,
  encodingName,
  Led,
} from '../rfb/constants.ts';
import { receiveScreens } from '../rfb/extended-desktop-size.ts';
import {
  area,
  contains,
  describeRectangle,
  readRectangleHeader,
  rectangleHeaderSize,
  type Rectangle,
  type RectangleHeader,
} from '../rfb/rectangle.ts';
import { checkScreenSize, layoutFault, singleScreen, type Screen } from '../rfb/screen.ts';
import type { ByteReader } from '../wire/byte-reader.ts';
import { Cursor } from '../wire/cursor.ts';
import { fromUtf8 } from '../wire/text.ts';
import type { ServerState } from './server-state.ts';
import type { SessionSettings } from './session-settings.ts';

/** The parts of the state, besides pixels, that listeners are told about. */
export type StateChange = 'resize' | 'name' | 'cursor' | 'leds' | 'pointerMode';

export interface UpdateOutcome {
  readonly changes: ReadonlySet<StateChange>;
  /** The framebuffer is another one: its pixels must be asked for again. */
  readonly sizeChanged: boolean;
  /** Where pixels came, merged. */
  readonly damage: readonly Rectangle[];
  /** Answers to our own SetDesktopSize, DesktopSizeStatus each, in order. */
  readonly resizeStatuses: readonly number[];
}

interface Outcome extends UpdateOutcome {
  readonly changes: Set<StateChange>;
  sizeChanged: boolean;
  readonly resizeStatuses: number[];
  /** Stated, and not yet made so: pixels or the end of the update do it, for the last of many alone. */
  desktop: Desktop | undefined;
}

interface Desktop {
  readonly width: number;
  readonly height: number;
  readonly screens: readonly Screen[];
}

/** A count of rectangles that means "until LastRect". */
const UNKNOWN_COUNT = 65535;

/** QEMU sends a screenful of text as some 200: to make them fewer costs more than to tell of them. */
const MAX_DAMAGE = 256;

/** Pixels handled between two breaths: 4000 full-screen CopyRects fit one chunk of the network, and must not hold the event loop. */
const PIXELS_PER_TURN = 1 << 24;

export interface UpdateReceiverPorts {
  readonly reader: ByteReader;
  readonly state: ServerState;
  readonly settings: SessionSettings;
  readonly lifecycle: Lifecycle;
}

export class UpdateReceiver {
  readonly #ports: UpdateReceiverPorts;
  /** Made at first use; their streams live as long as the connection. */
  readonly #decoders = new Map<number, Decoder>();
  #pixelsThisTurn = 0;

  constructor(ports: UpdateReceiverPorts) {
    this.#ports = ports;
  }

  /** Receives `count` rectangles, or fewer when LastRect ends them. Throws ProtocolError. */
  async receive(count: number): Promise<UpdateOutcome> {
    const { reader, settings, lifecycle } = this.#ports;
    if (count !== UNKNOWN_COUNT) checkLimit(settings.limits, 'maxRects', count);
    const damage = new Region(MAX_DAMAGE);
    const outcome: Outcome = {
      changes: new Set(),
      sizeChanged: false,
      get damage() {
        return damage.rectangles;
      },
      resizeStatuses: [],
      desktop: undefined,
    };
    for (let i = 0; i < count; i++) {
      lifecycle.throwIfClosed();
      // An update may have thousands of rectangles: what is there already is not waited for.
      if (reader.buffered < rectangleHeaderSize) await reader.need(rectangleHeaderSize);
      const r = readRectangleHeader(new Cursor(reader.take(rectangleHeaderSize)));
      if (r.encoding === Encoding.LastRect) break;
      if (settings.pixelEncodings.has(r.encoding)) {
        if (outcome.desktop !== undefined) await this.#resize(outcome, damage);
        await this.#receivePixels(r, damage);
        if (this.#pixelsThisTurn >= PIXELS_PER_TURN) await this.#breathe();
      } else await this.#receiveExtension(r, outcome);
    }
    await this.#resize(outcome, damage);
    return outcome;
  }

  async #receivePixels(r: RectangleHeader, damage: Region): Promise<void> {
    const { reader, state, settings } = this.#ports;
    const target = state.framebuffer;
    if (!contains(target.bounds, r)) {
      throw new ProtocolError(
        `${encodingName(r.encoding)} rectangle ${describeRectangle(r)} outside ${target.width}x${target.height}`,
        { field: 'FramebufferUpdate.rectangle', got: describeRectangle(r) },
      );
    }
    const { format, limits } = settings;
    await decodeRectangle(this.#decoder(r.encoding), r, { reader, format, target, limits });
    damage.add({ x: r.x, y: r.y, width: r.width, height: r.height });
    this.#pixelsThisTurn += area(r);
  }

  #decoder(encoding: number): Decoder {
    let decoder = this.#decoders.get(encoding);
    if (decoder === undefined) {
      const { jpeg, qualityLevel } = this.#ports.settings;
      decoder = findCodec(encoding)?.createDecoder({
        connection: this,
        ...(jpeg === undefined ? {} : { jpeg }),
        ...(qualityLevel === undefined ? {} : { qualityLevel }),
      });
      if (decoder === undefined) throw unexpected(encoding);
      this.#decoders.set(encoding, decoder);
    }
    return decoder;
  }

  async #receiveExtension(r: RectangleHeader, outcome: Outcome): Promise<void> {
    const { reader, state, settings } = this.#ports;
    switch (r.encoding) {
      case Encoding.DesktopSize:
        outcome.desktop = this.#desktop(r, singleScreen(r.width, r.height));
        return;
      case Encoding.ExtendedDesktopSize: {
        const screens = await receiveScreens(reader, settings.limits);
        state.resizable = true;
        if (r.x === DesktopSizeReason.ThisClient) {
          outcome.resizeStatuses.push(r.y);
          // A refusal states no size of worth.
          if (r.y !== DesktopSizeStatus.Ok) return;
        }
        outcome.desktop = this.#desktop(r, screens);
        return;
      }
      case Encoding.Cursor:
      case Encoding.XCursor:
      case Encoding.CursorWithAlpha: {
        const { format, limits } = settings;
        state.cursor = await receiveCursor(reader, r, r.encoding, format, limits);
        outcome.changes.add('cursor');
        return;
      }
      case Encoding.DesktopName: {
        const length = checkLimit(settings.limits, 'maxNameBytes', await reader.u32());
        state.name = fromUtf8(await reader.view(length));
        outcome.changes.add('name');
        return;
      }
      case Encoding.QemuExtendedKeyEvent:
        state.extendedKeys = true;
        return;
      case Encoding.ExtendedMouseButtons:
        state.moreButtons = true;
        return;
      case Encoding.QemuPointerMotionChange:
        state.pointerMode = r.x === 0 ? 'relative' : 'absolute';
        outcome.changes.add('pointerMode');
        return;
      case Encoding.QemuLedState:
        state.leds = (await reader.u8()) & (Led.ScrollLock | Led.NumLock | Led.CapsLock);
        outcome.changes.add('leds');
        return;
      default:
        throw unexpected(r.encoding);
    }
  }

  /** What a server states, within limits. */
  #desktop({ width, height }: Rectangle, stated: readonly Screen[]): Desktop {
    const { limits } = this.#ports.settings;
    checkScreenSize(width, height, limits);
    // A layout that cannot be is a server's slip (TigerVNC's viewer only logs it); the size counts.
    const fault = layoutFault(width, height, stated, limits);
    return { width, height, screens: fault === undefined ? stated : singleScreen(width, height) };
  }

  /** Makes what was stated last so: a new framebuffer is a copy, and thousands of sizes fit one chunk of the network. */
  async #resize(outcome: Outcome, damage: Region): Promise<void> {
    const { desktop } = outcome;
    if (desktop === undefined) return;
    outcome.desktop = undefined;
    const { state, settings } = this.#ports;
    const { framebuffer } = state;
    const { width, height, screens } = desktop;
    if (width !== framebuffer.width || height !== framebuffer.height) {
      const created = settings.createFramebuffer(width, height);
      state.framebuffer = framebuffer.resized(width, height, created);
      outcome.sizeChanged = true;
      damage.clear();
      this.#pixelsThisTurn += width * height;
      if (this.#pixelsThisTurn >= PIXELS_PER_TURN) await this.#breathe();
    } else if (sameScreens(state.screens, screens)) {
      return;
    }
    state.screens = screens;
    // Told first: all else may depend on it.
    const others = Array.from(outcome.changes);
    outcome.changes.clear();
    for (const change of ['resize', ...others] as const) outcome.changes.add(change);
  }

  /** Lets timers and sockets have their turn when much was done since they last did. */
  async #breathe(): Promise<void> {
    this.#pixelsThisTurn = 0;
    await new Promise<void>((resolve) => {
      setTimeout(resolve, 0);
    });
  }
}

function unexpected(encoding: number): ProtocolError {
  return new ProtocolError(`encoding ${encodingName(encoding)} was not asked for`, {
    field: 'FramebufferUpdate.encoding',
    got: encoding,
  });
}

const sameScreens = (a: readonly Screen[], b: readonly Screen[]): boolean =>
  a.length === b.length &&
  a.every((screen, i) => {
    const other = b[i];
    return (
      other !== undefined &&
      screen.id === other.id &&
      screen.x === other.x &&
      screen.y === other.y &&
      screen.width === other.width &&
      screen.height === other.height &&
      screen.flags === other.flags
    );
  });
