/**
 * A ByteStream over a TCP, unix or TLS socket: listen, dial and both TLS ends make them. `takeSocket` gives the socket
 * back when TLS is put on; `streamDuplex` lets TLS run over a ByteStream that has no socket.
 *
 * How a socket's end is told: FIN (with or without TLS's close_notify), ECONNRESET and EPIPE are all an end of the
 * stream, `null`; anything else (a keep-alive that went unanswered, a TLS record that does not decrypt) fails it with
 * ClosedError, behind the chunks that came before.
 */
import { Socket } from 'node:net';
import { Duplex } from 'node:stream';
import { TLSSocket } from 'node:tls';
import { assertInvariant, ClosedError, VncError } from '../core/errors.ts';
import type { ByteStream } from '../wire/byte-stream.ts';
import { Drainers } from '../wire/drainers.ts';
import { errorCode } from './error-code.ts';

export interface SocketStreamOptions {
  /**
   * After end(), a peer that neither takes more of the backlog nor closes its side within this time is cut off,
   * milliseconds. Default 5000.
   */
  readonly lingerMs?: number;
}

/** Unread bytes at which the socket is paused: one read of the system's. */
const PAUSE_BYTES = 64 * 1024;
/** Unread chunks at which it is paused too: a peer that sends single bytes pays us a buffer for each. */
const PAUSE_CHUNKS = 64;
/** Idle time after which the system probes the peer. Home routers forget a connection after minutes. */
const KEEP_ALIVE_MS = 60_000;

/**
 * What a TLS socket is given at a time. Node's TLS keeps a buffer of its largest write for good: after one write of 1 MiB
 * a viewer holds 1.1 MB, after pieces of 32 KiB 0.12 MB (measured on Node 20), and the throughput is the same.
 */
const TLS_PIECE_BYTES = 32 * 1024;

const RESETS: ReadonlySet<string> = new Set(['ECONNRESET', 'EPIPE', 'ERR_STREAM_PREMATURE_CLOSE']);

interface PendingRead {
  readonly resolve: (chunk: Uint8Array | null) => void;
  readonly reject: (error: Error) => void;
}

class SocketStream implements ByteStream {
  readonly closed: Promise<void>;
  readonly #socket: Duplex;
  readonly #lingerMs: number;
  #chunks: Uint8Array[] = [];
  #chunkBytes = 0;
  #paused = false;
  #pending: PendingRead | undefined;
  readonly #drainers = new Drainers();
  /** Nothing more will come: `null`, or `#failure` when that is set. */
  #inEnded = false;
  #outEnded = false;
  #destroyed = false;
  #failure: VncError | undefined;
  /** Most that the socket is given at a time; the rest waits in `#queue`. */
  readonly #pieceBytes: number;
  #queue: Uint8Array[] = [];
  #queueBytes = 0;
  #lingering: NodeJS.Timeout | undefined;

  constructor(socket: Duplex, lingerMs: number) {
    this.#socket = socket;
    this.#lingerMs = lingerMs;
    this.#pieceBytes = socket instanceof TLSSocket ? TLS_PIECE_BYTES : Number.POSITIVE_INFINITY;
    socket.on('data', this.#onData);
    socket.on('end', this.#onEnd);
    socket.on('error', this.#onError);
    // It may have failed just before it was given to us.
    if (socket.errored !== null) this.#onError(socket.errored);
    this.closed = new Promise((resolve) => {
      const settle = (): void => {
        clearTimeout(this.#lingering);
        socket.off('data', this.#onData);
        socket.off('end', this.#onEnd);
        socket.off('error', this.#onError);
        this.#onEnd();
        this.#drainers.wake(this.backlogBytes);
        resolve();
      };
      if (socket.closed) settle();
      else socket.once('close', settle);
    });
  }

  readonly #onData = (buffer: Buffer): void => {
    // A plain Uint8Array: Buffer.slice() does not copy, and portable code relies on a slice() that does.
    const chunk = new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.length);
    const pending = this.#pending;
    if (pending !== undefined) {
      this.#pending = undefined;
      pending.resolve(chunk);
      return;
    }
    this.#chunks.push(chunk);
    this.#chunkBytes += chunk.length;
    if (this.#chunkBytes >= PAUSE_BYTES || this.#chunks.length >= PAUSE_CHUNKS) {
      this.#paused = true;
      this.#socket.pause();
    }
  };

  readonly #onEnd = (): void => {
    this.#inEnded = true;
    const pending = this.#pending;
    if (pending === undefined) return;
    this.#pending = undefined;
    if (this.#failure === undefined) pending.resolve(null);
    else pending.reject(this.#failure);
  };

  readonly #onError = (error: Error): void => {
    if (!RESETS.has(errorCode(error))) this.#failure ??= asFailure(error);
    this.#onEnd();
    // Node leaves a TLS socket open after a record that does not decrypt.
    this.#socket.destroy();
  };

  readonly #onWritten = (): void => {
    if (this.#queue.length > 0) this.#feed();
    this.#drainers.wake(this.backlogBytes);
  };

  read(): Promise<Uint8Array | null> {
    assertInvariant(this.#pending === undefined, 'two reads of one ByteStream at a time');
    const chunk = this.#chunks.shift();
    if (chunk !== undefined) {
      this.#chunkBytes -= chunk.length;
      if (this.#paused && this.#chunks.length === 0) {
        this.#paused = false;
        this.#socket.resume();
      }
      return Promise.resolve(chunk);
    }
    if (this.#inEnded) {
      return this.#failure === undefined ? Promise.resolve(null) : Promise.reject(this.#failure);
    }
    return new Promise((resolve, reject) => {
      this.#pending = { resolve, reject };
    });
  }

  write(bytes: Uint8Array): void {
    if (this.#outEnded || bytes.length === 0 || !this.#socket.writable) return;
    if (this.#pieceBytes === Number.POSITIVE_INFINITY) {
      this.#socket.write(bytes, this.#onWritten);
      return;
    }
    this.#queue.push(bytes);
    this.#queueBytes += bytes.length;
    if (this.#socket.writableLength === 0) this.#feed();
  }

  /** Hands the socket its next piece: small writes together, which makes them one TLS record, large ones cut. */
  #feed(): void {
    const socket = this.#socket;
    if (!socket.writable) this.#dropQueue();
    let room = this.#pieceBytes;
    socket.cork();
    for (let next = this.#queue[0]; next !== undefined && room > 0; next = this.#queue[0]) {
      const piece = next.length <= room ? next : next.subarray(0, room);
      if (piece === next) this.#queue.shift();
      else this.#queue[0] = next.subarray(room);
      room -= piece.length;
      this.#queueBytes -= piece.length;
      const isLast = room === 0 || this.#queue.length === 0;
      if (isLast) socket.write(piece, this.#onWritten);
      else socket.write(piece);
    }
    socket.uncork();
    if (this.#outEnded && this.#queue.length === 0) socket.end();
  }

  #dropQueue(): void {
    this.#queue = [];
    this.#queueBytes = 0;
  }

  /** Counts a write until the system took all of it. TLS passes its bytes straight to the system below. */
  get backlogBytes(): number {
    return this.#socket.destroyed ? 0 : this.#socket.writableLength + this.#queueBytes;
  }

  drained(maxBytes = 0): Promise<void> {
    return this.#drainers.wait(this.backlogBytes, maxBytes);
  }

  end(): void {
    if (this.#outEnded) return;
    this.#outEnded = true;
    if (this.#queue.length === 0) this.#socket.end();
    this.#linger(this.backlogBytes);
  }

  /** Without this a peer that never closes, or never reads, would hold the socket for ever. */
  #linger(before: number): void {
    if (this.#socket.closed) return;
    this.#lingering = setTimeout(() => {
      const backlog = this.backlogBytes;
      if (backlog < before) this.#linger(backlog);
      else this.destroy();
    }, this.#lingerMs).unref();
  }

  destroy(error?: Error): void {
    if (this.#destroyed) return;
    this.#destroyed = true;
    this.#outEnded = true;
    this.#chunks.length = 0;
    this.#chunkBytes = 0;
    this.#dropQueue();
    if (error !== undefined) this.#failure = asFailure(error);
    this.#onEnd();
    this.#socket.destroy();
    this.#drainers.wake(this.backlogBytes);
  }

  /** See takeSocket. */
  take(): Duplex {
    assertInvariant(this.#pending === undefined, 'a socket is taken from under a read');
    assertInvariant(this.backlogBytes === 0, 'a socket is taken with unsent bytes');
    const socket = this.#socket;
    socket.off('data', this.#onData);
    socket.off('end', this.#onEnd);
    socket.pause();
    if (!this.#inEnded) {
      for (const chunk of this.#chunks.reverse()) {
        socket.unshift(Buffer.from(chunk.buffer, chunk.byteOffset, chunk.length));
      }
    }
    this.#chunks = [];
    this.#inEnded = true;
    this.#outEnded = true;
    return socket;
  }
}

function asFailure(error: Error): VncError {
  if (error instanceof VncError) return error;
  // OpenSSL's message has addresses and file names; its reason is what is meant.
  const reason =
    'reason' in error && typeof error.reason === 'string' ? error.reason : error.message;
  return new ClosedError(`the connection failed: ${reason}`, { cause: error });
}

/** Takes the socket over: from here on only the stream may read, write and close it. */
export function socketStream(socket: Duplex, options: SocketStreamOptions = {}): ByteStream {
  // A TLS socket passes these on to the one below it, which had them when it came.
  if (socket instanceof Socket && !(socket instanceof TLSSocket)) {
    // Key presses are small, and wait for no one.
    socket.setNoDelay(true);
    socket.setKeepAlive(true, KEEP_ALIVE_MS);
  }
  return new SocketStream(socket, options.lingerMs ?? 5000);
}

/**
 * Gives the socket beneath a stream to TLS, paused, with what was not read pushed back into it. The stream is then at its
 * end for reads and writes, but its destroy() still ends the socket and its `closed` still tells of it. Wait for
 * drained() before: TLS writes past the socket's own queue. A stream without a socket is wrapped.
 */
export function takeSocket(stream: ByteStream): Duplex {
  if (stream instanceof SocketStream) return stream.take();
  // As with a socket, an error that comes when TLS no longer listens has been told already.
  return streamDuplex(stream).on('error', () => undefined);
}

/** Any ByteStream as a Node stream. A write counts as done when the stream took it, so back-pressure passes through. */
export function streamDuplex(stream: ByteStream): Duplex {
  const duplex = new Duplex({
    read() {
      stream.read().then(
        (chunk) => duplex.push(chunk),
        (error: Error) => duplex.destroy(error),
      );
    },
    write(chunk: Uint8Array, _encoding, done) {
      stream.write(chunk);
      void stream.drained().then(() => done());
    },
    final(done) {
      stream.end();
      done();
    },
    destroy(error, done) {
      stream.destroy();
      done(error);
    },
  });
  return duplex;
}
