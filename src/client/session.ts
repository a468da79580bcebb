/**
 * RFB 7.5 and 7.6, the viewer's side: the session that runs on a finished handshake. It pulls: an update is asked for,
 * received, told about, and only then is the next one asked for.
 * @rfb server-message 1 SetColourMapEntries | read and ignored: we always ask for true colour
 */
import { ClosedError, describeError, ProtocolError, VncError } from '../core/errors.ts';
import { Emitter } from '../core/emitter.ts';
import { Lifecycle } from '../core/lifecycle.ts';
import type { ClientEstablished } from '../handshake/established.ts';
import { DesktopSizeStatus } from '../rfb/constants.ts';
import { writeSetDesktopSize } from '../rfb/messages/set-desktop-size.ts';
import { writeSetEncodings } from '../rfb/messages/set-encodings.ts';
import { writeSetPixelFormat } from '../rfb/messages/set-pixel-format.ts';
import { samePixelFormat } from '../rfb/pixel-format.ts';
import type { Rectangle } from '../rfb/rectangle.ts';
import { layoutFault, singleScreen, type Screen } from '../rfb/screen.ts';
import { receiveServerMessage } from '../rfb/server-message.ts';
import type { ByteReader } from '../wire/byte-reader.ts';
import type { ClientEvents, VncClient } from './client.ts';
import { Clipboard } from './clipboard.ts';
import { damageIterator } from './damage-iterator.ts';
import { Fences } from './fences.ts';
import { releaseStream } from './release-stream.ts';
import { Input } from './input.ts';
import { Outbox } from './outbox.ts';
import { Pending } from './pending.ts';
import { Power } from './power.ts';
import { initialState, type ServerState } from './server-state.ts';
import type { SessionSettings } from './session-settings.ts';
import { UpdateRequests } from './update-requests.ts';
import { UpdateReceiver, type UpdateOutcome } from './update-receiver.ts';

/** A server that knows SetDesktopSize answers each; one that has not by then will not. */
const RESIZE_ANSWER_MS = 10_000;

/** Starts the session. Its first event comes in a later turn of the event loop, so that the caller can subscribe. */
export function startSession(established: ClientEstablished, settings: SessionSettings): VncClient {
  const session = new Session(established, settings);
  session.start();
  return session.client();
}

class Session {
  readonly #established: ClientEstablished;
  readonly #settings: SessionSettings;
  readonly #reader: ByteReader;
  readonly #state: ServerState;
  readonly #lifecycle = new Lifecycle();
  readonly #events = new Emitter<ClientEvents>();
  readonly #outbox: Outbox;
  readonly #input: Input;
  readonly #clipboard: Clipboard;
  readonly #fences: Fences;
  readonly #power: Power;
  readonly #requests: UpdateRequests;
  readonly #updates: UpdateReceiver;
  #isClosedHere = false;
  /** resize() calls waiting for their answer. */
  readonly #resizes = new Pending<number>();
  /** refresh() calls waiting for pixels. */
  readonly #refreshes = new Pending<void>();
  /** What the last of them was about. */
  #refreshArea: Rectangle | undefined;

  constructor(established: ClientEstablished, settings: SessionSettings) {
    this.#established = established;
    this.#settings = settings;
    this.#reader = established.reader;
    this.#reader.phase = 'session';
    this.#state = initialState(established.init, settings.createFramebuffer);
    this.#outbox = new Outbox(this.#reader.stream, settings.limits, this.#lifecycle);
    this.#input = new Input(this.#outbox, this.#state);
    this.#clipboard = new Clipboard(this.#outbox, settings.limits, (text) =>
      this.#events.emit('clipboard', text),
    );
    this.#fences = new Fences(this.#outbox);
    this.#power = new Power(this.#outbox);
    this.#requests = new UpdateRequests(this.#outbox, this.#state, settings);
    this.#updates = new UpdateReceiver({
      reader: this.#reader,
      state: this.#state,
      settings,
      lifecycle: this.#lifecycle,
    });
  }

  start(): void {
    const { format, encodings } = this.#settings;
    this.#outbox.send((w) => {
      // Before any request, so that no update can be in the old format.
      if (!samePixelFormat(format, this.#established.init.format))
        writeSetPixelFormat(w, { type: 'SetPixelFormat', format });
      writeSetEncodings(w, { type: 'SetEncodings', encodings });
    });
    this.#requests.start();

    const loop = new Promise<void>((resolve) => {
      setTimeout(resolve, 0);
    }).then(() => this.#receive());
    this.#lifecycle.onClosing((reason) => {
      this.#resizes.rejectAll(reason);
      this.#refreshes.rejectAll(reason);
      this.#fences.rejectAll(reason);
      this.#power.rejectAll(reason);
      // A peer that broke the protocol gets no farewell, and a blocked read must end.
      if (!(reason instanceof ClosedError)) this.#reader.stream.destroy(reason);
    });
    this.#lifecycle.defer(() => releaseStream(this.#reader.stream, loop));
    void this.#lifecycle.closed.then((reason) => {
      this.#settings.logger.debug('client session closed', { reason: describeError(reason) });
      this.#events.emit('closed', reason);
      this.#events.clear();
    });
  }

  /** Until the session closes, for whatever reason. Never rejects. */
  async #receive(): Promise<void> {
    try {
      for (;;) {
        this.#lifecycle.throwIfClosed();
        await this.#receiveMessage();
      }
    } catch (error) {
      if (!(error instanceof VncError))
        this.#settings.logger.error('client session failed', { error: describeError(error) });
      void this.#lifecycle.close(
        error instanceof VncError
          ? error
          : new ProtocolError('the session failed on what the server sent', {
              phase: 'session',
              cause: error,
            }),
      );
    }
  }

  async #receiveMessage(): Promise<void> {
    const message = await receiveServerMessage(this.#reader, this.#settings.limits, {
      extendedClipboard: true,
    });
    this.#lifecycle.throwIfClosed();
    switch (message.type) {
      case 'FramebufferUpdate':
        this.#updated(await this.#updates.receive(message.rectangleCount));
        return;
      case 'Bell':
        this.#events.emit('bell', undefined);
        return;
      case 'ServerCutText':
        this.#events.emit('clipboard', message.text);
        return;
      case 'ExtendedServerCutText':
        this.#clipboard.receive(message.word);
        return;
      case 'EndOfContinuousUpdates':
        this.#requests.continuousUpdatesEnded();
        return;
      case 'ServerFence':
        this.#fences.receive(message);
        return;
      case 'ServerXvp':
        this.#power.receive(message);
        return;
      case 'SetColourMapEntries':
        return;
    }
  }

  #updated(outcome: UpdateOutcome): void {
    // The question travels while the listeners draw. It is asked after extensions alone too: servers differ in whether
    // those answer a request, and one that has two merges them. A new framebuffer is asked for whole; an answer about the size
    // alone must not be, because servers answer a whole request with the size again.
    this.#requests.updated(outcome.sizeChanged);
    this.#fences.measure();
    // Xvnc answers a request for everything with its size alone, and then waits for the next one, incremental or not.
    if (!this.#settings.autoUpdate && outcome.damage.length === 0 && !this.#refreshes.isEmpty)
      this.#requests.ask(!outcome.sizeChanged, outcome.sizeChanged ? undefined : this.#refreshArea);
    for (const change of outcome.changes) {
      if (!this.#lifecycle.isOpen) return;
      this.#events.emit(change, undefined);
    }
    if (outcome.damage.length > 0 && this.#lifecycle.isOpen)
      this.#events.emit('damage', outcome.damage);
    if (!this.#lifecycle.isOpen) return;
    for (const status of outcome.resizeStatuses) this.#resizes.settleFirst(status);
    if (outcome.damage.length > 0) this.#refreshes.settleAll();
  }

  async #resize(width: number, height: number, screens: readonly Screen[]): Promise<number> {
    const fault = layoutFault(width, height, screens, this.#settings.limits);
    if (fault !== undefined) throw new RangeError(fault);
    this.#lifecycle.throwIfClosed();
    // An older server takes the message for garbage and closes.
    if (!this.#state.resizable || this.#settings.viewOnly) return DesktopSizeStatus.Prohibited;
    const answer = this.#resizes.wait({
      what: 'the answer to SetDesktopSize',
      afterMs: RESIZE_ANSWER_MS,
    });
    this.#outbox.send((w) =>
      writeSetDesktopSize(w, { type: 'SetDesktopSize', width, height, screens }),
    );
    return answer;
  }

  async #refresh(incremental: boolean, area?: Rectangle): Promise<void> {
    this.#lifecycle.throwIfClosed();
    const done = this.#refreshes.wait();
    this.#refreshArea = area;
    this.#requests.ask(incremental, area);
    return done;
  }

  /** What the caller sees. */
  client(): VncClient {
    const state = this.#state;
    const input = this.#input;
    const clipboard = this.#clipboard;
    const fences = this.#fences;
    const power = this.#power;
    const { viewOnly } = this.#settings;
    return {
      events: this.#events,
      version: this.#established.version,
      security: this.#established.security,
      closed: this.#lifecycle.closed,
      get name() {
        return state.name;
      },
      get framebuffer() {
        return state.framebuffer;
      },
      get screens() {
        return state.screens;
      },
      get cursor() {
        return state.cursor;
      },
      get pointerMode() {
        return state.pointerMode;
      },
      get leds() {
        return state.leds;
      },
      get resizable() {
        return state.resizable;
      },
      get roundTripMs() {
        return fences.roundTripMs;
      },
      get unicodeClipboard() {
        return clipboard.isUnicode;
      },
      get powerable() {
        return power.isOffered && !viewOnly;
      },
      key: (event) => {
        if (!viewOnly) input.key(event);
      },
      pointer: (buttonMask, x, y) => {
        if (!viewOnly) input.pointer(buttonMask, x, y);
      },
      clipboard: (text) => {
        if (!viewOnly) clipboard.send(text);
      },
      resize: (width, height, screens = oneScreen(state.screens, width, height)) =>
        this.#resize(width, height, screens),
      refresh: (incremental, area) => this.#refresh(incremental, area),
      power: async (action) => {
        this.#lifecycle.throwIfClosed();
        return viewOnly ? false : power.switch(action);
      },
      sync: async () => {
        this.#lifecycle.throwIfClosed();
        return fences.sync();
      },
      updates: () =>
        damageIterator({
          events: this.#events,
          over: () => this.#lifecycle.reason,
          closedHere: () => this.#isClosedHere,
        }),
      close: (reason = new ClosedError('closed by this side', { phase: 'session' })) => {
        this.#isClosedHere ||= this.#lifecycle.isOpen;
        return this.#lifecycle.close(reason);
      },
    };
  }
}

/** One screen over everything. A server knows its screens by id and flags: the first keeps them. */
function oneScreen(screens: readonly Screen[], width: number, height: number): readonly Screen[] {
  const [first] = screens;
  return first === undefined
    ? singleScreen(width, height)
    : [{ ...first, x: 0, y: 0, width, height }];
}
