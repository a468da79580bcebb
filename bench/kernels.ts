/**
 * What do the kernels in WebAssembly gain over the same loops in TypeScript?
 *
 * Million pixels a second of one full-HD frame of each corpus, in squares of 64 x 64 where encoders look at squares, else at
 * once. Processor time, medians of interleaved runs.
 * Options: --json, --markdown, --runs N (default 5), --corpus LIST (default desktop,vm,video).
 */
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { decodePng } from '../src/node/png.ts';
import { createKernels, type KernelSet } from '../src/pixels/kernels/kernels.ts';
import { PALETTE_BYTES } from '../src/pixels/kernels/palette-layout.ts';
import { fixed, median, printTable } from './support/table.ts';

const { values: flags } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    markdown: { type: 'boolean', default: false },
    runs: { type: 'string', default: '5' },
    corpus: { type: 'string', default: 'desktop,vm,video' },
  },
});
const runs = Number(flags.runs);

/** A frame, its like, and room to write, in one set's memory. */
interface Place {
  readonly set: KernelSet;
  readonly width: number;
  readonly height: number;
  readonly stride: number;
  readonly frame: number;
  readonly before: number;
  readonly target: number;
  readonly palette: number;
  readonly flags: number;
  /** The frame's pixels as three bytes each. */
  readonly bytes: number;
  readonly tables: number;
}

const TILE = 64;

/** Calls `look` for each square of 64 x 64. */
function eachSquare(
  { width, height, stride, frame }: Place,
  look: (pixels: number, w: number, h: number) => void,
): void {
  for (let y = 0; y < height; y += TILE) {
    for (let x = 0; x < width; x += TILE)
      look(frame + y * stride + 4 * x, Math.min(TILE, width - x), Math.min(TILE, height - y));
  }
}

/** What is measured: each goes over the whole frame. */
const tasks: Readonly<Record<string, (place: Place) => void>> = {
  'compare with the same frame': ({ set, frame, before, stride, width, height, flags }) => {
    for (let y = 0; y < height; y += TILE) {
      const rows = Math.min(TILE, height - y);
      const [a, b] = [frame + y * stride, before + y * stride];
      set.kernels.changedTiles(a, stride, b, stride, width, rows, flags);
    }
  },
  'find solid squares': ({ set, frame, stride, width, height, flags }) => {
    for (let y = 0; y < height; y += TILE) {
      const rows = Math.min(TILE, height - y);
      set.kernels.solidSquares(frame + y * stride, stride, width, rows, flags);
    }
  },
  'palettes of squares': (place) => {
    const { set, stride, palette, target } = place;
    eachSquare(place, (pixels, w, h) =>
      set.kernels.scanPalette(pixels, stride, w, h, 256, palette, target),
    );
  },
  'pixels to 3 bytes': ({ set, frame, stride, width, height, target }) =>
    set.kernels.packPixels(frame, stride, width, height, target, 3, 16, 8, 0, 0),
  'pixels to 565': ({ set, frame, stride, width, height, target, tables }) =>
    set.kernels.translatePixels(frame, stride, width, height, target, stride, tables),
  'two colours to bits': ({ set, frame, stride, width, height, target }) =>
    set.kernels.mapBits(frame, stride, width, height, set.memory.words[frame >>> 2]!, target),
  'gradient filter': ({ set, bytes, width, height, target }) =>
    set.kernels.filterGradient(bytes, 3 * width, height, target),
  '3 bytes to pixels': ({ set, bytes, stride, width, height, target }) =>
    set.kernels.unpackPixels(bytes, target, stride, width, height, RGB_ORDER),
  'gradient undone': ({ set, bytes, stride, width, height, target }) =>
    set.kernels.unpackGradient(bytes, target + stride, stride, width, height),
};

/** Red, green and blue in the order of Tight's bytes, as wire-pixel.ts says it to the kernel. */
const RGB_ORDER = 0x020100;

async function placesOf(name: string): Promise<readonly Place[]> {
  const folder = join(dirname(fileURLToPath(import.meta.url)), '../../bench/corpus', name);
  const { width, height, pixels } = await decodePng(readFileSync(join(folder, '01.png')));
  return [createKernels('wasm'), createKernels('plain')].map((set) => {
    const { memory, kernels } = set;
    const stride = 4 * width;
    const [frame, before, target, bytes] = Array.from({ length: 4 }, () =>
      memory.allocate(stride * (height + 1)),
    ) as [number, number, number, number];
    const palette = memory.allocate(PALETTE_BYTES);
    memory.bytes.fill(0, palette, palette + PALETTE_BYTES);
    memory.words.set(pixels, frame >>> 2);
    memory.words.set(pixels, before >>> 2);
    kernels.packPixels(frame, stride, width, height, bytes, 3, 16, 8, 0, 0);
    const tables = memory.allocate(3 * 1024);
    for (let i = 0; i < 3 * 256; i++) memory.words[(tables >>> 2) + i] = i;
    const flags = memory.allocate(width);
    return { set, width, height, stride, frame, before, target, palette, flags, bytes, tables };
  });
}

/** Milliseconds of processor time a frame, after a warm-up; at least 30 ms are measured. */
function measure(task: (place: Place) => void, place: Place): number {
  for (let frames = 1; ; frames *= 2) {
    const begun = process.cpuUsage();
    for (let i = 0; i < frames; i++) task(place);
    const { user, system } = process.cpuUsage(begun);
    const ms = (user + system) / 1000;
    if (ms >= 30) return ms / frames;
  }
}

const rows: (string | number)[][] = [
  ['corpus', 'kernel', 'TypeScript', 'MPix/s', 'WebAssembly', 'MPix/s', 'speed'],
];
const results: object[] = [];
for (const corpus of flags.corpus.split(',')) {
  const [wasm, plain] = (await placesOf(corpus)) as [Place, Place];
  const megapixels = (wasm.width * wasm.height) / 1e6;
  for (const [kernel, task] of Object.entries(tasks)) {
    const times = { wasm: [] as number[], plain: [] as number[] };
    for (let run = 0; run < runs + 1; run++) {
      const pair = { plain: measure(task, plain), wasm: measure(task, wasm) };
      // The first one is for the compilers.
      if (run === 0) continue;
      times.plain.push(pair.plain);
      times.wasm.push(pair.wasm);
    }
    const [ours, theirs] = [median(times.wasm), median(times.plain)];
    results.push({ corpus, kernel, plainMs: theirs, wasmMs: ours, speed: theirs / ours });
    rows.push([
      corpus,
      kernel,
      `${fixed(theirs, 2)} ms`,
      fixed(megapixels / (theirs / 1000), 0),
      `${fixed(ours, 2)} ms`,
      fixed(megapixels / (ours / 1000), 0),
      `${fixed(theirs / ours, 1)}x`,
    ]);
  }
}
if (flags.json) console.log(JSON.stringify(results));
else {
  console.log(`Kernels, one full-HD frame, medians of ${runs} runs by turns; processor time\n`);
  printTable(rows, flags.markdown);
}
