/** Deflate that knows pixels; the twin of ../assembly/deflate.ts and what it uses. */
import { SYMBOL_COUNTS } from '../assembly/deflate-layout.ts';
import type { Kernels } from '../kernel-interface.ts';
import type { KernelMemory } from '../memory.ts';
import { BitWriter } from './bit-writer.ts';
import { prepare, writeBlock, writeEnd, writeStored } from './deflate-block.ts';
import { chainTokens, undo } from './deflate-chains.ts';
import { fastTokens } from './deflate-fast.ts';
import { Tokens } from './deflate-tokens.ts';
import { increment, type Views, viewsOf } from './views.ts';

/** As src/codec/zlib-stream.ts counts them. */
const STORED = 0;
const HUFFMAN = 1;
const LAZY = 3;
/** Added to an effort: DEFLATE_END of ../kernels.ts. */
const END = 8;
/** How many places the efforts above look at. */
const DEPTHS: Readonly<Record<number, number>> = { 4: 8, 5: 32, 6: 256 };
const LITERAL_BLOCK = 65536;

export function deflateKernels(
  memory: KernelMemory,
): Pick<Kernels, 'deflate' | 'deflatePrepare' | 'deflateUndo'> {
  const deflate: Kernels['deflate'] = (
    work,
    tables,
    history,
    input,
    size,
    position,
    bytesPerPixel,
    rowBytes,
    effortAndEnd,
    output,
  ) => {
    const effort = effortAndEnd & ~END;
    const m = viewsOf(memory);
    const writer = new BitWriter(m.bytes, output);
    if (size === 0) {
      // Nothing but the flush.
    } else if (effort === STORED) {
      writeStored(m, writer, input, size);
    } else if (effort === HUFFMAN) {
      writeHuffman(m, writer, work, input, size);
    } else {
      const tokens = new Tokens(m, writer, work, input);
      const search = { tables, history, input, size, position, bytesPerPixel, rowBytes };
      if (effort <= LAZY) fastTokens(m, tokens, search, effort === LAZY);
      else chainTokens(m, tokens, search, DEPTHS[effort]!);
    }
    if ((effortAndEnd & END) !== 0) writeEnd(writer);
    else writeStored(m, writer, input, 0);
    return writer.address - output;
  };
  return {
    deflate,
    deflatePrepare: (work) => prepare(viewsOf(memory), work),
    deflateUndo: (tables, history, input, size, position) =>
      undo(viewsOf(memory), { tables, history, input, size, position }),
  };
}

function writeHuffman(
  m: Views,
  writer: BitWriter,
  work: number,
  input: number,
  size: number,
): void {
  for (let at = 0; at < size; at += LITERAL_BLOCK) {
    const part = Math.min(size - at, LITERAL_BLOCK);
    for (let i = 0; i < part; i++) increment(m, work + SYMBOL_COUNTS, m.bytes[input + at + i]!);
    writeBlock(m, writer, work, 0, input + at, part);
  }
}
