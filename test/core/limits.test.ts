import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { LimitError } from '../../src/core/errors.ts';
import { checkLimit, defaultLimits, resolveLimits } from '../../src/core/limits.ts';

describe('limits', () => {
  it('are positive integers by default, and frozen', () => {
    for (const [name, value] of Object.entries(defaultLimits))
      assert.ok(Number.isSafeInteger(value) && value > 0, name);
    assert.ok(Object.isFrozen(defaultLimits));
    assert.ok(Object.isFrozen(resolveLimits()));
  });

  it('are the defaults with some replaced', () => {
    assert.deepEqual(resolveLimits({ maxRects: 5 }), { ...defaultLimits, maxRects: 5 });
  });

  it('must be positive integers', () => {
    for (const value of [0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 53])
      assert.throws(() => resolveLimits({ maxRects: value }), RangeError);
  });

  it('have names, and an unknown one is a TypeError', () => {
    assert.throws(() => resolveLimits({ maxRect: 1 } as object), TypeError);
    assert.throws(() => resolveLimits({ toString: 1 } as object), TypeError);
  });

  it('let their own value pass, and nothing above, nor what is no number', () => {
    const limits = resolveLimits({ maxRects: 5 });
    assert.equal(checkLimit(limits, 'maxRects', 5), 5);
    assert.equal(checkLimit(limits, 'maxRects', 0), 0);
    for (const got of [6, Number.NaN])
      assert.throws(() => checkLimit(limits, 'maxRects', got), LimitError);
  });
});
