/** Huffman codes from counts, for deflate; the twin of ../assembly/huffman.ts, where each function is explained. */
import type { Views } from './views.ts';

const MAX_CODE_BITS = 15;

export function codeLengths(
  { bytes, words }: Views,
  counts: number,
  symbols: number,
  limit: number,
  bits: number,
): void {
  bytes.fill(0, bits, bits + symbols);
  const at = counts >>> 2;
  const sorted: number[] = [];
  for (let symbol = 0; symbol < symbols; symbol++) {
    const count = words[at + symbol]!;
    if (count > 0) sorted.push(count * 512 + symbol);
  }
  if (sorted.length === 0) return;
  if (sorted.length === 1) {
    bytes[bits + (sorted[0]! & 511)] = 1;
    return;
  }
  sorted.sort((a, b) => a - b);
  const perLength = countLengths(depthsOfLeaves(sorted.map((key) => key >>> 9)), limit);
  let next = 0;
  for (let length = limit; length > 0; length--) {
    for (let left = perLength[length]!; left > 0; left--)
      bytes[bits + (sorted[next++]! & 511)] = length;
  }
}

export function canonicalCodes(
  { bytes, words }: Views,
  bits: number,
  symbols: number,
  codes: number,
): void {
  const perLength = Array.from({ length: MAX_CODE_BITS + 1 }, () => 0);
  for (let i = 0; i < symbols; i++) perLength[bytes[bits + i]!]!++;
  perLength[0] = 0;
  const nextCode = [0];
  let code = 0;
  for (let length = 1; length <= MAX_CODE_BITS; length++) {
    code = (code + perLength[length - 1]!) << 1;
    nextCode[length] = code;
  }
  for (let i = 0; i < symbols; i++) {
    const length = bytes[bits + i]!;
    words[(codes >>> 2) + i] =
      length === 0 ? 0 : reversed(nextCode[length]!++, length) | (length << 24);
  }
}

function depthsOfLeaves(tree: number[]): number[] {
  const leaves = tree.length;
  pairUp(tree);
  tree[leaves - 2] = 0;
  for (let node = leaves - 3; node >= 0; node--) tree[node] = tree[tree[node]!]! + 1;
  let available = 1;
  let depth = 0;
  let inner = leaves - 2;
  let leaf = leaves - 1;
  while (available > 0) {
    let used = 0;
    while (inner >= 0 && tree[inner] === depth) {
      used++;
      inner--;
    }
    for (; available > used; available--) tree[leaf--] = depth;
    available = 2 * used;
    depth++;
  }
  return tree;
}

function pairUp(tree: number[]): void {
  const leaves = tree.length;
  let leaf = 0;
  let root = 0;
  for (let node = 0; node < leaves - 1; node++) {
    let sum = 0;
    for (let child = 0; child < 2; child++) {
      if (leaf >= leaves || (root < node && tree[root]! < tree[leaf]!)) {
        sum += tree[root]!;
        tree[root++] = node;
      } else {
        sum += tree[leaf++]!;
      }
    }
    tree[node] = sum;
  }
}

function countLengths(depths: readonly number[], limit: number): number[] {
  const perLength = Array.from({ length: MAX_CODE_BITS + 1 }, () => 0);
  let taken = 0;
  for (const depth of depths) {
    const length = Math.min(depth, limit);
    perLength[length]!++;
    taken += 1 << (limit - length);
  }
  for (let over = taken - (1 << limit); over > 0; over--) {
    let length = limit - 1;
    while (perLength[length] === 0) length--;
    perLength[length]!--;
    perLength[length + 1]! += 2;
    perLength[limit]!--;
  }
  return perLength;
}

function reversed(code: number, bits: number): number {
  let result = 0;
  for (let i = 0; i < bits; i++) result = (result << 1) | ((code >>> i) & 1);
  return result;
}
