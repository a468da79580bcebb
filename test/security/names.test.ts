import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { securityTypeName, securityTypeNames } from '../../src/security/names.ts';
import { securityTypes } from '../../src/security/registry.ts';
import { vencryptSubtypes } from '../../src/security/vencrypt-subtypes.ts';

describe('security type names', () => {
  it('names every type and sub-type that is spoken as its implementation does', () => {
    for (const { number, name } of [...securityTypes.values(), ...vencryptSubtypes.values()]) {
      assert.equal(securityTypeName(number), name);
    }
    assert.equal(securityTypes.size, 3);
    assert.equal(vencryptSubtypes.size, 7);
  });

  it('names types that others speak, and numbers the rest', () => {
    assert.equal(securityTypeName(113), 'MSLogonII');
    assert.equal(securityTypeName(77), 'type 77');
  });

  it('joins names to words', () => {
    assert.equal(securityTypeNames([]), 'nothing');
    assert.equal(securityTypeNames([2]), 'VncAuth');
    assert.equal(securityTypeNames([19, 2, 1]), 'VeNCrypt, VncAuth and None');
  });
});
