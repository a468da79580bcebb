import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createKernels } from '../../../src/pixels/kernels/kernels.ts';
import { createMemory, KernelMemory } from '../../../src/pixels/kernels/memory.ts';
import { Random } from './twins.ts';

describe('KernelMemory', () => {
  const create = (): KernelMemory => new KernelMemory(createMemory(), 100);

  it('hands out blocks at multiples of 64 that never overlap, grows, and takes them back', () => {
    const memory = create();
    const random = new Random(7);
    const blocks = new Map<number, number>();
    for (let i = 0; i < 2000; i++) {
      if (blocks.size > 0 && random.chance(45)) {
        const [address] = Array.from(blocks.keys()).slice(random.next() % blocks.size);
        memory.release(address!);
        blocks.delete(address!);
      } else {
        const size = random.between(1, 100_000);
        const address = memory.allocate(size);
        assert.equal(address % 64, 0);
        assert.ok(address >= 100 && address + size <= memory.bytes.length);
        for (const [other, length] of blocks)
          assert.ok(address >= other + length || other >= address + size);
        blocks.set(address, size);
      }
    }
  });

  it('uses what was released again, joined with what is free beside it', () => {
    const memory = create();
    const blocks = Array.from({ length: 10 }, () => memory.allocate(1 << 20));
    const top = memory.bytes.length;
    for (const block of blocks) memory.release(block);
    assert.equal(memory.used, 0);
    memory.release(memory.allocate(10 << 20));
    assert.equal(memory.bytes.length, top);
  });

  it('keeps what is written when it grows', () => {
    const memory = create();
    const address = memory.allocate(64);
    memory.words[address / 4] = 0xdeadbeef;
    memory.allocate(64 << 20);
    assert.equal(memory.words[address / 4], 0xdeadbeef);
  });

  it('does without WebAssembly', () => {
    const global = globalThis as unknown as { WebAssembly: unknown };
    const { WebAssembly } = global;
    global.WebAssembly = undefined;
    try {
      const { kind, memory, kernels } = createKernels();
      assert.equal(kind, 'plain');
      const first = memory.allocate(16);
      memory.words[first / 4] = 7;
      const far = memory.allocate(32 << 20);
      assert.equal(memory.words[first / 4], 7);
      assert.equal(kernels.differ(first, 4, far, 4, 1, 1), 1);
    } finally {
      global.WebAssembly = WebAssembly;
    }
  });

  it('refuses to release what was not allocated, or twice', () => {
    const memory = create();
    const address = memory.allocate(64);
    memory.release(address);
    assert.throws(() => memory.release(address), /released/);
    assert.throws(() => memory.release(12345), /released/);
  });
});
