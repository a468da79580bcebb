/**
 * How fast and how small our deflate is beside node:zlib's and pako's, on pixels and indexes of the corpora.
 *
 * Each piece ends with a sync flush in one stream that lasts, as a viewer's does. CPU time of the process, medians of
 * interleaved runs; node:zlib through its internal synchronous call, as the public ones take 50 microseconds a piece.
 * Options: --json, --runs N (default 5), --only WORD of a data set's name, --pieces BYTES,... (default 65536,4096).
 */
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { constants, createDeflateRaw } from 'node:zlib';
import * as pako from 'pako';
import { PNG } from 'pngjs';
import { createDeflater, type DataShape, DeflateEffort } from '../src/codec/zlib-stream.ts';
import { kernelSet } from '../src/pixels/kernels/kernels.ts';
import { fixed, median, printTable } from './support/table.ts';

const { values: flags } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    runs: { type: 'string', default: '5' },
    only: { type: 'string', default: '' },
    pieces: { type: 'string', default: '65536,4096' },
  },
});
const runs = Number(flags.runs);
const { memory, kernels } = kernelSet();

interface DataSet {
  readonly name: string;
  readonly pieces: readonly Piece[];
}

interface Piece {
  readonly bytes: Uint8Array;
  readonly shape: DataShape;
  /** Where the same bytes stand in the kernels' memory, as an encoder's kernels would write them. */
  readonly address: number;
}

function pieceOf(bytes: Uint8Array, shape: DataShape): Piece {
  const address = memory.allocate(bytes.length);
  memory.bytes.set(bytes, address);
  return { bytes, shape, address };
}

interface Picture {
  readonly width: number;
  readonly height: number;
  /** 0xbbggrr, row by row. */
  readonly pixels: Uint32Array;
}

const corpus = join(dirname(fileURLToPath(import.meta.url)), '../../bench/corpus');

function readPicture(name: string, index: number): Picture {
  const file = join(corpus, name, `${String(index).padStart(2, '0')}.png`);
  const { width, height, data } = PNG.sync.read(readFileSync(file));
  const rgba = new Uint32Array(data.buffer, data.byteOffset, width * height);
  return { width, height, pixels: rgba.map((pixel) => pixel & 0xffffff) };
}

function rgbOf({ pixels }: Picture): Uint8Array {
  const bytes = new Uint8Array(3 * pixels.length);
  for (const [i, pixel] of pixels.entries()) {
    bytes[3 * i] = pixel;
    bytes[3 * i + 1] = pixel >> 8;
    bytes[3 * i + 2] = pixel >> 16;
  }
  return bytes;
}

/** Each pixel's place in the picture's palette; the last colours of more than 256 share places. */
function indexesOf({ pixels }: Picture): Uint8Array {
  const palette = new Map<number, number>();
  return Uint8Array.from(pixels, (pixel) => {
    const index = palette.get(pixel) ?? palette.size;
    palette.set(pixel, index);
    return index;
  });
}

/** Tight's gradient filter: what remains when left + up - left up is taken away. */
function gradientOf({ width, pixels }: Picture): Uint8Array {
  const rgb = rgbOf({ width, height: 0, pixels });
  const row = 3 * width;
  return rgb.map((value, i) => {
    const left = i % row >= 3 ? rgb[i - 3]! : 0;
    const up = i >= row ? rgb[i - row]! : 0;
    const leftUp = i % row >= 3 && i >= row ? rgb[i - row - 3]! : 0;
    return value - Math.max(0, Math.min(255, left + up - leftUp));
  });
}

/** Of each picture of a series what changed in bands of 64 rows and columns of 64 pixels, joined left to right. */
function changedIndexes(name: string, count: number): Piece[] {
  const pieces: Piece[] = [];
  let before = readPicture(name, 1);
  for (let i = 2; i <= count; i++) {
    const picture = readPicture(name, i);
    for (let y = 0; y < picture.height; y += 64) {
      for (const [from, to] of changedColumns(before, picture, y)) {
        const rows: number[] = [];
        for (let row = y; row < Math.min(y + 64, picture.height); row++)
          for (let x = from; x < to; x++) rows.push(picture.pixels[row * picture.width + x]!);
        const part = { width: to - from, height: 0, pixels: Uint32Array.from(rows) };
        if (new Set(rows).size > 1)
          pieces.push(pieceOf(indexesOf(part), { bytesPerPixel: 1, rowBytes: part.width }));
      }
    }
    before = picture;
  }
  return pieces;
}

function changedColumns(a: Picture, b: Picture, y: number): [number, number][] {
  const found: [number, number][] = [];
  for (let x = 0; x < b.width; x += 64) {
    let changed = false;
    for (let row = y; row < Math.min(y + 64, b.height); row++) {
      const start = row * b.width;
      for (let i = start + x; i < start + Math.min(x + 64, b.width); i++)
        changed ||= a.pixels[i] !== b.pixels[i];
    }
    const last = found.at(-1);
    const end = Math.min(x + 64, b.width);
    if (changed && last?.[1] === x) last[1] = end;
    else if (changed) found.push([x, end]);
  }
  return found;
}

function cut(bytes: Uint8Array, size: number): Uint8Array[] {
  return Array.from({ length: Math.ceil(bytes.length / size) }, (_, i) =>
    bytes.subarray(i * size, (i + 1) * size),
  );
}

function dataSets(): DataSet[] {
  const rgb = { bytesPerPixel: 3, rowBytes: 3 * 1920 };
  const indexes = { bytesPerPixel: 1, rowBytes: 1920 };
  const sets: DataSet[] = [];
  for (const text of flags.pieces.split(',')) {
    const size = Number(text);
    const add = (name: string, bytes: readonly Uint8Array[], shape: DataShape): void => {
      if (!name.includes(flags.only)) return;
      const pieces = bytes.flatMap((b) => cut(b, size)).map((b) => pieceOf(b, shape));
      sets.push({ name: `${name} ${size}`, pieces });
    };
    const pick = (name: string, numbers: readonly number[]): Picture[] =>
      numbers.map((i) => readPicture(name, i));
    add('desktop RGB', pick('desktop', [1, 5, 10]).map(rgbOf), rgb);
    add('video RGB', pick('video', [1]).map(rgbOf), rgb);
    add('video gradient', pick('video', [1]).map(gradientOf), rgb);
    add('vm indexes', pick('vm', [2, 5, 8, 12]).map(indexesOf), indexes);
  }
  if ('vm changes'.includes(flags.only))
    sets.push({
      name: 'vm changes',
      pieces: changedIndexes('vm', 12),
    });
  return sets;
}

interface Contender {
  readonly name: string;
  /** A fresh stream: returns how many bytes a piece becomes. */
  readonly open: () => (piece: Piece) => number;
}

interface ZlibHandle {
  /** Flush; input, where, how much; output, where, how much. */
  writeSync: (...args: (number | Uint8Array)[]) => void;
}

const scratch = new Uint8Array(1 << 20);

const nodeZlib = (level: number): Contender => ({
  name: `node:zlib ${level}`,
  open: () => {
    const stream = createDeflateRaw({ level }) as unknown as {
      _handle: ZlibHandle;
      _writeState: Uint32Array;
    };
    const { _handle: handle, _writeState: left } = stream;
    return ({ bytes: piece }) => {
      handle.writeSync(constants.Z_SYNC_FLUSH, piece, 0, piece.length, scratch, 0, scratch.length);
      return scratch.length - left[0]!;
    };
  },
});

const ours = (name: keyof typeof DeflateEffort): Contender => ({
  name,
  open: () => {
    const deflater = createDeflater(2);
    const effort = DeflateEffort[name];
    return ({ bytes, shape, address }) => {
      kernels.copyBytes(address, deflater.begin(bytes.length), bytes.length);
      return deflater.finish(bytes.length, { ...shape, effort }).length;
    };
  },
});

const pakoZlib = (level: number): Contender => ({
  name: `pako ${level}`,
  open: () => {
    const stream = new pako.ZStream();
    pako.zlibDeflateInit2(stream, level, 8, -15, 8, 0);
    return ({ bytes: piece }) => {
      stream.input = piece;
      stream.next_in = 0;
      stream.avail_in = piece.length;
      stream.output = scratch;
      stream.next_out = 0;
      stream.avail_out = scratch.length;
      pako.zlibDeflate(stream, pako.Z_SYNC_FLUSH);
      return stream.next_out;
    };
  },
});

const contenders: readonly Contender[] = [
  ours('Huffman'),
  ours('Greedy'),
  ours('Lazy'),
  ours('Chains'),
  ours('Deep'),
  ours('Best'),
  nodeZlib(1),
  nodeZlib(2),
  nodeZlib(3),
  nodeZlib(6),
  pakoZlib(1),
  pakoZlib(6),
];

function measure(contender: Contender, { pieces }: DataSet): { bytes: number; seconds: number } {
  const deflate = contender.open();
  const before = process.cpuUsage();
  let bytes = 0;
  for (const piece of pieces) bytes += deflate(piece);
  const { user, system } = process.cpuUsage(before);
  return { bytes, seconds: (user + system) / 1e6 };
}

const results: object[] = [];
for (const set of dataSets()) {
  const raw = set.pieces.reduce((sum, piece) => sum + piece.bytes.length, 0);
  const seconds = contenders.map((): number[] => []);
  const bytes = contenders.map(() => 0);
  for (let run = 0; run <= runs; run++) {
    for (const [i, contender] of contenders.entries()) {
      const result = measure(contender, set);
      bytes[i] = result.bytes;
      // The first run warms up.
      if (run > 0) seconds[i]!.push(result.seconds);
    }
  }
  const rows = contenders.map(({ name }, i) => ({
    name,
    megabytesPerSecond: raw / 1e6 / median(seconds[i]!),
    bytes: bytes[i]!,
  }));
  results.push({ data: set.name, pieces: set.pieces.length, raw, rows });
  if (flags.json) continue;
  console.log(`\n${set.name}: ${set.pieces.length} pieces, ${raw} bytes\n`);
  const sizeOf = (name: string): number => rows.find((row) => row.name === name)!.bytes;
  printTable([
    ['deflate', 'MB/s', 'bytes', 'of level 1', 'of level 6'],
    ...rows.map((row) => [
      row.name,
      fixed(row.megabytesPerSecond, 0),
      String(row.bytes),
      fixed(row.bytes / sizeOf('node:zlib 1'), 3),
      fixed(row.bytes / sizeOf('node:zlib 6'), 3),
    ]),
  ]);
}
if (flags.json) console.log(JSON.stringify({ runs, results }));
