import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect as netConnect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { PasswordStore } from '../../src/access/passwords.ts';
import { createTestCard } from '../../src/displays/testcard.ts';
import { openAccessPolicy, type AccessPolicy } from '../../src/node/access-policy.ts';
import { formatAddress } from '../../src/node/address.ts';
import { connect } from '../../src/node/connect.ts';
import { serve, type ServeOptions, type Serving } from '../../src/node/serve.ts';
import { allRights, viewOnlyRights } from '../../src/security/identity.ts';

let folder = '';
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sallyport-serve-access-'));
});
const started: Serving[] = [];
after(async () => {
  await Promise.all(started.map((serving) => serving.close()));
  await rm(folder, { recursive: true, force: true });
});

async function start(options: Omit<ServeOptions, 'display'>): Promise<Serving> {
  const serving = await serve({ display: createTestCard(), listen: '127.0.0.1::0', ...options });
  started.push(serving);
  return serving;
}

const target = ({ addresses }: Serving): string => formatAddress(addresses[0]!);
const login = (serving: Serving, password: string) =>
  connect(target(serving), { security: 'VncAuth', password });
/** The real reason of a refused login. */
async function refusal(serving: Serving, password: string): Promise<string> {
  const told = serving.server.events.once('authenticationfailed');
  await assert.rejects(login(serving, password), { code: 'ERR_VNC_AUTHENTICATION' });
  return (await told).reason;
}

let files = 0;
async function policyOf(text: string): Promise<{ policy: AccessPolicy; file: string }> {
  const file = join(folder, `access-${(files += 1)}.yaml`);
  await writeFile(file, text, { mode: 0o600 });
  return { file, policy: await openAccessPolicy(file, { settleMs: 1e6, lookMs: 1e6 }) };
}

const crew = 'passwords: [{ name: crew, password: crewword }]\n';

describe('serve with an access policy', () => {
  it('lets in whom it names, and follows it in their sessions', async () => {
    const { policy, file } = await policyOf(crew);
    const serving = await start({ security: 'VncAuth', access: { policy } });
    const vnc = await login(serving, 'crewword');
    const rights = () => serving.server.viewers.map((viewer) => viewer.rights);
    assert.deepEqual(rights(), [allRights]);

    await writeFile(file, `${crew}rules: [{ match: { password: crew }, rights: view }]`);
    await policy.reload();
    assert.deepEqual(rights(), [viewOnlyRights]);

    const gone = serving.server.events.once('disconnected');
    await writeFile(file, 'passwords: [{ name: other, password: otherone }]');
    await policy.reload();
    assert.match((await gone).reason.message, /there is no password "crew" any more/);
    await vnc.closed;
    assert.equal(await refusal(serving, 'crewword'), 'wrong password');
    await (await login(serving, 'otherone')).close();
  });

  it('takes its throttle and proxies, and changes them with the file', async () => {
    const { policy, file } = await policyOf(`${crew}throttle: { freeTries: 0 }`);
    const serving = await start({ security: 'VncAuth', access: { policy } });
    await refusal(serving, 'wrong');
    assert.match(await refusal(serving, 'crewword'), /too many failed logins as password/);
    await writeFile(file, `${crew}throttle: off\nproxies: [127.0.0.0/8]`);
    await policy.reload();
    const closed = new Promise((resolve) => {
      const socket = netConnect(Number(target(serving).split('::')[1]), '127.0.0.1');
      socket.on('error', () => undefined).once('close', resolve);
      socket.write('RFB 003.008\n');
    });
    await closed;
    assert.equal(serving.server.viewers.length, 0);
  });

  it('offers what the file knows people by', async () => {
    const { policy } = await policyOf('rules: []');
    await assert.rejects(start({ access: { policy } }), /nobody could log in/);
    await assert.rejects(
      start({ security: 'VncAuth', access: { policy } }),
      /VncAuth needs a password/,
    );
    policy.close();
  });

  it('refuses another source of passwords, users or rules beside it', async () => {
    const { policy } = await policyOf(crew);
    const access = { policy, password: 'secret' };
    await assert.rejects(start({ security: 'VncAuth', access }), { code: 'ERR_VNC_POLICY' });
    policy.close();
  });
});

describe('failed logins', () => {
  it('from loopback have to wait, by default after the third', async () => {
    const serving = await start({ security: 'VncAuth', access: { password: 'sesame' } });
    for (let n = 0; n < 3; n++) assert.equal(await refusal(serving, 'wrong'), 'wrong password');
    assert.match(await refusal(serving, 'sesame'), /not before 0\.\d s have passed/);
  });
  it('on a unix socket do not', async () => {
    const serving = await start({
      security: 'VncAuth',
      listen: `unix:${join(folder, 'throttle.sock')}`,
      access: { password: 'sesame' },
    });
    for (let n = 0; n < 5; n++) assert.equal(await refusal(serving, 'wrong'), 'wrong password');
    await (await login(serving, 'sesame')).close();
  });
  it('can be let off, and connections that close before they try are free', async () => {
    const serving = await start({
      security: 'VncAuth',
      access: { password: 'sesame', throttle: { freeTries: 0, freeTriesPerNetwork: 0 } },
    });
    for (let n = 0; n < 3; n++) {
      const ended = serving.server.events.once('disconnected');
      const socket = netConnect(Number(target(serving).split('::')[1]), '127.0.0.1');
      await new Promise((resolve) => socket.once('data', resolve));
      socket.destroy();
      await ended;
    }
    await (await login(serving, 'sesame')).close();
    const off = await start({
      security: 'VncAuth',
      access: { password: 'sesame', throttle: false },
    });
    for (let n = 0; n < 5; n++) await refusal(off, 'wrong');
    await (await login(off, 'sesame')).close();
  });
});

describe('passwords that change while the server runs', () => {
  it('cleared, expired or never set: the server still asks for one, and nobody gets in', async () => {
    const password = new PasswordStore();
    password.set('full', 'sesame');
    const serving = await start({ security: 'VncAuth', access: { password, throttle: false } });
    await (await login(serving, 'sesame')).close();

    password.clear('full');
    await assert.rejects(connect(target(serving), { security: 'None' }), {
      code: 'ERR_VNC_NO_COMMON_TYPE',
    });
    assert.equal(await refusal(serving, 'sesame'), 'no password is set');
    password.set('full', 'newone');
    assert.equal(await refusal(serving, 'sesame'), 'wrong password');
    await (await login(serving, 'newone')).close();
    password.expire('now');
    assert.equal(await refusal(serving, 'newone'), 'the password has expired');
    password.expire('+60');
    await (await login(serving, 'newone')).close();
  });
  it('leave those who are in where they are', async () => {
    const password = new PasswordStore();
    password.set('full', 'sesame');
    const serving = await start({ security: 'VncAuth', access: { password } });
    const vnc = await login(serving, 'sesame');
    password.clear('full');
    password.expire('now');
    await vnc.refresh(false);
    assert.equal(serving.server.viewers.length, 1);
    await vnc.close();
  });
});

describe('serve behind proxies', () => {
  const header = 'PROXY TCP4 192.0.2.1 198.51.100.1 56324 5900\r\n';
  /** What a connection that says these things is told, and why it ended. */
  async function tell(serving: Serving, text: string): Promise<{ host: string; reason: string }> {
    const ended = serving.server.events.once('disconnected');
    const socket = netConnect(Number(target(serving).split('::')[1]), '127.0.0.1');
    socket.on('error', () => undefined).end(text);
    const { peer, reason } = await ended;
    socket.destroy();
    return { host: peer.host, reason: reason.code };
  }

  it('knows clients by the address that a trusted proxy says', async () => {
    const serving = await start({
      security: 'None',
      allowInsecure: ['none'],
      proxyProtocolFrom: ['127.0.0.0/8'],
    });
    assert.deepEqual(await tell(serving, header), { host: '192.0.2.1', reason: 'ERR_VNC_CLOSED' });
  });
  it('takes a header from anybody else for what it is: no RFB', async () => {
    for (const proxyProtocolFrom of [[], ['10.0.0.0/8']]) {
      const serving = await start({ security: 'None', allowInsecure: ['none'], proxyProtocolFrom });
      assert.deepEqual(await tell(serving, header), {
        host: '127.0.0.1',
        reason: 'ERR_VNC_VERSION',
      });
    }
  });
  it('counts handshakes by client, not by proxy', async () => {
    const serving = await start({
      security: 'None',
      allowInsecure: ['none'],
      proxyProtocolFrom: ['127.0.0.1'],
      limits: { maxUnauthenticatedPerAddress: 1 },
    });
    const open = (host: string): Promise<string> => {
      const socket = netConnect(Number(target(serving).split('::')[1]), '127.0.0.1');
      after(() => socket.destroy());
      socket.on('error', () => undefined).write(header.replace('192.0.2.1', host));
      return new Promise((resolve) => {
        socket.once('data', (data) => resolve(data.toString()));
        socket.once('close', () => resolve('closed'));
      });
    };
    assert.equal(await open('192.0.2.1'), 'RFB 003.008\n');
    assert.equal(await open('192.0.2.2'), 'RFB 003.008\n');
    assert.equal(await open('192.0.2.1'), 'closed');
  });
  it('offers nothing that is for this machine only, although it listens on loopback', async () => {
    const { policy } = await policyOf(`${crew}proxies: [127.0.0.1]`);
    const refused = { code: 'ERR_VNC_POLICY' };
    for (const options of [
      { security: 'None', proxyProtocolFrom: ['127.0.0.1'] },
      { security: 'VncAuth', access: { password: 'secret12' }, proxyProtocolFrom: ['127.0.0.1'] },
      { security: 'VncAuth', access: { policy } },
    ])
      await assert.rejects(start(options), refused);
    const path = join(folder, 'behind-nobody');
    await start({ security: 'None', listen: `unix:${path}`, proxyProtocolFrom: ['127.0.0.1'] });
  });
  it('refuses a network that is none', () =>
    assert.rejects(start({ security: 'None', proxyProtocolFrom: ['proxy'] }), TypeError));
});
