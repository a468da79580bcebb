/** A ByteStream that somebody listens to: every chunk that is read is first given to `onChunk`, which may take its time. */
import type { ByteStream } from '../../wire/byte-stream.ts';

/** `before`: bytes that were read from `inner` already, and come first. */
export function tappedStream(
  inner: ByteStream,
  before: Uint8Array,
  onChunk: (bytes: Uint8Array) => Promise<void>,
): ByteStream {
  let first = before.length > 0 ? before : undefined;
  return {
    read: async () => {
      const chunk = first ?? (await inner.read());
      first = undefined;
      if (chunk !== null) await onChunk(chunk);
      return chunk;
    },
    write: (bytes) => inner.write(bytes),
    get backlogBytes() {
      return inner.backlogBytes;
    },
    drained: (maxBytes) => inner.drained(maxBytes),
    end: () => inner.end(),
    destroy: (error) => inner.destroy(error),
    closed: inner.closed,
  };
}
