import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { blockOf, blockValues } from '../../src/codec/pixel-block.ts';
import { createKernels, kernelSet, useKernels } from '../../src/pixels/kernels/kernels.ts';

describe('blockOf', () => {
  it('holds the values, and takes as many as the block has pixels', () => {
    assert.deepEqual(Array.from(blockValues(blockOf(2, 1, Uint32Array.of(5, 6)))), [5, 6]);
    assert.throws(() => blockOf(2, 2, Uint32Array.of(5, 6)), RangeError);
  });

  it('takes memory of its own in each set of kernels', () => {
    blockOf(100, 1, new Uint32Array(100));
    const before = useKernels(createKernels('plain'));
    const { memory } = kernelSet();
    const others = memory.allocate(4000);
    memory.words.fill(7, others >>> 2, (others >>> 2) + 1000);
    const block = blockOf(100, 1, new Uint32Array(100));
    assert.ok(block.address >= others + 4000 || block.address + 400 <= others);
    assert.equal(memory.words[others >>> 2], 7);
    if (before !== undefined) useKernels(before);
  });
});
