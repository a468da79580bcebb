import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { resample, scalePicture } from '../../../src/client/automation/scale.ts';

const picture = (width: number, ...colours: number[]) => ({
  width,
  height: colours.length / width,
  pixels: Uint32Array.from(colours, (colour) => (0xff000000 | colour) >>> 0),
});

describe('scalePicture', () => {
  it('leaves a picture at scale 1 alone', () => {
    const whole = picture(2, 1, 2, 3, 4);
    assert.equal(scalePicture(whole, 1), whole);
  });
  it('makes each new pixel the mean of those that it covers', () => {
    const four = picture(2, 0x000000, 0x040010, 0xff0030, 0xff0040);
    assert.deepEqual(scalePicture(four, 0.5), picture(1, 0x810020));
  });
  it('weighs pixels that are covered in part by that part', () => {
    // Three pixels as two: each new one is a whole old one and half of the middle.
    const three = picture(3, 0x000000, 0x000060, 0x000090);
    assert.deepEqual(resample(three, 2, 1), picture(2, 0x000020, 0x000080));
  });
  it('keeps one colour that colour, at any size', () => {
    const plain = picture(7, ...Array.from({ length: 35 }, () => 0x123456));
    for (const scale of [0.1, 0.3, 0.77, 0.99])
      for (const pixel of scalePicture(plain, scale).pixels) assert.equal(pixel, 0xff123456);
  });
  it('rounds sides, down to one pixel', () => {
    const { width, height } = scalePicture(picture(10, ...Array(20).fill(0)), 0.04);
    assert.deepEqual([width, height], [1, 1]);
  });
  it('refuses to enlarge, and what is no scale', () => {
    for (const scale of [0, -1, 1.01, Number.NaN])
      assert.throws(() => scalePicture(picture(1, 0), scale), RangeError);
  });
});
