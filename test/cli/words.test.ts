import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { splitWords } from '../../src/cli/words.ts';

const words = (source: string): string[] => splitWords(source).map(({ text }) => text);

describe('words of scripts', () => {
  it('stand between white space and line ends', () => {
    assert.deepEqual(words('  key enter\n\ttype  hello\r\n'), ['key', 'enter', 'type', 'hello']);
    assert.deepEqual(words(''), []);
  });
  it('are kept together by quotes, of which those of the other kind are characters', () => {
    assert.deepEqual(words(`type "it's here" '"' a"b c"'d e'`), [
      'type',
      "it's here",
      '"',
      'ab cd e',
    ]);
    assert.deepEqual(words(`type ""`), ['type', '']);
  });
  it('have backslashes before what should be taken as it is', () => {
    assert.deepEqual(words('a\\ b \\# "\\"\\\\\\n" \'\\n\' c\\\nd \\\n e'), [
      'a b',
      '#',
      '"\\\\n',
      '\\n',
      'cd',
      'e',
    ]);
  });
  it('are no comments: those begin with # where a word could', () => {
    assert.deepEqual(words('# first\nkey a # "second\na#b'), ['key', 'a', 'a#b']);
  });
  it('know their line', () => {
    assert.deepEqual(
      splitWords('a\n"b\nc" d\n\\\ne').map(({ line }) => line),
      [1, 2, 3, 5],
    );
    assert.throws(() => splitWords('a\n\nb "c\n'), /^TypeError: line 3: the " does not end$/);
  });
});
