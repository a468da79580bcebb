/** Deflates whole zlib streams (RFC 1950), each by itself with its checksum: for PNG. The work is the kernels'. */
import { assertInvariant } from '../core/errors.ts';
import { DEFLATE_END } from '../pixels/kernels/kernels.ts';
import { type DeflateState, deflateMemory, MAX_BUFFERED_BYTES } from './deflate-memory.ts';
import { type DataShape, DeflateEffort, outputBound, ZLIB_HEADER } from './zlib-stream.ts';

const CHECKSUM_BYTES = 4;

/** All such streams share one state: none refers to what was compressed before it. */
const owner = {};
let open:
  | { readonly state: DeflateState; readonly address: number; readonly size: number }
  | undefined;

/** Where a stream stands in the kernels' memory. */
export interface WholeStream {
  readonly address: number;
  readonly size: number;
}

/** Address of `size` bytes in the kernels' memory to write input at; valid until something else is deflated. */
export function beginWhole(size: number): number {
  const memory = deflateMemory();
  const state = memory.stateOf(owner);
  state.start = state.buffer;
  state.end = state.buffer;
  const address = size <= MAX_BUFFERED_BYTES ? state.buffer : memory.stage(state, size);
  open = { state, address, size };
  return address;
}

/** Compresses what was written there. Valid until something else is deflated. */
export function finishWhole(shape: DataShape & { readonly effort: DeflateEffort }): WholeStream {
  assertInvariant(open !== undefined, 'finishWhole follows beginWhole');
  const { state, address: input, size } = open;
  open = undefined;
  const memory = deflateMemory();
  assertInvariant(memory.has(state), 'nothing else was deflated meanwhile');
  const { bytesPerPixel, rowBytes, effort } = shape;
  if (effort > DeflateEffort.Huffman) memory.ensureTables(state, effort > DeflateEffort.Lazy);
  const address = memory.output(ZLIB_HEADER.length + outputBound(size) + CHECKSUM_BYTES);
  const { bytes } = memory.set.memory;
  const { kernels } = memory.set;
  bytes.set(ZLIB_HEADER, address);
  let end = address + ZLIB_HEADER.length;
  end += kernels.deflate(
    memory.work,
    state.tables,
    input,
    input,
    size,
    state.position,
    bytesPerPixel,
    rowBytes,
    effort + DEFLATE_END,
    end,
  );
  state.position = (state.position + size) >>> 0;
  const sum = kernels.adler32(1, input, size);
  for (let shift = 24; shift >= 0; shift -= 8) bytes[end++] = sum >>> shift;
  return { address, size: end - address };
}
