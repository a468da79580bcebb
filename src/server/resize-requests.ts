/**
 * SetDesktopSize: judges a viewer's layouts, passes good ones to the display one at a time, and answers. While one is
 * under way only the latest of those behind it is kept, as only the last size matters to whoever drags a window's corner.
 */
import type { Limits } from '../core/limits.ts';
import { DesktopSizeReason, DesktopSizeStatus } from '../rfb/constants.ts';
import type { SetDesktopSize } from '../rfb/messages/set-desktop-size.ts';
import { layoutFault } from '../rfb/screen.ts';
import type { Display } from './display.ts';

/** A request under way, known by the viewer that made it. */
export interface ResizeUnderWay {
  readonly viewerId: number;
}

export interface ResizePorts {
  readonly viewerId: number;
  readonly display: Display;
  readonly limits: Limits;
  readonly mayResize: () => boolean;
  /** DesktopSizeStatus, for this viewer. */
  readonly answer: (status: number) => void;
  /** The display failed: our side's bug. */
  readonly fail: (error: unknown) => void;
  /** Requests under way on this display, of all viewers: whose change a resize is. */
  readonly underWay: Set<ResizeUnderWay>;
}

export class ResizeRequests implements ResizeUnderWay {
  readonly #ports: ResizePorts;
  #running = false;
  #next: SetDesktopSize | undefined;
  /** The display's change came before the display's answer, and answered the viewer. */
  #changed = false;

  constructor(ports: ResizePorts) {
    this.#ports = ports;
  }

  get viewerId(): number {
    return this.#ports.viewerId;
  }

  submit(request: SetDesktopSize): void {
    if (this.#running) {
      this.#next = request;
      return;
    }
    void this.#run(request);
  }

  /** The display changed its size now: whose doing is it, seen from this viewer? */
  changed(): number {
    this.#changed = true;
    if (this.#running) return DesktopSizeReason.ThisClient;
    return this.#ports.underWay.size > 0 ? DesktopSizeReason.OtherClient : DesktopSizeReason.Server;
  }

  /** The viewer left. */
  release(): void {
    this.#next = undefined;
    this.#ports.underWay.delete(this);
  }

  async #run(first: SetDesktopSize): Promise<void> {
    const { answer, fail, underWay } = this.#ports;
    this.#running = true;
    underWay.add(this);
    let request: SetDesktopSize | undefined = first;
    try {
      while (request !== undefined) {
        this.#changed = false;
        const status = await this.#status(request);
        if (!(status === DesktopSizeStatus.Ok && this.#changed)) answer(status);
        request = this.#next;
        this.#next = undefined;
      }
    } catch (error) {
      fail(error);
    } finally {
      this.#running = false;
      underWay.delete(this);
    }
  }

  async #status({ width, height, screens }: SetDesktopSize): Promise<number> {
    const { display, limits, mayResize } = this.#ports;
    if (layoutFault(width, height, screens, limits) !== undefined)
      return DesktopSizeStatus.InvalidLayout;
    if (!mayResize() || display.resize === undefined) return DesktopSizeStatus.Prohibited;
    return display.resize(width, height, screens);
  }
}
