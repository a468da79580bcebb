/**
 * RFB 7.5: a viewer's session after its handshake. Reads messages in order, checks rights, and hands them to the display;
 * tells the viewer's updates what the display reports. connection.ts owns its life.
 */
import type { Codec, JpegEncoder } from '../codec/codec.ts';
import { ProtocolError } from '../core/errors.ts';
import type { Lifecycle } from '../core/lifecycle.ts';
import type { Limits } from '../core/limits.ts';
import type { ServerEstablished } from '../handshake/established.ts';
import {
  receiveClientMessage,
  type ClientMessage,
  type ClientMessageForms,
} from '../rfb/client-message.ts';
import type { Rights } from '../security/identity.ts';
import type { Display } from './display.ts';
import type { EncodePool } from './encode-pool.ts';
import { ResizeRequests, type ResizeUnderWay } from './resize-requests.ts';
import type { Shadow } from './shadow.ts';
import { UpdateScheduler } from './update-scheduler.ts';
import type { VideoEncoders } from './video-encoder.ts';
import { ViewerClipboard } from './viewer-clipboard.ts';
import { ViewerInput } from './viewer-input.ts';
import { ViewerPower } from './viewer-power.ts';
import { ViewerUpdates } from './viewer-updates.ts';

export interface SessionOptions {
  readonly id: number;
  readonly display: Display;
  readonly shadow: Shadow;
  readonly limits: Limits;
  readonly codecs: readonly Codec[];
  readonly jpeg?: JpegEncoder;
  readonly pool?: EncodePool;
  readonly video?: VideoEncoders;
  readonly lifecycle: Lifecycle;
  /** Resize requests under way on this display, of all its viewers. */
  readonly resizesUnderWay: Set<ResizeUnderWay>;
  /** Called with anything thrown where nobody waits for it. */
  readonly fail: (error: unknown) => void;
  /** Text passed from the viewer to the display (`in`), or the other way. */
  readonly clipboardPassed: (direction: ClipboardDirection, text: string) => void;
}

export type ClipboardDirection = 'in' | 'out';

/** What went over a session, after its handshake and before any encryption. */
export interface Traffic {
  readonly bytesIn: number;
  readonly bytesOut: number;
  /** FramebufferUpdates. */
  readonly updates: number;
}

export class Session {
  readonly #established: ServerEstablished;
  readonly #options: SessionOptions;
  readonly #input: ViewerInput;
  readonly #clipboard: ViewerClipboard;
  readonly #power: ViewerPower;
  readonly #updates: ViewerUpdates;
  readonly #resizes: ResizeRequests;
  readonly #scheduler: UpdateScheduler;
  /** Of the reader, before the session. */
  readonly #consumedBefore: number;
  /** Asked when a message has begun: what was agreed upon may change while one is awaited. */
  readonly #forms: ClientMessageForms;
  #rights: Rights;
  /** As the viewer last named them. */
  encodings: readonly number[] = [];

  constructor(established: ServerEstablished, options: SessionOptions) {
    const { display, shadow, limits, codecs, lifecycle, fail } = options;
    const { init, identity, reader, version } = established;
    this.#established = established;
    this.#options = options;
    this.#consumedBefore = reader.consumed;
    this.#rights = identity.rights;
    this.#input = new ViewerInput(display, identity.rights);
    const { rights } = identity;
    const passed = options.clipboardPassed;
    this.#clipboard = new ViewerClipboard({ display, limits, rights, passed });
    const wake = (): void => this.#scheduler.wake();
    this.#power = new ViewerPower({ display, rights, wake, fail });
    this.#updates = new ViewerUpdates({
      display,
      shadow,
      limits,
      codecs,
      rights: identity.rights,
      width: init.width,
      height: init.height,
      asides: [this.#clipboard, this.#power],
      version,
      ...(options.jpeg === undefined ? {} : { jpeg: options.jpeg }),
      ...(options.pool === undefined ? {} : { pool: options.pool }),
      ...(options.video === undefined ? {} : { video: options.video }),
      wake: () => this.#scheduler.wake(),
    });
    const updates = this.#updates;
    this.#forms = {
      get extendedMouseButtons() {
        return updates.moreButtons;
      },
      get extendedClipboard() {
        return updates.negotiated.extendedClipboard;
      },
    };
    this.#resizes = new ResizeRequests({
      viewerId: options.id,
      display,
      limits,
      mayResize: () => this.#rights.resize,
      answer: (status) => this.#update(() => this.#updates.answerResize(status)),
      fail,
      underWay: options.resizesUnderWay,
    });
    this.#scheduler = new UpdateScheduler(this.#updates, reader.stream, lifecycle, limits);
    this.#subscribe();
  }

  /** Runs until the connection closes or something is thrown. */
  async run(): Promise<void> {
    await Promise.race([this.#receive(), this.#scheduler.run()]);
  }

  get roundTripMs(): number | undefined {
    return this.#updates.flow.roundTripMs;
  }

  get traffic(): Traffic {
    return {
      bytesIn: this.#established.reader.consumed - this.#consumedBefore,
      bytesOut: this.#scheduler.sentBytes,
      updates: this.#updates.sentUpdates,
    };
  }

  /** Lets go of what the viewer held. Called once, while closing: no message is handled any more. */
  release(): void {
    this.#resizes.release();
    this.#input.release();
  }

  setRights(rights: Rights): void {
    this.#rights = rights;
    this.#clipboard.setRights(rights);
    this.#power.setRights(rights);
    this.#update(() => this.#updates.setRights(rights));
    this.#input.setRights(rights);
  }

  async #receive(): Promise<never> {
    const { lifecycle, limits } = this.#options;
    const { reader } = this.#established;
    reader.phase = 'session';
    for (;;) {
      // INVARIANT: any handler may have closed this connection, so its state is looked at before anything else is read.
      lifecycle.throwIfClosed();
      const message = await receiveClientMessage(reader, limits, this.#forms);
      lifecycle.throwIfClosed();
      this.#handle(message);
    }
  }

  #handle(message: ClientMessage): void {
    switch (message.type) {
      case 'SetPixelFormat':
        this.#update(() => this.#updates.setPixelFormat(message.format));
        break;
      case 'SetEncodings':
        this.encodings = message.encodings;
        this.#update(() => this.#setEncodings(message.encodings));
        break;
      case 'FramebufferUpdateRequest':
        this.#update(() => this.#updates.request(message));
        break;
      case 'KeyEvent':
        this.#updates.attention.input(performance.now());
        this.#input.key(message);
        break;
      case 'PointerEvent':
        this.#updates.attention.input(
          performance.now(),
          this.#updates.pointerIsRelative ? undefined : message,
        );
        this.#input.pointer(message, this.#updates.pointerIsRelative);
        break;
      case 'ClientCutText':
        this.#clipboard.receive(message.text);
        break;
      case 'ExtendedClientCutText':
        this.#update(() => this.#clipboard.receiveWord(message.word));
        break;
      case 'ClientXvp':
        if (!this.#power.wanted) throw unoffered(message);
        this.#update(() => this.#power.receive(message));
        break;
      case 'EnableContinuousUpdates':
        this.#update(() => this.#updates.flow.enableContinuous(message));
        break;
      case 'ClientFence':
        this.#update(() => this.#updates.flow.fence(message));
        break;
      case 'SetDesktopSize':
        // Without the extension the viewer could not read the answer.
        if (this.#updates.understandsResize) this.#resizes.submit(message);
        break;
    }
  }

  #setEncodings(encodings: readonly number[]): void {
    this.#updates.setEncodings(encodings);
    const { extendedClipboard, xvp } = this.#updates.negotiated;
    this.#clipboard.negotiated(extendedClipboard);
    this.#power.negotiated(xvp);
  }

  /** Changes what is to be sent, and lets the scheduler look at it. */
  #update(change: () => void): void {
    change();
    this.#scheduler.wake();
  }

  #subscribe(): void {
    const { display, shadow, lifecycle } = this.#options;
    const { events } = display;
    const updates = this.#updates;
    const subscriptions = [
      () => updates.leave(),
      shadow.join({
        get takesMoves() {
          return updates.takesMoves;
        },
        published: (change) => this.#update(() => updates.published(change)),
        stale: () => this.#scheduler.wake(),
      }),
      events.on('resize', () => this.#update(() => updates.resized(this.#resizes.changed()))),
      events.on('cursor', () => this.#update(() => updates.announce('cursor'))),
      events.on('leds', () => this.#update(() => updates.announce('leds'))),
      events.on('name', () => this.#update(() => updates.announce('name'))),
      events.on('pointerMode', () => this.#update(() => updates.announce('pointer-mode'))),
      events.on('bell', () => this.#update(() => updates.bell())),
      events.on('clipboard', (text) => this.#update(() => this.#clipboard.offer(text))),
    ];
    lifecycle.defer(() => {
      for (const unsubscribe of subscriptions) unsubscribe();
    });
  }
}

const unoffered = ({ type }: ClientMessage): ProtocolError =>
  new ProtocolError(`${type} was never offered`, { field: 'messageType' });
