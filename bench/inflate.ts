/**
 * How fast our inflate is beside node:zlib's and pako's, on pixels and indexes of the corpora.
 *
 * Each piece ends with a sync flush in one stream that lasts, as a server's does, and is read row by row. CPU time of the
 * process, medians of interleaved runs; node:zlib through its internal synchronous call, as there is no public one for
 * streams that last. Options: --json, --runs N (default 9), --level N (of the data, default 1), --pieces BYTES,... (default
 * 65536,4096).
 */
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { constants, createDeflate, createInflate } from 'node:zlib';
import * as pako from 'pako';
import { PNG } from 'pngjs';
import { createInflater } from '../src/codec/inflate-stream.ts';
import { fixed, median, printTable } from './support/table.ts';

const { values: flags } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    runs: { type: 'string', default: '9' },
    level: { type: 'string', default: '1' },
    pieces: { type: 'string', default: '65536,4096' },
  },
});

const ROW_BYTES = 1920;
const corpus = join(dirname(fileURLToPath(import.meta.url)), '../../bench/corpus');
const readPixels = (file: string): Uint8Array =>
  PNG.sync.read(readFileSync(join(corpus, file))).data;

/** R G B, as Tight sends them. */
function rgbOf(rgba: Uint8Array): Uint8Array {
  const rgb = new Uint8Array((rgba.length / 4) * 3);
  for (let i = 0; i < rgba.length / 4; i++) rgb.set(rgba.subarray(4 * i, 4 * i + 3), 3 * i);
  return rgb;
}

/** Numbers of colours in order of appearance, as in a palette. */
function indexesOf(rgba: Uint8Array): Uint8Array {
  const pixels = new Uint32Array(rgba.buffer, rgba.byteOffset, rgba.length / 4);
  const indexes = new Map<number, number>();
  return Uint8Array.from(pixels, (pixel) => {
    const index = indexes.get(pixel) ?? indexes.size;
    indexes.set(pixel, index);
    return index;
  });
}

interface Piece {
  readonly compressed: Uint8Array;
  readonly length: number;
}

interface ZlibHandle {
  /** Flush; input, where, how much; output, where, how much. */
  writeSync: (...args: (number | Uint8Array)[]) => void;
}
interface ZlibStream {
  readonly _handle: ZlibHandle;
  /** What is left of the output and of the input after a call. */
  readonly _writeState: Uint32Array;
}

const scratch = new Uint8Array(1 << 20);

function compress(bytes: Uint8Array, size: number): Piece[] {
  const stream = createDeflate({ level: Number(flags.level) }) as unknown as ZlibStream;
  return Array.from({ length: Math.ceil(bytes.length / size) }, (_, i) => {
    const raw = bytes.subarray(i * size, (i + 1) * size);
    const { _handle: handle, _writeState: left } = stream;
    handle.writeSync(constants.Z_SYNC_FLUSH, raw, 0, raw.length, scratch, 0, scratch.length);
    return { compressed: scratch.slice(0, scratch.length - left[0]!), length: raw.length };
  });
}

interface Contender {
  readonly name: string;
  /** A fresh stream. */
  readonly open: () => (piece: Piece) => void;
}

const contenders: readonly Contender[] = [
  {
    name: 'ours',
    open: () => {
      const inflater = createInflater();
      return ({ compressed, length }) => {
        inflater.open(compressed);
        for (let left = length; left > 0; left -= ROW_BYTES)
          inflater.take(Math.min(left, ROW_BYTES));
        inflater.close();
      };
    },
  },
  {
    name: 'node:zlib',
    open: () => {
      const stream = createInflate() as unknown as ZlibStream;
      return ({ compressed, length }) => {
        const { _handle: handle, _writeState: left } = stream;
        const { length: size } = compressed;
        handle.writeSync(constants.Z_SYNC_FLUSH, compressed, 0, size, scratch, 0, scratch.length);
        if (left[0] !== scratch.length - length) throw new Error('node:zlib yields another length');
      };
    },
  },
  {
    name: 'pako',
    open: () => {
      const stream = new pako.ZStream();
      pako.zlibInflateInit(stream);
      return ({ compressed, length }) => {
        stream.input = compressed;
        stream.next_in = 0;
        stream.avail_in = compressed.length;
        stream.output = scratch;
        stream.next_out = 0;
        stream.avail_out = scratch.length;
        pako.zlibInflate(stream, pako.Z_SYNC_FLUSH);
        if (stream.next_out !== length) throw new Error('pako yields another length');
      };
    },
  },
];

function secondsOf({ open }: Contender, pieces: readonly Piece[]): number {
  const inflate = open();
  const before = process.cpuUsage();
  for (const piece of pieces) inflate(piece);
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1e6;
}

const data: Readonly<Record<string, Uint8Array>> = {
  'desktop RGB': rgbOf(readPixels('desktop/01.png')),
  'vm indexes': indexesOf(readPixels('vm/05.png')),
  'photo RGB': rgbOf(readPixels('video/01.png')),
};
const rows = Object.entries(data).flatMap(([name, bytes]) =>
  flags.pieces.split(',').map((size) => {
    const pieces = compress(bytes, Number(size));
    const seconds = contenders.map((): number[] => []);
    // The first runs warm up.
    for (let run = -2; run < Number(flags.runs); run++)
      for (const [i, contender] of contenders.entries()) {
        const taken = secondsOf(contender, pieces);
        if (run >= 0) seconds[i]!.push(taken);
      }
    const compressed = pieces.reduce((sum, piece) => sum + piece.compressed.length, 0);
    const [ours = 0, node = 0, pure = 0] = seconds.map((s) => bytes.length / 1e6 / median(s));
    return { data: name, piece: Number(size), compressed, ours, node, pako: pure };
  }),
);

if (flags.json) console.log(JSON.stringify({ runs: Number(flags.runs), rows }));
else
  printTable([
    ['data', 'piece', 'compressed', 'ours MB/s', 'node:zlib', 'pako', 'x node:zlib', 'x pako'],
    ...rows.map((row) => [
      row.data,
      row.piece,
      row.compressed,
      fixed(row.ours, 0),
      fixed(row.node, 0),
      fixed(row.pako, 0),
      fixed(row.ours / row.node, 2),
      fixed(row.ours / row.pako, 1),
    ]),
  ]);
