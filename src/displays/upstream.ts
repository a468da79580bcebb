/**
 * Another VNC server as a Display: one connection, decoded once, for any number of viewers. When it is lost the last picture
 * stays and it is dialled again, with back-off. Used by the command line, and by displays that start a server themselves.
 */
import { Emitter } from '../core/emitter.ts';
import {
  AuthenticationError,
  ClosedError,
  describeError,
  SecurityError,
  VncError,
} from '../core/errors.ts';
import { Lifecycle } from '../core/lifecycle.ts';
import { silentLogger, type Logger } from '../core/logger.ts';
import type { ClientEvents, VncClient } from '../client/client.ts';
import type { CursorImage } from '../pixels/cursor-image.ts';
import type { Framebuffer } from '../pixels/framebuffer.ts';
import { DesktopSizeStatus } from '../rfb/constants.ts';
import type { KeyEvent } from '../rfb/messages/key-event.ts';
import type { Screen } from '../rfb/screen.ts';
import { RefreshNudge } from './refresh-nudge.ts';
import type { Display, DisplayEvents, PointerInput, ResizeStatus } from '../server/display.ts';

/** The VNC server that is shown. */
export interface UpstreamOptions {
  /** Dials and shakes hands. `signal` is aborted when the display closes meanwhile; to heed it is optional. */
  readonly connect: (signal: AbortSignal) => Promise<VncClient>;
  /** Default: the upstream's own name. */
  readonly name?: string;
  /** `false`: the display closes with its upstream. Default: tried again until the display is closed. */
  readonly reconnect?: false | ReconnectOptions;
  readonly logger?: Logger;
  /** Without reconnect: the reason to close with, from somebody who knows more than the lost connection does. */
  readonly explainLoss?: (reason: VncError) => Promise<VncError>;
  /** What else is to be let go when the display closes. */
  readonly release?: () => Promise<void>;
}

export interface ReconnectOptions {
  /** Wait before the first attempt; doubles with each. Default 500. */
  readonly initialMs?: number;
  /** Default 15000. */
  readonly maxMs?: number;
}

/** Another VNC server as a display: decoded once for all viewers, connected again when it was gone. Rejects with connect()'s error when
 * the first attempt fails. */
export async function createUpstreamDisplay(options: UpstreamOptions): Promise<Display> {
  const client = await options.connect(new AbortController().signal);
  return new UpstreamDisplay(options, client);
}

/** Events that say "this property is new", the same in a client and a display. */
const properties = ['resize', 'cursor', 'leds', 'name', 'pointerMode'] as const;

class UpstreamDisplay implements Display {
  readonly events: Emitter<DisplayEvents> = new Emitter();
  readonly #options: UpstreamOptions;
  readonly #logger: Logger;
  readonly #lifecycle = new Lifecycle();
  readonly #abort = new AbortController();
  /**
   * Whose picture is seen, and who gets the input. Once lost it stays until its successor has a picture; input to it
   * meanwhile comes to nothing.
   */
  #shown: VncClient;
  /** The last that was dialled: the one shown, or its successor. */
  #latest: VncClient;
  readonly #firstDelayMs: number;
  readonly #maxDelayMs: number;
  #delayMs: number;
  readonly #nudge = new RefreshNudge((event) => this.#shown.key(event));

  constructor(options: UpstreamOptions, client: VncClient) {
    this.#options = options;
    this.#logger = options.logger ?? silentLogger;
    const { initialMs = 500, maxMs = 15_000 } = options.reconnect || {};
    this.#firstDelayMs = initialMs;
    this.#maxDelayMs = maxMs;
    this.#delayMs = initialMs;
    this.#shown = client;
    this.#latest = client;
    this.#lifecycle.onClosing(() => {
      this.#abort.abort();
      this.#nudge.stop();
    });
    if (options.release !== undefined) this.#lifecycle.defer(options.release);
    this.#lifecycle.defer(async () => {
      await this.#latest.close();
    });
    void this.#lifecycle.closed.then((reason) => {
      this.events.emit('closed', reason);
      this.events.clear();
    });
    this.#adopt(client);
  }

  get name(): string {
    return this.#options.name ?? this.#shown.name;
  }

  get framebuffer(): Framebuffer {
    return this.#shown.framebuffer;
  }

  get screens(): readonly Screen[] {
    return this.#shown.screens;
  }

  get cursor(): CursorImage | undefined {
    return this.#shown.cursor;
  }

  get pointerMode(): 'absolute' | 'relative' {
    return this.#shown.pointerMode;
  }

  get leds(): number | undefined {
    return this.#shown.leds;
  }

  key(event: KeyEvent): void {
    this.#shown.key(event);
    if (this.#lifecycle.isOpen && /^QEMU\b/.test(this.#shown.name)) this.#nudge.key(event);
  }

  pointer({ buttonMask, x, y }: PointerInput): void {
    this.#shown.pointer(buttonMask, x, y);
  }

  clipboard(text: string): void {
    try {
      this.#shown.clipboard(text);
    } catch (error) {
      // A viewer's text may be longer than this upstream is sent.
      this.#logger.warn('clipboard text not passed on', { reason: describeError(error) });
    }
  }

  async resize(width: number, height: number, screens: readonly Screen[]): Promise<ResizeStatus> {
    try {
      return await this.#shown.resize(width, height, screens);
    } catch (error) {
      if (error instanceof RangeError) return DesktopSizeStatus.InvalidLayout;
      this.#logger.warn('size not passed on', { reason: describeError(error) });
      return DesktopSizeStatus.OutOfResources;
    }
  }

  /** There only while the upstream has a switch itself. */
  get power(): Display['power'] {
    const client = this.#shown;
    return client.powerable ? (action) => client.power(action) : undefined;
  }

  async close(): Promise<void> {
    await this.#lifecycle.close(new ClosedError('the display was closed'));
  }

  /** Passes on what this client says, from its first picture on, until it is lost. */
  #adopt(client: VncClient): void {
    this.#latest = client;
    const { events } = client;
    events.on('damage', (damage) => {
      this.#delayMs = this.#firstDelayMs;
      this.#nudge.stop();
      if (!this.#show(client)) this.#emit('damage', damage);
    });
    for (const name of properties) this.#passOn(client, name);
    events.on('bell', () => this.#emit('bell', undefined));
    events.on('clipboard', (text) => this.#emit('clipboard', text));
    void client.closed.then((reason) => this.#lost(reason));
  }

  #passOn(client: VncClient, name: (typeof properties)[number] & keyof ClientEvents): void {
    client.events.on(name, () => {
      if (client === this.#shown) this.#emit(name, undefined);
    });
  }

  /** Replaces a lost client by one that has a picture: everything may be new. Returns whether that had to be done. */
  #show(client: VncClient): boolean {
    if (client === this.#shown) return false;
    this.#shown = client;
    for (const name of properties) this.#emit(name, undefined);
    return true;
  }

  /** A listener may have closed the display: nothing comes after that but `closed`. */
  #emit<Name extends keyof DisplayEvents>(name: Name, value: DisplayEvents[Name]): void {
    if (this.#lifecycle.isOpen) this.events.emit(name, value);
  }

  async #lost(reason: VncError): Promise<void> {
    if (!this.#lifecycle.isOpen) return;
    const { reconnect, explainLoss } = this.#options;
    this.#logger.warn('upstream lost', { reason: describeError(reason), cure: reason.cure });
    if (reconnect === false) {
      void this.#lifecycle.close((await explainLoss?.(reason)) ?? reason);
      return;
    }
    while (this.#lifecycle.isOpen) {
      await this.#pause(this.#delayMs);
      this.#delayMs = Math.min(this.#delayMs * 2, this.#maxDelayMs);
      if (await this.#redial()) return;
    }
  }

  /** Whether there is nothing more to try. */
  async #redial(): Promise<boolean> {
    if (!this.#lifecycle.isOpen) return true;
    let client: VncClient;
    try {
      client = await this.#options.connect(this.#abort.signal);
    } catch (error) {
      this.#logger.warn('upstream not reached', {
        reason: describeError(error),
        ...(error instanceof VncError ? { cure: error.cure } : {}),
      });
      // Credentials that were refused are refused again, and count as attacks there.
      if (!(error instanceof AuthenticationError || error instanceof SecurityError)) return false;
      void this.#lifecycle.close(error);
      return true;
    }
    if (!this.#lifecycle.isOpen) {
      await client.close();
      return true;
    }
    this.#logger.info('upstream back');
    this.#adopt(client);
    // Its first picture may have come before we listened, and the next one would be only what changes.
    client.refresh(false).catch(() => undefined);
    return true;
  }

  /** Ends early when the display closes. */
  #pause(afterMs: number): Promise<void> {
    return new Promise((resolve) => {
      const { signal } = this.#abort;
      const done = (): void => {
        clearTimeout(timer);
        signal.removeEventListener('abort', done);
        resolve();
      };
      const timer = setTimeout(done, afterMs);
      signal.addEventListener('abort', done);
    });
  }
}
