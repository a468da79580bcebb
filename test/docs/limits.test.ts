import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { defaultLimits } from '../../src/core/limits.ts';

describe('docs/limits.md', () => {
  it('lists every limit with its default, and no other', () => {
    const text = readFileSync('docs/limits.md', 'utf8');
    const listed = Object.fromEntries(
      Array.from(text.matchAll(/^\| `(\w+)` \| (\d+) \|/gm), (row) => [row[1], Number(row[2])]),
    );
    assert.deepEqual(listed, { ...defaultLimits });
  });
});
