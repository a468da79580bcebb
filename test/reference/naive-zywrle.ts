/**
 * A naive ZYWRLE decoder, independent of src/: tiles as in ZRLE; behind a first byte of 0 stands a tile whose pixels are
 * coefficients, as the programs of Hitachi, libvncserver and UltraVNC have them.
 */
import assert from 'node:assert/strict';
import type { NaiveDecoder } from '../codec/codec-suite.ts';
import { naiveCpixel } from './naive-pixels.ts';
import { NaiveReader } from './naive-reader.ts';
import { naiveTile } from './naive-tile.ts';
import { NaiveZlibStream } from './naive-zlib-stream.ts';

export function createNaiveZywrle(levels: number): NaiveDecoder {
  const zlib = new NaiveZlibStream();
  return (payload, { width, height }, format) => {
    const view = new DataView(payload.buffer, payload.byteOffset, payload.byteLength);
    assert.equal(view.getUint32(0), payload.length - 4);
    const from = new NaiveReader(zlib.next(payload.subarray(4)));
    const cpixel = naiveCpixel(format);
    const bits =
      format.bitsPerPixel === 32 ? [8, 8, 8] : format.greenMax > 31 ? [5, 6, 5] : [5, 5, 5];
    const values = new Uint32Array(width * height);
    for (let ty = 0; ty < height; ty += 64) {
      for (let tx = 0; tx < width; tx += 64) {
        const w = Math.min(64, width - tx);
        const h = Math.min(64, height - ty);
        let tile: number[];
        if (format.bitsPerPixel > 8 && from.peek() === 0) {
          from.byte();
          tile = synthesize(naiveTile(from, cpixel, w, h), { w, h, levels, bits });
        } else {
          tile = naiveTile(from, cpixel, w, h);
        }
        for (const [i, value] of tile.entries())
          values[(ty + Math.floor(i / w)) * width + tx + (i % w)] = value;
      }
    }
    from.end();
    return values;
  };
}

/** High, middle and low channel of a value, 8 bits each. */
function split(value: number, bits: readonly number[]): number[] {
  const [high, middle, low] = bits as [number, number, number];
  return [
    Math.floor(value / 2 ** (middle + low)) % 2 ** high,
    Math.floor(value / 2 ** low) % 2 ** middle,
    value % 2 ** low,
  ].map((part, i) => part * 2 ** (8 - bits[i]!));
}

function join(channels: readonly number[], bits: readonly number[]): number {
  return channels.reduce((value, channel, i) => {
    const part = Math.floor(Math.max(0, Math.min(255, channel)) / 2 ** (8 - bits[i]!));
    return value * 2 ** bits[i]! + part;
  }, 0);
}

/** Two values of the low and the high half, from these. */
function unpair(low: number, high: number): [number, number] {
  const sameSign = low < 0 === high < 0;
  if (!sameSign) {
    const sum = low + high;
    return sum < 0 === high < 0 ? [sum, -high] : [sum, low];
  }
  const difference = low - high;
  return difference < 0 === low < 0 ? [low, difference] : [high, difference];
}

function synthesize(
  sent: readonly number[],
  tile: {
    readonly w: number;
    readonly h: number;
    readonly levels: number;
    readonly bits: readonly number[];
  },
): number[] {
  const { w, h, levels, bits } = tile;
  const unit = 2 ** levels;
  const [ew, eh] = [w - (w % unit), h - (h % unit)];
  if (ew === 0 || eh === 0) return [...sent];
  const queue = [...sent];
  /** [x, y] to three signed bytes. */
  const at = new Map<string, number[]>();
  const read = (step: number, x0: number, y0: number): void => {
    for (let y = y0; y < eh; y += step)
      for (let x = x0; x < ew; x += step)
        at.set(
          `${x},${y}`,
          split(queue.shift()!, bits).map((byte) => (byte > 127 ? byte - 256 : byte)),
        );
  };
  for (let level = 0; level < levels; level++) {
    const half = 2 ** level;
    read(2 * half, half, half);
    read(2 * half, 0, half);
    read(2 * half, half, 0);
  }
  read(unit, 0, 0);

  const undo = (first: string, second: string): void => {
    const [low, high] = [at.get(first)!, at.get(second)!];
    const pairs = low.map((value, i) => unpair(value, high[i]!));
    at.set(
      first,
      pairs.map(([a]) => a),
    );
    at.set(
      second,
      pairs.map(([, b]) => b),
    );
  };
  for (let half = unit / 2; half >= 1; half /= 2) {
    for (let x = 0; x < ew; x += half)
      for (let y = 0; y < eh; y += 2 * half) undo(`${x},${y}`, `${x},${y + half}`);
    for (let y = 0; y < eh; y += half)
      for (let x = 0; x < ew; x += 2 * half) undo(`${x},${y}`, `${x + half},${y}`);
  }

  const pixels = Array.from<number>({ length: w * h });
  for (let y = 0; y < eh; y++) {
    for (let x = 0; x < ew; x++) {
      const [v, luma, u] = at.get(`${x},${y}`)! as [number, number, number];
      const green = luma + 128 - Math.floor((2 * u + 2 * v) / 4);
      // What is outside of a byte is cut where it is stored, the sums are not.
      pixels[y * w + x] = join([2 * v + green, green, 2 * u + green], bits);
    }
  }
  const rest = (x0: number, y0: number, x1: number, y1: number): void => {
    for (let y = y0; y < y1; y++) for (let x = x0; x < x1; x++) pixels[y * w + x] = queue.shift()!;
  };
  rest(ew, 0, w, eh);
  rest(0, eh, ew, h);
  rest(ew, eh, w, h);
  return pixels;
}
