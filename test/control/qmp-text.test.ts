import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { qmpText } from '../../src/control/qmp-text.ts';

describe('QMP text', () => {
  it('has the spaces and the order of members that QEMU sends', () => {
    for (const [value, text] of [
      [
        { QMP: { version: { qemu: { major: 7, micro: 0, minor: 2 } }, capabilities: ['oob'] } },
        '{"QMP": {"version": {"qemu": {"micro": 0, "minor": 2, "major": 7}}, "capabilities": ["oob"]}}',
      ],
      [{ id: 1, return: {} }, '{"return": {}, "id": 1}'],
      [
        { error: { desc: 'no', class: 'GenericError' }, id: [] },
        '{"id": [], "error": {"class": "GenericError", "desc": "no"}}',
      ],
      [
        { event: 'E', data: { a: [1, true, null] }, timestamp: { seconds: 1, microseconds: 2 } },
        '{"timestamp": {"seconds": 1, "microseconds": 2}, "event": "E", "data": {"a": [1, true, null]}}',
      ],
    ] as const)
      assert.equal(qmpText(value), text);
  });

  it('is ASCII, with digits in capitals', () => {
    assert.equal(
      qmpText({ é: '€\u{1f600} "\\/\n\t\u0001\u007f\u00ff' }),
      String.raw`{"\u00E9": "\u20AC\uD83D\uDE00 \"\\/\n\t\u0001\u007F\u00FF"}`,
    );
  });

  it('leaves out what is undefined', () => {
    assert.equal(qmpText({ a: undefined, b: 1 }), '{"b": 1}');
  });

  it('leaves what QEMU wrote as it is', () => {
    for (const text of [
      '{"return": {"status": "running", "singlestep": false, "running": true}}',
      '{"micro": 0, "minor": 2, "major": 7}',
    ])
      assert.equal(qmpText(JSON.parse(text)), text);
  });

  it('means what JSON.stringify says, on one line', () => {
    fc.assert(
      fc.property(fc.jsonValue({ noUnicodeString: false }), (value) => {
        const text = qmpText(value);
        assert.match(text, /^[ -~]*$/);
        assert.deepEqual(JSON.parse(text), JSON.parse(JSON.stringify(value)));
      }),
    );
  });
});
