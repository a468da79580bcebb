import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { fromHex, toHex } from '../../src/wire/hex.ts';
import { fromLatin1, fromUtf8, latin1, printable, utf8 } from '../../src/wire/text.ts';

describe('text on the wire', () => {
  it('goes through UTF-8', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (text) => {
        assert.equal(fromUtf8(utf8(text)), text);
      }),
    );
  });

  it('shows malformed UTF-8 as U+FFFD', () => {
    assert.equal(fromUtf8(Uint8Array.of(0x61, 0xff, 0x62, 0xc3)), 'a\ufffdb\ufffd');
  });

  it('keeps a byte order mark: a name is its bytes', () => {
    assert.equal(fromUtf8(Uint8Array.of(0xef, 0xbb, 0xbf, 0x61)), '\ufeffa');
  });

  it('goes through Latin-1, all 256 of it, at any length', () => {
    const all = Uint8Array.from({ length: 256 }, (_, i) => i);
    assert.deepEqual(latin1(fromLatin1(all)), all);
    const long = Uint8Array.from({ length: 20_000 }, (_, i) => (i * 7) & 255);
    assert.deepEqual(latin1(fromLatin1(long)), long);
  });

  it('writes ? for each character outside Latin-1, one for a pair of surrogates', () => {
    assert.equal(fromLatin1(latin1('é€🙂x')), 'é??x');
  });
});

describe('printable', () => {
  it('replaces control characters, line ends and what turns the direction of text', () => {
    assert.equal(printable('a\x1b[31m\r\n\x00\x9b\u2028\u202e\u2066b'), 'a·[31m·······b');
  });

  it('cuts what is too long, and says so', () => {
    assert.equal(printable('abcdef', 3), 'abc…');
    assert.equal(printable('abc', 3), 'abc');
  });
});

describe('hex', () => {
  it('goes there and back', () => {
    fc.assert(
      fc.property(fc.uint8Array(), (bytes) => {
        assert.deepEqual(fromHex(toHex(bytes)), bytes);
      }),
    );
  });

  it('ignores white space and comments, and throws TypeError at the rest', () => {
    assert.deepEqual(fromHex(' 0a # ten, 0b\n\t0C'), Uint8Array.of(10, 12));
    for (const text of ['0', '0g', '-1', '0x00']) assert.throws(() => fromHex(text), TypeError);
  });
});
