/**
 * The films of one connection in Open H.264: one for each rectangle, exactly as it is named, and 64 at most. For receivers;
 * a server that keeps to it knows what its viewer remembers.
 */
import type { Rectangle } from '../../rfb/rectangle.ts';
import { OpenH264Flag } from './open-h264.ts';

/** As many as TigerVNC and noVNC keep. */
const MAX_CONTEXTS = 64;

export class OpenH264Contexts<Context> {
  readonly #begin: (r: Rectangle) => Context;
  readonly #end: (context: Context) => void;
  /** In the order of their last use. */
  readonly #contexts = new Map<string, Context>();

  constructor(begin: (r: Rectangle) => Context, end: (context: Context) => void) {
    this.#begin = begin;
    this.#end = end;
  }

  /** Does what the flags say, and returns the rectangle's film; the one longest unused ends where there are too many. */
  of({ x, y, width, height }: Rectangle, flags: number): Context {
    const key = `${x},${y},${width},${height}`;
    if ((flags & OpenH264Flag.ResetAllContexts) !== 0) this.clear();
    if ((flags & OpenH264Flag.ResetContext) !== 0) this.#drop(key);
    const context = this.#contexts.get(key) ?? this.#begin({ x, y, width, height });
    this.#contexts.delete(key);
    this.#contexts.set(key, context);
    const [oldest] = this.#contexts.keys();
    if (this.#contexts.size > MAX_CONTEXTS && oldest !== undefined) this.#drop(oldest);
    return context;
  }

  /** All of them end. */
  clear(): void {
    for (const key of Array.from(this.#contexts.keys())) this.#drop(key);
  }

  #drop(key: string): void {
    const context = this.#contexts.get(key);
    this.#contexts.delete(key);
    if (context !== undefined) this.#end(context);
  }
}
