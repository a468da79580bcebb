/**
 * How updates are asked for: one request after each update, or, where the server offers continuous updates, once for all
 * of them. Pulling limits the server to one update a round trip; what is sent continuously is held back by the stream.
 * @rfb pseudo-encoding -313 ContinuousUpdates | used when offered, with autoUpdate
 */
import { writeEnableContinuousUpdates } from '../rfb/messages/continuous-updates.ts';
import { writeFramebufferUpdateRequest } from '../rfb/messages/framebuffer-update-request.ts';
import type { Rectangle } from '../rfb/rectangle.ts';
import type { Outbox } from './outbox.ts';
import type { ServerState } from './server-state.ts';

export interface UpdateRequestsOptions {
  readonly autoUpdate: boolean;
  readonly continuousUpdates: boolean;
}

export class UpdateRequests {
  readonly #outbox: Outbox;
  readonly #state: ServerState;
  readonly #options: UpdateRequestsOptions;
  #continuous: 'not offered' | 'on' | 'over' = 'not offered';

  constructor(outbox: Outbox, state: ServerState, options: UpdateRequestsOptions) {
    this.#outbox = outbox;
    this.#state = state;
    this.#options = options;
  }

  start(): void {
    if (this.#options.autoUpdate) this.ask(false);
  }

  /** After each update. A new framebuffer has to be asked for whole. */
  updated(sizeChanged: boolean): void {
    if (!this.#options.autoUpdate) return;
    if (this.#continuous !== 'on' || sizeChanged) this.ask(!sizeChanged);
    if (this.#continuous === 'on' && sizeChanged) this.#enable();
  }

  /** EndOfContinuousUpdates: the first is the offer, and another, as we never ask for the end, the server's own end of it. */
  continuousUpdatesEnded(): void {
    const { autoUpdate, continuousUpdates } = this.#options;
    if (!autoUpdate || !continuousUpdates) return;
    if (this.#continuous === 'not offered') {
      this.#continuous = 'on';
      this.#enable();
    } else if (this.#continuous === 'on') {
      this.#continuous = 'over';
      this.ask(true);
    }
  }

  ask(incremental: boolean, area: Rectangle = this.#state.framebuffer.bounds): void {
    const { x, y, width, height } = area;
    this.#outbox.send((w) =>
      writeFramebufferUpdateRequest(w, {
        type: 'FramebufferUpdateRequest',
        incremental,
        x,
        y,
        width,
        height,
      }),
    );
  }

  #enable(): void {
    const { width, height } = this.#state.framebuffer;
    this.#outbox.send((w) =>
      writeEnableContinuousUpdates(w, {
        type: 'EnableContinuousUpdates',
        enable: true,
        x: 0,
        y: 0,
        width,
        height,
      }),
    );
  }
}
