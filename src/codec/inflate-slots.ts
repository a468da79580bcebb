/**
 * Places to inflate in, lent to the streams that are at work (inflate-stream.ts): a stream has history of its own for as long
 * as its connection lasts, but few are fed at the same time. Whoever has waited longest gives way, and takes its history along.
 */
import { STATE_BYTES } from '../pixels/kernels/inflate-state.ts';
import { kernelSet, type KernelSet } from '../pixels/kernels/kernels.ts';

/** How far back a stream may refer. */
export const HISTORY_BYTES: number = 32 * 1024;
/** History, and room for what is inflated and not yet read. */
const BUFFER_BYTES = 128 * 1024;
/** More streams than five connections use; 2.2 MB when all are lent. */
const MAX_SLOTS = 16;

export interface Slot {
  readonly set: KernelSet;
  /** Address of the stream's state. */
  readonly state: number;
  /** History and then room; a stream that wants more room puts a larger one in its place. */
  buffer: number;
  bufferEnd: number;
}

/** Who has a slot, and saves what it has there when it must go. */
export interface Lodger {
  readonly leave: () => void;
}

/** Who has which, the one that waited longest first. */
const lent = new Map<Lodger, Slot>();
/** The last in `lent`, which needs not be moved there. */
let latest: Lodger | undefined;

/** The lodger's slot, in the kernels' present memory: the same as before, or one with nothing in it. */
export function borrowSlot(lodger: Lodger): { readonly slot: Slot; readonly isNew: boolean } {
  const set = kernelSet();
  const present = lent.get(lodger);
  if (present !== undefined && present.set === set) {
    if (latest !== lodger) {
      lent.delete(lodger);
      lent.set(lodger, present);
      latest = lodger;
    }
    return { slot: present, isNew: false };
  }
  if (present !== undefined) evict(lodger, present);
  const slot = freeSlot(set);
  lent.set(lodger, slot);
  latest = lodger;
  return { slot, isNew: true };
}

function freeSlot(set: KernelSet): Slot {
  const [oldest] = lent.size < MAX_SLOTS ? [] : lent;
  if (oldest !== undefined) {
    const slot = evict(...oldest);
    if (slot.set === set && slot.bufferEnd - slot.buffer === BUFFER_BYTES) return slot;
    slot.set.memory.release(slot.state);
    slot.set.memory.release(slot.buffer);
  }
  const state = set.memory.allocate(STATE_BYTES);
  const buffer = set.memory.allocate(BUFFER_BYTES);
  return { set, state, buffer, bufferEnd: buffer + BUFFER_BYTES };
}

function evict(lodger: Lodger, slot: Slot): Slot {
  lodger.leave();
  lent.delete(lodger);
  return slot;
}

/** Gives a slot a buffer of `size` bytes, with what stood at the start of the old one. */
export function enlargeSlot(slot: Slot, size: number): void {
  const { memory } = slot.set;
  const buffer = memory.allocate(size);
  memory.bytes.copyWithin(buffer, slot.buffer, slot.bufferEnd);
  memory.release(slot.buffer);
  slot.buffer = buffer;
  slot.bufferEnd = buffer + size;
}

/** Where compressed bytes are put for the kernel: one place, since one stream at a time is fed. */
export const INPUT_BYTES: number = 64 * 1024;
let input: { readonly set: KernelSet; readonly address: number } | undefined;

export function inputPlace(set: KernelSet): number {
  if (input?.set !== set) input = { set, address: set.memory.allocate(INPUT_BYTES + 8) };
  return input.address;
}
