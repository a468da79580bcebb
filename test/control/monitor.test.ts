import assert from 'node:assert/strict';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { PNG } from 'pngjs';
import type { LogFields } from '../../src/core/logger.ts';
import { formatAddress } from '../../src/node/address.ts';
import { auditOver } from '../../src/node/audit.ts';
import { connect } from '../../src/node/connect.ts';
import type { ReloadOutcome } from '../../src/node/reload.ts';
import { until } from '../support/until.ts';
import { Monitored, type MonitoredOptions, type Talk } from './monitored.ts';

/** A promise about a monitor, with one client of it. */
function promise(
  what: string,
  check: (talk: Talk, monitored: Monitored) => Promise<void>,
  options: MonitoredOptions = {},
): void {
  it(what, async () => {
    const monitored = await Monitored.start(options);
    try {
      await check(await monitored.talk(), monitored);
    } finally {
      await monitored.stop();
    }
  });
}

const refused = (target: string, password: string): Promise<void> =>
  assert.rejects(connect(target, { security: 'VncAuth', password }), {
    code: 'ERR_VNC_AUTHENTICATION',
  });

describe('monitor, passwords', () => {
  promise('sets the password that viewers need from then on', async (talk, monitored) => {
    assert.deepEqual(
      await talk.run('set_password', { protocol: 'vnc', password: 'new', display: 'default' }),
      {},
    );
    await refused(`unix:${monitored.folder}/vnc`, 'secret');
    await (await monitored.viewer('new')).close();
    assert.deepEqual(await talk.run('change-vnc-password', { password: 'newer' }), {});
    await (await monitored.viewer('newer')).close();
  });

  promise('lets nobody in after an empty password, unlike QEMU', async (talk, { folder }) => {
    assert.deepEqual(await talk.run('set_password', { protocol: 'vnc', password: '' }), {});
    await refused(`unix:${folder}/vnc`, 'secret');
    await refused(`unix:${folder}/vnc`, '\0');
  });

  promise('refuses what VNC authentication cannot use, and keeps the old', async (talk, m) => {
    for (const password of ['123456789', 'ééééé', 'a\0b'])
      assert.match(String(await talk.run('change-vnc-password', { password })), /^GenericError: /);
    await (await m.viewer()).close();
  });

  promise('expires the password at once or never; sessions stay', async (talk, monitored) => {
    const before = await monitored.viewer();
    assert.deepEqual(await talk.run('expire_password', { protocol: 'vnc', time: 'now' }), {});
    await refused(`unix:${monitored.folder}/vnc`, 'secret');
    assert.deepEqual(await talk.run('expire_password', { protocol: 'vnc', time: 'never' }), {});
    await (await monitored.viewer()).close();
    assert.equal(monitored.serving.server.viewers[0]?.id, 1);
    assert.equal(
      await talk.run('expire_password', { protocol: 'vnc', time: 'soon' }),
      "GenericError: Parameter 'time' doesn't take value 'soon'",
    );
    await before.close();
  });

  promise(
    'cannot set a password that no type on offer asks for',
    async (talk) => {
      for (const [name, args] of [
        ['set_password', { protocol: 'vnc', password: 'x' }],
        ['change-vnc-password', { password: 'x' }],
      ] as const)
        assert.equal(await talk.run(name, args), 'GenericError: Could not set password');
    },
    { security: 'None' },
  );

  it('logs commands without their arguments', async () => {
    const logged: string[] = [];
    const note = (event: string, fields?: LogFields): void => {
      logged.push(JSON.stringify({ event, ...fields }));
    };
    const logger = { debug: note, info: note, warn: note, error: note };
    const monitored = await Monitored.start({ monitorLogger: logger, logger });
    const talk = await monitored.talk();
    await talk.run('set_password', { protocol: 'vnc', password: 'hunter2' });
    await talk.run('set_password', { protocol: 'hunter2', password: 'hunter2' });
    await talk.run('change-vnc-password', { password: 'hunter2hunter2' });
    await (await monitored.viewer('hunter2')).close();
    await monitored.stop();
    assert.ok(logged.some((line) => line.includes('set_password')));
    assert.doesNotMatch(logged.join('\n'), /hunter2/);
  });
});

describe('monitor, connections', () => {
  promise('tells of a viewer that comes, logs in and goes', async (talk, monitored) => {
    const server = {
      host: '',
      service: join(monitored.folder, 'vnc'),
      family: 'unix',
      websocket: false,
      auth: 'vnc',
    };
    const client = { host: '', service: '', family: 'unix', websocket: false };
    const viewer = await monitored.viewer();
    for (const event of ['VNC_CONNECTED', 'VNC_INITIALIZED'])
      assert.deepEqual(await talk.event(event), { server, client });
    const vnc = (await talk.run('query-vnc')) as { clients: unknown };
    assert.deepEqual(vnc.clients, [client]);
    await viewer.close();
    assert.deepEqual(await talk.event('VNC_DISCONNECTED'), { server, client });
    assert.deepEqual(await talk.run('x-query-sessions'), []);
  });

  promise('tells why a login failed, which the viewer is not told', async (talk, { folder }) => {
    await refused(`unix:${folder}/vnc`, 'wrong');
    const data = (await talk.event('X_VNC_AUTH_FAILED')) as { reason: string };
    assert.equal(data.reason, 'wrong password');
    await talk.event('VNC_DISCONNECTED');
  });

  promise(
    'tells where a viewer comes from, and by which listener',
    async (talk, { serving }) => {
      const [address] = serving.addresses;
      assert.ok(address?.kind === 'tcp');
      const viewer = await connect(formatAddress(address), {
        security: 'VncAuth',
        password: 'secret',
      });
      const { server, client } = (await talk.event('VNC_CONNECTED')) as Record<
        'server' | 'client',
        Record<string, unknown>
      >;
      const { service, ...rest } = client;
      assert.deepEqual(rest, { host: '127.0.0.1', family: 'ipv4', websocket: false });
      assert.match(String(service), /^\d+$/);
      assert.equal(server['service'], String(address.port));
      await viewer.close();
    },
    { listen: '127.0.0.1::0' },
  );

  promise('lists sessions with what protects them and what they may', async (talk, monitored) => {
    const viewer = await monitored.viewer();
    await talk.event('VNC_INITIALIZED');
    await until('the encodings', () => monitored.serving.server.encodings(1).length > 0);
    const [session, ...more] = (await talk.run('x-query-sessions')) as Record<string, unknown>[];
    assert.ok(session !== undefined && more.length === 0);
    const {
      'bytes-received': received,
      'bytes-sent': sent,
      'connected-since': since,
      'round-trip-ms': roundTrip,
      encodings,
      ...rest
    } = session;
    assert.ok(roundTrip === undefined || Number(roundTrip) >= 0);
    assert.deepEqual(rest, {
      id: 1,
      host: '',
      service: '',
      family: 'unix',
      websocket: false,
      listener: `unix:${monitored.folder}/vnc`,
      authenticated: true,
      name: 'password',
      version: '3.8',
      security: 'VncAuth',
      rights: {
        view: true,
        pointer: true,
        keyboard: true,
        'clipboard-in': true,
        'clipboard-out': true,
        resize: true,
        power: true,
        exclusive: true,
      },
    });
    // 12 of the version, 1 of the type, 16 of the response, 1 of ClientInit, and more.
    assert.ok(Number(received) > 30 && Number(sent) > 30);
    assert.ok(Math.abs(Number(since) - Date.now() / 1000) < 60);
    assert.ok(Array.isArray(encodings) && encodings.includes('ZRLE'));
    await viewer.close();
  });

  promise('puts a session out', async (talk, monitored) => {
    const viewer = await monitored.viewer();
    assert.deepEqual(await talk.run('x-kick', { id: 1, reason: 'lunch' }), {});
    await viewer.closed;
    await talk.event('VNC_DISCONNECTED');
    assert.equal(await talk.run('x-kick', { id: 1 }), 'DeviceNotFound: Session 1 not found');
  });

  promise('takes rights and gives them back, one by one or all', async (talk, monitored) => {
    const viewer = await monitored.viewer();
    await talk.event('VNC_INITIALIZED');
    const rights = (): unknown => {
      const { view, keyboard, pointer } = monitored.serving.server.viewers[0]?.rights ?? {};
      return [view, keyboard, pointer];
    };
    assert.deepEqual(await talk.run('x-set-rights', { id: 1, keyboard: false }), {});
    assert.deepEqual(rights(), [true, false, true]);
    await talk.run('x-set-rights', { id: 1, preset: 'view', pointer: true });
    assert.deepEqual(rights(), [true, false, true]);
    await talk.run('x-set-rights', { id: 1, preset: 'full' });
    assert.deepEqual(rights(), [true, true, true]);
    for (const [args, sentence] of [
      [{ id: 1 }, "GenericError: Parameter 'preset' is missing"],
      [{ id: 2, preset: 'view' }, 'DeviceNotFound: Session 2 not found'],
      [{ id: 1, preset: 'all' }, "GenericError: Parameter 'preset' does not accept value 'all'"],
      [{ id: 1, view: 'no' }, "GenericError: Invalid parameter type for 'view', expected: boolean"],
    ] as const)
      assert.equal(await talk.run('x-set-rights', args), sentence);
    await viewer.close();
  });

  promise('is named in the audit trail', async (talk, monitored) => {
    const lines: Record<string, unknown>[] = [];
    const audit = auditOver({
      write: (line) => lines.push(JSON.parse(line) as Record<string, unknown>),
      reopen: async () => undefined,
      close: async () => undefined,
    });
    audit.follow(monitored.serving.server.events);
    const viewer = await monitored.viewer();
    await talk.event('VNC_INITIALIZED');
    await talk.run('x-set-rights', { id: 1, preset: 'view' });
    await talk.run('x-kick', { id: 1, reason: 'lunch' });
    await viewer.closed;
    const told = lines.filter(({ event }) => event === 'rights-changed' || event === 'kicked');
    assert.deepEqual(
      told.map(({ event, by, reason }) => [event, by, reason]),
      [
        ['rights-changed', 'monitor', undefined],
        ['kicked', 'monitor', 'lunch'],
      ],
    );
  });
});

describe('monitor, listeners and security', () => {
  promise('adds and removes a listener; sessions stay', async (talk, monitored) => {
    const second = join(monitored.folder, 'second');
    assert.deepEqual(await talk.run('x-listener-add', { address: `unix:${second}` }), {
      host: '',
      service: second,
      family: 'unix',
      websocket: false,
    });
    const viewer = await connect(`unix:${second}`, { security: 'VncAuth', password: 'secret' });
    assert.deepEqual(await talk.run('x-listener-remove', { address: `unix:${second}` }), {});
    assert.ok(!existsSync(second));
    assert.equal(monitored.serving.server.viewers.length, 1);
    assert.equal(
      await talk.run('x-listener-remove', { address: `unix:${second}` }),
      `GenericError: Nothing listens on unix:${second}`,
    );
    await viewer.close();
  });

  promise('keeps the listeners when one of the new ones fails', async (talk, monitored) => {
    const addresses = [
      { type: 'unix', path: join(monitored.folder, 'new') },
      { type: 'unix', path: join(monitored.folder, 'nowhere', 'new') },
    ];
    assert.match(
      String(await talk.run('display-update', { type: 'vnc', addresses })),
      /^GenericError: cannot listen on .*: its directory does not exist/,
    );
    assert.ok(!existsSync(join(monitored.folder, 'new')));
    await (await monitored.viewer()).close();
  });

  promise('refuses ports that QEMU wraps around', async (talk) => {
    for (const port of ['80000', '-1', 'x', ''])
      assert.equal(
        await talk.run('display-update', {
          type: 'vnc',
          addresses: [{ type: 'inet', host: '127.0.0.1', port }],
        }),
        `GenericError: Parameter 'port' does not accept value '${port}'`,
      );
  });

  promise('refuses what the policy refuses at the start', async (talk, { serving }) => {
    const fault = 'VncAuth without TLS is open to anyone who listens in, off this machine';
    assert.equal(await talk.run('x-listener-add', { address: '*::0' }), `GenericError: ${fault}`);
    assert.equal(
      await talk.run('display-update', {
        type: 'vnc',
        addresses: [{ type: 'inet', host: '', port: '0' }],
      }),
      `GenericError: ${fault}`,
    );
    assert.deepEqual(await talk.run('x-set-security', { types: ['TLSVnc'] }), {});
    assert.deepEqual(
      await talk.run('x-listener-remove', { address: formatAddress(serving.addresses[0]!) }),
      {},
    );
    const added = (await talk.run('x-listener-add', { address: '0.0.0.0::0' })) as { host: string };
    assert.equal(added.host, '0.0.0.0');
    assert.equal(
      await talk.run('x-set-security', { types: ['VncAuth'] }),
      `GenericError: ${fault}`,
    );
    assert.equal(serving.addresses.length, 1);
  });

  promise('offers new connections other types', async (talk, monitored) => {
    const target = `unix:${monitored.folder}/vnc`;
    assert.deepEqual(await talk.run('x-set-security', { types: ['TLSVnc'] }), {});
    await assert.rejects(connect(target, { security: 'VncAuth', password: 'secret' }), {
      code: 'ERR_VNC_NO_COMMON_TYPE',
    });
    const viewer = await connect(target, { security: 'TLSVnc', password: 'secret' });
    const vnc = (await talk.run('query-vnc')) as { auth: string };
    assert.equal(vnc.auth, 'vencrypt+tls+vnc');
    const [server] = (await talk.run('query-vnc-servers')) as { auth: string; vencrypt: string }[];
    assert.deepEqual([server?.auth, server?.vencrypt], ['vencrypt', 'tls-vnc']);
    await viewer.close();
    for (const types of [['X509Vnc'], ['TLSPlain'], ['Bogus'], []])
      assert.match(String(await talk.run('x-set-security', { types })), /^GenericError: /);
    assert.deepEqual(monitored.serving.offer, { types: [19], subtypes: [258] });
  });

  promise('counts what TLS puts on the wire', async (talk, monitored) => {
    await talk.run('x-set-security', { types: ['TLSVnc'] });
    const viewer = await connect(`unix:${monitored.folder}/vnc`, {
      security: 'TLSVnc',
      password: 'secret',
    });
    await talk.event('VNC_INITIALIZED');
    const [session] = (await talk.run('x-query-sessions')) as Record<string, unknown>[];
    assert.match(String(session?.['tls']), /^TLSv1\.2 /);
    // A handshake of Diffie-Hellman with 2048 bits has 256 bytes of key either way.
    assert.ok(Number(session?.['bytes-received']) > 400, String(session?.['bytes-received']));
    assert.ok(Number(session?.['bytes-sent']) > 600, String(session?.['bytes-sent']));
    await viewer.close();
  });
});

describe('monitor, reload', () => {
  let times = 0;
  const reload = async (): Promise<ReloadOutcome> => {
    times += 1;
    if (times === 3) throw new Error('line 3 is no user');
    return { changed: true, warnings: [] };
  };
  promise(
    'reads what can be read again, and says what is wrong with it',
    async (talk) => {
      assert.deepEqual(await talk.run('x-reload'), {});
      await talk.run('x-set-security', { types: ['TLSVnc'] });
      assert.deepEqual(await talk.run('display-reload', { type: 'vnc', 'tls-certs': true }), {});
      assert.equal(await talk.run('x-reload'), 'GenericError: users: line 3 is no user');
      assert.equal(times, 3);
    },
    { reloadables: [{ name: 'users', reload }] },
  );

  promise('says so when there is nothing to read again', async (talk) => {
    assert.equal(
      await talk.run('x-reload'),
      'GenericError: This server has nothing that it could read again',
    );
  });
});

describe('monitor, the display', () => {
  promise('presses keys together and lets go in the other order', async (talk, { display }) => {
    const keys = ['ctrl', 'shift', 'a'].map((data) => ({ type: 'qcode', data }));
    assert.deepEqual(await talk.run('send-key', { keys, 'hold-time': 1 }), {});
    assert.deepEqual(
      display.keys.map(({ down, keysym, keycode }) => [down, keysym, keycode]),
      [
        [true, 0xffe3, 0x1d],
        [true, 0xffe1, 0x2a],
        [true, 0x41, 0x1e],
        [false, 0x41, 0x1e],
        [false, 0xffe1, 0x2a],
        [false, 0xffe3, 0x1d],
      ],
    );
    assert.equal(
      await talk.run('send-key', { keys: [{ type: 'number', data: 0x1e }], 'hold-time': 99999 }),
      "GenericError: Parameter 'hold-time' is not between 0 and 10000",
    );
  });

  promise('moves the pointer and clicks', async (talk, { display }) => {
    const abs = (axis: string, value: number): unknown => ({ type: 'abs', data: { axis, value } });
    const button = (down: boolean): unknown => ({ type: 'btn', data: { down, button: 'left' } });
    await talk.run('input-send-event', { events: [abs('x', 0x7fff), abs('y', 0)] });
    await talk.run('input-send-event', { events: [button(true), button(false)] });
    await talk.run('input-send-event', {
      events: [{ type: 'rel', data: { axis: 'x', value: -100 } }],
    });
    display.setPointerMode('relative');
    await talk.run('input-send-event', {
      events: [{ type: 'rel', data: { axis: 'y', value: -7 } }],
    });
    assert.deepEqual(display.pointers, [
      { buttonMask: 0, x: 3, y: 0 },
      { buttonMask: 1, x: 3, y: 0 },
      { buttonMask: 0, x: 3, y: 0 },
      { buttonMask: 0, x: 0, y: 0 },
      { buttonMask: 0, x: 0, y: -7 },
    ]);
  });

  promise('writes the picture as PPM and as PNG, for its user alone', async (talk, m) => {
    m.display.paint(0x102030);
    m.display.paint(0xff0000, { x: 0, y: 0, width: 1, height: 1 });
    const ppm = join(m.folder, 'a.ppm');
    assert.deepEqual(await talk.run('screendump', { filename: ppm }), {});
    const bytes = readFileSync(ppm);
    assert.equal(bytes.subarray(0, 11).toString('latin1'), 'P6\n4 4\n255\n');
    assert.equal(bytes.subarray(11, 17).toString('hex'), 'ff0000102030');
    assert.equal(bytes.length, 11 + 48);
    assert.equal(statSync(ppm).mode & 0o777, 0o600);

    const png = join(m.folder, 'a.png');
    assert.deepEqual(await talk.run('screendump', { filename: png, format: 'png' }), {});
    const picture = PNG.sync.read(readFileSync(png));
    assert.deepEqual([picture.width, picture.height], [4, 4]);
    assert.equal(picture.data.subarray(0, 8).toString('hex'), 'ff0000ff102030ff');
  });

  promise('says quit is under way, answers, and then ends', async (talk, monitored) => {
    assert.deepEqual(await talk.run('quit'), {});
    assert.deepEqual(await talk.event('SHUTDOWN'), { guest: false, reason: 'host-qmp-quit' });
    await monitored.quit;
  });
});

describe('monitor, several clients', () => {
  promise('tells each of them every event, until it leaves', async (talk, monitored) => {
    const other = await monitored.talk();
    const left = await monitored.talk();
    left.session.close();
    await (await monitored.viewer()).close();
    for (const each of [talk, other]) await each.event('VNC_DISCONNECTED');
    assert.deepEqual(left.messages, []);
  });
});
