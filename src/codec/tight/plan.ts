/**
 * Tight: how a block becomes parts, each of which is one rectangle: solid, of few colours, or of many. Bands of 64 rows are
 * looked at in squares, whose neighbours join where one rectangle costs less than two; then bands join downwards.
 */
import { PALETTE_TRANSITIONS } from '../../pixels/kernels/palette-layout.ts';
import type { PixelBlock } from '../codec.ts';
import { solidIn, solidSquaresOf } from '../pixel-block.ts';
import {
  addColour,
  hasColour,
  hasColours,
  loadPalette,
  openWorkspace,
  TILE,
  type Workspace,
} from './colours.ts';
import { MAX_AREA, MAX_WIDTH } from './control.ts';

/** A rectangle of a block, in its pixels. Planning changes parts rather than making new ones: that was a third of its time. */
export interface Part {
  x: number;
  y: number;
  width: number;
  height: number;
  /** How many distinct values, 1..256; 0: more, or as good as more. */
  colours: number;
  /** The value of a solid part. */
  value: number;
  /** How often a pixel differs from the one before it. */
  transitions: number;
  /** Address of a list of the colours, when there are 2 or more. */
  list: number;
}

export interface PlanOptions {
  /** Bytes of a pixel on the wire. */
  readonly pixelSize: number;
  /** Squares full of detail count as having more colours than a palette, however few they have: JPEG suits them better. */
  readonly preferMany: boolean;
}

interface Planning extends PlanOptions {
  readonly workspace: Workspace;
  readonly newList: () => number;
}

/** Valid until the next plan. In no particular order, they cover the block. */
export function planParts(block: PixelBlock, options: PlanOptions): Part[] {
  const { width, height } = block;
  // Trimming may add a square to each stretch between solid ones.
  const perBand = 2 * Math.ceil(width / TILE) + 1;
  const bands = Math.ceil(height / TILE) * (1 + TILE / FINE_ROWS);
  const workspace = openWorkspace(perBand * bands);
  const { pixelSize, preferMany } = options;
  let lists = 0;
  const newList = (): number => workspace.list(lists++);
  const planning: Planning = { pixelSize, preferMany, workspace, newList };
  const planBand = (y: number, rows: number): Part[] => {
    const band = bandOf(block, y, Math.min(rows, height - y));
    return joinAcross(lookAtBand(band, planning), planning);
  };
  const planFinely = (y: number): Part[] => {
    const parts: Part[] = [];
    for (let row = y; row < Math.min(y + TILE, height); row += FINE_ROWS)
      joinDown(parts, planBand(row, FINE_ROWS), row, planning);
    return parts;
  };

  const parts: Part[] = [];
  for (let y = 0; y < height; y += TILE) {
    let band = planBand(y, TILE);
    if (band.some(hasFewColours)) {
      const fine = planFinely(y);
      if (totalCost(fine, options) < totalCost(band, options)) band = fine;
    }
    joinDown(parts, band, y, planning);
  }
  return parts;
}

/** Consoles and dialogs: lines of text, each of two colours. */
const FINE_ROWS = 16;
const hasFewColours = ({ colours }: Part): boolean => colours > 2 && colours <= 16;

interface Band extends PixelBlock {
  /** Of the band in its block. */
  readonly y: number;
}

const bandOf = (block: PixelBlock, y: number, height: number): Band => ({
  width: block.width,
  height,
  address: block.address + y * block.stride,
  stride: block.stride,
  ...solidIn(block, 0, y),
  y,
});

/** Cuts a band at the solid squares in it, which take from their neighbours what has their colour, and looks at the rest. */
function lookAtBand(band: Band, planning: Planning): Part[] {
  const { width, height, address, stride, y } = band;
  const { kernels, memory, flags } = planning.workspace;
  const parts: Part[] = [];
  /** Looks at what lies between two solid parts or edges, once it is known where it ends. */
  const lookAtStretch = (start: number, end: number): void => {
    for (let x = start; x < end; x += TILE)
      parts.push(lookAtSquare(band, x, Math.min(TILE, end - x), planning));
  };
  const anySolid = solidSquaresOf(band, flags) > 0;
  const isSolid = (x: number): boolean => anySolid && memory.bytes[flags + x / TILE] === 1;
  let solid: Part | undefined;
  /** Where what is not solid begins. */
  let start = 0;
  for (let x = 0; x < width; x += TILE) {
    const here = address + 4 * x;
    const square = Math.min(TILE, width - x);
    if (!isSolid(x)) {
      if (x !== start || solid === undefined) continue;
      // By eights, so that the same letters give the same bytes in bits.
      const taken = kernels.equalLeft(here, stride, square, height, solid.value) & ~7;
      solid.width += taken;
      start += taken;
      continue;
    }
    const value = memory.words[here >>> 2]!;
    if (x === start && solid?.value === value) {
      solid.width += square;
    } else {
      const reach = Math.min(TILE, x - start);
      const taken = kernels.equalRight(here - 4 * reach, stride, reach, height, value);
      lookAtStretch(start, x - taken);
      const width = taken + square;
      solid = { x: x - taken, y, width, height, colours: 1, value, transitions: 0, list: 0 };
      parts.push(solid);
    }
    start = x + square;
  }
  lookAtStretch(start, width);
  return parts;
}

function lookAtSquare(band: Band, x: number, width: number, planning: Planning): Part {
  const { address, stride, height, y } = band;
  const { workspace, preferMany } = planning;
  const { kernels, memory, palette } = workspace;
  const pixels = address + 4 * x;
  const part: Part = { x, y, width, height, colours: 0, value: 0, transitions: 0, list: 0 };
  const square = { width, height, address: pixels, stride };
  if (looksDense(square, preferMany ? denseForJpeg : denseForIndexes, workspace)) return part;
  const limit = mostColours(width * height, planning.pixelSize);
  const colours = kernels.scanPalette(pixels, stride, width, height, limit, palette, 0);
  if (colours === 0) return part;
  const { words } = memory;
  const transitions = words[(palette + PALETTE_TRANSITIONS) >>> 2]!;
  if (preferMany && colours > 24 && 3 * transitions > width * height) return part;
  part.colours = colours;
  if (colours === 1) {
    part.value = words[pixels >>> 2]!;
  } else {
    part.transitions = transitions;
    part.list = planning.newList();
    kernels.copyColours(palette, part.list);
  }
  return part;
}

/** A palette is sent uncompressed, whereas pixels shrink also without one: it may cost a quarter of what indexes save. */
export function mostColours(area: number, pixelSize: number): number {
  const worthwhile = Math.floor((area * (pixelSize - 1)) / (4 * pixelSize));
  return Math.max(2, Math.min(256, worthwhile));
}

const SAMPLED_ROWS = 4;
/** A square is dense when its sampled rows have more than so many colours, and one pixel in so many differs from the last. */
interface Density {
  readonly colours: number;
  readonly every: number;
}

/** Smooth text, too: JPEG takes as long as indexes of many colours. */
const denseForJpeg: Density = { colours: 32, every: 6 };
/** What then has more than 256 colours in all. */
const denseForIndexes: Density = { colours: 96, every: 3 };

function looksDense(
  { address, stride, width, height }: PixelBlock,
  { colours, every }: Density,
  { kernels, palette }: Workspace,
): boolean {
  if (height < 32 || width < 32) return false;
  const step = Math.floor(height / SAMPLED_ROWS);
  const rows = SAMPLED_ROWS * step;
  const transitions = kernels.countTransitions(address, stride, width, rows, step);
  if (every * transitions <= SAMPLED_ROWS * width) return false;
  const rowStep = step * stride;
  return kernels.scanPalette(address, rowStep, width, SAMPLED_ROWS, colours, palette, 0) === 0;
}

// Estimates of bytes, measured on screens of text, of windows and of photos.

/** A rectangle's header, its palette, and what a deflate block needs before its first symbol. */
const headCost = (colours: number, pixelSize: number): number =>
  colours <= 1 ? 16 : colours === 2 ? 50 : 80 + colours * pixelSize;

/** What is left of bits or indexes. */
const dataCost = (colours: number, transitions: number): number => {
  if (colours <= 1) return 0;
  if (colours === 2) return transitions / 4;
  return colours <= 16 ? transitions / 2 : (3 * transitions) / 4;
};

/** Bytes of bits and indexes that weigh as much as one on the wire. */
const RAW_BYTES = 64;
/** However much alike, bits and indexes take time, and room in the window in which repetitions are found. */
const rawCost = (colours: number, area: number): number => {
  if (colours <= 1) return 0;
  return (colours === 2 ? area / 8 : area) / RAW_BYTES;
};

const cost = (colours: number, transitions: number, area: number, pixelSize: number): number =>
  headCost(colours, pixelSize) + dataCost(colours, transitions) + rawCost(colours, area);

const costOf = ({ colours, transitions, width, height }: Part, pixelSize: number): number =>
  cost(colours, transitions, width * height, pixelSize);

const totalCost = (parts: readonly Part[], { pixelSize }: PlanOptions): number =>
  parts.reduce((sum, part) => sum + costOf(part, pixelSize), 0);

/** Joins neighbours of a band from left to right. */
function joinAcross(squares: readonly Part[], planning: Planning): Part[] {
  const parts: Part[] = [];
  let last: Part | undefined;
  for (const square of squares) {
    if (last !== undefined && join(last, square, 'across', planning)) continue;
    parts.push(square);
    last = square;
  }
  return parts;
}

/** Adds a band's parts, which begin at `y`, to those above it: joined with those of the same columns that end there. */
function joinDown(parts: Part[], band: readonly Part[], y: number, planning: Planning): void {
  const touching = new Map<number, Part>();
  for (const part of parts) if (part.y + part.height === y) touching.set(part.x, part);
  for (const part of band) {
    const over = part.y === y ? touching.get(part.x) : undefined;
    if (over?.width === part.width && join(over, part, 'down', planning)) continue;
    parts.push(part);
  }
}

/** Makes `first` both of two neighbours, if that is possible and costs no more bytes. */
function join(
  first: Part,
  second: Part,
  direction: 'across' | 'down',
  planning: Planning,
): boolean {
  const width = direction === 'across' ? first.width + second.width : first.width;
  const height = direction === 'down' ? first.height + second.height : first.height;
  const solid = first.colours === 1 && second.colours === 1;
  if (solid) {
    if (first.value !== second.value) return false;
  } else if (width > MAX_WIDTH || width * height > MAX_AREA) {
    return false;
  } else if (first.colours === 0 || second.colours === 0) {
    if (first.colours !== second.colours) return false;
  } else if (!joinColours(first, second, height, planning)) {
    return false;
  }
  first.width = width;
  first.height = height;
  return true;
}

function joinColours(
  first: Part,
  second: Part,
  height: number,
  { pixelSize, workspace }: Planning,
): boolean {
  const [more, less] = first.colours > 1 ? [first, second] : [second, first];
  const known = hasColoursOf(more, less, workspace);
  const colours = known ? more.colours : loadUnion(more, less, workspace);
  if (colours === 0) return false;
  // Where the two touch, some rows change once more.
  const transitions = first.transitions + second.transitions + height / 4;
  const area = first.width * first.height + second.width * second.height;
  const apart = costOf(first, pixelSize) + costOf(second, pixelSize);
  if (cost(colours, transitions, area, pixelSize) > apart) return false;
  first.list = more.list;
  if (!known) workspace.kernels.copyColours(workspace.palette, first.list);
  first.colours = colours;
  first.transitions = transitions;
  return true;
}

const FEW_TO_COMPARE = 16;

/** Whether all colours of one part are among another's, which has two or more: only found out where they are few. */
function hasColoursOf(more: Part, less: Part, workspace: Workspace): boolean {
  if (less.colours > more.colours || more.colours > FEW_TO_COMPARE) return false;
  if (less.colours === 1) return hasColour(workspace, more.list, less.value);
  return hasColours(workspace, more.list, less.list);
}

/** Makes the workspace's palette that of both parts, and returns how many colours those are; 0 when they are too many. */
function loadUnion(more: Part, less: Part, workspace: Workspace): number {
  const { kernels, palette, lookup } = workspace;
  loadPalette(workspace, more.list);
  if (less.colours > 1) return kernels.addColours(palette, less.list, 256, lookup);
  return addColour(workspace, less.value);
}
