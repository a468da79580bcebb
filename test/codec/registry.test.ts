import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { codecs, findCodec } from '../../src/codec/registry.ts';
import { encodingName } from '../../src/rfb/constants.ts';

describe('the codec registry', () => {
  it('finds each codec by its encoding, and calls it by the specification’s name', () => {
    for (const codec of codecs) {
      assert.equal(findCodec(codec.encoding), codec);
      assert.equal(codec.name, encodingName(codec.encoding));
    }
  });

  it('knows Hextile, CopyRect, RRE and Raw, and asks for them in that order', () => {
    const plain = [5, 1, 2, 0];
    const asked = codecs.map((codec) => codec.encoding);
    assert.deepEqual(
      asked.filter((encoding) => plain.includes(encoding)),
      plain,
    );
  });

  it('ends with Raw, so that something always fits', () => {
    assert.equal(codecs.at(-1)?.encoding, 0);
  });

  it('does not know pseudo-encodings', () => {
    for (const encoding of [-239, -224, 0x7fffffff]) assert.equal(findCodec(encoding), undefined);
  });

  it('gives every connection its own encoder and decoder to keep state in', () => {
    const hextile = findCodec(5)!;
    assert.notEqual(hextile.createDecoder({}), hextile.createDecoder({}));
  });
});
