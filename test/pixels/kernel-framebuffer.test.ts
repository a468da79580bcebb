import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createKernelFramebuffer, kernelAddress } from '../../src/pixels/kernel-framebuffer.ts';
import { Framebuffer } from '../../src/pixels/framebuffer.ts';
import { createKernels, kernelSet, useKernels } from '../../src/pixels/kernels/kernels.ts';

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
