import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { tight } from '../../src/codec/tight/tight.ts';
import { zrle } from '../../src/codec/zrle/zrle.ts';
import { zywrle } from '../../src/codec/zywrle/zywrle.ts';
import { kernelSet } from '../../src/pixels/kernels/kernels.ts';
import { Encoding } from '../../src/rfb/constants.ts';
import { Shadow } from '../../src/server/shadow.ts';
import { canEncode } from '../../src/server/negotiated.ts';
import { ViewerEncoders } from '../../src/server/viewer-encoders.ts';
import { ViewerThread } from '../../src/server/viewer-thread.ts';
import { FakeDisplay } from '../support/fake-display.ts';
import { FakePool } from '../support/fake-pool.ts';
import { Served, setEncodings, until, updateRequest, type TestViewer } from '../support/served.ts';
import { SimulatedViewer } from './simulated-viewer.ts';

type Wanted = Parameters<ViewerEncoders['move']>[0];

const threshold = { manyPixels: 1000, fewPixels: 100, fewUpdates: 3, jobPixels: 1000 };
const WHOLE = '0000 0000 0040 0040';
const size = { width: 64, height: 64 };

describe('the choice of a thread', () => {
  it('is another one from an update with many pixels on, until some in a row have few', () => {
    const pool = new FakePool(threshold);
    const thread = new ViewerThread(pool);
    const isElsewhere = (pixels: number): boolean => thread.choose(pixels, false) !== undefined;
    assert.equal(isElsewhere(999), false);
    assert.equal(isElsewhere(1000), true);
    assert.deepEqual([1, 99, 100, 1, 1].map(isElsewhere), [true, true, true, true, true]);
    assert.equal(isElsewhere(1), false);
    assert.equal(pool.lent, 0);
    assert.equal(isElsewhere(5000), true);
    assert.equal(pool.lentInAll, 2);
  });

  it('is made anew when JPEG is allowed, or no longer', () => {
    const pool = new FakePool(threshold);
    const thread = new ViewerThread(pool);
    for (const lossy of [false, true, true, false])
      assert.notEqual(thread.choose(5000, lossy), undefined);
    assert.deepEqual([pool.lent, pool.lentInAll], [1, 3]);
  });

  it('is this one as long as no other is ready', () => {
    const pool = new FakePool(threshold);
    pool.isEmpty = true;
    const thread = new ViewerThread(pool);
    assert.equal(thread.choose(5000, false), undefined);
    pool.isEmpty = false;
    assert.equal(thread.choose(5, false), undefined);
    assert.notEqual(thread.choose(5000, false), undefined);
  });
});

describe('the encoders of a viewer', () => {
  it('know that ZRLE and ZYWRLE have one stream, wherever it is', () => {
    const encoders = new ViewerEncoders(undefined);
    const pool = new FakePool(threshold);
    const [thread, other] = [pool.encoder()!, pool.encoder()!];
    const [first, second] = [zrle, zywrle].map((codec) => {
      assert.ok(canEncode(codec));
      return { codec, wishes: {} };
    }) as [Wanted, Wanted];
    assert.equal(encoders.here(first, false).streams!(), 0);
    assert.equal(encoders.move(first, thread), 0, 'the stream has yet to begin');
    encoders.moved(Encoding.ZRLE, 1);
    assert.equal(encoders.move(second, thread), undefined, 'it is there already');
    assert.equal(encoders.move(second, other), 1);
    assert.equal(encoders.here(first, false).streams!(), 1);
    assert.equal(encoders.move(first, other), 1, 'it was here meanwhile');
  });

  it('begin anew, wherever they are, behind what was shared with other viewers', () => {
    const encoders = new ViewerEncoders(undefined);
    const thread = new FakePool(threshold).encoder()!;
    assert.ok(canEncode(tight));
    const wanted = { codec: tight, wishes: {} };
    assert.equal(encoders.move(wanted, thread), 0);
    encoders.moved(Encoding.Tight, 0b1111);
    encoders.interrupted(Encoding.Tight);
    assert.equal(encoders.move(wanted, thread), 0b1111_0000, 'all four are to be reset');
    assert.equal(encoders.move(wanted, thread), undefined);
    encoders.moved(Encoding.Tight, 0b1111);
    encoders.interrupted(Encoding.Tight);
    assert.equal(encoders.here(wanted, false).streams!(), 0b1111_0000);
  });
});

describe('a viewer whose pixels another thread encodes', () => {
  async function ask(viewer: TestViewer): Promise<void> {
    viewer.send(setEncodings(Encoding.Zlib));
    viewer.send(updateRequest(false, WHOLE));
    await Promise.resolve();
  }

  it('is sent its update once that is done, in one stream with what is encoded here', async () => {
    const pool = new FakePool(threshold);
    const served = new Served({ display: new FakeDisplay(size), pool });
    const viewer = await served.session();
    await ask(viewer);
    await until(() => pool.waiting === 1);
    pool.work();
    await viewer.receives('00 00 0001 0000 0000 0040 0040 00000006');
    const [, first] = [await viewer.reader.u32(), await viewer.reader.bytes(2)];
    assert.deepEqual([...first], [0x78, 0x01], 'the header of the stream');
    await served.server.close();
    assert.equal(pool.lent, 0);
  });

  it('is closed with one clear error when the thread ends, and others go on', async () => {
    const pool = new FakePool(threshold);
    const served = new Served({ display: new FakeDisplay(size), pool });
    const viewer = await served.session();
    await ask(viewer);
    await until(() => pool.waiting === 1);
    pool.die();
    assert.equal((await viewer.gone).message, 'the encoding thread ended');
    assert.equal(pool.lent, 0);
    const other = await served.session();
    await ask(other);
    await until(() => pool.waiting === 1);
    pool.work();
    await other.receives('00 00 0001 0000 0000 0040 0040 00000006');
    await served.server.close();
  });

  it('may leave while it is at work: then the picture is kept until that is done', async () => {
    const { memory } = kernelSet();
    const before = memory.used;
    const pool = new FakePool(threshold);
    const served = new Served({ display: new FakeDisplay(size), pool });
    const viewer = await served.session();
    await ask(viewer);
    await until(() => pool.waiting === 1);
    viewer.stream.destroy();
    await viewer.gone;
    assert.equal(pool.lent, 0);
    assert.ok(memory.used - before >= 64 * 64 * 4);
    pool.die();
    await until(() => memory.used - before < 64 * 64 * 4);
    await served.server.close();
  });

  it('does not keep others from what is new for longer than its jobs under way take', async () => {
    const display = new FakeDisplay({ width: 400, height: 300 });
    const shadow = new Shadow(display);
    const pool = new FakePool({ ...threshold, manyPixels: 10_000 });
    const [large, small] = [1, 2].map(() => new SimulatedViewer(display, shadow, { pool })) as [
      SimulatedViewer,
      SimulatedViewer,
    ];
    for (const viewer of [large, small]) viewer.encodings(Encoding.Zlib);
    large.request(false);
    large.pump();
    assert.equal(pool.waiting, 2);
    display.paint(0xff0000, { x: 10, y: 10, width: 5, height: 5 });
    small.request(true);
    small.pump();
    // The large one goes on, and its third job waits for the small one's look.
    pool.work(1);
    await new Promise((resolve) => setImmediate(resolve));
    large.pump();
    assert.equal(pool.waiting, 1);
    pool.work(1);
    await new Promise((resolve) => setImmediate(resolve));
    small.pump();
    assert.equal(small.received.pixels, 25);
    assert.equal(pool.waiting, 1, 'the third job has begun');
    const settle = async (): Promise<void> => {
      pool.work();
      await new Promise((resolve) => setImmediate(resolve));
    };
    await large.catchUpWith(settle);
    large.assertRight();
    for (const viewer of [large, small]) viewer.leave();
  });
});
