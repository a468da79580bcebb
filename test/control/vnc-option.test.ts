import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { qemuOptions, refusedObjects } from '../../src/control/qemu-options/option-table.ts';
import { parseVncOption, type QemuVnc } from '../../src/control/qemu-options/vnc-option.ts';
import { describeProtection } from '../../src/security/policy.ts';

const X509 = 'tls-creds-x509,id=tls0,dir=/pki,endpoint=server';
const ANON = 'tls-creds-anon,id=tls0,endpoint=server';
const SECRET = 'secret,id=sec0,data=secret12';
const LIST = 'authz-list,id=authz0';

const parse = (text: string, ...objects: readonly string[]): QemuVnc =>
  parseVncOption(text, objects);
const tcp = (host: string, port: number) => ({ kind: 'tcp', host, port }) as const;

describe('-vnc: addresses', () => {
  for (const [text, listen] of [
    ['127.0.0.1:1', [tcp('127.0.0.1', 5901)]],
    [':1', [tcp('::', 5901)]],
    ['host:0', [tcp('host', 5900)]],
    ['host:200', [tcp('host', 6100)]],
    ['[::1]:3', [tcp('::1', 5903)]],
    [':59635', [tcp('::', 65535)]],
    ['unix:/run/a,,b', [{ kind: 'unix', path: '/run/a,b' }]],
    ['none', []],
    ['vnc=127.0.0.1:1,vnc=unix:/x', [tcp('127.0.0.1', 5901), { kind: 'unix', path: '/x' }]],
    ['127.0.0.1:1,to=9', [{ ...tcp('127.0.0.1', 5901), lastPort: 5909 }]],
    ['127.0.0.1:1,to=1', [tcp('127.0.0.1', 5901)]],
    [':1,ipv4=on', [{ ...tcp('0.0.0.0', 5901), family: 4 }]],
    [':1,noipv6', [{ ...tcp('0.0.0.0', 5901), family: 4 }]],
    [':1,ipv6', [{ ...tcp('::', 5901), family: 6 }]],
    [':1,ipv4=on,ipv6=on', [tcp('::', 5901)]],
  ] as const)
    it(`listens where ${text} says`, () => assert.deepEqual(parse(text).listen, listen));

  for (const [text, websocket] of [
    ['127.0.0.1:1,websocket=on', [tcp('127.0.0.1', 5701)]],
    ['127.0.0.1:1,websocket', [tcp('127.0.0.1', 5701)]],
    ['127.0.0.1:1,websocket=off', []],
    ['127.0.0.1:1,to=3,websocket=on', [{ ...tcp('127.0.0.1', 5701), lastPort: 5703 }]],
    ['127.0.0.1:1,websocket=8080', [tcp('127.0.0.1', 8080)]],
    ['127.0.0.1:1,websocket=[::1]:8080', [tcp('::1', 8080)]],
    ['unix:/x,websocket=127.0.0.1:5700', [tcp('127.0.0.1', 5700)]],
    ['none,websocket=unix:/ws,websocket=:1234', [{ kind: 'unix', path: '/ws' }, tcp('::', 1234)]],
  ] as const)
    it(`has WebSockets where ${text} says`, () =>
      assert.deepEqual(parse(text).websocket, websocket));

  it('dials with reverse=on, and the number is the port', () => {
    const { listen, connect } = parse('127.0.0.1:5500,reverse=on');
    assert.deepEqual({ listen, connect }, { listen: [], connect: [tcp('127.0.0.1', 5500)] });
  });

  for (const [text, message] of [
    ['', /needs a display number/],
    ['password=on', /names no display/],
    [':', /needs a display number/],
    ['host', /needs a display number/],
    [':59636', /above 59635/],
    [':x', /is not host:N/],
    ['1::2', /is not host:N/],
    ['bad host:1', /malformed host/],
    ['unix:', /needs a path/],
    ['unix:/x,to=3', /to=/],
    [':5,to=3', /below display 5/],
    [':5,to=99999', /above 59635/],
    [':5,to=x', /no number/],
    ['none,vnc=:1', /none beside/],
    [':1,ipv4=off,ipv6=off', /leaves nothing/],
    ['127.0.0.1:1,ipv6=on', /IPv6 alone/],
    ['[::1]:1,ipv4=on', /IPv4 alone/],
    ['unix:/x,websocket=on', /websocket=127\.0\.0\.1:5700/],
    ['unix:/x,websocket=5777', /websocket=127\.0\.0\.1:5777/],
    ['none,websocket=on', /name one/],
    [':1,websocket=80000', /no port/],
    [':1,websocket=host:80000', /no port/],
    [':1,websocket=host', /needs a port/],
    [':1,reverse=on', /needs the viewer/],
    ['host:80000,reverse=on', /more than 65535/],
    ['a:1,reverse=on,vnc=b:1', /takes one address/],
    ['a:1,reverse=on,websocket=on', /neither to= nor websocket=/],
    [':1,reverse=perhaps', /neither on nor off/],
    [':1,,x', /is not host:N/],
    [':1,=x', /without a name/],
  ] as const)
    it(`refuses ${JSON.stringify(text)} in one sentence`, () =>
      assert.throws(() => parse(text), { name: 'TypeError', message }));
});

describe('-vnc: security', () => {
  for (const [text, objects, name, verifyClient] of [
    [':1', [], 'None', 'off'],
    [':1,password=on', [], 'VncAuth', 'off'],
    [':1,password', [], 'VncAuth', 'off'],
    [':1,password-secret=sec0', [SECRET], 'VncAuth', 'off'],
    [':1,tls-creds=tls0', [ANON], 'TLSNone', 'off'],
    [':1,tls-creds=tls0,password=on', [ANON], 'TLSVnc', 'off'],
    [':1,tls-creds=tls0', [X509], 'X509None', 'require'],
    [':1,tls-creds=tls0,password=on', [`${X509},verify-peer=on`], 'X509Vnc', 'require'],
    [':1,tls-creds=tls0,password=on', [`${X509},verify-peer=off`], 'X509Vnc', 'off'],
    [':1,tls', [], 'TLSNone', 'off'],
    [':1,tls,password', [], 'TLSVnc', 'off'],
    [':1,tls,x509=/pki', [], 'X509None', 'off'],
    [':1,tls,x509verify=/pki', [], 'X509None', 'require'],
  ] as const)
    it(`offers ${name} for ${text} with ${objects.join(' ') || 'no object'}`, () => {
      const vnc = parse(text, ...objects);
      assert.deepEqual(
        describeProtection(vnc.security).map((each) => each.name),
        [name],
      );
      assert.equal(vnc.verifyClient, verifyClient);
      assert.equal(vnc.tlsDir, name.startsWith('X509') ? '/pki' : undefined);
    });

  it('reads the example of the documentation', () => {
    const vnc = parse(
      ':1,password=on,tls-creds=tls0,tls-authz=authz0,share=force-shared,to=9,websocket=on',
      'tls-creds-x509,id=tls0,dir=/etc/pki/qemu,endpoint=server,verify-peer=on',
      'authz-list-file,id=authz0,filename=/etc/qemu/viewers.json',
    );
    assert.equal(vnc.share, 'force-shared');
    assert.equal(vnc.password, 'later');
    assert.equal(vnc.maxViewers, 32);
    assert.deepEqual(vnc.names, {
      type: 'authz-list-file',
      id: 'authz0',
      file: '/etc/qemu/viewers.json',
      refresh: true,
    });
  });

  it('takes an object as JSON, and a list of rules either way', () => {
    const rules = [
      { match: 'CN=eve,O=x', policy: 'deny', format: 'exact' },
      { match: 'O=Lab,*', policy: 'allow', format: 'glob' },
    ];
    const text =
      'authz-list,id=a,policy=allow,rules.0.match=CN=eve,,O=x,rules.0.policy=deny,' +
      'rules.1.match=O=Lab,,*,rules.1.policy=allow,rules.1.format=glob';
    const json = JSON.stringify({ 'qom-type': 'authz-list', id: 'a', policy: 'allow', rules });
    for (const object of [text, json])
      assert.deepEqual(parse(':1,tls-creds=tls0,tls-authz=a', X509, object).names, {
        type: 'authz-list',
        id: 'a',
        policy: 'allow',
        rules,
      });
  });

  it('finds the password of the private key', () => {
    const vnc = parse(':1,tls-creds=tls0', `${X509},passwordid=sec0`, SECRET);
    assert.equal(vnc.keyPassword?.id, 'sec0');
  });

  for (const [text, objects, message] of [
    [':1,tls-creds=tls0,tls-authz=authz0', [`${X509},verify-peer=off`, LIST], /verify-peer=on/],
    [':1,tls-creds=tls0,tls-authz=authz0', [ANON, LIST], /tls-creds-x509/],
    [':1,tls-authz=authz0', [LIST], /would pass over/],
    [':1,tls-creds=tls0,tls-authz=authz0', [X509], /no authz object/],
    [':1,tls-creds=tls0', [], /no such credentials/],
    [':1,tls-creds=sec0', [SECRET], /no such credentials/],
    [':1,tls-creds=tls0', ['tls-creds-x509,id=tls0,dir=/pki'], /endpoint=server/],
    [':1,tls-creds=tls0', [`${X509},sanity-check=off`], /always checked/],
    [':1,tls-creds=tls0,tls', [X509], /leave the old ones out/],
    [':1,x509=/pki', [], /without tls/],
    [':1,tls,x509=/a,x509verify=/b', [], /of which one/],
    [':1,password=on,password-secret=sec0', [SECRET], /exclude each other/],
    [':1,password-secret=sec0', [], /no such secret/],
    [':1,tls-creds=tls0,websocket=on', [ANON], /no browser knows/],
    [':1,tls,websocket=on', [], /no browser knows/],
    [':1,share=some', [], /none of allow-exclusive/],
    [':1,connections=0', [], /lets nobody in/],
    [':1,lock-key-sync=off', [], /lock keys/],
    [':1,key-delay-ms=5', [], /key-delay-ms=5/],
    [':1,head=1', [], /one head/],
    [':1,frobnicate=on', [], /no option frobnicate/],
    [':1', ['memory-backend-ram,id=x'], /none that VNC uses/],
    [':1', ['secret,id=a'], /data= or file=/],
    [':1', ['secret,data=x'], /needs id=/],
    [':1', [SECRET, SECRET], /two -object/],
    [':1', ['authz-list,id=a,rules.0.match=x'], /needs rules\.0\.policy/],
    [':1', ['authz-list,id=a,rules.1.match=x'], /needs rules\.0\.match/],
    [':1', ['authz-list,id=a,rules.0.match=x,rules.0.policy=deny,rules.0.x=y'], /rules\.0\.x/],
    [':1', ['{"qom-type": 1'], /begins like JSON/],
  ] as const)
    it(`refuses ${text} with ${objects.join(' ') || 'no object'}`, () =>
      assert.throws(() => parse(text, ...objects), { name: 'TypeError', message }));
});

describe('every option of QEMU', () => {
  const values: Readonly<Record<string, string>> = {
    vnc: '127.0.0.1:2',
    to: '9',
    ipv6: 'off',
    id: 'x',
    share: 'ignore',
    connections: '7',
    'key-delay-ms': '10',
    head: '0',
    'password-secret': 'sec0',
    'tls-creds': 'tls0',
    'tls-authz': 'authz0,tls-creds=tls0',
    x509: '/pki,tls',
    x509verify: '/pki,tls',
    'power-control': 'off',
  };
  for (const { name, refused } of qemuOptions.filter(({ where }) => where === '-vnc')) {
    const text = `127.0.0.1:1,${name}=${values[name] ?? 'on'}`;
    it(`${refused === undefined ? 'takes' : 'refuses'} -vnc ${name}`, () => {
      if (refused === undefined) assert.doesNotThrow(() => parse(text, X509, SECRET, LIST));
      else
        assert.throws(
          () => parse(text),
          (error: Error) => error.message.endsWith(refused),
        );
    });
  }

  const whole: Readonly<Record<string, string>> = {
    'tls-creds-x509': X509,
    'tls-creds-anon': ANON,
    secret: 'secret,id=s,file=/f',
    'authz-simple': 'authz-simple,id=s,identity=CN=x',
    'authz-list': LIST,
    'authz-list-file': 'authz-listfile,id=f,filename=/f',
  };
  const more: Readonly<Record<string, string>> = {
    'verify-peer': 'on',
    'sanity-check': 'on',
    dir: '/x',
    passwordid: 'sec0',
    format: 'base64',
    policy: 'allow',
    refresh: 'off',
    priority: 'NORMAL',
    keyid: 'k',
    iv: 'i',
    id: 'other',
    endpoint: 'server',
    file: '/f',
    identity: 'CN=y',
    filename: '/g',
  };
  for (const { where, name, refused } of qemuOptions.filter((each) => each.where !== '-vnc')) {
    const extra =
      name === 'rules' ? 'rules.0.match=CN=x,rules.0.policy=deny' : `${name}=${more[name] ?? ''}`;
    it(`${refused === undefined ? 'takes' : 'refuses'} ${name} of ${where}`, () => {
      const object =
        where === 'secret' && name === 'data' ? 'secret,id=s,data=x' : `${whole[where]},${extra}`;
      if (refused === undefined) assert.doesNotThrow(() => parse(':1', object));
      else
        assert.throws(
          () => parse(':1', object),
          (error: Error) => error.message.endsWith(refused),
        );
    });
  }
  for (const [type, why] of refusedObjects)
    it(`refuses ${type}`, () =>
      assert.throws(
        () => parse(':1', `${type},id=x`),
        (error: Error) => error.message.endsWith(why),
      ));
});
