import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { describe, it } from 'node:test';

describe('docs/api', () => {
  it('says what the declarations and their comments say', () => {
    const result = spawnSync(process.execPath, ['scripts/api-reference.js', '--check'], {
      encoding: 'utf8',
    });
    assert.equal(result.status, 0, result.stderr);
  });
});
