import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { openQmpSession, type QmpSession } from '../../src/control/qmp-session.ts';
import { command } from '../../src/control/command.ts';
import { QmpError } from '../../src/control/qmp-error.ts';

const version = { qemu: { major: 0, minor: 1, micro: 0 }, package: 'test' };

class Client {
  readonly lines: string[] = [];
  readonly session: QmpSession;
  readonly executed: string[] = [];

  constructor() {
    const echo = command(
      (a) => ({ text: a.string('text'), times: a.optional('times', () => a.integer('times')) }),
      ({ text, times = 1 }) => text.repeat(times),
    );
    this.session = openQmpSession(
      {
        version,
        execute: async (name, args) => {
          this.executed.push(name);
          if (name === 'echo') return echo(args);
          if (name === 'slow') return new Promise((resolve) => setImmediate(resolve, 'slow'));
          if (name === 'broken') throw new Error('it broke');
          throw new QmpError(`The command ${name} has not been found`, 'CommandNotFound');
        },
      },
      (line) => this.lines.push(line),
    );
  }

  async says(text: string): Promise<unknown[]> {
    const before = this.lines.length;
    await this.session.feed(text);
    return this.lines.slice(before).map((line): unknown => JSON.parse(line));
  }

  /** The sentence of the one error that this is answered with. */
  async refuses(text: string): Promise<string> {
    const [answer, ...more] = await this.says(text);
    assert.deepEqual(more, []);
    const { error } = answer as { error: { class: string; desc: string } };
    return `${error.class}: ${error.desc}`;
  }

  static async negotiated(): Promise<Client> {
    const client = new Client();
    await client.says('{"execute": "qmp_capabilities"}');
    return client;
  }
}

describe('QMP session', () => {
  it('greets, and takes no command before qmp_capabilities', async () => {
    const client = new Client();
    assert.deepEqual(JSON.parse(client.lines[0] ?? ''), { QMP: { version, capabilities: [] } });
    assert.equal(
      await client.refuses('{"execute": "echo", "arguments": {"text": "x"}}'),
      "CommandNotFound: Expecting capabilities negotiation with 'qmp_capabilities'",
    );
    assert.deepEqual(client.executed, []);
    assert.deepEqual(await client.says('{"execute": "qmp_capabilities", "id": 1}'), [
      { return: {}, id: 1 },
    ]);
    assert.equal(
      await client.refuses('{"execute": "qmp_capabilities"}'),
      'CommandNotFound: Capabilities negotiation is already complete, command ignored',
    );
  });

  it('offers no capability, and refuses to enable any', async () => {
    const client = new Client();
    const enable = (name: string): string =>
      `{"execute": "qmp_capabilities", "arguments": {"enable": ["${name}"]}}`;
    assert.equal(await client.refuses(enable('oob')), 'GenericError: Capability oob not available');
    assert.match(await client.refuses(enable('x')), /does not accept value 'x'/);
    assert.match(await client.refuses('{"execute": "echo"}'), /Expecting capabilities/);
  });

  it('echoes any id, before an error and behind a return', async () => {
    const client = await Client.negotiated();
    await client.says('{"execute": "echo", "arguments": {"text": "a"}, "id": {"n": [1, null]}}');
    assert.equal(client.lines.at(-1), '{"return": "a", "id": {"n": [1, null]}}');
    await client.says('{"execute": "nope", "id": null}');
    assert.equal(
      client.lines.at(-1),
      '{"id": null, "error": {"class": "CommandNotFound", "desc": "The command nope has not been found"}}',
    );
  });

  it('answers in order, also what is fed while a command runs', async () => {
    const client = await Client.negotiated();
    const both = [
      client.says('{"execute": "slow", "id": 1}{"execute": "echo", "arguments": {"text": "2"}}'),
      client.says('{"execute": "slow", "id": 3}'),
    ];
    await Promise.all(both);
    assert.deepEqual(client.lines.slice(2), [
      '{"return": "slow", "id": 1}',
      '{"return": "2"}',
      '{"return": "slow", "id": 3}',
    ]);
  });

  it('complains of requests in QEMU’s words, and stays in step', async () => {
    const client = await Client.negotiated();
    for (const [text, sentence] of [
      ['5 ', 'QMP input must be a JSON object'],
      ['[1]', 'QMP input must be a JSON object'],
      ['{"execute": 5}', "QMP input member 'execute' must be a string"],
      ['{"foo": 1}', "QMP input member 'foo' is unexpected"],
      ['{"id": 1}', "QMP input lacks member 'execute'"],
      ['{"execute": "echo", "arguments": 5}', "QMP input member 'arguments' must be an object"],
      ['{"exec-oob": "echo"}', "QMP input member 'exec-oob' is unexpected"],
      ['{"execute": "echo"}', "Parameter 'text' is missing"],
      [
        '{"execute": "echo", "arguments": {"text": 5}}',
        "Invalid parameter type for 'text', expected: string",
      ],
      [
        '{"execute": "echo", "arguments": {"text": "", "times": 1.5}}',
        "Invalid parameter type for 'times', expected: integer",
      ],
      ['{"execute": "echo", "arguments": {"text": "", "b": 1}}', "Parameter 'b' is unexpected"],
      ['{"execute": "broken"}', 'it broke'],
      ['{"execute": "__proto__"}', undefined],
    ] as const) {
      const said = await client.refuses(text);
      if (sentence !== undefined) assert.equal(said, `GenericError: ${sentence}`);
    }
    assert.deepEqual(await client.says('{"execute": "echo", "arguments": {"text": "x"}}'), [
      { return: 'x' },
    ]);
  });

  it('tells no events before negotiation', async () => {
    const client = new Client();
    const event = { event: 'E', timestamp: { seconds: 1, microseconds: 2 } };
    client.session.event(event);
    assert.equal(client.lines.length, 1);
    await client.says('{"execute": "qmp_capabilities"}');
    client.session.event(event);
    assert.deepEqual(JSON.parse(client.lines.at(-1) ?? ''), event);
  });
});
