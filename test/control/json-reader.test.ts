import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { createJsonReader, type JsonItem } from '../../src/control/json-reader.ts';

/** Values, and faults as strings with a `!`. */
const told = (items: readonly JsonItem[]): unknown[] =>
  items.map((item) => ('fault' in item ? `!${item.fault}` : item.value));

const read = (text: string): unknown[] => told(createJsonReader().feed(text));

describe('JSON reader', () => {
  it('reads any values, however they are cut and laid out', () => {
    fc.assert(
      fc.property(
        fc.array(fc.jsonValue(), { maxLength: 4 }),
        fc.constantFrom(0, 2),
        fc.array(fc.nat(40), { maxLength: 20 }),
        (values, indent, cuts) => {
          const text = values
            .map((value) => `${JSON.stringify(value, undefined, indent)}\n`)
            .join('');
          const reader = createJsonReader();
          const items: JsonItem[] = [];
          let at = 0;
          for (const cut of cuts) {
            items.push(...reader.feed(text.slice(at, at + cut)));
            at += cut;
          }
          items.push(...reader.feed(text.slice(at)));
          assert.deepEqual(
            told(items),
            JSON.parse(`[${values.map((v) => JSON.stringify(v)).join()}]`),
          );
        },
      ),
      { numRuns: 200 },
    );
  });

  it('reads several objects of one line, and one of several lines', () => {
    assert.deepEqual(read('{"a":1}{"b":2} {"c":\n\n3}'), [{ a: 1 }, { b: 2 }, { c: 3 }]);
  });

  it('takes single quotes, as QEMU does', () => {
    assert.deepEqual(read(`{'a': 'it''s', 'b': 1}`.replace(`''`, `\\'`)), [{ a: "it's", b: 1 }]);
    assert.deepEqual(read(`['say "x"', "it's"]`), [['say "x"', "it's"]]);
  });

  it('names a word that is none, and reads on with the next value', () => {
    assert.deepEqual(read('{"execute": query}\n{"a": 1}'), [
      "!JSON parse error, invalid keyword 'query'",
      { a: 1 },
    ]);
    assert.deepEqual(read('nonsense\n1\n'), ["!JSON parse error, invalid keyword 'nonsense'", 1]);
  });

  it('stays in step after brackets that do not fit', () => {
    assert.deepEqual(read('} {"a": 1}'), ['!JSON parse error, expecting value', { a: 1 }]);
    assert.deepEqual(read('{"a": ]\n{"b": 1}'), ['!JSON parse error, not a JSON value', { b: 1 }]);
  });

  it('drops the line of a string that does not end', () => {
    assert.deepEqual(read('{"a": "x\n{"b": 1}'), [
      '!JSON parse error, a control character in a string',
      { b: 1 },
    ]);
    assert.deepEqual(read('{"a": "x\ty"}, "z"}\n{"b": 1}'), [
      '!JSON parse error, a control character in a string',
      { b: 1 },
    ]);
  });

  it('never quotes what stands in strings', () => {
    for (const fault of read(`{"password": "hunter2" oops}\n{"password": "hunter2",}\n`))
      assert.doesNotMatch(String(fault), /hunter2/);
  });

  it('refuses what is too long or too deep once, with the rest of its line', () => {
    const reader = createJsonReader(100);
    const items = reader.feed(`{"a": "${'x'.repeat(1000)}"}\n{"b": 1}`);
    assert.deepEqual(told(items), ['!JSON parse error, more than 100 characters', { b: 1 }]);
    assert.deepEqual(read(`${'['.repeat(5000)}\n{"b": 1}`), [
      '!JSON parse error, too many brackets in brackets',
      { b: 1 },
    ]);
  });

  it('survives any text, and then still reads what is right', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[{}[\]"'\\:, ax1\n\t]*$/), (noise) => {
        const reader = createJsonReader();
        reader.feed(noise);
        // Whatever it waits for now ends within two broken lines.
        reader.feed(`"\n'\n${']'.repeat(noise.length)}\n`);
        assert.deepEqual(told(reader.feed('{"a": 1}')), [{ a: 1 }]);
      }),
      { numRuns: 300 },
    );
  });
});
