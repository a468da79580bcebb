/**
 * The few globals that every runtime we target has: Node 20 and up, and browsers. Portable rooms see these and
 * nothing else, so `Buffer`, `process` and `document` cannot creep into them.
 */
interface TimerHandle {
  readonly __timer: never;
}
declare function setTimeout(callback: () => void, delayMs?: number): TimerHandle;
declare function clearTimeout(handle: TimerHandle | undefined): void;
declare function queueMicrotask(callback: () => void): void;
declare const performance: { now(): number };
/** The part of WebCrypto that SCRAM needs. */
interface SubtleCrypto {
  importKey(
    format: 'raw',
    key: Uint8Array,
    algorithm: 'PBKDF2' | { name: 'HMAC'; hash: string },
    extractable: false,
    usages: readonly ('deriveBits' | 'sign')[],
  ): Promise<CryptoKey>;
  deriveBits(
    algorithm: { name: 'PBKDF2'; hash: string; salt: Uint8Array; iterations: number },
    key: CryptoKey,
    bits: number,
  ): Promise<ArrayBuffer>;
  sign(algorithm: 'HMAC', key: CryptoKey, data: Uint8Array): Promise<ArrayBuffer>;
  digest(algorithm: string, data: Uint8Array): Promise<ArrayBuffer>;
}
interface CryptoKey {
  readonly usages: readonly string[];
}
declare const crypto: {
  getRandomValues<T extends Uint8Array>(array: T): T;
  /** Missing on pages that came over clear HTTP. */
  readonly subtle?: SubtleCrypto;
};
declare class TextEncoder {
  encode(text: string): Uint8Array;
}
declare class TextDecoder {
  constructor(label?: string, options?: { fatal?: boolean; ignoreBOM?: boolean });
  decode(bytes: Uint8Array): string;
}
interface AbortSignal {
  readonly aborted: boolean;
  readonly reason: unknown;
  addEventListener(type: 'abort', listener: () => void, options?: { once?: boolean }): void;
  removeEventListener(type: 'abort', listener: () => void): void;
}
declare function atob(base64: string): string;
declare function btoa(binary: string): string;
declare namespace WebAssembly {
  class Memory {
    constructor(descriptor: { initial: number; maximum: number; shared?: boolean });
    readonly buffer: ArrayBuffer;
    grow(pages: number): number;
  }
  class Module {
    constructor(bytes: Uint8Array);
  }
  class Instance {
    constructor(module: Module, imports: object);
    readonly exports: object;
  }
}
declare class AbortController {
  readonly signal: AbortSignal;
  abort(reason?: unknown): void;
}
