import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { format, inspect } from 'node:util';
import { Secret } from '../../src/core/secret.ts';

const secret = new Secret('hunter2');

describe('Secret', () => {
  it('reveals its value on request', () => {
    assert.equal(secret.reveal(), 'hunter2');
    const bytes = Uint8Array.of(1, 2);
    assert.equal(new Secret(bytes).reveal(), bytes);
  });

  it('prints as [secret] wherever it is shown', () => {
    for (const shown of [
      String(secret),
      JSON.stringify({ password: secret }),
      inspect(secret),
      inspect({ deep: { secret } }, { showHidden: true, depth: 9 }),
      format('%s %o %O %j', secret, secret, secret, secret),
      Object.values(secret).join(),
      JSON.stringify(Object.assign({}, secret)),
      inspect(new Error('x', { cause: secret })),
    ])
      assert.doesNotMatch(shown, /hunter2/);
    assert.equal(inspect([secret]), '[ [secret] ]');
    assert.equal(JSON.stringify([secret]), '["[secret]"]');
  });
});
