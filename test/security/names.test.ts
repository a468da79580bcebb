import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  cureForTypes,
  describeSecurityTypes,
  securityTypeName,
  securityTypeNames,
} from '../../src/security/names.ts';
import { securityTypes } from '../../src/security/registry.ts';
import { vencryptSubtypes } from '../../src/security/vencrypt-subtypes.ts';

describe('security type names', () => {
  it('names every type and sub-type that is spoken as its implementation does', () => {
    for (const { number, name } of [...securityTypes.values(), ...vencryptSubtypes.values()]) {
      assert.equal(securityTypeName(number), name);
    }
    assert.equal(securityTypes.size, 3);
    assert.equal(vencryptSubtypes.size, 9);
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

  it('adds numbers and what the names mean, for whoever compares two lists', () => {
    assert.equal(
      describeSecurityTypes([262, 5, 2, 77]),
      'X509Plain (262), RSA-AES (RA2, 5), VNC authentication (VncAuth, 2) and type 77',
    );
  });

  it('says what to do about two lists with nothing in common', () => {
    assert.equal(cureForTypes([]), 'have the server offer a type that is allowed here');
    assert.equal(
      cureForTypes([19, 2]),
      "have the server offer a type that is allowed here, or allow VeNCrypt's X509 types and VncAuth if that is safe enough on this network",
    );
  });
});
