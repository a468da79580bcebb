/** A served display with its monitor, and clients of it without a transport. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Logger } from '../../src/core/logger.ts';
import { isJsonObject, type JsonObject } from '../../src/control/members.ts';
import { createMonitor, type Monitor, type MonitorSession } from '../../src/control/monitor.ts';
import { connect } from '../../src/node/connect.ts';
import { formatAddress } from '../../src/node/address.ts';
import { serve, type ServeOptions, type Serving } from '../../src/node/serve.ts';
import type { VncClient } from '../../src/client/client.ts';
import { FakeDisplay } from '../support/fake-display.ts';

export interface MonitoredOptions extends Omit<ServeOptions, 'display'> {
  readonly monitorLogger?: Logger;
}

export class Monitored {
  readonly folder: string;
  readonly display: FakeDisplay;
  readonly serving: Serving;
  readonly monitor: Monitor;
  /** Settles when `quit` was said. */
  readonly quit: Promise<void>;

  static async start(options: MonitoredOptions = {}): Promise<Monitored> {
    const folder = mkdtempSync(join(tmpdir(), 'sallyport-monitor-'));
    const display = new FakeDisplay();
    const { monitorLogger, ...rest } = options;
    const serving = await serve({
      display,
      listen: `unix:${join(folder, 'vnc')}`,
      security: 'VncAuth',
      access: { password: 'secret' },
      ...rest,
    });
    return new Monitored(folder, display, serving, monitorLogger);
  }

  private constructor(
    folder: string,
    display: FakeDisplay,
    serving: Serving,
    logger: Logger | undefined,
  ) {
    this.folder = folder;
    this.display = display;
    this.serving = serving;
    let sayQuit: () => void = () => undefined;
    this.quit = new Promise((resolve) => {
      sayQuit = resolve;
    });
    this.monitor = createMonitor({
      serving,
      display,
      version: '0.1.0',
      quit: sayQuit,
      ...(logger === undefined ? {} : { logger }),
    });
  }

  /** A client past its negotiation. */
  async talk(): Promise<Talk> {
    const talk = new Talk(this.monitor);
    await talk.say('{"execute": "qmp_capabilities"}');
    talk.messages.length = 0;
    return talk;
  }

  /** A viewer that logged in. */
  viewer(password = 'secret'): Promise<VncClient> {
    const [address] = this.serving.addresses;
    assert.ok(address !== undefined);
    return connect(formatAddress(address), { security: 'VncAuth,None', password });
  }

  async stop(): Promise<void> {
    this.monitor.close();
    await this.serving.close();
    rmSync(this.folder, { recursive: true });
  }
}

/** A client of a monitor, and all that it was told. */
export class Talk {
  readonly messages: JsonObject[] = [];
  readonly session: MonitorSession;
  #wake: () => void = () => undefined;

  constructor(monitor: Monitor) {
    this.session = monitor.open((line) => {
      const message: unknown = JSON.parse(line);
      assert.ok(isJsonObject(message) && !line.includes('\n'));
      this.messages.push(message);
      this.#wake();
    });
  }

  /** What it answers to this text, events included. */
  async say(text: string): Promise<readonly JsonObject[]> {
    const before = this.messages.length;
    await this.session.feed(text);
    return this.messages.slice(before);
  }

  /** The answer to a command: `return`, or the error as `class: desc`. */
  async run(execute: string, args?: JsonObject): Promise<unknown> {
    const request = { execute, ...(args === undefined ? {} : { arguments: args }), id: 'run' };
    const answers = await this.say(JSON.stringify(request));
    const answer = answers.find(({ id }) => id === 'run');
    assert.ok(answer !== undefined);
    const { error } = answer;
    return isJsonObject(error)
      ? `${String(error['class'])}: ${String(error['desc'])}`
      : answer['return'];
  }

  /** The data of the next event of this name, those that came already included. */
  async event(name: string): Promise<unknown> {
    for (;;) {
      const at = this.messages.findIndex(({ event }) => event === name);
      if (at >= 0) return this.messages.splice(at, 1)[0]?.['data'];
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }
}
