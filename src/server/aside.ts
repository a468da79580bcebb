/** Small messages that go out beside the updates, without being asked for. A state that is read when it is written, never a queue. */
import type { ByteWriter } from '../wire/byte-writer.ts';

export interface Aside {
  readonly isDue: boolean;
  /** Writes what is due. */
  readonly write: (w: ByteWriter) => void;
}
