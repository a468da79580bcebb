import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Encoding, encodingName } from '../../src/rfb/constants.ts';

describe('encodingName', () => {
  it('names each encoding that has a number here', () => {
    for (const [name, number] of Object.entries(Encoding)) assert.equal(encodingName(number), name);
  });

  it('names the levels between the ends of their ranges', () => {
    assert.equal(encodingName(-27), 'JpegQualityLevel5');
    assert.equal(encodingName(-254), 'CompressionLevel2');
  });

  it('gives the number of any other', () => {
    assert.equal(encodingName(4711), '4711');
    assert.equal(encodingName(-33), '-33');
    assert.equal(encodingName(-22), '-22');
  });
});
