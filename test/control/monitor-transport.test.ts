import assert from 'node:assert/strict';
import { existsSync, statSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { listenMonitor } from '../../src/control/monitor-transport.ts';
import { openQmpClient, type QmpClient } from '../../src/control/qmp-client.ts';
import type { QmpEvent } from '../../src/control/qmp-session.ts';
import { dial } from '../../src/node/dial.ts';
import { Monitored } from './monitored.ts';

describe('monitor on a unix socket', () => {
  let monitored: Monitored;
  let transport: { readonly close: () => Promise<void> };
  let path = '';
  before(async () => {
    monitored = await Monitored.start();
    path = join(monitored.folder, 'monitor');
    transport = await listenMonitor(monitored.monitor, path);
  });
  after(async () => {
    await transport.close();
    await monitored.stop();
  });
  const open = async (): Promise<QmpClient> => openQmpClient(await dial({ kind: 'unix', path }));

  it('belongs to its user alone', () => {
    assert.equal(statSync(path).mode & 0o777, 0o600);
  });

  it('answers several clients at once, and tells each what happens', async () => {
    const clients = [await open(), await open()];
    const heard = clients.map(
      (client) =>
        new Promise<QmpEvent>((resolve) => {
          client.onEvent((event) => {
            if (event.event === 'VNC_INITIALIZED') resolve(event);
          });
        }),
    );
    const answers = await Promise.all(clients.map((client) => client.execute('query-commands')));
    assert.deepEqual(answers[0], answers[1]);
    const viewer = await monitored.viewer();
    for (const event of await Promise.all(heard)) {
      assert.ok(Math.abs(event.timestamp.seconds - Date.now() / 1000) < 60);
      assert.ok(event.timestamp.microseconds < 1_000_000);
    }
    await viewer.close();
    for (const client of clients) {
      client.close();
      await client.closed;
    }
  });

  it('tells a client the class and the sentence of an error', async () => {
    const client = await open();
    await assert.rejects(client.execute('nope'), {
      message: 'The command nope has not been found',
      errorClass: 'CommandNotFound',
    });
    client.close();
    await client.closed;
    await assert.rejects(client.execute('query-vnc'), { code: 'ERR_VNC_CLOSED' });
  });

  it('reads letters that are cut in two', async () => {
    const socket = connect(path);
    let text = '';
    socket.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
    socket.setNoDelay(true);
    const bytes = Buffer.from('{"execute": "qmp_capabilities", "id": "é€😀"}\n');
    for (const byte of bytes)
      await new Promise((resolve) => socket.write(Buffer.of(byte), resolve));
    socket.end();
    await new Promise((resolve) => socket.once('close', resolve));
    assert.deepEqual(JSON.parse(text.split('\r\n')[1] ?? ''), { return: {}, id: 'é€😀' });
  });

  it('ends its clients and takes its path away when it closes', async () => {
    const other = join(monitored.folder, 'other');
    const second = await listenMonitor(monitored.monitor, other);
    const client = await openQmpClient(await dial({ kind: 'unix', path: other }));
    await second.close();
    await client.closed;
    assert.ok(!existsSync(other));
  });
});
