import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  addDifference,
  difference,
  noDifference,
  percentile,
  psnr,
} from '../../bench/support/statistics.ts';
import { median } from '../../bench/support/table.ts';

describe('figures from samples', () => {
  it('takes the middle one, or the mean of the two in the middle, in whatever order they came', () => {
    assert.equal(median([9, 1, 5]), 5);
    assert.equal(median([4, 1, 3, 2]), 2.5);
  });

  it('takes the sample that a share of all does not exceed', () => {
    const hundred = Array.from({ length: 100 }, (_, i) => 100 - i);
    assert.equal(percentile(hundred, 0.5), 50);
    assert.equal(percentile(hundred, 0.99), 99);
    assert.equal(percentile(hundred, 1), 100);
    assert.equal(percentile([7], 0.01), 7);
  });

  it('has no figure without samples', () => {
    assert.ok(Number.isNaN(percentile([], 0.5)));
    assert.ok(Number.isNaN(median([])));
  });
});

describe('how pictures differ', () => {
  it('sees nothing where only the unused byte differs', () => {
    const found = difference(Uint32Array.of(0xff102030, 0), Uint32Array.of(0x00102030, 0));
    assert.deepEqual(found, { differing: 0, compared: 2, squared: 0 });
    assert.equal(psnr(found), Number.POSITIVE_INFINITY);
  });

  it('counts pixels, and squares of the errors of each channel', () => {
    const found = difference(
      Uint32Array.of(0x102030, 0x000000),
      Uint32Array.of(0x112034, 0x000000),
    );
    assert.deepEqual(found, { differing: 1, compared: 2, squared: 1 + 16 });
  });

  it('has 0 dB between black and white, and 48.13 dB where every channel is off by one', () => {
    const black = new Uint32Array(10);
    assert.equal(
      psnr(
        difference(
          black,
          black.map(() => 0xffffff),
        ),
      ),
      0,
    );
    const off = psnr(
      difference(
        black,
        black.map(() => 0x010101),
      ),
    );
    assert.equal(off.toFixed(2), '48.13');
  });

  it('adds up over pictures', () => {
    const one = { differing: 1, compared: 4, squared: 9 };
    assert.deepEqual(addDifference(noDifference, one), one);
    assert.deepEqual(addDifference(one, one), { differing: 2, compared: 8, squared: 18 });
  });
});
