import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createAviReader } from '../../src/node/avi-chunks.ts';
import { fromHex, toHex } from '../../src/wire/hex.ts';

const FILE = Buffer.from(
  fromHex(`
    52494646 ffffffff 41564920            # RIFF, length unknown, AVI
    4c495354 06000000 6864726c 0102       # LIST of 6 bytes: hdrl
    4a554e4b 03000000 000000 00           # JUNK of 3 bytes, padded
    4c495354 ffffffff 6d6f7669            # LIST, length unknown: movi
    30306463 03000000 0a0b0c 00           # 00dc of 3 bytes, padded
    30306463 00000000                     # 00dc, empty
    30306463 04000000 01020304            # 00dc of 4 bytes
  `),
);

function read(pieces: readonly Buffer[]): string[] {
  const pictures: string[] = [];
  const reader = createAviReader((data) => pictures.push(toHex(data)));
  for (const piece of pieces) reader(piece);
  return pictures;
}

describe('the pictures in a growing AVI file', () => {
  it('come one by one, without padding; empty ones do not', () => {
    assert.deepEqual(read([FILE]), [toHex(fromHex('0a0b0c')), toHex(fromHex('01020304'))]);
  });

  it('are the same however the file is cut', () => {
    const whole = read([FILE]);
    assert.deepEqual(read(Array.from(FILE, (byte) => Buffer.from([byte]))), whole);
    for (let at = 1; at < FILE.length; at++)
      assert.deepEqual(read([FILE.subarray(0, at), FILE.subarray(at)]), whole);
  });

  it('are there with their last byte', () => {
    const pictures: number[] = [];
    const reader = createAviReader((data) => pictures.push(data.length));
    reader(FILE.subarray(0, FILE.length - 1));
    assert.deepEqual(pictures, [3]);
    reader(FILE.subarray(FILE.length - 1));
    assert.deepEqual(pictures, [3, 4]);
  });

  it('are not looked for in what is no AVI', () => {
    assert.throws(() => read([Buffer.from('not found: ffmpeg')]), /no AVI/);
    const huge = Buffer.concat([FILE, Buffer.from(fromHex('30306463 ffffffff'))]);
    assert.throws(() => read([huge]), /no picture/);
  });
});
