/**
 * One viewer's hand on the power switch (xvp): offered when it asks for it, has the right, and the display has a switch.
 * One request at a time; what cannot be done is answered with Fail, what was done with nothing.
 * @rfb pseudo-encoding -309 xvp | shutdown, reboot and reset, on displays that can, for viewers that may
 */
import { VncError } from '../core/errors.ts';
import { XvpCode } from '../rfb/constants.ts';
import type { ClientXvp } from '../rfb/messages/xvp.ts';
import { writeXvp } from '../rfb/messages/xvp.ts';
import type { Rights } from '../security/identity.ts';
import type { ByteWriter } from '../wire/byte-writer.ts';
import type { Aside } from './aside.ts';
import type { Display, PowerAction } from './display.ts';

const actions = new Map<number, PowerAction>([
  [XvpCode.Shutdown, 'shutdown'],
  [XvpCode.Reboot, 'reboot'],
  [XvpCode.Reset, 'reset'],
]);

export interface ViewerPowerOptions {
  readonly display: Display;
  readonly rights: Rights;
  /** Something became due while nobody was asked. */
  readonly wake: () => void;
  /** Called with what the display threw and is not its own fault's. */
  readonly fail: (error: unknown) => void;
}

export class ViewerPower implements Aside {
  readonly #options: ViewerPowerOptions;
  #rights: Rights;
  #wanted = false;
  #isUnderWay = false;
  readonly #due = { init: false, fail: false };

  constructor(options: ViewerPowerOptions) {
    this.#options = options;
    this.#rights = options.rights;
  }

  /** After each SetEncodings. */
  negotiated(wanted: boolean): void {
    this.#due.init = wanted && !this.#wanted && this.#isAllowed;
    this.#wanted = wanted;
  }

  /** A right that is lost is told by the Fail that answers the next request: there is no other word for it. */
  setRights(rights: Rights): void {
    const before = this.#isAllowed;
    this.#rights = rights;
    if (this.#wanted && !before && this.#isAllowed) this.#due.init = true;
  }

  get #isAllowed(): boolean {
    return this.#rights.power && this.#options.display.power !== undefined;
  }

  /** Whether the viewer may send xvp messages at all. */
  get wanted(): boolean {
    return this.#wanted;
  }

  receive({ code }: ClientXvp): void {
    const action = actions.get(code);
    const { power } = this.#options.display;
    if (action === undefined || power === undefined || !this.#isAllowed || this.#isUnderWay)
      this.#due.fail = true;
    else void this.#run(() => power(action));
  }

  async #run(work: () => Promise<boolean>): Promise<void> {
    const { fail, wake } = this.#options;
    this.#isUnderWay = true;
    let isDone = false;
    try {
      isDone = await work();
    } catch (error) {
      if (!(error instanceof VncError)) fail(error);
    }
    this.#isUnderWay = false;
    if (isDone) return;
    this.#due.fail = true;
    wake();
  }

  get isDue(): boolean {
    return this.#due.init || this.#due.fail;
  }

  write(w: ByteWriter): void {
    const { init, fail } = this.#due;
    this.#due.init = false;
    this.#due.fail = false;
    if (init) writeXvp(w, { type: 'ServerXvp', code: XvpCode.Init });
    if (fail) writeXvp(w, { type: 'ServerXvp', code: XvpCode.Fail });
  }
}
