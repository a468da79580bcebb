import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  describeProtection,
  offerInsideTls,
  orderOffer,
  parseSecurityList,
  policyFaults,
  securityNames,
  type PolicyCircumstances,
} from '../../src/security/policy.ts';

const faults = (list: string, more: Partial<PolicyCircumstances> = {}): string[] =>
  policyFaults(parseSecurityList(list), {
    local: false,
    allowInsecure: new Set(),
    tlsLayers: new Set(['anonymous', 'x509']),
    ...more,
  });

describe('offerInsideTls', () => {
  for (const [list, types, subtypes] of [
    ['X509Vnc', [2], []],
    ['X509None', [1], []],
    ['X509Plain', [19], [256]],
    ['X509SASL,TLSSASL', [], []],
    ['X509Plain,X509Vnc,X509None', [19, 2, 1], [256]],
    ['X509Vnc,VncAuth,None', [2, 1], []],
    ['X509Vnc,TLSPlain,TLSNone', [2], []],
    ['TLSVnc', [], []],
    ['Plain', [19], [256]],
  ] as const)
    it(`has what stands inside ${list}, and nothing of anonymous TLS`, () =>
      assert.deepEqual(offerInsideTls(parseSecurityList(list)), { types, subtypes }));
});

describe('parseSecurityList', () => {
  it('reads names in any case, with space around them', () => {
    assert.deepEqual(parseSecurityList(' vncauth , x509PLAIN '), {
      types: [19, 2],
      subtypes: [262],
    });
  });

  it('puts the strongest first, whatever the order of the list', () => {
    const reversed = Array.from(securityNames).reverse().join(',');
    assert.deepEqual(parseSecurityList(reversed), {
      types: [19, 2, 1],
      subtypes: [262, 263, 261, 260, 259, 264, 258, 257, 256],
    });
  });

  it('adds VeNCrypt for its sub-types, and only for them', () => {
    assert.deepEqual(parseSecurityList('VncAuth,None'), { types: [2, 1], subtypes: [] });
    assert.deepEqual(parseSecurityList('TLSNone'), { types: [19], subtypes: [257] });
  });

  it('puts VeNCrypt last when there is nothing but clear text inside', () => {
    assert.deepEqual(parseSecurityList('Plain,VncAuth'), { types: [2, 19], subtypes: [256] });
  });

  it('refuses an unknown name, and tells the known ones', () => {
    assert.throws(() => parseSecurityList('X509Plain,RA2'), {
      name: 'TypeError',
      message:
        'unknown security type "RA2"; known are X509Plain, X509SASL, X509Vnc, X509None, TLSPlain, TLSSASL, TLSVnc, TLSNone, Plain, VncAuth, None',
    });
  });

  it('refuses a name that is there twice', () => {
    assert.throws(() => parseSecurityList('VncAuth,vncauth'), {
      name: 'TypeError',
      message: 'security type VncAuth is in the list twice',
    });
  });

  it('refuses an empty list and an empty place in one', () => {
    for (const text of ['', '  ', 'None,', ',None', 'None,,VncAuth']) {
      assert.throws(() => parseSecurityList(text), /^TypeError: a security list names/, text);
    }
  });
});

describe('orderOffer', () => {
  it('keeps what is in the offer, and adds nothing', () => {
    assert.deepEqual(orderOffer({ types: [1, 19], subtypes: [257, 260] }), {
      types: [19, 1],
      subtypes: [260, 257],
    });
    assert.deepEqual(orderOffer({ types: [], subtypes: [] }), { types: [], subtypes: [] });
  });
});

describe('policyFaults', () => {
  it('lets X509Plain and X509Vnc stand anywhere', () => {
    assert.deepEqual(faults('X509Plain,X509Vnc'), []);
  });

  it('lets None and VncAuth stand on this machine', () => {
    assert.deepEqual(faults('None,VncAuth', { local: true }), []);
  });

  it('refuses None off this machine, unless it is named', () => {
    assert.match(faults('None').join(), /None lets anyone in/);
    assert.deepEqual(faults('None', { allowInsecure: new Set(['none']) }), []);
    assert.notDeepEqual(faults('None', { allowInsecure: new Set(['vnc', 'plain']) }), []);
  });

  it('refuses VncAuth without TLS off this machine, unless it is named', () => {
    assert.match(faults('VncAuth').join(), /VncAuth without TLS/);
    assert.deepEqual(faults('VncAuth', { allowInsecure: new Set(['vnc']) }), []);
    assert.notDeepEqual(faults('VncAuth', { allowInsecure: new Set(['none']) }), []);
  });

  it('refuses Plain in clear text, unless it is named and on this machine', () => {
    assert.match(faults('Plain').join(), /clear text/);
    assert.notDeepEqual(faults('Plain', { allowInsecure: new Set(['plain']) }), []);
    assert.notDeepEqual(faults('Plain', { local: true }), []);
    assert.deepEqual(faults('Plain', { local: true, allowInsecure: new Set(['plain']) }), []);
  });

  it('takes X509None off this machine only where certificates are required', () => {
    assert.match(faults('X509None').join(), /X509None lets anyone in/);
    assert.notDeepEqual(faults('X509None', { verifyClient: 'request' }), []);
    assert.deepEqual(faults('X509None', { verifyClient: 'require' }), []);
    assert.deepEqual(faults('X509None', { local: true }), []);
  });

  it('lets anonymous TLS stand when it is in the list', () => {
    assert.deepEqual(faults('TLSPlain,TLSVnc'), []);
  });

  it('refuses a type whose TLS is not there', () => {
    const x509 = faults('X509Plain', { tlsLayers: new Set(['anonymous']) });
    assert.deepEqual(x509, [
      'X509Plain needs a server certificate and its key, and there are none',
    ]);
    const anonymous = faults('TLSPlain', { tlsLayers: new Set() });
    assert.deepEqual(anonymous, ['TLSPlain needs anonymous TLS, which is not available here']);
  });

  it('refuses ways around a certificate that is required', () => {
    const required = { verifyClient: 'require', local: true } as const;
    assert.match(faults('X509Plain,VncAuth', required).join(), /^VncAuth lets viewers in without/);
    assert.match(faults('X509Plain,TLSVnc', required).join(), /^TLSVnc has no certificates/);
    assert.deepEqual(faults('X509Plain,X509Vnc,X509None', required), []);
  });

  it('refuses an offer of nothing', () => {
    const circumstances = {
      local: true,
      allowInsecure: new Set<never>(),
      tlsLayers: new Set<never>(),
    };
    assert.deepEqual(policyFaults({ types: [], subtypes: [] }, circumstances), [
      'no security type is offered',
    ]);
    assert.deepEqual(policyFaults({ types: [19], subtypes: [] }, circumstances), [
      'VeNCrypt is offered without any sub-type',
    ]);
  });
});

describe('describeProtection', () => {
  it('says of each way in what it is worth', () => {
    const rows = describeProtection(parseSecurityList('X509Plain,TLSVnc,VncAuth,None')).map(
      (row) => [row.name, row.encrypted, row.serverProven, row.viewerProvenBy],
    );
    assert.deepEqual(rows, [
      ['X509Plain', true, true, 'user name and password'],
      ['TLSVnc', true, false, 'a password of 1 to 8 bytes'],
      ['VncAuth', false, false, 'a password of 1 to 8 bytes'],
      ['None', false, false, 'nothing'],
    ]);
  });

  it('leaves sub-types out where VeNCrypt is not offered', () => {
    assert.deepEqual(
      describeProtection({ types: [1], subtypes: [262] }).map((row) => row.name),
      ['None'],
    );
  });
});
