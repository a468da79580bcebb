/** A value that must not be shown: it prints as `[secret]` wherever it is logged, inspected or serialised. */
export class Secret<T = string> {
  readonly #value: T;

  constructor(value: T) {
    this.#value = value;
  }

  /** The value itself. Call it where it is used, and keep no copy. */
  reveal(): T {
    return this.#value;
  }

  /** `[secret]`. */
  toString(): string {
    return '[secret]';
  }

  /** `[secret]`. */
  toJSON(): string {
    return '[secret]';
  }
}

// Node's util.inspect asks for this method by a registered symbol, so that nothing need be imported for it.
Object.defineProperty(Secret.prototype, Symbol.for('nodejs.util.inspect.custom'), {
  value: () => '[secret]',
});
