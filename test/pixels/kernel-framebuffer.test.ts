import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import {
  collectedFramebuffer,
  createKernelFramebuffer,
  kernelAddress,
} from '../../src/pixels/kernel-framebuffer.ts';
import { Framebuffer } from '../../src/pixels/framebuffer.ts';
import { createKernels, kernelSet, useKernels } from '../../src/pixels/kernels/kernels.ts';

setFlagsFromString('--expose-gc');
const gc = runInNewContext('gc') as () => void;

describe('createKernelFramebuffer', () => {
  it('makes a black picture that stands in the memory of the kernels', () => {
    const { framebuffer, release } = createKernelFramebuffer(30, 20);
    assert.ok(framebuffer.pixels.every((pixel) => pixel === 0xff000000));
    framebuffer.fill({ x: 3, y: 1, width: 1, height: 1 }, 0x123456);
    const address = kernelAddress(framebuffer)!;
    assert.equal(kernelSet().memory.words[address / 4 + 30 + 3], 0xff123456);
    release();
  });

  it('keeps its pixels when the memory grows', () => {
    const { framebuffer, release } = createKernelFramebuffer(8, 8);
    const { memory } = kernelSet();
    memory.release(memory.allocate(64 << 20));
    framebuffer.fill(framebuffer.bounds, 0xabcdef);
    assert.equal(memory.words[kernelAddress(framebuffer)! / 4], 0xffabcdef);
    release();
  });

  it('gives its memory back once, and has no address any more', () => {
    const before = kernelSet().memory.used;
    const { framebuffer, release } = createKernelFramebuffer(100, 100);
    assert.ok(kernelSet().memory.used > before);
    release();
    release();
    assert.equal(kernelSet().memory.used, before);
    assert.equal(kernelAddress(framebuffer), undefined);
  });

  it('has no address for other pictures, nor in another memory', () => {
    assert.equal(kernelAddress(new Framebuffer(2, 2)), undefined);
    const { framebuffer, release } = createKernelFramebuffer(2, 2);
    const before = useKernels(createKernels());
    assert.equal(kernelAddress(framebuffer), undefined);
    useKernels(before!);
    release();
  });
});

describe('collectedFramebuffer', () => {
  it('makes a black picture that stands in the memory of the kernels', () => {
    const framebuffer = collectedFramebuffer(30, 20);
    assert.ok(framebuffer.pixels.every((pixel) => pixel === 0xff000000));
    assert.ok(kernelAddress(framebuffer) !== undefined);
  });

  it('uses ordinary memory when that of pictures which were not collected yet is much', () => {
    const many = Array.from({ length: 17 }, () => collectedFramebuffer(2048, 2048));
    assert.ok(kernelAddress(many[0]!) !== undefined);
    assert.equal(kernelAddress(many[16]!), undefined);
    assert.ok(many[16]!.pixels.every((pixel) => pixel === 0xff000000));
  });

  it('gives the memory back when nobody has the picture any more', async () => {
    const { memory } = kernelSet();
    const bytes = 4 * 500 * 500;
    const used = (): number => {
      collectedFramebuffer(500, 500);
      return memory.used;
    };
    const before = used();
    for (let turn = 0; turn < 100 && memory.used > before - bytes; turn++) {
      gc();
      await new Promise((resolve) => setImmediate(resolve));
    }
    assert.ok(memory.used <= before - bytes);
  });
});
