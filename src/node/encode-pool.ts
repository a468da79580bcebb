/**
 * Worker threads that encode for the server (server/encode-pool.ts), over the kernels' shared memory. They start when there
 * is first much to encode, and keep no process alive; one core stays free for the sockets.
 */
import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import type { JpegEncoder } from '../codec/codec.ts';
import { ClosedError } from '../core/errors.ts';
import { silentLogger, type Logger } from '../core/logger.ts';
import { kernelSet } from '../pixels/kernels/kernels.ts';
import type {
  EncodedJob,
  EncodeJob,
  EncodePool,
  EncodeSettings,
  PoolThreshold,
  RemoteEncoder,
} from '../server/encode-pool.ts';
import { createEncoderHere } from './encode-here.ts';
import type { FromWorker, ToWorker, WorkerSetup } from './encode-messages.ts';
import { loadJpegEncoder } from './jpeg.ts';

export interface EncodePoolOptions {
  /** Threads. 0: none. Default: one for each core but one. */
  readonly workers?: number;
  /** The threads may make JPEG. Default true. */
  readonly jpeg?: boolean;
  readonly logger?: Logger;
  /** What the threads run; tests put another in its place. */
  readonly script?: URL;
}

export interface WorkerPool extends EncodePool {
  /** Starts all threads now, and settles when they can work. */
  readonly ready: () => Promise<void>;
  /** Ends the threads; jobs under way are rejected. Idempotent. */
  readonly close: () => Promise<void>;
}

/** Of a thread: what it compresses with, and the largest pieces. Memory that is not used is only an address. */
const ARENA_BYTES = 64 * 1024 * 1024;
/**
 * An answer takes 50 microseconds: what is few is encoded before it would be there, and a second of few is no film. Jobs are
 * small enough that their first bytes are soon on their way.
 */
const threshold: PoolThreshold = {
  manyPixels: 256 * 1024,
  fewPixels: 64 * 1024,
  fewUpdates: 60,
  jobPixels: 256 * 1024,
};
/** So often a thread may end by itself before it is no longer replaced. */
const MAX_DEATHS = 8;

/** Undefined where there would be no threads: by choice, on one core, or where the kernels' memory is not shared. */
export function createEncodePool({
  workers = availableParallelism() - 1,
  jpeg = true,
  logger = silentLogger,
  script = new URL('./encode-worker.js', import.meta.url),
}: EncodePoolOptions = {}): WorkerPool | undefined {
  const { kind, memory } = kernelSet();
  const isShared = memory.memory.buffer instanceof SharedArrayBuffer;
  return workers >= 1 && kind === 'wasm' && isShared
    ? new Pool({ workers, jpeg, logger, script })
    : undefined;
}

const MAX_WORKERS = 64;

/** That of a server's options. TypeError for a number of threads that is none. */
export function encodePoolOf(options: {
  readonly encodeWorkers?: number;
  readonly jpeg?: boolean;
  readonly logger?: Logger;
}): WorkerPool | undefined {
  const { encodeWorkers: workers, jpeg, logger } = options;
  if (workers !== undefined && !isWorkerCount(workers))
    throw new TypeError(`encodeWorkers ${workers} is not 0..${MAX_WORKERS}`);
  return createEncodePool({
    ...(workers === undefined ? {} : { workers }),
    ...(jpeg === undefined ? {} : { jpeg }),
    ...(logger === undefined ? {} : { logger }),
  });
}

/** A whole number of threads that a server may have. */
export const isWorkerCount = (count: number): boolean =>
  Number.isInteger(count) && count >= 0 && count <= MAX_WORKERS;

class Pool implements WorkerPool {
  readonly threshold: PoolThreshold = threshold;
  readonly #options: Required<EncodePoolOptions>;
  readonly #threads = new Set<Thread>();
  /** Arenas of threads that ended. */
  readonly #arenas: number[] = [];
  readonly #set = kernelSet();
  /** With one thread only: who makes JPEG files on Node's, for encoders on this one. */
  #jpegFiles: JpegEncoder | undefined;
  #loading: Promise<void> | undefined;
  #deaths = 0;
  #closed = false;

  constructor(options: Required<EncodePoolOptions>) {
    this.#options = options;
  }

  readonly encoder = (lossy: boolean): RemoteEncoder | undefined => {
    this.#start();
    if (lossy && this.#jpegFiles !== undefined) return createEncoderHere(this.#jpegFiles);
    let idlest: Thread | undefined;
    for (const thread of this.#threads) {
      if (thread.isReady && (idlest === undefined || thread.viewers < idlest.viewers))
        idlest = thread;
    }
    return idlest?.encoder();
  };

  readonly ready = async (): Promise<void> => {
    this.#start();
    await Promise.all([
      this.#loading,
      ...Array.from(this.#threads, (thread) => thread.untilReady()),
    ]);
  };

  readonly close = async (): Promise<void> => {
    this.#closed = true;
    await Promise.all(Array.from(this.#threads, (thread) => thread.end()));
  };

  async #loadJpeg(): Promise<void> {
    this.#jpegFiles = await loadJpegEncoder(true);
  }

  /** As many threads as there may be. */
  #start(): void {
    const { workers, jpeg, logger, script } = this.#options;
    if (jpeg && workers === 1) this.#loading ??= this.#loadJpeg();
    while (!this.#closed && this.#threads.size < workers && this.#deaths < MAX_DEATHS) {
      const { memory } = this.#set;
      const start = this.#arenas.pop() ?? memory.allocate(ARENA_BYTES);
      const arena = { memory: memory.memory, start, end: start + ARENA_BYTES };
      const thread = new Thread(script, { arena, jpeg }, (error) => {
        this.#threads.delete(thread);
        // What it was writing it no longer writes: the next one begins there.
        if (this.#closed) memory.release(start);
        else this.#arenas.push(start);
        if (error === undefined) return;
        this.#deaths += 1;
        logger.error('encoding thread ended', { reason: error.message, stack: error.stack });
      });
      this.#threads.add(thread);
    }
  }
}

interface Pending {
  readonly resolve: (job: EncodedJob) => void;
  readonly reject: (error: unknown) => void;
}

class Thread {
  readonly #worker: Worker;
  readonly #ready: Promise<void>;
  readonly #pending = new Map<number, Pending>();
  #nextId = 1;
  #isReady = false;
  #isEnding = false;
  #hasEnded = false;
  /** Viewers that encode here. */
  viewers = 0;

  /** `ended`: without an error when it was told to. */
  constructor(script: URL, setup: WorkerSetup, ended: (error: Error | undefined) => void) {
    this.#worker = new Worker(script, { workerData: setup });
    this.#worker.unref();
    let cause: Error | undefined;
    this.#worker.on('error', (error) => {
      cause = error;
    });
    this.#ready = new Promise((resolve) => {
      this.#worker.on('message', (message: FromWorker) => {
        if (message.kind !== 'ready') return this.#answered(message);
        this.#isReady = true;
        resolve();
      });
      this.#worker.on('exit', (code) => {
        resolve();
        this.#isReady = false;
        this.#hasEnded = true;
        for (const { reject } of this.#pending.values()) reject(gone(cause));
        this.#pending.clear();
        ended(this.#isEnding ? undefined : (cause ?? new Error(`exit code ${code}`)));
      });
    });
  }

  /** Settles when it can work, or never will. */
  async untilReady(): Promise<void> {
    this.#worker.ref();
    await this.#ready;
    if (this.#pending.size === 0) this.#worker.unref();
  }

  get isReady(): boolean {
    return this.#isReady && !this.#isEnding;
  }

  async end(): Promise<void> {
    this.#isEnding = true;
    await this.#worker.terminate();
  }

  encoder(): RemoteEncoder {
    const viewer = this.#nextId++;
    let last: EncodeSettings | undefined;
    let released = false;
    this.viewers += 1;
    return {
      encode: ({ settings, ...job }: EncodeJob) => {
        if (released || this.#hasEnded || this.#isEnding) return Promise.reject(gone());
        const known = settings === last;
        last = settings;
        return this.#request({ viewer, job, ...(known ? {} : { settings }) });
      },
      release: () => {
        if (released) return;
        released = true;
        this.viewers -= 1;
        if (!this.#hasEnded) this.#post({ kind: 'release', viewer });
      },
    };
  }

  #request(
    message: Omit<Extract<ToWorker, { readonly kind: 'encode' }>, 'kind' | 'id'>,
  ): Promise<EncodedJob> {
    const id = this.#nextId++;
    // While somebody waits for it, it may keep the process alive.
    this.#worker.ref();
    return new Promise((resolve, reject) => {
      this.#pending.set(id, { resolve, reject });
      this.#post({ kind: 'encode', id, ...message });
    });
  }

  #post(message: ToWorker): void {
    this.#worker.postMessage(message);
  }

  #answered(message: Exclude<FromWorker, { readonly kind: 'ready' }>): void {
    const pending = this.#pending.get(message.id);
    this.#pending.delete(message.id);
    if (this.#pending.size === 0) this.#worker.unref();
    if (message.kind === 'done') pending?.resolve(message.job);
    else pending?.reject(message.error);
  }
}

const gone = (cause?: Error): ClosedError =>
  new ClosedError('the encoding thread ended', cause === undefined ? {} : { cause });
