// Deflate (RFC 1951) that knows pixels: looks a pixel and a row back before it looks anything up. One call is one piece of an
// endless stream, which a receiver can inflate at once. The readable twin is ../plain/deflate.ts.
import { alignBits, output, putBits, startBits } from './deflate-bits';
import { writeBlock, writeEnd, writeStored } from './deflate-block';
import { chainTokens } from './deflate-chains';
import { fastTokens } from './deflate-fast';
import { SCRATCH, SYMBOL_COUNTS } from './deflate-layout';
import { increment } from './words';

/** As src/codec/zlib-stream.ts counts them. */
const STORED: u32 = 0;
const HUFFMAN: u32 = 1;
const GREEDY: u32 = 2;
const LAZY: u32 = 3;
const CHAINS: u32 = 4;
const DEEP: u32 = 5;
/** Added to an effort: DEFLATE_END of ../kernels.ts. */
const END: u32 = 8;

/** How many places are looked at. */
const CHAINS_DEPTH: u32 = 8;
const DEEP_DEPTH: u32 = 32;
const BEST_DEPTH: u32 = 256;

/** Bytes of one block of literals. */
const LITERAL_BLOCK: u32 = 65536;

/** Returns how many bytes it wrote. */
export function deflate(
  work: usize,
  tables: usize,
  history: usize,
  input: usize,
  size: u32,
  position: u32,
  bytesPerPixel: u32,
  rowBytes: u32,
  effortAndEnd: u32,
  to: usize,
): u32 {
  const effort = effortAndEnd & ~END;
  startBits(to);
  if (size == 0) {
    // Nothing but the flush.
  } else if (effort == STORED) {
    writeStored(input, size);
  } else if (effort == HUFFMAN) {
    writeHuffman(work, input, size);
  } else {
    if (effort <= LAZY) {
      fastTokens(
        work,
        tables,
        history,
        input,
        size,
        position,
        bytesPerPixel,
        rowBytes,
        effort == LAZY,
      );
    } else {
      const depth = effort == CHAINS ? CHAINS_DEPTH : effort == DEEP ? DEEP_DEPTH : BEST_DEPTH;
      chainTokens(work, tables, history, input, size, position, bytesPerPixel, rowBytes, depth);
    }
  }
  // An empty stored block ends on a whole byte: a sync flush.
  if ((effortAndEnd & END) != 0) writeEnd();
  else writeStored(input, 0);
  return <u32>(output - to);
}

function writeHuffman(work: usize, input: usize, size: u32): void {
  for (let at: u32 = 0; at < size; at += LITERAL_BLOCK) {
    const part = min(size - at, LITERAL_BLOCK);
    countBytes(work, input + at, part);
    writeBlock(work, 0, input + at, part);
  }
}

/** In four tables, so that equal neighbours need not wait for each other. */
function countBytes(work: usize, from: usize, size: u32): void {
  const parts = work + SCRATCH;
  memory.fill(parts, 0, 4096);
  const end = from + size;
  let at = from;
  for (const stop = from + (size & ~3); at < stop; at += 4) {
    const four = load<u32>(at);
    increment(parts, four & 255);
    increment(parts + 1024, (four >>> 8) & 255);
    increment(parts + 2048, (four >>> 16) & 255);
    increment(parts + 3072, four >>> 24);
  }
  for (; at < end; at++) increment(parts, load<u8>(at));
  const counts = work + SYMBOL_COUNTS;
  for (let i: usize = 0; i < 1024; i += 16) {
    const sum = i32x4.add(
      i32x4.add(v128.load(parts + i), v128.load(parts + i, 1024)),
      i32x4.add(v128.load(parts + i, 2048), v128.load(parts + i, 3072)),
    );
    v128.store(counts + i, sum);
  }
}
