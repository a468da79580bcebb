/** The same commands to a real QEMU and to ours: the answers are the same, byte by byte. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect as connectSocket, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { connectClient } from '../../src/client/client.ts';
import { Secret } from '../../src/core/secret.ts';
import { openQmpClient, type QmpClient } from '../../src/control/qmp-client.ts';
import { startGuestProcess, type GuestProcess } from '../../src/displays/guest-process.ts';
import { connect } from '../../src/node/connect.ts';
import { dial } from '../../src/node/dial.ts';
import { webSocketStream } from '../../src/node/websocket-stream.ts';
import { parseSecurityList } from '../../src/security/policy.ts';
import { withoutPeers } from '../support/peers.ts';
import { until } from '../support/until.ts';
import { openWebSocket } from '../support/websocket-pair.ts';
import { listenMonitor } from '../../src/control/monitor-transport.ts';
import { Monitored } from './monitored.ts';

const program = 'qemu-system-x86_64';

/** Lines as they are sent, those that are not quite right too. */
const requests: readonly string[] = [
  { execute: 'query-version', arguments: { x: 1 } },
  { execute: 'qmp_capabilities', arguments: { enable: ['nothing'] } },
  { execute: 'qmp_capabilities', arguments: { enable: 'oob' } },
  { execute: 'qmp_capabilities', arguments: { enable: [] }, id: 'negotiated' },
  { execute: 'query-version' },
  { execute: 'query-status' },
  { execute: 'query-vnc', id: 1 },
  { execute: 'query-vnc', id: { any: ['thing', null] } },
  { execute: 'query-vnc-servers' },
  { execute: 'no-such-command', id: null },
  ...[
    true,
    -7,
    1.5,
    '',
    [],
    {},
    [[1], { a: [] }],
    'é €\u{1f600} " \\ / \b\f\n\r\t \0 \u007f \u0080',
  ].map((id) => ({ execute: 'no-such-command', id })),
  // The order of members.
  { id: Object.fromEntries(Array.from('The Quick fox – née 1', (letter, i) => [letter, i])) },
  { 'exec-oob': 'query-vnc', id: Number.MAX_SAFE_INTEGER },
  { execute: 5 },
  { foo: 1 },
  { id: 1 },
  { execute: 'query-vnc', foo: 1 },
  { execute: 'query-vnc', arguments: 5 },
  { execute: 'query-vnc', arguments: { x: 1 } },
  '[1, 2]',
  '5',
  '"x"',
  '{"execute": query}',
  'nonsense',
  '} {"execute": "query-vnc"}',
  "{'execute': 'query-vnc', 'id': 'single quotes'}",
  '{"execute": "query-vnc",\n\n"id": 2}{"execute": "query-vnc", "id": 3}',
  { execute: 'set_password' },
  { execute: 'set_password', arguments: { protocol: 'vnc' } },
  { execute: 'set_password', arguments: { protocol: 'abc', password: 'x' } },
  { execute: 'set_password', arguments: { protocol: 5, password: 'x' } },
  { execute: 'set_password', arguments: { protocol: 'vnc', password: 5 } },
  { execute: 'set_password', arguments: { protocol: 'vnc', password: 'x', bogus: 1 } },
  { execute: 'set_password', arguments: { protocol: 'vnc', password: 'x', connected: 'fail' } },
  { execute: 'set_password', arguments: { protocol: 'vnc', password: 'x', connected: 'abc' } },
  { execute: 'set_password', arguments: { protocol: 'vnc', password: 'x', display: 'abc' } },
  { execute: 'set_password', arguments: { protocol: 'spice', password: 'x' } },
  { execute: 'set_password', arguments: { protocol: 'vnc', password: 'x', display: 'default' } },
  {
    execute: 'set_password',
    arguments: { protocol: 'vnc', password: 'secret', connected: 'keep' },
  },
  { execute: 'expire_password', arguments: { protocol: 'vnc' } },
  { execute: 'expire_password', arguments: { protocol: 'vnc', time: 5 } },
  { execute: 'expire_password', arguments: { protocol: 'vnc', time: '+60', display: 'abc' } },
  { execute: 'expire_password', arguments: { protocol: 'spice', time: '+60' } },
  ...['now', '1', '+60', 'never'].map((time) => ({
    execute: 'expire_password',
    arguments: { protocol: 'vnc', time },
  })),
  { execute: 'change-vnc-password' },
  { execute: 'change-vnc-password', arguments: { password: 'secret' } },
  { execute: 'display-reload' },
  { execute: 'display-reload', arguments: { type: 'gtk' } },
  { execute: 'display-reload', arguments: { type: 'vnc' } },
  { execute: 'display-reload', arguments: { type: 'vnc', 'tls-certs': true } },
  { execute: 'display-update', arguments: { type: 'vnc' } },
  { execute: 'display-update', arguments: { type: 'vnc', addresses: 5 } },
  { execute: 'display-update', arguments: { type: 'vnc', addresses: [5] } },
  { execute: 'display-update', arguments: { type: 'vnc', addresses: [{ type: 'abc' }] } },
  {
    execute: 'display-update',
    arguments: { type: 'vnc', addresses: [{ type: 'inet', host: '127.0.0.1' }] },
  },
  {
    execute: 'display-update',
    arguments: { type: 'vnc', addresses: [{ type: 'inet', host: '127.0.0.1', port: 5 }] },
  },
  {
    execute: 'display-update',
    arguments: {
      type: 'vnc',
      addresses: [
        { type: 'inet', host: '127.0.0.1', port: '0' },
        { type: 'unix', path: 'FOLDER/second' },
      ],
    },
  },
  { execute: 'query-vnc' },
  { execute: 'query-vnc-servers' },
  { execute: 'display-update', arguments: { type: 'vnc', addresses: [] } },
  { execute: 'query-vnc' },
  { execute: 'query-vnc-servers' },
  { execute: 'getfd', arguments: {} },
  { execute: 'closefd', arguments: { fdname: 'x' } },
  { execute: 'screendump' },
  { execute: 'screendump', arguments: { filename: 'FOLDER/a.ppm' } },
  { execute: 'screendump', arguments: { filename: 'FOLDER/a.png', format: 'png' } },
  { execute: 'screendump', arguments: { filename: 'FOLDER/a.gif', format: 'gif' } },
  { execute: 'screendump', arguments: { filename: 'FOLDER/nowhere/a.ppm' } },
  { execute: 'screendump', arguments: { filename: 'FOLDER/a.ppm', device: 'abc' } },
  { execute: 'screendump', arguments: { filename: 'FOLDER/a.ppm', head: 1 } },
  { execute: 'send-key', arguments: { keys: [] } },
  { execute: 'send-key', arguments: { keys: [{ type: 'qcode', data: 'a' }], 'hold-time': 1 } },
  { execute: 'send-key', arguments: { keys: [{ type: 'number', data: 30 }], 'hold-time': 1 } },
  { execute: 'send-key', arguments: { keys: [{ type: 'qcode', data: 'abc' }] } },
  { execute: 'send-key', arguments: { keys: [{ type: 'qcode' }] } },
  { execute: 'send-key', arguments: { keys: [{ type: 'abc' }] } },
  {
    execute: 'send-key',
    arguments: { keys: [{ type: 'qcode', data: 'a' }], 'hold-time': 'x' },
  },
  {
    execute: 'input-send-event',
    arguments: { events: [{ type: 'btn', data: { down: true, button: 'abc' } }] },
  },
  {
    execute: 'input-send-event',
    arguments: { events: [{ type: 'btn', data: { down: true } }] },
  },
  { execute: 'input-send-event', arguments: { device: 'abc', events: [] } },
  { execute: 'qmp_capabilities' },
].map((request) => (typeof request === 'string' ? request : JSON.stringify(request)));

/** One end: a monitor, and the folder of its VNC socket. */
class End {
  readonly folder: string;
  readonly #socket: Socket;
  #text = '';
  #wake: () => void = () => undefined;

  constructor(folder: string) {
    this.folder = folder;
    this.#socket = connectSocket(join(folder, 'monitor'));
    this.#socket.setEncoding('latin1').on('data', (text: string) => {
      this.#text += text;
      this.#wake();
    });
  }

  /** A line with its end. */
  async next(): Promise<string> {
    return normal((await this.#line()).replaceAll(this.folder, 'FOLDER'));
  }

  async #line(): Promise<string> {
    for (;;) {
      const length = this.#text.indexOf('\n') + 1;
      if (length > 0) {
        const line = this.#text.slice(0, length);
        this.#text = this.#text.slice(length);
        return line;
      }
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  /** What it says to this, and to a command behind it whose answer marks the end. */
  async answers(request: string): Promise<readonly string[]> {
    const answers = await this.exactly(request);
    return answers.map((answer) => normal(answer.replaceAll(this.folder, 'FOLDER')));
  }

  async exactly(request: string): Promise<readonly string[]> {
    this.send(`${request}\n{"id": "end"}\n`);
    const answers: string[] = [];
    for (;;) {
      const answer = await this.#line();
      if (answer.startsWith('{"id": "end"')) return answers;
      answers.push(answer);
    }
  }

  send(text: string): void {
    this.#socket.write(text.replaceAll('FOLDER', this.folder));
  }

  close(): void {
    this.#socket.destroy();
  }
}

/** Without what must differ: ports that were free, the time, whose version it is, and that QEMU's guest is not started. */
const normal = (line: string): string =>
  line
    .replace(/"service": "\d+"/g, '"service": "PORT"')
    .replace(
      /^\{"timestamp": \{"seconds": \d{10}, "microseconds": \d{1,6}\}/,
      '{"timestamp": {TIME}',
    )
    .replace(/\{"micro": \d+, "minor": \d+, "major": \d+\}/, '{VERSION}')
    .replace(/"package": "[^"]+"/, '"package": "PACKAGE"')
    .replace(
      '{"status": "prelaunch", "singlestep": false, "running": false}',
      '{"status": "running", "singlestep": false, "running": true}',
    );

describe('monitor beside QEMU', { skip: withoutPeers(program), timeout: 60_000 }, () => {
  const folder = mkdtempSync(join(tmpdir(), 'sallyport-answers-'));
  let guest: GuestProcess | undefined;
  let monitored: Monitored | undefined;
  let transport: { readonly close: () => Promise<void> } | undefined;
  const ends: End[] = [];
  before(async () => {
    const vnc = `unix:${folder}/vnc,password=on,websocket=127.0.0.1:0`;
    const qmp = `unix:${folder}/monitor,server=on,wait=off`;
    const machine = '-nodefaults -no-user-config -machine pc -accel tcg -m 16 -S -vga std'.split(
      ' ',
    );
    guest = await startGuestProcess(program, [...machine, '-vnc', vnc, '-qmp', qmp]);
    let client: QmpClient | undefined;
    await until('QEMU', async () => {
      try {
        client = await openQmpClient(await dial({ kind: 'unix', path: join(folder, 'monitor') }));
        return true;
      } catch {
        return false;
      }
    });
    // It takes one client at a time.
    client?.close();
    await client?.closed;
    monitored = await Monitored.start({ websocket: { listen: '127.0.0.1::0' } });
    transport = await listenMonitor(monitored.monitor, join(monitored.folder, 'monitor'));
    ends.push(new End(folder), new End(monitored.folder));
  });
  after(async () => {
    for (const end of ends) end.close();
    await guest?.end();
    await transport?.close();
    await monitored?.stop();
    rmSync(folder, { recursive: true });
  });

  it('greets as QEMU does, but for a capability that only QEMU has', async () => {
    const [theirs, ours] = await Promise.all(ends.map((end) => end.next()));
    assert.equal(ours, theirs?.replace('["oob"]', '[]'));
    assert.match(ours ?? '', /^\{"QMP": .*\}\r\n$/);
  });

  it('answers as QEMU does', async () => {
    const [theirs, ours] = ends;
    assert.ok(theirs !== undefined && ours !== undefined);
    for (const request of requests)
      assert.deepEqual(await ours.answers(request), await theirs.answers(request), request);
  });

  it('tells of a viewer as QEMU does', async () => {
    const told: string[][] = [];
    for (const end of ends) {
      await end.answers(
        '{"execute": "display-update", "arguments": {"type": "vnc", "addresses": [{"type": "unix", "path": "FOLDER/vnc"}, {"type": "inet", "host": "127.0.0.1", "port": "0"}]}}',
      );
      await end.answers('{"execute": "change-vnc-password", "arguments": {"password": "secret"}}');
      const target = `unix:${end.folder}/vnc`;
      const viewer = await connect(target, { security: 'VncAuth', password: 'secret' });
      const lines = [
        await end.next(),
        await end.next(),
        ...(await end.answers('{"execute": "query-vnc"}')),
        ...(await end.answers('{"execute": "query-vnc-servers"}')),
      ];
      await viewer.close();
      told.push([...lines, await end.next()]);
    }
    assert.deepEqual(told[1], told[0]);
    assert.match(told.join(), /VNC_CONNECTED.*VNC_INITIALIZED.*VNC_DISCONNECTED/s);
  });

  it('marks a client that came through a WebSocket as QEMU does', async () => {
    const told: string[][] = [];
    for (const end of ends) {
      const [servers = ''] = await end.exactly('{"execute": "query-vnc-servers"}');
      const [, port] =
        /"service": "(\d+)", "host": "127.0.0.1", "websocket": true/.exec(servers) ?? [];
      const socket = await openWebSocket(`ws://127.0.0.1:${port}/`);
      const viewer = await connectClient({
        stream: webSocketStream(socket, { pingMs: 0 }),
        accept: parseSecurityList('VncAuth'),
        credentials: async () => ({ password: new Secret('secret') }),
      });
      const events = [await end.next(), await end.next()];
      const answers = [
        ...(await end.answers('{"execute": "query-vnc"}')),
        ...(await end.answers('{"execute": "query-vnc-servers"}')),
      ];
      await viewer.close();
      // Where it came in is the first listener in QEMU, whichever it was.
      const clients = [...events, await end.next()].map((line) =>
        line.replace(/"server": \{.*?\}/, ''),
      );
      told.push([...clients, ...answers]);
    }
    assert.deepEqual(told[1], told[0]);
  });

  it('tells of its end as QEMU does', async () => {
    const told: string[][] = [];
    for (const end of ends) {
      end.send('{"execute": "quit", "id": 1}');
      told.push([await end.next(), await end.next()]);
    }
    assert.deepEqual(told[1], told[0]);
    assert.match(told.join(), /"SHUTDOWN"/);
    await monitored?.quit;
  });
});
