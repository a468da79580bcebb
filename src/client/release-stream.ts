/** The end of a session's stream: what was typed last still goes out, but a silent server cannot hold us. */
import { withDeadline } from '../core/deadline.ts';
import type { ByteStream } from '../wire/byte-stream.ts';

/** Time for the server to take what is queued and to close its side. */
const FAREWELL_MS = 500;

/**
 * Ends the stream, reads on until the server ended its own (a socket that is destroyed with bytes unread resets the
 * connection, and what we sent last is lost with it), then destroys it. `loop` is the reader that must stop first.
 */
export async function releaseStream(stream: ByteStream, loop: Promise<void>): Promise<void> {
  stream.end();
  const farewell = async (): Promise<void> => {
    await loop;
    while ((await stream.read()) !== null);
  };
  await withDeadline(farewell(), FAREWELL_MS, 'the farewell', () => stream.destroy()).catch(
    () => undefined,
  );
  stream.destroy();
  await stream.closed;
}
