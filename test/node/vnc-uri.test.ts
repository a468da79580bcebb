import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { isVncUri, parseVncUri } from '../../src/node/vnc-uri.ts';

const pin = 'AB'.repeat(32);
const refuses = (text: string, message: RegExp): void => {
  assert.throws(
    () => parseVncUri(text),
    (error: Error) => {
      assert.ok(error instanceof TypeError);
      assert.match(error.message, message);
      assert.doesNotMatch(error.message, /hunter2/);
      return true;
    },
  );
};

describe('vnc:// addresses', () => {
  it('have the port as it is, never a display', () => {
    const tcp = (host: string, port: number) => ({ address: { kind: 'tcp', host, port } });
    assert.deepEqual(parseVncUri('vnc://host'), tcp('host', 5900));
    assert.deepEqual(parseVncUri('vnc://host:1'), tcp('host', 1));
    assert.deepEqual(parseVncUri('VNC://[::1]:5901/?'), tcp('::1', 5901));
    assert.deepEqual(parseVncUri('vnc://host:5901#top'), tcp('host', 5901));
  });

  it('bring user, password, security type, view-only, pin and name', () => {
    const { address: _, ...rest } = parseVncUri(
      `vnc://host/?ConnectionName=My%20VM&VncUsername=al%26ice&VncPassword=a%2Bb+c&SecurityType=19&ChannelType=1&ViewOnly=TRUE&IdHashAlgorithm=4&IdHash=${pin}`,
    );
    assert.equal(rest.password?.reveal(), 'a+b+c');
    assert.deepEqual(
      { ...rest, password: undefined },
      {
        connectionName: 'My VM',
        username: 'al&ice',
        password: undefined,
        securityType: 19,
        viewOnly: true,
        fingerprint256: pin.toLowerCase(),
      },
    );
  });

  it('may write names in any case, a pin with colons, and what nobody knows', () => {
    const colons = pin.replace(/..(?=.)/g, '$&:');
    const uri = parseVncUri(
      `vnc://h?vncUSERNAME=a&idhash=${colons}&ColorLevel=7&SaveConnection=true&x&=y`,
    );
    assert.equal(uri.username, 'a');
    assert.equal(uri.fingerprint256, pin.toLowerCase());
    assert.equal(parseVncUri('vnc://h?VncUsername=').username, undefined);
  });

  it('that ask for a tunnel are refused, as to connect without it would be unsafe', () => {
    for (const query of ['ChannelType=24', 'ChannelType=23', 'SshHost=gate', 'sshport=22'])
      refuses(`vnc://host?${query}&VncPassword=hunter2`, /tunnel/);
  });

  it('that cannot be read are refused in a sentence without their secrets', () => {
    refuses('vnc://host?ViewOnly=maybe&VncPassword=hunter2', /ViewOnly/);
    refuses('vnc://host?VncPassword=hunter2&vncpassword=hunter2', /twice/);
    refuses('vnc://host?VncPassword=hunter2%', /percent/);
    refuses('vnc://host?SecurityType=VeNCrypt', /SecurityType/);
    refuses('vnc://host?IdHash=abcd', /IdHash/);
    refuses(`vnc://host?IdHashAlgorithm=1&IdHash=${'ab'.repeat(16)}`, /MD5/);
    refuses('vnc://al:hunter2@host', /VncUsername/);
    refuses('vnc://?VncPassword=hunter2', /vnc:\/\/host/);
    refuses('vnc://host:70000', /70000/);
  });

  it('are told from other addresses', () => {
    assert.equal(isVncUri('vnc://host'), true);
    assert.equal(isVncUri('vnc:1'), false);
    assert.equal(isVncUri('host:1'), false);
  });
});
