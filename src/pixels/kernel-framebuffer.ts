/**
 * A picture in the memory of the kernels, so that decoders write into it without a copy. For programs that look at pixels
 * themselves: browsers and WebCrypto take no shared memory. Its owner gives it back; nothing else does.
 */
import { Framebuffer } from './framebuffer.ts';
import { kernelSet, type KernelSet } from './kernels/kernels.ts';

export interface OwnedFramebuffer {
  readonly framebuffer: Framebuffer;
  /** Gives the memory back. Nobody may use the framebuffer afterwards: others' pixels will stand there. */
  readonly release: () => void;
}

const addresses = new WeakMap<Framebuffer, { readonly set: KernelSet; readonly address: number }>();

/** An opaque black picture; in ordinary memory where that of the kernels is not shared, since growing would take it away. */
export function createKernelFramebuffer(width: number, height: number): OwnedFramebuffer {
  const set = kernelSet();
  const { memory } = set;
  if (memory.bytes.buffer instanceof ArrayBuffer)
    return { framebuffer: new Framebuffer(width, height), release: () => {} };
  const address = memory.allocate(4 * width * height);
  const start = address >>> 2;
  const pixels = memory.words.subarray(start, start + width * height);
  const framebuffer = new Framebuffer(width, height, pixels);
  framebuffer.fill(framebuffer.bounds, 0);
  addresses.set(framebuffer, { set, address });
  const release = (): void => {
    if (addresses.delete(framebuffer)) memory.release(address);
  };
  return { framebuffer, release };
}

/** Where a picture stands in the memory of this thread's kernels; undefined when it does not. */
export function kernelAddress(framebuffer: Framebuffer): number | undefined {
  const place = addresses.get(framebuffer);
  return place?.set === kernelSet() ? place.address : undefined;
}
