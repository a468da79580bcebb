/**
 * The recorded desktops of bench/corpus, unpacked once for a run: raw frames in a file that peers and our own processes
 * read alike, and the plans of what is sent of them. Used by the benchmarks of encoders and decoders.
 */
import {
  existsSync,
  mkdtempSync,
  openSync,
  closeSync,
  readdirSync,
  readFileSync,
  readSync,
  rmSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { decodePng } from '../../src/node/png.ts';
import { Region } from '../../src/pixels/region.ts';
import { area, type Rectangle } from '../../src/rfb/rectangle.ts';

const folder = join(dirname(fileURLToPath(import.meta.url)), '../../../bench/corpus');

/** What thresholds were tuned on, and what they have never seen. */
export const tunedCorpora: readonly string[] = ['desktop', 'vm', 'video'];
export const heldOutCorpora: readonly string[] = ['ide', 'sheet', 'terminal'];

/** `full`: each frame as one update of the whole screen. `damage`: the first frame whole, then only what changed. */
export type Mode = 'full' | 'damage';

export interface Update {
  /** Index of the frame that the picture is after it. */
  readonly frame: number;
  readonly damage: readonly Rectangle[];
}

export interface Plan {
  /** For the peers: a line for each update, the frame's index, then x y w h of each rectangle. */
  readonly file: string;
  readonly updates: readonly Update[];
  readonly pixels: number;
}

export interface Corpus {
  readonly name: string;
  readonly width: number;
  readonly height: number;
  /** Raw frames, B G R X, one behind the other. */
  readonly frames: string;
  readonly plans: Readonly<Record<Mode, Plan>>;
}

/** Compilers warm up in about so much. */
const WARM_PIXELS = 4e7;
/** As the peers have it. */
export const MOST_PASSES = 1024;

/** At least `passes`: a console's takes milliseconds, too few to be measured, and for a compiler to do its work. */
export const passesOf = (plan: Plan, passes: number): number =>
  Math.min(MOST_PASSES, Math.max(passes, Math.ceil(WARM_PIXELS / plan.pixels)));

export interface Corpora {
  /** For whatever else the run writes. */
  readonly folder: string;
  readonly list: readonly Corpus[];
  readonly remove: () => void;
}

/** Names with no frames are left out. `frames`: at most so many of each. */
export async function openCorpora(names: readonly string[], frames: number): Promise<Corpora> {
  const into = mkdtempSync(join(tmpdir(), 'sallyport-corpora-'));
  const remove = (): void => rmSync(into, { recursive: true, force: true });
  try {
    const list: Corpus[] = [];
    for (const name of names) {
      if (!existsSync(join(folder, name))) throw new Error(`no corpus ${name} in ${folder}`);
      list.push(await unpack(name, frames, into));
    }
    return { folder: into, list, remove };
  } catch (error) {
    remove();
    throw error;
  }
}

async function unpack(name: string, limit: number, into: string): Promise<Corpus> {
  const files = readdirSync(join(folder, name))
    .filter((file) => file.endsWith('.png'))
    .sort()
    .slice(0, limit);
  const path = join(into, `${name}.raw`);
  const out = openSync(path, 'w');
  let before: Uint32Array | undefined;
  let size = { width: 0, height: 0 };
  const full: Update[] = [];
  const damage: Update[] = [];
  for (const [frame, file] of files.entries()) {
    const picture = await decodePng(readFileSync(join(folder, name, file)));
    const { pixels, width, height } = picture;
    if (frame > 0 && (width !== size.width || height !== size.height))
      throw new Error(`${name}/${file} has another size`);
    size = { width, height };
    writeSync(out, new Uint8Array(pixels.buffer, pixels.byteOffset, pixels.byteLength));
    const whole = [{ x: 0, y: 0, width, height }];
    full.push({ frame, damage: whole });
    const changed = before === undefined ? whole : changedTiles(before, pixels, width, height);
    if (changed.length > 0) damage.push({ frame, damage: changed });
    before = pixels;
  }
  closeSync(out);
  return {
    name,
    ...size,
    frames: path,
    plans: {
      full: writePlan(join(into, `${name}.full`), full),
      damage: writePlan(join(into, `${name}.damage`), damage),
    },
  };
}

function writePlan(file: string, updates: readonly Update[]): Plan {
  const lines = updates.map(({ frame, damage }) =>
    [frame, ...damage.flatMap((r) => [r.x, r.y, r.width, r.height])].join(' '),
  );
  writeFileSync(file, `${lines.join('\n')}\n`);
  const pixels = updates.reduce(
    (sum, update) => sum + update.damage.reduce((all, r) => all + area(r), 0),
    0,
  );
  return { file, updates, pixels };
}

const TILE = 64;

/**
 * Tiles that differ, as few rectangles: runs of a row, and equal runs of the rows below. At most 32, as many as our server
 * keeps: above its own limit libvncserver would send one box around all, and the two would send different pixels.
 */
export function changedTiles(
  before: Uint32Array,
  now: Uint32Array,
  width: number,
  height: number,
): Rectangle[] {
  const region = new Region();
  let open: Rectangle[] = [];
  for (let y = 0; y < height; y += TILE) {
    const rows = Math.min(TILE, height - y);
    const runs: Rectangle[] = [];
    for (let x = 0; x < width; x += TILE) {
      const columns = Math.min(TILE, width - x);
      if (!tileDiffers(before, now, width, { x, y, width: columns, height: rows })) continue;
      const last = runs.at(-1);
      if (last !== undefined && last.x + last.width === x)
        runs[runs.length - 1] = { ...last, width: last.width + columns };
      else runs.push({ x, y, width: columns, height: rows });
    }
    const grown = runs.map((run) => {
      const above = open.find((each) => each.x === run.x && each.width === run.width);
      return above === undefined ? run : { ...above, height: above.height + rows };
    });
    for (const each of open)
      if (!grown.some((run) => run.y === each.y && run.x === each.x)) region.add(each);
    open = grown;
  }
  for (const each of open) region.add(each);
  return [...region.rectangles];
}

function tileDiffers(before: Uint32Array, now: Uint32Array, stride: number, r: Rectangle): boolean {
  for (let y = r.y; y < r.y + r.height; y++) {
    const start = y * stride + r.x;
    for (let i = start; i < start + r.width; i++) if (before[i] !== now[i]) return true;
  }
  return false;
}

/** The plan that a file holds, for processes that are given its path. */
export function readPlan(file: string): Update[] {
  return readFileSync(file, 'utf8')
    .trim()
    .split('\n')
    .map((line) => {
      const [frame, ...numbers] = line.split(' ').map(Number);
      const damage: Rectangle[] = [];
      for (let i = 0; i < numbers.length; i += 4) {
        const [x, y, width, height] = numbers.slice(i, i + 4) as [number, number, number, number];
        damage.push({ x, y, width, height });
      }
      return { frame: frame!, damage };
    });
}

/** All frames of a file, as words 0xFFRRGGBB. */
export function readFrames(file: string, width: number, height: number): Uint32Array[] {
  const descriptor = openSync(file, 'r');
  const frames: Uint32Array[] = [];
  for (;;) {
    const pixels = new Uint32Array(width * height);
    if (readSync(descriptor, new Uint8Array(pixels.buffer)) < pixels.byteLength) break;
    frames.push(pixels);
  }
  closeSync(descriptor);
  return frames;
}
