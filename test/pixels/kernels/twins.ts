/**
 * Runs a kernel and its readable twin on the same random memory and compares what they return and what they wrote, bit for
 * bit: every kernel on MANY cases, most of them small. SALLYPORT_CASES multiplies the number of cases; SALLYPORT_SALT makes them others; SALLYPORT_SEED repeats a failure.
 */
import assert from 'node:assert/strict';
import { createKernels, type KernelSet } from '../../../src/pixels/kernels/kernels.ts';

/** A small fast generator (xorshift32): the same seed gives the same cases on every machine. */
export class Random {
  #state: number;

  constructor(seed: number) {
    this.#state = seed | 0 || 1;
  }

  /** 0 .. 2^32-1. */
  next(): number {
    let x = this.#state;
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    this.#state = x;
    return x >>> 0;
  }

  /** low .. high, both included. */
  between(low: number, high: number): number {
    return low + (this.next() % (high - low + 1));
  }

  chance(percent: number): boolean {
    return this.next() % 100 < percent;
  }
}

export interface Twins {
  readonly wasm: KernelSet;
  readonly plain: KernelSet;
  readonly both: readonly [KernelSet, KernelSet];
}

export function createTwins(): Twins {
  const wasm = createKernels('wasm');
  const plain = createKernels('plain');
  assert.equal(wasm.kind, 'wasm', 'this Node has WebAssembly with SIMD');
  return { wasm, plain, both: [wasm, plain] };
}

/** How many random cases every kernel is promised to agree on. */
export const MANY = 100_000;

/** How many times a case of the usual count is to run, and what sets its seeds apart from those of another run. */
const factor = Number(process.env.SALLYPORT_CASES ?? 1);
const salt = Number(process.env.SALLYPORT_SALT ?? 0);

/** `one` for many seeds; a failure names its seed. */
export function forManySeeds(count: number, one: (random: Random, seed: number) => void): void {
  const fixed = process.env.SALLYPORT_SEED;
  const seeds = fixed === undefined ? count * factor : 1;
  for (let i = 0; i < seeds; i++) {
    const seed =
      fixed === undefined
        ? (Math.imul(i + 1, 0x9e3779b1) ^ count ^ Math.imul(salt, 0x85ebca6b)) | 1
        : Number(fixed);
    try {
      one(new Random(seed), seed);
    } catch (cause) {
      throw new Error(`case with SALLYPORT_SEED=${seed}`, { cause });
    }
  }
}

export function noise(random: Random, length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  for (let i = 0; i < length; i++) bytes[i] = random.next();
  return bytes;
}

/** Whether the bytes are equal: many times faster than deepEqual. */
export const sameBytes = (a: Uint8Array, b: Uint8Array): boolean => Buffer.compare(a, b) === 0;

const zeros = new Uint8Array(1 << 18);

/** Zeros, many times faster than `fill`, which goes through shared memory byte by byte. */
export function clearAt(set: KernelSet, address: number, length: number): void {
  set.memory.bytes.set(zeros.subarray(0, length), address);
}

/** What a set's memory holds. */
export const bytesAt = (set: KernelSet, address: number, length: number): Uint8Array =>
  set.memory.bytes.slice(address, address + length);

/** Pictures as screens have them: flat areas, few colours, repeated rows, gradients or noise. */
export function randomPicture(random: Random, width: number, height: number): Uint32Array {
  const pixels = new Uint32Array(width * height);
  const [colours, factor] = [random.between(1, 300), random.next() | 1];
  const colour = (index: number): number => Math.imul(index + 1, factor) >>> 8;
  const kind = random.between(0, 4);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const i = y * width + x;
      const left = x > 0 ? pixels[i - 1]! : colour(0);
      let pixel: number;
      if (kind === 0) pixel = colour(0);
      else if (kind === 1)
        pixel = random.chance(80) ? left : colour(random.next() % Math.min(2, colours));
      else if (kind === 2) pixel = random.chance(60) ? left : colour(random.next() % colours);
      else if (kind === 3) pixel = ((x * 3) << 16) | ((y * 5) << 8) | ((x + y) & 255);
      else pixel = random.next();
      pixels[i] = (pixel | 0xff000000) >>> 0;
    }
    if (y > 0 && random.chance(20)) pixels.copyWithin(y * width, (y - 1) * width, y * width);
  }
  return pixels;
}
