/** A Logger that keeps what it is told, and lets a test wait for it. */
import assert from 'node:assert/strict';
import type { LogFields, Logger } from '../../src/core/logger.ts';

export class LogRecorder implements Logger {
  /** `level event`, with the `reason` field behind it if there is one. */
  readonly lines: string[] = [];
  readonly #waiting = new Set<() => void>();

  readonly debug = (event: string, fields?: LogFields): void => this.#put('debug', event, fields);
  readonly info = (event: string, fields?: LogFields): void => this.#put('info', event, fields);
  readonly warn = (event: string, fields?: LogFields): void => this.#put('warn', event, fields);
  readonly error = (event: string, fields?: LogFields): void => this.#put('error', event, fields);

  #put(level: string, event: string, fields?: LogFields): void {
    const reason = fields?.['reason'];
    this.lines.push(`${level} ${event}${reason === undefined ? '' : `: ${String(reason)}`}`);
    for (const look of Array.from(this.#waiting)) look();
  }

  /** Resolves with the first line that matches, from the `since`-th on. Keeps the process alive meanwhile. */
  async line(pattern: RegExp, since = 0, withinMs = 10_000): Promise<string> {
    const find = (): string | undefined =>
      this.lines.slice(since).find((line) => pattern.test(line));
    let look: () => void = () => undefined;
    let timer: NodeJS.Timeout | undefined;
    try {
      return await new Promise<string>((resolve, reject) => {
        look = () => {
          const line = find();
          if (line !== undefined) resolve(line);
        };
        this.#waiting.add(look);
        timer = setTimeout(() => {
          reject(
            new assert.AssertionError({
              message: `no line ${String(pattern)} in:\n${this.lines.join('\n')}`,
            }),
          );
        }, withinMs);
        look();
      });
    } finally {
      clearTimeout(timer);
      this.#waiting.delete(look);
    }
  }
}
