/** One connection of the doctor's at a time, each within its own time, and no more than a few in all. */
import { withDeadline } from '../../core/deadline.ts';
import { assertInvariant, ErrorCode, VncError } from '../../core/errors.ts';
import { ByteReader } from '../../wire/byte-reader.ts';
import type { Address } from '../address.ts';
import { dial } from '../dial.ts';

/** Servers count connections that never log in: what could be asked in fewer is not asked in more. */
const MAX_CONNECTIONS = 13;

export class Visits {
  readonly address: Address;
  /** Of one connection, with everything on it. */
  readonly timeoutMs: number;
  /** What the server said when it would have no more of us; from then on nothing is asked. */
  turnedAway: string | undefined;
  /** Its first greeting: another one later is that of a server which has had enough of us (TigerVNC: 3.3). */
  greeting: string | undefined;
  #connections = 0;

  constructor(address: Address, timeoutMs: number) {
    this.address = address;
    this.timeoutMs = timeoutMs;
  }

  get connections(): number {
    return this.#connections;
  }

  /** For connections that somebody else makes. */
  count(): void {
    this.#connections += 1;
    assertInvariant(this.#connections <= MAX_CONNECTIONS, 'the doctor asks in few connections');
  }

  /** Connects, and is gone when `work` is done. Rejects with what `work` does, or with TimeoutError. */
  async visit<T>(work: (reader: ByteReader) => Promise<T>): Promise<T> {
    this.count();
    const { timeoutMs } = this;
    const stream = await dial(this.address, { timeoutMs });
    try {
      const talk = work(new ByteReader(stream));
      return await withDeadline(talk, timeoutMs, 'an answer', () => stream.destroy());
    } finally {
      stream.destroy();
      await stream.closed;
    }
  }

  /**
   * A probe whose failure is an answer too; `otherwise` makes it of the reason. Not run once the server has turned us
   * away. Errors of our own stay errors.
   */
  async attempt<T>(
    work: () => Promise<T>,
    otherwise: (outcome: 'refused' | 'not checked', why: string) => T,
  ): Promise<T> {
    if (this.turnedAway !== undefined) return otherwise('not checked', 'the server turned us away');
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof VncError)) throw error;
      const away = error.code === ErrorCode.refused;
      if (away) this.turnedAway = error.message;
      return otherwise(
        away || error.phase === 'connect' ? 'not checked' : 'refused',
        error.message,
      );
    }
  }
}
