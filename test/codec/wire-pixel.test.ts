import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { blockOf } from '../../src/codec/pixel-block.ts';
import {
  cpixel,
  fullPixel,
  hasTpixel,
  packBlock,
  perFormat,
  tpixel,
} from '../../src/codec/wire-pixel.ts';
import { kernelSet } from '../../src/pixels/kernels/kernels.ts';
import { createTranslator } from '../../src/pixels/translate.ts';
import { bgr233Format, nativeFormat } from '../../src/rfb/pixel-format.ts';
import { toHex } from '../../src/wire/hex.ts';
import { formats } from './codec-suite.ts';

const pixels = Uint32Array.of(0xff000000, 0xffffffff, 0xff12ab7e, 0xffff0001);

describe('wire pixels', () => {
  for (const [name, format] of Object.entries(formats)) {
    for (const make of [fullPixel, cpixel, tpixel]) {
      it(`read what they wrote, one or many or a block: ${make.name}, ${name}`, () => {
        const { toValue, toPixel } = createTranslator(format);
        const values = pixels.map(toValue);
        const expected = values.map(toPixel);
        const pixel = make(format);

        const many = new Uint8Array(2 + values.length * pixel.size + 2).fill(0xaa);
        pixel.write(values, many, 2);
        assert.equal(toHex(many.subarray(0, 2)), 'aaaa');
        assert.equal(toHex(many.subarray(-2)), 'aaaa');
        const one = many.slice().fill(0xaa);
        values.forEach((value, i) => pixel.writeOne(value, one, 2 + i * pixel.size));
        assert.deepEqual(one, many);

        const { memory } = kernelSet();
        const address = memory.allocate(many.length);
        const packed = packBlock(blockOf(2, 2, values), pixel, address);
        assert.equal(
          toHex(memory.bytes.slice(address, address + packed)),
          toHex(many.subarray(2, -2)),
        );
        memory.release(address);

        const out = new Uint32Array(values.length + 2);
        pixel.read(many.subarray(2), out, 1, values.length);
        assert.deepEqual(Array.from(out), [0, ...expected, 0]);
        const single = values.map((_, i) => pixel.readOne(many, 2 + i * pixel.size));
        assert.deepEqual(single, expected);
      });
    }
  }

  it('have the size that the specification gives them', () => {
    const deep = formats['30 bits']!;
    assert.deepEqual(
      [nativeFormat, formats.rgb565!, bgr233Format, deep].map((f) => [
        fullPixel(f).size,
        cpixel(f).size,
        tpixel(f).size,
      ]),
      [
        [4, 3, 3],
        [2, 2, 2],
        [1, 1, 1],
        [4, 4, 4],
      ],
    );
    // Of depth 32, or of channels of other sizes, a pixel is whole in Tight.
    assert.equal(tpixel({ ...nativeFormat, depth: 32 }).size, 4);
    assert.equal(cpixel({ ...nativeFormat, depth: 32 }).size, 4);
    const narrow = { ...nativeFormat, depth: 23, redMax: 127 };
    assert.equal(hasTpixel(narrow), false);
    assert.deepEqual([tpixel(narrow).size, cpixel(narrow).size], [4, 3]);
  });

  it('are made anew only when the format changes', () => {
    let made = 0;
    const pixelOf = perFormat((format) => {
      made++;
      return format.depth;
    });
    assert.deepEqual(
      [nativeFormat, nativeFormat, bgr233Format, nativeFormat].map(pixelOf),
      [24, 24, 8, 24],
    );
    assert.equal(made, 3);
  });
});
