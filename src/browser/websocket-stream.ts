/**
 * A ByteStream over a browser's WebSocket: binary messages, whose boundaries mean nothing. Used by connect() in pages.
 *
 * A browser takes in whatever the server sends, and cannot be asked to wait: what nobody has read is bounded here, and ends
 * the connection beyond that. It does not tell when its own backlog shrinks either, so that is looked at now and then.
 */
import { assertInvariant, ClosedError, ProtocolError, VncError } from '../core/errors.ts';
import type { ByteStream } from '../wire/byte-stream.ts';
import { Drainers } from '../wire/drainers.ts';

/** Several whole pictures: a session that reads never comes near. */
const MAX_UNREAD_BYTES = 128 * 1024 * 1024;
/** Between two looks at the backlog, while somebody waits for it. */
const LOOK_EVERY_MS = 10;
/** After end(), a server that does not close within this time is left. A browser itself would wait for minutes. */
const LINGER_MS = 5000;

interface PendingRead {
  readonly resolve: (chunk: Uint8Array | null) => void;
  readonly reject: (error: Error) => void;
}

/** Takes the WebSocket over, which must be open or opening, with `binaryType` arraybuffer from the start. */
export function webSocketStream(socket: WebSocket): ByteStream {
  return new WebSocketStream(socket);
}

class WebSocketStream implements ByteStream {
  readonly closed: Promise<void>;
  readonly #socket: WebSocket;
  readonly #chunks: Uint8Array[] = [];
  #unreadBytes = 0;
  #pending: PendingRead | undefined;
  readonly #drainers = new Drainers();
  #inEnded = false;
  #outEnded = false;
  #gone = false;
  #failure: VncError | undefined;
  #looking: ReturnType<typeof setTimeout> | undefined;
  #lingering: ReturnType<typeof setTimeout> | undefined;
  #settleClosed: () => void = () => undefined;

  constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.binaryType = 'arraybuffer';
    this.closed = new Promise((resolve) => {
      this.#settleClosed = resolve;
    });
    socket.addEventListener('message', this.#onMessage);
    socket.addEventListener('close', this.#onClose);
  }

  readonly #onMessage = ({ data }: MessageEvent): void => {
    if (this.#inEnded) return;
    if (!(data instanceof ArrayBuffer)) {
      this.destroy(
        new ProtocolError('a WebSocket message of text, where RFB is binary', {
          field: 'WebSocket.opcode',
          got: 1,
        }),
      );
      return;
    }
    if (data.byteLength === 0) return;
    const chunk = new Uint8Array(data);
    const pending = this.#pending;
    if (pending !== undefined) {
      this.#pending = undefined;
      pending.resolve(chunk);
      return;
    }
    this.#chunks.push(chunk);
    this.#unreadBytes += chunk.length;
    if (this.#unreadBytes > MAX_UNREAD_BYTES)
      this.destroy(new ClosedError('more came over the WebSocket than was read'));
  };

  readonly #onClose = ({ wasClean, code, reason }: CloseEvent): void => {
    if (!wasClean && !this.#outEnded)
      this.#failure ??= new ClosedError(
        `the WebSocket failed (close code ${code}${reason === '' ? '' : `: ${reason}`})`,
      );
    this.#end();
  };

  /** Nothing comes or goes any more. */
  #end(): void {
    this.#gone = true;
    this.#outEnded = true;
    clearTimeout(this.#looking);
    clearTimeout(this.#lingering);
    this.#socket.removeEventListener('message', this.#onMessage);
    this.#socket.removeEventListener('close', this.#onClose);
    this.#endInput();
    this.#drainers.wake(0);
    this.#settleClosed();
  }

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
      this.#unreadBytes -= chunk.length;
      return Promise.resolve(chunk);
    }
    if (this.#inEnded)
      return this.#failure === undefined ? Promise.resolve(null) : Promise.reject(this.#failure);
    return new Promise((resolve, reject) => {
      this.#pending = { resolve, reject };
    });
  }

  write(bytes: Uint8Array): void {
    if (this.#outEnded || bytes.length === 0) return;
    // Never on shared memory, which a browser would refuse: what is written was given away by its maker.
    this.#socket.send(bytes as Uint8Array<ArrayBuffer>);
  }

  get backlogBytes(): number {
    return this.#gone ? 0 : this.#socket.bufferedAmount;
  }

  drained(maxBytes = 0): Promise<void> {
    const waiting = this.#drainers.wait(this.backlogBytes, maxBytes);
    this.#look();
    return waiting;
  }

  /** Wakes who waits, until nothing is left. */
  #look(): void {
    if (this.#looking !== undefined || this.backlogBytes === 0) return;
    this.#looking = setTimeout(() => {
      this.#looking = undefined;
      this.#drainers.wake(this.backlogBytes);
      this.#look();
    }, LOOK_EVERY_MS);
  }

  end(): void {
    if (this.#outEnded) return;
    this.#outEnded = true;
    this.#socket.close(1000);
    this.#lingering = setTimeout(() => this.destroy(), LINGER_MS);
  }

  destroy(error?: Error): void {
    if (this.#gone) return;
    this.#chunks.length = 0;
    this.#unreadBytes = 0;
    if (error !== undefined)
      this.#failure =
        error instanceof VncError
          ? error
          : new ClosedError(`the connection failed: ${error.message}`, { cause: error });
    if (this.#socket.readyState < this.#socket.CLOSING) this.#socket.close();
    this.#end();
  }
}
