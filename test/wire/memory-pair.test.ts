import { describe, it } from 'node:test';
import { memoryPair } from '../../src/wire/memory-pair.ts';
import { describeByteStream } from '../conformance/byte-stream.ts';

describeByteStream('memoryPair', async () => memoryPair());
// Byte by byte a flood would only be slow.
describeByteStream('memoryPair, one byte at a time', async () => memoryPair({ chunkBytes: 1 }), {
  floodBytes: 128 * 1024,
});

describe('memoryPair', () => {
  it('both ends are closed once both have ended, though neither reads', async () => {
    const [a, b] = memoryPair();
    a.end();
    b.end();
    await Promise.all([a.closed, b.closed]);
  });
});
