import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { LevelChoice } from '../../src/server/level-choice.ts';

const MBIT = 125;

describe('LevelChoice', () => {
  it('compresses harder the slower the line', () => {
    const levels = [1, 10, 100, 1000].map((mbit) => new LevelChoice().level(mbit * MBIT));
    assert.deepEqual(levels, [6, 4, 2, 1]);
  });

  it('takes the usual level while nothing is known of the line', () => {
    assert.equal(new LevelChoice().level(0), 2);
  });

  it('does not change its mind over a line that is now a little faster, now a little slower', () => {
    const choice = new LevelChoice();
    const first = choice.level(18 * MBIT);
    for (const mbit of [21, 19, 22, 18, 23]) assert.equal(choice.level(mbit * MBIT), first);
    assert.equal(choice.level(40 * MBIT), 2);
    assert.equal(choice.level(5 * MBIT), 4);
  });

  it('compresses least while encoding takes as long as a frame, and more again when it does not', () => {
    const choice = new LevelChoice();
    for (let i = 0; i < 40; i++) choice.encoded(20);
    assert.equal(choice.level(MBIT), 1);
    for (let i = 0; i < 40; i++) choice.encoded(1);
    assert.equal(choice.level(MBIT), 6);
  });
});
