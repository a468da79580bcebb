/** What tests of both zlib streams ask of an inflater. */
import type { Inflater } from '../../src/codec/inflate-stream.ts';

/** All of a block that yields `count` bytes, taken `step` at a time. */
export function inflateAll(
  inflater: Inflater,
  input: Uint8Array,
  count: number,
  step = count,
): Uint8Array {
  const out = new Uint8Array(count);
  inflater.open(input);
  for (let at = 0; at < count; at += step) {
    const size = Math.min(step, count - at);
    out.set(inflater.read(size), at);
  }
  inflater.close();
  return out;
}
