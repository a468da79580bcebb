/**
 * Appends lines to the audit file (mode 0600) or to stdout, in order and without ever making the caller wait: what cannot
 * be written yet waits in a bounded queue, is tried again, and an operator is told once. Used by audit.ts.
 */
import { writeSync } from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';
import { withDeadline } from '../core/deadline.ts';

export interface AuditWriterOptions {
  /** Lines kept while the file cannot be written; later ones are counted as lost. Default 10000. */
  readonly maxQueuedLines?: number;
  /** Between two attempts to write, milliseconds. Default 1000. */
  readonly retryMs?: number;
  /** Writing began to fail. Called once for each outage. */
  readonly failed?: (error: Error) => void;
  /** Writing works again. */
  readonly recovered?: (lostLines: number) => void;
  /** A line that stands where lines were lost. */
  readonly lossLine?: (lostLines: number) => string;
}

export interface AuditWriter {
  /** `line` has no end of line. Never throws, never blocks. */
  readonly write: (line: string) => void;
  /** Goes on in a new file of the same name, for logrotate. What was written before is in the old one. */
  readonly reopen: () => Promise<void>;
  /** Resolves when everything is written, or could not be written just now. Idempotent. */
  readonly close: () => Promise<void>;
}

/** Where bytes go. `append` resolves with how many the system took, at least one. */
export interface AuditSink {
  readonly append: (bytes: Uint8Array) => Promise<number>;
  /** Best effort, while the process exits. */
  readonly appendNow: (bytes: Uint8Array) => void;
  readonly close: () => Promise<void>;
}

/** `path` is a file, or `-` for stdout. Rejects when it cannot be opened now: a trail that never begins is no trail. */
export async function openAuditWriter(
  path: string,
  options: AuditWriterOptions = {},
): Promise<AuditWriter> {
  const openSink = path === '-' ? stdoutSink : () => fileSink(path);
  return new Writer(openSink, await openSink(), options);
}

/** For tests: the same over any sink. */
export function auditWriterOver(
  openSink: () => Promise<AuditSink>,
  sink: AuditSink,
  options: AuditWriterOptions = {},
): AuditWriter {
  return new Writer(openSink, sink, options);
}

async function fileSink(path: string): Promise<AuditSink> {
  const handle: FileHandle = await open(path, 'a', 0o600);
  return {
    append: async (bytes) => (await handle.write(bytes)).bytesWritten,
    appendNow: (bytes) => void writeSync(handle.fd, bytes),
    close: () => handle.close(),
  };
}

function stdoutSink(): Promise<AuditSink> {
  return Promise.resolve({
    append: (bytes) =>
      new Promise((resolve, reject) => {
        process.stdout.write(bytes, (error) => {
          if (error === null || error === undefined) resolve(bytes.length);
          else reject(error);
        });
      }),
    appendNow: (bytes) => void writeSync(1, bytes),
    close: () => Promise.resolve(),
  });
}

/** A network file system that hangs must not keep the process from ending. */
const CLOSE_MS = 2000;
/** Lines that go to the system in one write. */
const MAX_BATCH_LINES = 256;

class Writer implements AuditWriter {
  readonly #openSink: () => Promise<AuditSink>;
  readonly #options: AuditWriterOptions;
  #sink: AuditSink;
  /** With their ends. */
  #queue: Uint8Array[] = [];
  /** Lines at the queue's front that a write is under way with. */
  #inFlight = 0;
  /** Bytes of the queue's first line that are in the file already. */
  #tornBytes = 0;
  #lostLines = 0;
  #failing = false;
  #closed = false;
  #closing: Promise<void> | undefined;
  #pump: Promise<void> | undefined;
  #retry: { readonly timer: NodeJS.Timeout; readonly now: () => void } | undefined;
  #turn: Promise<void> = Promise.resolve();

  constructor(openSink: () => Promise<AuditSink>, sink: AuditSink, options: AuditWriterOptions) {
    this.#openSink = openSink;
    this.#sink = sink;
    this.#options = options;
    process.on('exit', this.#onExit);
  }

  readonly write = (line: string): void => {
    if (this.#closed || this.#queue.length >= (this.#options.maxQueuedLines ?? 10_000)) {
      this.#lostLines += 1;
      return;
    }
    this.#queue.push(Buffer.from(`${line}\n`));
    this.#pump ??= this.#run();
  };

  readonly reopen = (): Promise<void> =>
    this.#exclusively(async () => {
      if (this.#closed) return;
      try {
        const next = await this.#openSink();
        const old = this.#sink;
        this.#sink = next;
        // A line that was torn by a full disk begins anew in the new file.
        this.#tornBytes = 0;
        await old.close().catch(() => undefined);
        this.#retry?.now();
      } catch (error) {
        this.#fail(error);
      }
    });

  readonly close = (): Promise<void> => (this.#closing ??= this.#finish());

  async #finish(): Promise<void> {
    this.#closed = true;
    this.#retry?.now();
    const written = async (): Promise<void> => {
      await this.#pump;
      await this.#exclusively(() => this.#sink.close().catch(() => undefined));
    };
    const tooLate = (): void => undefined;
    await withDeadline(written(), CLOSE_MS, 'writing the audit trail', tooLate).catch(tooLate);
    process.off('exit', this.#onExit);
  }

  /** Writes until the queue is empty; pauses after each failure. */
  async #run(): Promise<void> {
    while (this.#queue.length > 0) {
      const written = await this.#exclusively(() => this.#writeBatch());
      if (written) continue;
      if (this.#closed) break;
      await this.#pause();
    }
    this.#pump = undefined;
  }

  async #writeBatch(): Promise<boolean> {
    const batch = this.#queue.slice(0, MAX_BATCH_LINES);
    this.#inFlight = batch.length;
    try {
      const bytes = Buffer.concat(batch).subarray(this.#tornBytes);
      this.#taken(await this.#sink.append(bytes));
      this.#recover();
      return true;
    } catch (error) {
      this.#fail(error);
      return false;
    } finally {
      this.#inFlight = 0;
    }
  }

  /** Drops the lines that are wholly in the file. */
  #taken(count: number): void {
    let left = this.#tornBytes + count;
    let line = this.#queue[0];
    while (line !== undefined && left >= line.length) {
      left -= line.length;
      this.#queue.shift();
      line = this.#queue[0];
    }
    this.#tornBytes = left;
  }

  #fail(error: unknown): void {
    if (this.#failing) return;
    this.#failing = true;
    this.#options.failed?.(error instanceof Error ? error : new Error(String(error)));
  }

  #recover(): void {
    if (this.#lostLines > 0) {
      const line = this.#options.lossLine?.(this.#lostLines);
      if (line !== undefined) this.#queue.push(Buffer.from(`${line}\n`));
    }
    if (this.#failing) this.#options.recovered?.(this.#lostLines);
    this.#failing = false;
    this.#lostLines = 0;
  }

  #pause(): Promise<void> {
    return new Promise((resolve) => {
      const now = (): void => {
        clearTimeout(this.#retry?.timer);
        this.#retry = undefined;
        resolve();
      };
      const timer = setTimeout(now, this.#options.retryMs ?? 1000).unref();
      this.#retry = { timer, now };
    });
  }

  /** One at a time: a file is not replaced while it is written to. */
  #exclusively<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#turn.then(work);
    this.#turn = done.then(
      () => undefined,
      () => undefined,
    );
    return done;
  }

  /** The process is forced to end: what no write is under way with is written before it does. */
  readonly #onExit = (): void => {
    try {
      const rest = Buffer.concat(this.#queue.slice(this.#inFlight));
      const start = this.#inFlight === 0 ? this.#tornBytes : 0;
      if (rest.length > start) this.#sink.appendNow(rest.subarray(start));
    } catch {
      // Nobody is left to be told.
    }
  };
}
