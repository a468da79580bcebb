import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import * as exported from '../../src/core/errors.ts';

const classes: Record<string, unknown> = { ...exported };

describe('docs/errors.md', () => {
  const rows = Array.from(
    readFileSync('docs/errors.md', 'utf8').matchAll(/^\| `(ERR_VNC_\w+)` \| `(\w+)` \|/gm),
    (row) => ({ code: row[1]!, className: row[2]! }),
  );

  it('lists every code once, and no other', () => {
    assert.deepEqual(rows.map((row) => row.code).sort(), Object.values(exported.ErrorCode).sort());
  });

  it('names classes that exist', () => {
    for (const { className } of rows) {
      assert.equal(typeof classes[className], 'function', className);
    }
  });
});
