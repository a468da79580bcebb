/** The monitor on a unix socket that only its user can open, or on standard input and output. */
import { Duplex } from 'node:stream';
import { listen, type Listener } from '../node/listen.ts';
import { socketStream } from '../node/socket-stream.ts';
import type { ByteStream } from '../wire/byte-stream.ts';
import { utf8 } from '../wire/text.ts';
import type { Monitor } from './monitor.ts';

/** Waiting for a client that does not read, bytes; one that lets events pile up to this is dropped. */
const MAX_BACKLOG_BYTES = 4 * 1024 * 1024;
/** Clients at a time. */
const MAX_CLIENTS = 32;

/** Rejects as `listen` does. Closing it ends its clients. */
export async function listenMonitor(
  monitor: Monitor,
  path: string,
): Promise<Pick<Listener, 'close'>> {
  const clients = new Set<ByteStream>();
  const listener = await listen({ kind: 'unix', path }, (stream) => {
    if (clients.size >= MAX_CLIENTS) {
      stream.destroy();
      return;
    }
    clients.add(stream);
    void attachMonitor(monitor, stream).then(() => clients.delete(stream));
  });
  return {
    close: async () => {
      await listener.close();
      // What was answered last still goes out.
      for (const stream of clients) stream.end();
    },
  };
}

/** Serves one client until its stream ends. Never rejects. */
async function attachMonitor(monitor: Monitor, stream: ByteStream): Promise<void> {
  const session = monitor.open((line) => {
    // QEMU ends its lines so.
    stream.write(utf8(`${line}\r\n`));
    if (stream.backlogBytes > MAX_BACKLOG_BYTES) stream.destroy();
  });
  const decoder = new TextDecoder();
  try {
    for (;;) {
      const bytes = await stream.read();
      if (bytes === null) break;
      await session.feed(decoder.decode(bytes, { stream: true }));
      await stream.drained(MAX_BACKLOG_BYTES / 2);
    }
  } catch {
    // The connection failed: there is nobody left to tell.
  } finally {
    session.close();
    stream.end();
  }
}

/** Standard input and output as one client. When they end the server goes on, as QEMU does. */
export function attachMonitorToStdio(monitor: Monitor): Pick<Listener, 'close'> {
  const both = Duplex.from({ readable: process.stdin, writable: process.stdout });
  const stream = socketStream(both);
  void attachMonitor(monitor, stream);
  return {
    close: async () => {
      await stream.drained();
      stream.destroy();
      // An open standard input would keep the process alive.
      process.stdin.destroy();
    },
  };
}
