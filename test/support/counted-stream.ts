/** The same stream, with a count of what was read from it: what a picture has cost. */
import type { ByteStream } from '../../src/wire/byte-stream.ts';

export function counted(stream: ByteStream): { stream: ByteStream; received: () => number } {
  let bytes = 0;
  return {
    received: () => bytes,
    stream: {
      get backlogBytes() {
        return stream.backlogBytes;
      },
      closed: stream.closed,
      write: (chunk) => stream.write(chunk),
      drained: (max) => stream.drained(max),
      end: () => stream.end(),
      destroy: (error) => stream.destroy(error),
      read: async () => {
        const chunk = await stream.read();
        bytes += chunk?.length ?? 0;
        return chunk;
      },
    },
  };
}
