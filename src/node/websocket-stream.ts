/**
 * A ByteStream over a WebSocket of the `ws` library, either end: binary messages, whose boundaries mean nothing. Used by
 * the WebSocket listener, and by programs that connect to one.
 *
 * A text message is answered by a close with 1003. Pings are answered one at a time: `ws` itself would queue a pong for
 * each, without bound, for a peer that pings and never reads.
 */
import type { WebSocket } from 'ws';
import { assertInvariant, ClosedError, ProtocolError, VncError } from '../core/errors.ts';
import type { ByteStream } from '../wire/byte-stream.ts';
import { Drainers } from '../wire/drainers.ts';

export interface WebSocketStreamOptions {
  /** After end(), a peer that neither takes more of the backlog nor closes within this time is cut off. Default 5000. */
  readonly lingerMs?: number;
  /** Time between pings, for proxies that cut what is idle; 0 for none. Default 25000: many cut at 60 s, some at 30. */
  readonly pingMs?: number;
}

/** Most that one message carries. TLS keeps a buffer of the largest piece it was ever given. */
const MESSAGE_BYTES = 32 * 1024;
/** Messages that `ws` holds at a time; the rest waits in our queue, where its end can be dropped. */
const IN_FLIGHT_BYTES = 2 * MESSAGE_BYTES;
const PAUSE_BYTES = 64 * 1024;
const PAUSE_CHUNKS = 64;
const CloseCode = { Normal: 1000, Unsupported: 1003 } as const;
/** Pings in a row without an answer after which the peer is gone. */
const MAX_UNANSWERED = 2;

interface PendingRead {
  readonly resolve: (chunk: Uint8Array | null) => void;
  readonly reject: (error: Error) => void;
}

/**
 * Takes the WebSocket over, which must be open, and may be paused so that nothing is lost meanwhile: from here on only the stream may read, write and close it.
 */
export function webSocketStream(
  socket: WebSocket,
  options: WebSocketStreamOptions = {},
): ByteStream {
  return new WebSocketStream(socket, options);
}

class WebSocketStream implements ByteStream {
  readonly closed: Promise<void>;
  readonly #socket: WebSocket;
  readonly #lingerMs: number;
  #chunks: Uint8Array[] = [];
  #chunkBytes = 0;
  #pending: PendingRead | undefined;
  readonly #drainers = new Drainers();
  #queue: Uint8Array[] = [];
  #queueBytes = 0;
  #inFlightBytes = 0;
  #inEnded = false;
  #outEnded = false;
  #gone = false;
  #failure: VncError | undefined;
  #pongUnderWay = false;
  #unanswered = 0;
  #lingering: NodeJS.Timeout | undefined;

  constructor(socket: WebSocket, { lingerMs = 5000, pingMs = 25_000 }: WebSocketStreamOptions) {
    this.#socket = socket;
    this.#lingerMs = lingerMs;
    socket.binaryType = 'nodebuffer';
    socket.on('message', this.#onMessage);
    socket.on('ping', this.#onPing);
    socket.on('pong', this.#onPong);
    socket.on('error', this.#onError);
    if (socket.isPaused) socket.resume();
    const pinging = pingMs === 0 ? undefined : setInterval(this.#ping, pingMs).unref();
    this.closed = new Promise((resolve) => {
      socket.once('close', () => {
        clearInterval(pinging);
        clearTimeout(this.#lingering);
        this.#gone = true;
        this.#dropQueue();
        this.#endInput();
        this.#drainers.wake(this.backlogBytes);
        resolve();
      });
    });
  }

  readonly #onMessage = (data: unknown, isBinary: boolean): void => {
    if (this.#inEnded) return;
    if (!isBinary) {
      this.#failure = new ProtocolError('a WebSocket message of text, where RFB is binary', {
        field: 'WebSocket.opcode',
        got: 1,
      });
      this.#endInput();
      this.#outEnded = true;
      this.#dropQueue();
      this.#close(CloseCode.Unsupported, 'RFB is binary');
      return;
    }
    const buffer = data as Buffer;
    if (buffer.length === 0) return;
    const chunk = new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.length);
    const pending = this.#pending;
    if (pending !== undefined) {
      this.#pending = undefined;
      pending.resolve(chunk);
      return;
    }
    this.#chunks.push(chunk);
    this.#chunkBytes += chunk.length;
    if (this.#chunkBytes >= PAUSE_BYTES || this.#chunks.length >= PAUSE_CHUNKS)
      this.#socket.pause();
  };

  readonly #onPing = (payload: Buffer): void => {
    // RFC 6455, 5.5.3: an endpoint may answer only some of the pings that came meanwhile.
    if (this.#pongUnderWay || this.#socket.readyState !== this.#socket.OPEN) return;
    this.#pongUnderWay = true;
    this.#socket.pong(payload, undefined, () => {
      this.#pongUnderWay = false;
    });
  };

  readonly #onPong = (): void => {
    this.#unanswered = 0;
  };

  readonly #ping = (): void => {
    if (this.#socket.readyState !== this.#socket.OPEN) return;
    if (this.#unanswered >= MAX_UNANSWERED) {
      this.destroy(new ClosedError('the WebSocket answers no ping'));
      return;
    }
    this.#unanswered += 1;
    this.#socket.ping();
  };

  /** `ws` has sent the peer its close code already, and closes. */
  readonly #onError = (error: Error): void => {
    const broken = 'code' in error && String(error.code).startsWith('WS_ERR_');
    this.#failure ??= broken
      ? new ProtocolError(`the WebSocket framing is broken: ${error.message}`, {
          field: 'WebSocket.frame',
          cause: error,
        })
      : new ClosedError(`the WebSocket failed: ${error.message}`, { cause: error });
    this.#outEnded = true;
    this.#dropQueue();
    this.#endInput();
    this.#startLingering();
  };

  #endInput(): void {
    this.#inEnded = true;
    const pending = this.#pending;
    if (pending === undefined) return;
    this.#pending = undefined;
    if (this.#failure === undefined) pending.resolve(null);
    else pending.reject(this.#failure);
  }

  read(): Promise<Uint8Array | null> {
    assertInvariant(this.#pending === undefined, 'two reads of one ByteStream at a time');
    const chunk = this.#chunks.shift();
    if (chunk !== undefined) {
      this.#chunkBytes -= chunk.length;
      if (this.#chunks.length === 0 && this.#socket.isPaused) this.#socket.resume();
      return Promise.resolve(chunk);
    }
    if (this.#inEnded)
      return this.#failure === undefined ? Promise.resolve(null) : Promise.reject(this.#failure);
    return new Promise((resolve, reject) => {
      this.#pending = { resolve, reject };
    });
  }

  write(bytes: Uint8Array): void {
    if (this.#outEnded || this.#gone || bytes.length === 0) return;
    this.#queue.push(bytes);
    this.#queueBytes += bytes.length;
    this.#feed();
  }

  #feed(): void {
    while (this.#queueBytes > 0 && this.#inFlightBytes < IN_FLIGHT_BYTES) {
      const message = this.#nextMessage();
      this.#inFlightBytes += message.length;
      this.#socket.send(message, { binary: true, compress: false }, () => {
        this.#inFlightBytes -= message.length;
        this.#feed();
        this.#drainers.wake(this.backlogBytes);
      });
    }
    if (this.#outEnded && this.#queueBytes === 0) this.#close(CloseCode.Normal);
  }

  /** What is queued, up to one message: many small writes travel together. */
  #nextMessage(): Uint8Array {
    const [first] = this.#queue;
    assertInvariant(first !== undefined, 'something is queued');
    const size = Math.min(this.#queueBytes, MESSAGE_BYTES);
    this.#queueBytes -= size;
    if (first.length >= size) {
      if (first.length === size) this.#queue.shift();
      else this.#queue[0] = first.subarray(size);
      return first.subarray(0, size);
    }
    const message = new Uint8Array(size);
    let filled = 0;
    for (let next = this.#queue[0]; next !== undefined && filled < size; next = this.#queue[0]) {
      const part = next.subarray(0, size - filled);
      message.set(part, filled);
      filled += part.length;
      if (part.length === next.length) this.#queue.shift();
      else this.#queue[0] = next.subarray(part.length);
    }
    return message;
  }

  #dropQueue(): void {
    this.#queue = [];
    this.#queueBytes = 0;
  }

  get backlogBytes(): number {
    return this.#gone ? 0 : this.#queueBytes + this.#inFlightBytes;
  }

  drained(maxBytes = 0): Promise<void> {
    return this.#drainers.wait(this.backlogBytes, maxBytes);
  }

  end(): void {
    if (this.#outEnded) return;
    this.#outEnded = true;
    // The other end's close stands behind what it sent, so that has to be taken.
    this.#feed();
    this.#startLingering();
  }

  #close(code: number, reason?: string): void {
    if (this.#gone) return;
    this.#socket.close(code, reason);
    this.#startLingering();
  }

  #startLingering(): void {
    if (this.#lingering === undefined) this.#linger(this.backlogBytes);
  }

  /** Without this a peer that never closes, or never reads, would hold the socket for ever. */
  #linger(before: number): void {
    if (this.#gone) return;
    this.#lingering = setTimeout(() => {
      const backlog = this.backlogBytes;
      if (backlog < before) this.#linger(backlog);
      else this.destroy();
    }, this.#lingerMs).unref();
  }

  destroy(error?: Error): void {
    if (this.#gone) return;
    this.#gone = true;
    this.#outEnded = true;
    this.#chunks = [];
    this.#chunkBytes = 0;
    this.#dropQueue();
    if (error !== undefined)
      this.#failure =
        error instanceof VncError
          ? error
          : new ClosedError(`the connection failed: ${error.message}`, { cause: error });
    this.#endInput();
    this.#socket.terminate();
    this.#drainers.wake(this.backlogBytes);
  }
}
