/**
 * The size that a viewer believes the framebuffer has, and what it must be told about it. Each rectangle goes out in an
 * update of its own: one with ExtendedDesktopSize may not change pixels before or after it. A viewer that knows neither
 * extension keeps the size of ServerInit (picture.ts clips and pads for it, as QEMU does).
 * @rfb pseudo-encoding -223 DesktopSize | when the display's size changes
 */
import { DesktopSizeReason, DesktopSizeStatus, Encoding } from '../rfb/constants.ts';
import { writeScreens } from '../rfb/extended-desktop-size.ts';
import { writeFramebufferUpdate } from '../rfb/messages/framebuffer-update.ts';
import { writeRectangleHeader, type Rectangle } from '../rfb/rectangle.ts';
import type { ByteWriter } from '../wire/byte-writer.ts';
import type { Display } from './display.ts';
import type { Negotiated } from './negotiated.ts';

export class ViewerSize {
  readonly #display: Display;
  #width: number;
  #height: number;
  /** Who changed the layout that the viewer has not heard of; undefined: nothing to say. */
  #reason: number | undefined;
  /** Why its SetDesktopSize failed, to be said. */
  #failure: number | undefined;

  constructor(display: Display, width: number, height: number) {
    this.#display = display;
    this.#width = width;
    this.#height = height;
  }

  /** The framebuffer as the viewer knows it. */
  get bounds(): Rectangle {
    return { x: 0, y: 0, width: this.#width, height: this.#height };
  }

  /** The layout is to be said with this reason. A viewer's own success outranks a change of unknown origin. */
  announce(reason: number): void {
    if (this.#reason === undefined || reason !== DesktopSizeReason.Server) this.#reason = reason;
  }

  /** The viewer's request failed. Only the last answer is kept: a viewer that never reads cannot pile them up. */
  refuse(status: number): void {
    this.#failure = status;
  }

  isDue(negotiated: Negotiated): boolean {
    if (negotiated.extendedDesktopSize)
      return this.#reason !== undefined || this.#failure !== undefined || this.#differs;
    return negotiated.desktopSize && this.#differs;
  }

  /** Writes the updates that are due. Returns whether the viewer has another size now, and so needs every pixel. */
  write(w: ByteWriter, negotiated: Negotiated): boolean {
    if (!this.isDue(negotiated)) return false;
    const differs = this.#differs;
    const { width, height } = this.#display.framebuffer;
    if (!negotiated.extendedDesktopSize) {
      writeFramebufferUpdate(w, { type: 'FramebufferUpdate', rectangleCount: 1 });
      writeRectangleHeader(w, { x: 0, y: 0, width, height }, Encoding.DesktopSize);
    } else {
      if (this.#failure !== undefined)
        this.#writeLayout(w, DesktopSizeReason.ThisClient, this.#failure);
      this.#failure = undefined;
      const reason = this.#reason ?? (differs ? DesktopSizeReason.Server : undefined);
      this.#reason = undefined;
      if (reason !== undefined) this.#writeLayout(w, reason, DesktopSizeStatus.Ok);
    }
    if (differs) {
      this.#width = width;
      this.#height = height;
    }
    return differs;
  }

  #writeLayout(w: ByteWriter, reason: number, status: number): void {
    const { framebuffer, screens } = this.#display;
    const { width, height } = framebuffer;
    writeFramebufferUpdate(w, { type: 'FramebufferUpdate', rectangleCount: 1 });
    writeRectangleHeader(w, { x: reason, y: status, width, height }, Encoding.ExtendedDesktopSize);
    writeScreens(w, screens);
  }

  get #differs(): boolean {
    const { width, height } = this.#display.framebuffer;
    return width !== this.#width || height !== this.#height;
  }
}
