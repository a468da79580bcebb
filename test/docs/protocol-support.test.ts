import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { describe, it } from 'node:test';

describe('docs/protocol-support.md', () => {
  it('says what the @rfb lines in the source say', () => {
    const result = spawnSync(process.execPath, ['scripts/protocol-support.js', '--check'], {
      encoding: 'utf8',
    });
    assert.equal(result.status, 0, result.stderr);
  });
});
