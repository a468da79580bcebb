import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { completeCommand, holdsSecret, planCommand } from '../../src/control/human-monitor.ts';

/** The command of QMP that a line becomes, or the sentence that refuses it. */
function planned(line: string): unknown {
  const plan = planCommand(line);
  if (plan.kind === 'execute') return [plan.command, plan.args];
  return plan.kind === 'error' || plan.kind === 'say' ? plan.text : plan.kind;
}

describe('human monitor', () => {
  it('turns lines into commands of QMP', () => {
    for (const [line, command, args] of [
      ['info vnc', 'query-vnc-servers', {}],
      ['info sessions', 'x-query-sessions', {}],
      ['set_password vnc abc', 'set_password', { protocol: 'vnc', password: 'abc' }],
      ['set_password vnc "a b\\"c"', 'set_password', { protocol: 'vnc', password: 'a b"c' }],
      [
        'set_password vnc abc keep -d default',
        'set_password',
        { protocol: 'vnc', password: 'abc', connected: 'keep', display: 'default' },
      ],
      ['expire_password vnc +60', 'expire_password', { protocol: 'vnc', time: '+60' }],
      ['change vnc password abc', 'change-vnc-password', { password: 'abc' }],
      ['kick 3', 'x-kick', { id: 3 }],
      ['kick 3 for lunch', 'x-kick', { id: 3, reason: 'for lunch' }],
      ['rights 3 view', 'x-set-rights', { id: 3, preset: 'view' }],
      [
        'rights 3 -keyboard +clipboard-in',
        'x-set-rights',
        { id: 3, keyboard: false, 'clipboard-in': true },
      ],
      ['reload', 'x-reload', {}],
      ['listen add :2', 'x-listener-add', { address: ':2' }],
      ['listen remove :2', 'x-listener-remove', { address: ':2' }],
      ['security X509Vnc,TLSVnc', 'x-set-security', { types: ['X509Vnc', 'TLSVnc'] }],
      ['screendump a.png', 'screendump', { filename: 'a.png', format: 'png' }],
      ['screendump -f png a', 'screendump', { filename: 'a', format: 'png' }],
      [
        'sendkey ctrl-0x2e 50',
        'send-key',
        {
          keys: [
            { type: 'qcode', data: 'ctrl' },
            { type: 'number', data: 0x2e },
          ],
          'hold-time': 50,
        },
      ],
      ['{"execute": "stop", "arguments": {"a": 1}}', 'stop', { a: 1 }],
    ] as const)
      assert.deepEqual(planned(line), [command, args], line);
  });

  it('says how a command is used that it cannot read, without the words it was given', () => {
    assert.equal(
      planned('set_password vnc hunter2 keep more'),
      'usage: set_password vnc [PASSWORD] [-d DISPLAY]',
    );
    for (const line of [
      'info',
      'info x',
      'kick',
      'kick x',
      'rights 1',
      'rights 1 all',
      'listen :2',
    ])
      assert.match(String(planned(line)), /^usage: /, line);
    assert.equal(planned('__proto__'), 'unknown command __proto__; "help" lists them');
    assert.equal(planned('set_password "vnc'), 'a quote is not closed');
    assert.equal(planned('{"execute": 1}'), 'a QMP command looks like {"execute": "query-vnc"}');
    assert.equal(planned('  '), '');
  });

  it('asks for a password that is left out', () => {
    for (const line of ['set_password vnc', 'change vnc password']) {
      const plan = planCommand(line);
      assert.ok(plan.kind === 'secret');
      const next = plan.next('a b');
      assert.ok(next.kind === 'execute');
      assert.equal(next.args['password'], 'a b');
    }
  });

  it('asks before it ends the server, and leaves when told', () => {
    const plan = planCommand('quit');
    assert.ok(plan.kind === 'confirm' && plan.next.kind === 'execute');
    assert.equal(plan.next.command, 'quit');
    assert.equal(planned('exit'), 'leave');
  });

  it('completes commands, their words, and keys', () => {
    assert.deepEqual(completeCommand('se'), [['set_password', 'security', 'sendkey'], 'se']);
    assert.deepEqual(completeCommand('info se'), [['sessions', 'security'], 'se']);
    assert.deepEqual(completeCommand('sendkey ctrl-alt-del'), [['delete'], 'del']);
    assert.deepEqual(completeCommand('kick 3'), [[], '3']);
  });

  it('knows the lines that no history may keep', () => {
    for (const line of [
      'set_password vnc x',
      'change vnc password x',
      'change vnc passwd x',
      '{"execute": "change-vnc-password", "arguments": {"password": "x"}}',
    ])
      assert.ok(holdsSecret(line), line);
    assert.ok(!holdsSecret('info vnc'));
  });

  it('tames what peers wrote', () => {
    const plan = planCommand('info sessions');
    assert.ok(plan.kind === 'execute');
    const text = plan.render([{ id: 1, authenticated: true, name: 'evil\u001b[2J\nname' }]);
    assert.ok(!text.includes('\u001b'));
    assert.equal(text.split('\n').length, 2);
  });
});
