import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { deflateSync, inflateSync } from 'node:zlib';
import fc from 'fast-check';
import { provideText, providedText } from '../../src/codec/clipboard-text.ts';
import { LimitError, ProtocolError } from '../../src/core/errors.ts';
import { defaultLimits, resolveLimits } from '../../src/core/limits.ts';
import { fromHex } from '../../src/wire/hex.ts';

const provided = (content: Uint8Array | string, formats = 1): string | undefined =>
  providedText(
    {
      action: 'provide',
      formats,
      data: deflateSync(typeof content === 'string' ? fromHex(content) : content),
    },
    defaultLimits,
  );

describe('clipboard text', () => {
  it('is one whole zlib stream of its size and UTF-8 with CR LF and a NUL', () => {
    const { data, formats } = provideText('né\nß\r\n€');
    assert.equal(formats, 1);
    // inflateSync refuses a stream without its end or with a wrong checksum.
    assert.equal(
      inflateSync(data).toString('hex'),
      '0000000d' /* size */ + Buffer.from('né\r\nß\r\n€\0').toString('hex'),
    );
  });

  it('reads back as it was, lines ending with a line feed alone', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 500 }), (text) => {
        const clean = text.replaceAll('\0', '');
        assert.equal(
          providedText(provideText(clean), defaultLimits),
          clean.replace(/\r\n?/g, '\n').toWellFormed(),
        );
      }),
    );
  });

  it('of a megabyte has the right checksum', () => {
    const text = '\u00ff'.repeat(500_000);
    assert.equal(inflateSync(provideText(text).data).length, 4 + 1_000_000 + 1);
  });

  it('is read up to its NUL, and without one', () => {
    assert.equal(provided('00000003 610062'), 'a');
    assert.equal(provided('00000002 6162'), 'ab');
    assert.equal(provided('00000000'), '');
    assert.equal(provided('00000003 610d00'), 'a\n');
  });

  it('is read in front of other formats, and from a stream that was only flushed', () => {
    assert.equal(provided('00000002 6100 00000003 3c623e', 5), 'a');
    const whole = deflateSync(fromHex('00000002 6100'));
    assert.equal(
      providedText(
        { action: 'provide', formats: 1, data: whole.subarray(0, whole.length - 4) },
        defaultLimits,
      ),
      'a',
    );
  });

  it('is undefined when other formats alone were provided', () => {
    assert.equal(provided('00000003 3c623e', 4), undefined);
  });

  it('that is shorter than its size, cut or not zlib at all is refused', () => {
    assert.throws(() => provided('00000004 610000'), ProtocolError);
    assert.throws(() => provided('0000'), ProtocolError);
    for (const data of [fromHex('ffff'), new Uint8Array(0), fromHex('78')])
      assert.throws(
        () => providedText({ action: 'provide', formats: 1, data }, defaultLimits),
        ProtocolError,
      );
  });

  it('above the limit is refused by its size, before it is inflated', () => {
    const limits = resolveLimits({ maxClipboardBytes: 100 });
    const bomb = new Uint8Array(4 + 1_000_000);
    for (const size of [101, 1_000_000, 0xffffffff]) {
      new DataView(bomb.buffer).setUint32(0, size);
      assert.throws(
        () => providedText({ action: 'provide', formats: 1, data: deflateSync(bomb) }, limits),
        LimitError,
      );
    }
  });
});
