/** Somebody else's client: a script in Python that reads lines, as QEMU's own qemu.qmp and qmp-shell do. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { after, before, describe, it } from 'node:test';
import { isJsonObject, type JsonObject } from '../../src/control/members.ts';
import { listenMonitor } from '../../src/control/monitor-transport.ts';
import { withoutPeers } from '../support/peers.ts';
import { until } from '../support/until.ts';
import { Monitored } from './monitored.ts';

const script = 'test/control/line_client.py';

class Client {
  readonly #child;
  readonly #lines: AsyncIterator<string>;
  #complaints = '';

  private constructor(path: string) {
    this.#child = spawn('python3', [script, path], { stdio: 'pipe' });
    this.#child.stderr.on('data', (chunk: Buffer) => (this.#complaints += chunk.toString()));
    this.#child.stdin.on('error', () => undefined);
    this.#lines = createInterface({ input: this.#child.stdout })[Symbol.asyncIterator]();
  }

  static async greeted(path: string): Promise<Client> {
    const client = new Client(path);
    const greeting = await client.#next();
    assert.ok(isJsonObject(greeting['QMP']));
    return client;
  }

  /** Events, and the answer at the end. */
  async ask(request: JsonObject): Promise<readonly JsonObject[]> {
    this.#child.stdin.write(`${JSON.stringify(request)}\n`);
    const messages: JsonObject[] = [];
    for (;;) {
      const message = await this.#next();
      messages.push(message);
      if (!('event' in message)) return messages;
    }
  }

  async close(): Promise<void> {
    this.#child.stdin.end();
    const [code] = (await once(this.#child, 'close')) as [number | null];
    assert.deepEqual([code, this.#complaints], [0, '']);
  }

  async #next(): Promise<JsonObject> {
    const { value, done } = await this.#lines.next();
    assert.ok(done !== true, this.#complaints);
    const message: unknown = JSON.parse(value);
    assert.ok(isJsonObject(message));
    return message;
  }
}

describe('monitor with a client in Python', { skip: withoutPeers('python3') }, () => {
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

  it('negotiates with and without `enable`', async () => {
    const negotiate = { execute: 'qmp_capabilities' };
    for (const request of [
      negotiate,
      { ...negotiate, arguments: {} },
      { ...negotiate, arguments: { enable: [] } },
    ]) {
      const client = await Client.greeted(path);
      assert.deepEqual(await client.ask(request), [{ return: {} }]);
      await client.close();
    }
    const client = await Client.greeted(path);
    const [refused] = await client.ask({ ...negotiate, arguments: { enable: ['oob'] } });
    assert.ok(isJsonObject(refused?.['error']));
    assert.deepEqual(await client.ask(negotiate), [{ return: {} }]);
    await client.close();
  });

  it('gets its ids back, whatever they are, with returns and errors', async () => {
    const client = await Client.greeted(path);
    await client.ask({ execute: 'qmp_capabilities', id: '__qmp#00000' });
    for (const id of [null, true, 0, -1.5, '', 'é😀"\\', [], [1, [null]], { b: { a: 1 }, a: [] }])
      for (const execute of ['query-vnc', 'nope']) {
        const [answer] = await client.ask({ execute, id });
        assert.deepEqual(answer?.['id'], id);
      }
    await client.close();
  });

  it('hears events between the answers', async () => {
    const client = await Client.greeted(path);
    await client.ask({ execute: 'qmp_capabilities' });
    const viewer = await monitored.viewer();
    const told = await client.ask({ execute: 'x-query-sessions', id: '__qmp#00001' });
    assert.deepEqual(
      told.map(({ event, id }) => event ?? id),
      ['VNC_CONNECTED', 'VNC_INITIALIZED', '__qmp#00001'],
    );
    await viewer.close();
    const after: (readonly JsonObject[])[] = [];
    // Its end may come behind the next answer.
    await until('the end of the viewer', async () => {
      after.push(await client.ask({ execute: 'query-status' }));
      return after.flat().some(({ event }) => event === 'VNC_DISCONNECTED');
    });
    await client.close();
  });
});
