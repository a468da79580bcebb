import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { PNG } from 'pngjs';
import { encodePng } from '../../src/client/automation/picture-file.ts';
import { decodePng } from '../../src/node/png.ts';

const picture = {
  width: 3,
  height: 2,
  pixels: Uint32Array.of(0xff010203, 0xffff0000, 0xff00ff00, 0xff0000ff, 0xffffffff, 0xff000000),
};

describe('PNG', () => {
  it('comes back as it was', async () => {
    assert.deepEqual(await decodePng(encodePng(picture)), picture);
  });
  it('is filtered where it is a photo, in which no pixel is as its neighbour', async () => {
    const [width, height] = [200, 90];
    const level = (x: number, y: number): number => (x + y + ((x * 7 + y * 13) % 5)) & 0xff;
    const pixels = Uint32Array.from(
      { length: width * height },
      (_, i) => (0xff000000 | (level(i % width, Math.floor(i / width)) * 0x010101)) >>> 0,
    );
    const file = encodePng({ width, height, pixels });
    assert.deepEqual((await decodePng(file)).pixels, pixels);
    assert.ok(file.length < (3 * width * height) / 2, `${file.length} bytes`);
  });
  it('is of the moment of the call, and without transparency', async () => {
    const pixels = Uint32Array.of(0x00123456);
    const encoded = encodePng({ width: 1, height: 1, pixels });
    pixels[0] = 0;
    assert.deepEqual((await decodePng(encoded)).pixels, Uint32Array.of(0xff123456));
  });
  it('is read with its transparency', async () => {
    const png = new PNG({ width: 1, height: 1 });
    png.data = Buffer.from([1, 2, 3, 4]);
    const { pixels } = await decodePng(PNG.sync.write(png));
    assert.deepEqual(pixels, Uint32Array.of(0x04010203));
  });
  it('is refused when it is cut, broken, or something else', async () => {
    const whole = encodePng(picture);
    for (let length = 0; length < whole.length - 12; length++)
      await assert.rejects(decodePng(whole.subarray(0, length)), TypeError, `${length} bytes`);
    const broken = Buffer.from(whole);
    broken[45]! ^= 0xff;
    await assert.rejects(decodePng(broken), /not a PNG/);
    await assert.rejects(decodePng(Buffer.from('JFIF'.repeat(20))), /does not begin like one/);
  });
  it('is refused before it is unpacked when it is larger than any screen', async () => {
    const huge = Buffer.from(encodePng(picture));
    huge.writeUInt32BE(0x7fffffff, 16);
    await assert.rejects(decodePng(huge), /larger than any screen/);
  });
});
