/** The power switch (xvp), a viewer's side: offered by the server's Init; only failure is ever answered. */
import { TimeoutError, type VncError } from '../core/errors.ts';
import { XvpCode } from '../rfb/constants.ts';
import { writeXvp, type ServerXvp } from '../rfb/messages/xvp.ts';
import type { Outbox } from './outbox.ts';
import { Pending } from './pending.ts';

/** What can be asked of the machine behind a display. */
export type PowerAction = 'shutdown' | 'reboot' | 'reset';

const codes: Readonly<Record<PowerAction, number>> = {
  shutdown: XvpCode.Shutdown,
  reboot: XvpCode.Reboot,
  reset: XvpCode.Reset,
};

/** What has not failed by then is being done. */
const FAIL_WITHIN_MS = 1000;

export class Power {
  readonly #outbox: Outbox;
  readonly #failures = new Pending<void>();
  #isOffered = false;

  constructor(outbox: Outbox) {
    this.#outbox = outbox;
  }

  get isOffered(): boolean {
    return this.#isOffered;
  }

  receive({ code }: ServerXvp): void {
    if (code === XvpCode.Init) this.#isOffered = true;
    if (code === XvpCode.Fail) this.#failures.settleFirst();
  }

  /** Whether the server does it. False at once when it has no switch. */
  async switch(action: PowerAction): Promise<boolean> {
    if (!this.#isOffered) return false;
    const failed = this.#failures.wait({
      what: `the answer to ${action}`,
      afterMs: FAIL_WITHIN_MS,
    });
    this.#outbox.send((w) => writeXvp(w, { type: 'ClientXvp', code: codes[action] }));
    try {
      await failed;
      return false;
    } catch (error) {
      if (error instanceof TimeoutError) return true;
      throw error;
    }
  }

  rejectAll(error: VncError): void {
    this.#failures.rejectAll(error);
  }
}
