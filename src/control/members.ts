/**
 * Reads the arguments of a command as QEMU's generated code does: in the schema's order, and with its sentences about
 * what is missing, of another type, or unknown.
 */
import { QmpError } from './qmp-error.ts';

export type JsonObject = Readonly<Record<string, unknown>>;

export const isJsonObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

export class Members {
  readonly #values: JsonObject;
  /** `addresses[0].`, in front of names. */
  readonly #path: string;
  readonly #known = new Set<string>();

  constructor(values: JsonObject, path = '') {
    this.#values = values;
    this.#path = path;
  }

  has(name: string): boolean {
    this.#known.add(name);
    return Object.hasOwn(this.#values, name);
  }

  string(name: string): string {
    const value = this.#required(name);
    return typeof value === 'string' ? value : this.#wrongType(name, 'string');
  }

  boolean(name: string): boolean {
    const value = this.#required(name);
    return typeof value === 'boolean' ? value : this.#wrongType(name, 'boolean');
  }

  integer(name: string): number {
    const value = this.#required(name);
    return Number.isSafeInteger(value) ? Number(value) : this.#wrongType(name, 'integer');
  }

  /** One of the words. */
  word<const Word extends string>(name: string, words: readonly Word[]): Word {
    const value = this.string(name);
    const word = words.find((each) => each === value);
    // QEMU leaves the path out here.
    if (word === undefined)
      throw new QmpError(`Parameter '${name}' does not accept value '${value}'`);
    return word;
  }

  object<T>(name: string, read: (members: Members) => T): T {
    return this.#object(name, this.#required(name), read);
  }

  array<T>(name: string, read: (members: Members) => T): T[] {
    return this.#list(name).map((value, i) => this.#object(`${name}[${i}]`, value, read));
  }

  strings(name: string): string[] {
    return this.#list(name).map((value, i) =>
      typeof value === 'string' ? value : this.#wrongType(`${name}[${i}]`, 'string'),
    );
  }

  /** Undefined when the member is not there. */
  optional<T>(name: string, read: () => T): T | undefined {
    return this.has(name) ? read() : undefined;
  }

  /** Call it last: complains of a member that nobody asked for. */
  end(): void {
    for (const name of Object.keys(this.#values))
      if (!this.#known.has(name))
        throw new QmpError(`Parameter '${this.#path}${name}' is unexpected`);
  }

  #required(name: string): unknown {
    if (!this.has(name)) throw new QmpError(`Parameter '${this.#path}${name}' is missing`);
    return this.#values[name];
  }

  #list(name: string): readonly unknown[] {
    const value = this.#required(name);
    return Array.isArray(value) ? (value as unknown[]) : this.#wrongType(name, 'array');
  }

  #object<T>(name: string, value: unknown, read: (members: Members) => T): T {
    if (!isJsonObject(value)) return this.#wrongType(name, 'object');
    const members = new Members(value, `${this.#path}${name}.`);
    const result = read(members);
    members.end();
    return result;
  }

  #wrongType(name: string, expected: string): never {
    throw new QmpError(`Invalid parameter type for '${this.#path}${name}', expected: ${expected}`);
  }
}
