/**
 * The palettes that planning and writing work with, in the kernels' memory: one that finds values by hash, and for each part
 * of a picture a list of its colours. Shared by all encoders, as encoding is synchronous.
 */
import { kernelSet, type KernelSet } from '../../pixels/kernels/kernels.ts';
import {
  PALETTE_BYTES,
  PALETTE_COLOURS,
  PALETTE_COUNT,
} from '../../pixels/kernels/palette-layout.ts';

import { MAX_AREA } from './control.ts';

/** A list of colours: the head of a palette, without its slots. */
const LIST_BYTES = PALETTE_COLOURS + 4 * 256;
/** Rows and columns of the squares that are looked at. */
export const TILE = 64;

/** RFB has no wider screens. */
const MAX_COLUMNS = 65536;

export interface Workspace extends KernelSet {
  /** A palette with slots. */
  readonly palette: number;
  /** An index for each pixel of a block, and for each of a palette's colours. */
  readonly indexes: number;
  readonly lookup: number;
  /** A byte for each column of squares. */
  readonly flags: number;
  /** A list for one colour that comes to a palette. */
  readonly single: number;
  /** Address of list number i, for i below what was last asked for. */
  readonly list: (i: number) => number;
}

let workspace: (Workspace & { lists: number; listCount: number }) | undefined;

/** With room for so many lists, whose content is stale. */
export function openWorkspace(lists: number): Workspace {
  const set = kernelSet();
  if (workspace?.memory !== set.memory) {
    const { memory } = set;
    const palette = memory.allocate(PALETTE_BYTES);
    memory.bytes.fill(0, palette, palette + PALETTE_BYTES);
    workspace = {
      ...set,
      palette,
      indexes: memory.allocate(MAX_AREA),
      lookup: memory.allocate(256),
      flags: memory.allocate(MAX_COLUMNS / TILE),
      single: memory.allocate(LIST_BYTES),
      list: (i) => (workspace?.lists ?? 0) + i * LIST_BYTES,
      lists: 0,
      listCount: 0,
    };
  }
  if (workspace.listCount < lists) {
    if (workspace.listCount > 0) set.memory.release(workspace.lists);
    workspace.lists = set.memory.allocate(lists * LIST_BYTES);
    workspace.listCount = lists;
  }
  return workspace;
}

const countOf = ({ memory }: KernelSet, list: number): number =>
  memory.words[(list + PALETTE_COUNT) >>> 2]!;

/** A list's colours, as a view. */
export function coloursOf(set: KernelSet, list: number): Uint32Array {
  const start = (list + PALETTE_COLOURS) >>> 2;
  return set.memory.words.subarray(start, start + countOf(set, list));
}

/** Whether a colour is on a list. */
export function hasColour(set: KernelSet, list: number, value: number): boolean {
  const { words } = set.memory;
  const start = (list + PALETTE_COLOURS) >>> 2;
  const end = start + countOf(set, list);
  for (let i = start; i < end; i++) if (words[i] === value) return true;
  return false;
}

/** Whether all of one list's colours are on another. */
export function hasColours(set: KernelSet, more: number, less: number): boolean {
  const { words } = set.memory;
  const start = (less + PALETTE_COLOURS) >>> 2;
  const end = start + countOf(set, less);
  for (let i = start; i < end; i++) if (!hasColour(set, more, words[i]!)) return false;
  return true;
}

/** Makes the workspace's palette that of a list. */
export function loadPalette({ kernels, palette, lookup }: Workspace, list: number): void {
  kernels.clearPalette(palette);
  kernels.addColours(palette, list, 256, lookup);
}

/** Adds one colour to the workspace's palette. Returns how many there are then, 0 when there is no room for it. */
export function addColour(
  { kernels, memory, palette, single, lookup }: Workspace,
  value: number,
): number {
  memory.words[(single + PALETTE_COUNT) >>> 2] = 1;
  memory.words[(single + PALETTE_COLOURS) >>> 2] = value;
  return kernels.addColours(palette, single, 256, lookup);
}
