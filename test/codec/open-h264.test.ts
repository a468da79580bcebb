import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { isKeyframe, nalTypes } from '../../src/codec/open-h264/annex-b.ts';
import { OpenH264Contexts } from '../../src/codec/open-h264/contexts.ts';
import { receiveOpenH264, writeOpenH264 } from '../../src/codec/open-h264/open-h264.ts';
import { ClosedError, LimitError, ProtocolError } from '../../src/core/errors.ts';
import { resolveLimits } from '../../src/core/limits.ts';
import { ByteReader } from '../../src/wire/byte-reader.ts';
import { ByteWriter } from '../../src/wire/byte-writer.ts';
import { fromHex, toHex } from '../../src/wire/hex.ts';
import { memoryPair } from '../../src/wire/memory-pair.ts';

const limits = resolveLimits({ maxRectBytes: 16 });

async function receive(bytes: Uint8Array) {
  const [near, far] = memoryPair({ chunkBytes: 1 });
  far.write(bytes);
  far.end();
  const reader = new ByteReader(near);
  const payload = await receiveOpenH264(reader, limits);
  return { ...payload, left: reader.buffered };
}

const EXAMPLE = fromHex(`
  00000005      # length
  00000003      # ResetContext, ResetAllContexts
  00000001 65   # a NAL unit
`);

describe('Open H.264 payload', () => {
  it('is a length, flags, and a picture in annex B', async () => {
    const w = new ByteWriter();
    writeOpenH264(w, { flags: 3, data: fromHex('00000001 65') });
    assert.equal(toHex(w.take()), toHex(EXAMPLE));
    const { flags, data } = await receive(EXAMPLE);
    assert.equal(flags, 3);
    assert.equal(toHex(data), toHex(fromHex('00000001 65')));
  });

  it('may be flags alone', async () => {
    const { flags, data } = await receive(fromHex('00000000 00000001'));
    assert.equal(flags, 1);
    assert.equal(data.length, 0);
  });

  it('rejects a length above the limit before a byte of the picture came', async () => {
    await assert.rejects(receive(fromHex('00000011 00000000')), LimitError);
    await assert.rejects(receive(fromHex('ffffffff 00000000')), LimitError);
  });

  it('rejects flags that nobody knows', async () => {
    await assert.rejects(receive(fromHex('00000000 00000004')), ProtocolError);
    await assert.rejects(receive(fromHex('00000000 80000000')), ProtocolError);
  });

  it('waits for all of it: every shorter one ends with the stream', async () => {
    for (let length = 0; length < EXAMPLE.length; length++)
      await assert.rejects(receive(EXAMPLE.slice(0, length)), ClosedError);
  });
});

describe('Open H.264 contexts', () => {
  const at = (x: number) => ({ x, y: 0, width: 64, height: 64 });

  function arrange() {
    const ended: number[] = [];
    const contexts = new OpenH264Contexts<number>(
      ({ x }) => x,
      (x) => ended.push(x),
    );
    return { contexts, ended };
  }

  it('go by the exact rectangle', () => {
    let begun = 0;
    const contexts = new OpenH264Contexts(
      () => ++begun,
      () => undefined,
    );
    assert.equal(contexts.of(at(0), 0), 1);
    assert.equal(contexts.of({ ...at(0), width: 66 }, 0), 2);
    assert.equal(contexts.of(at(0), 0), 1);
  });

  it('ResetContext ends that of the rectangle, ResetAllContexts all of them', () => {
    const { contexts, ended } = arrange();
    for (const x of [1, 2, 3]) contexts.of(at(x), 0);
    contexts.of(at(2), 1);
    assert.deepEqual(ended, [2]);
    contexts.of(at(9), 2);
    assert.deepEqual(ended, [2, 1, 3, 2]);
    contexts.clear();
    assert.deepEqual(ended, [2, 1, 3, 2, 9]);
  });

  it('are 64 at most: the one longest unused ends', () => {
    const { contexts, ended } = arrange();
    for (let x = 0; x < 64; x++) contexts.of(at(x), 0);
    contexts.of(at(0), 0);
    assert.deepEqual(ended, []);
    contexts.of(at(64), 0);
    assert.deepEqual(ended, [1]);
  });
});

describe('a picture in annex B', () => {
  it('is a keyframe when its slices are IDR slices', () => {
    const keyframe = fromHex('00000001 67 42c020 00000001 68ce 000001 65 8801');
    assert.deepEqual(Array.from(nalTypes(keyframe)), [7, 8, 5]);
    assert.equal(isKeyframe(keyframe), true);
    assert.equal(isKeyframe(fromHex('00000001 41 9a20 01')), false);
  });

  it('is none when it is empty, cut off or noise', () => {
    for (const hex of ['', '01', '0001', '000001', '00000001', 'ff01ff0001ff'])
      assert.equal(isKeyframe(fromHex(hex)), false);
  });
});
