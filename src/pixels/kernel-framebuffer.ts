/**
 * A picture in the memory of the kernels, so that decoders write into it without a copy. For programs that look at pixels
 * themselves: browsers and WebCrypto take no shared memory. Its owner gives it back, or the collector does.
 */
import { Framebuffer } from './framebuffer.ts';
import { kernelSet, type KernelSet } from './kernels/kernels.ts';

export interface OwnedFramebuffer {
  readonly framebuffer: Framebuffer;
  /** Gives the memory back. Nobody may use the framebuffer afterwards: others' pixels will stand there. */
  readonly release: () => void;
}

interface Place {
  readonly set: KernelSet;
  readonly address: number;
}

const addresses = new WeakMap<Framebuffer, Place>();

/** An opaque black picture; in ordinary memory where that of the kernels is not shared, since growing would take it away. */
export function createKernelFramebuffer(width: number, height: number): OwnedFramebuffer {
  const framebuffer = placed(width, height);
  const place = addresses.get(framebuffer);
  const release = (): void => {
    if (addresses.delete(framebuffer)) place?.set.memory.release(place.address);
  };
  return { framebuffer, release };
}

function placed(width: number, height: number): Framebuffer {
  const set = kernelSet();
  const { memory } = set;
  if (memory.bytes.buffer instanceof ArrayBuffer) return new Framebuffer(width, height);
  const address = memory.allocate(4 * width * height);
  const start = address >>> 2;
  const pixels = memory.words.subarray(start, start + width * height);
  const framebuffer = new Framebuffer(width, height, pixels);
  framebuffer.fill(framebuffer.bounds, 0);
  addresses.set(framebuffer, { set, address });
  return framebuffer;
}

/** Of the pictures that nobody need give back, together. More are in ordinary memory: the collector is in no hurry. */
const MAX_COLLECTED_BYTES = 256 << 20;
let collectedBytes = 0;
const collected = new FinalizationRegistry<Place & { readonly bytes: number }>(
  ({ set, address, bytes }) => {
    collectedBytes -= bytes;
    set.memory.release(address);
  },
);

/**
 * The same, whose memory is given back some time after the last one let go of its `pixels`. Of parts of them nobody
 * knows: whoever keeps one keeps `pixels` too.
 */
export function collectedFramebuffer(width: number, height: number): Framebuffer {
  const bytes = 4 * width * height;
  if (collectedBytes + bytes > MAX_COLLECTED_BYTES) return new Framebuffer(width, height);
  const framebuffer = placed(width, height);
  const place = addresses.get(framebuffer);
  if (place !== undefined) {
    collectedBytes += bytes;
    collected.register(framebuffer.pixels, { ...place, bytes });
  }
  return framebuffer;
}

/** Where a picture stands in the memory of this thread's kernels; undefined when it does not. */
export function kernelAddress(framebuffer: Framebuffer): number | undefined {
  const place = addresses.get(framebuffer);
  return place?.set === kernelSet() ? place.address : undefined;
}
