import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Framebuffer } from '../../src/pixels/framebuffer.ts';
import { createKernels, kernelSet, useKernels } from '../../src/pixels/kernels/kernels.ts';
import { Encoding } from '../../src/rfb/constants.ts';
import type { Rectangle } from '../../src/rfb/rectangle.ts';
import { Shadow } from '../../src/server/shadow.ts';
import type { ShadowPicture } from '../../src/server/shadow-picture.ts';
import type { ShadowChange } from '../../src/server/take-over.ts';
import { forManySeeds, Random } from '../pixels/kernels/twins.ts';
import { FakeDisplay } from '../support/fake-display.ts';
import { FakePool } from '../support/fake-pool.ts';
import { Served, setEncodings, updateRequest } from '../support/served.ts';
import { commotion, randomRectangle, scribble, slide } from './commotion.ts';
import { SimulatedViewer } from './simulated-viewer.ts';

const SCROLL: Rectangle = { x: 40, y: 30, width: 300, height: 220 };

function arrange(width = 400, height = 300, viewers = 1) {
  const display = new FakeDisplay({ width, height });
  const random = new Random(7);
  scribble(display, display.framebuffer.bounds, random);
  const shadow = new Shadow(display);
  const all = Array.from({ length: viewers }, () => new SimulatedViewer(display, shadow));
  for (const viewer of all) {
    viewer.encodings(Encoding.CopyRect, Encoding.Raw);
    viewer.request(false);
    viewer.catchUp();
  }
  return { display, shadow, random, viewer: all[0]!, viewers: all };
}

describe('a viewer that knows CopyRect', () => {
  const motions: Record<string, [number, number]> = {
    'scrolled up': [0, -17],
    'scrolled down': [0, 40],
    'scrolled to the right': [23, 0],
    'moved both ways': [-31, 13],
  };
  for (const [name, [dx, dy]] of Object.entries(motions)) {
    it(`is sent little more than what is new when a part is ${name}`, () => {
      const { display, random, viewer } = arrange();
      const { pixels } = viewer.received;
      slide(display, SCROLL, dx, dy, random);
      viewer.catchUp();
      viewer.assertRight();
      const uncovered =
        SCROLL.width * SCROLL.height -
        (SCROLL.width - Math.abs(dx)) * (SCROLL.height - Math.abs(dy));
      assert.ok(viewer.received.copies > 0);
      assert.ok(viewer.received.pixels - pixels < 1.2 * uncovered + 4000);
    });
  }

  it('is sent a window that was dragged, and what it uncovered', () => {
    const { display, random, viewer } = arrange(500, 400);
    const behind = display.framebuffer.get(display.framebuffer.bounds);
    const window = { x: 50, y: 60, width: 210, height: 170 };
    scribble(display, window, random);
    viewer.catchUp();
    const { pixels } = viewer.received;
    const content = display.framebuffer.get(window);
    display.framebuffer.put(display.framebuffer.bounds, behind);
    display.framebuffer.put({ ...window, x: 93, y: 81 }, content);
    display.events.emit('damage', [display.framebuffer.bounds]);
    viewer.catchUp();
    viewer.assertRight();
    const uncovered = 210 * 170 - (210 - 43) * (170 - 21);
    assert.ok(viewer.received.pixels - pixels < 1.3 * uncovered, `${viewer.received.pixels}`);
  });

  it('is sent pixels when it has not what moved', () => {
    const { display, random, viewers } = arrange(400, 300, 2);
    const [viewer, quicker] = viewers as [SimulatedViewer, SimulatedViewer];
    scribble(display, SCROLL, random);
    quicker.catchUp();
    slide(display, SCROLL, 0, -10, random);
    quicker.catchUp();
    viewer.catchUp();
    viewer.assertRight();
    assert.equal(viewer.received.copies, 0);
    assert.ok(quicker.received.copies > 0);
  });

  it('is sent several moves in a row when another viewer was quicker', () => {
    const { display, random, viewers } = arrange(400, 300, 2);
    const [viewer, quicker] = viewers as [SimulatedViewer, SimulatedViewer];
    const { pixels } = viewer.received;
    for (let i = 0; i < 3; i++) {
      slide(display, SCROLL, 0, -10, random);
      quicker.catchUp();
    }
    viewer.catchUp();
    viewer.assertRight();
    assert.ok(viewer.received.copies >= 3);
    assert.ok(viewer.received.pixels - pixels < 1.2 * SCROLL.width * 30 + 4000);
  });

  it('is sent pixels after it asked for all of them', () => {
    const { display, shadow, random, viewer } = arrange();
    slide(display, SCROLL, 0, -10, random);
    void shadow.refresh();
    viewer.picture = new Framebuffer(400, 300);
    viewer.request(false);
    viewer.catchUp();
    viewer.assertRight();
    assert.equal(viewer.received.copies, 0);
  });
});

describe('a viewer that does not know CopyRect', () => {
  it('is sent pixels', () => {
    const { display, random, viewer } = arrange();
    viewer.encodings(Encoding.Raw);
    slide(display, SCROLL, 0, -10, random);
    viewer.catchUp();
    viewer.assertRight();
    assert.equal(viewer.received.copies, 0);
  });

  it('is sent pixels for a move that was found while it still knew', () => {
    const { display, shadow, random, viewer } = arrange();
    slide(display, SCROLL, 0, -10, random);
    void shadow.refresh();
    viewer.encodings(Encoding.Raw);
    viewer.catchUp();
    viewer.assertRight();
    assert.equal(viewer.received.copies, 0);
  });
});

describe('every viewer sees the display in the end', () => {
  for (const kind of ['wasm', 'plain'] as const) {
    const [rounds, steps] = kind === 'wasm' ? [60, 150] : [4, 60];
    it(`whatever is drawn and asked for, by viewers of different pace (kernels in ${kind})`, () => {
      const before = useKernels(createKernels(kind));
      let copies = 0;
      forManySeeds(rounds, (random) => {
        const { display, viewers } = arrange(400, 300, 3);
        for (let i = 0; i < steps; i++) {
          commotion(random, display, viewers);
          if (i % 50 !== 49) continue;
          const viewer = viewers[random.between(0, viewers.length - 1)]!;
          viewer.catchUp();
          viewer.assertRight();
        }
        for (const viewer of viewers) {
          viewer.catchUp();
          viewer.assertRight();
          copies += viewer.received.copies;
          viewer.leave();
        }
      });
      if (before !== undefined) useKernels(before);
      assert.ok(copies > rounds, `${copies} CopyRects`);
    });
  }
});

describe('every viewer sees the display in the end, encoded by threads', () => {
  const zlibAndMoves = (random: Random): number[] => [
    Encoding.Zlib,
    ...[Encoding.CopyRect, Encoding.DesktopSize].filter(() => random.chance(80)),
  ];
  const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

  it('although something moved to where an update under way is yet to be encoded', async () => {
    const display = new FakeDisplay({ width: 400, height: 300 });
    const random = new Random(7);
    scribble(display, display.framebuffer.bounds, random);
    const shadow = new Shadow(display);
    const pool = new FakePool({ manyPixels: 3000, fewPixels: 0, fewUpdates: 1, jobPixels: 2000 });
    const settle = (): Promise<void> => {
      pool.work();
      return nextTurn();
    };
    const viewer = new SimulatedViewer(display, shadow, { pool });
    viewer.encodings(Encoding.Zlib, Encoding.CopyRect);
    viewer.request(false);
    await viewer.catchUpWith(settle);
    viewer.request(false);
    viewer.pump();
    assert.equal(pool.waiting, 2, 'the upper part and the middle');
    slide(display, { x: 40, y: 130, width: 300, height: 160 }, 0, -17, random);
    const refreshed = shadow.refresh();
    assert.ok(refreshed !== undefined, 'it waits for both');
    pool.work(1);
    await nextTurn();
    viewer.pump(2);
    await nextTurn();
    assert.equal(pool.waiting, 1, 'the lower part lets the shadow go first');
    pool.work();
    await refreshed;
    await viewer.catchUpWith(settle);
    viewer.assertRight();
    viewer.leave();
  });

  it('whatever is drawn and asked for, however late they encode', async () => {
    let jobs = 0;
    let switches = 0;
    let copies = 0;
    for (let seed = 1; seed <= 24; seed++) {
      const random = new Random(seed);
      const display = new FakeDisplay({ width: 400, height: 300 });
      scribble(display, display.framebuffer.bounds, random);
      const shadow = new Shadow(display);
      const pool = new FakePool({
        manyPixels: 3000,
        fewPixels: 20000,
        fewUpdates: 1,
        jobPixels: 2000,
      });
      const settle = (): Promise<void> => {
        pool.work();
        return nextTurn();
      };
      const viewers = Array.from(
        { length: 3 },
        () => new SimulatedViewer(display, shadow, { pool }),
      );
      for (const viewer of viewers) {
        viewer.encodings(Encoding.Zlib, Encoding.CopyRect, Encoding.ContinuousUpdates);
        viewer.request(false);
      }
      for (let i = 0; i < 150; i++) {
        commotion(random, display, viewers, zlibAndMoves);
        if (random.chance(60)) pool.work(random.between(1, 3));
        if (random.chance(80)) await nextTurn();
        pool.isEmpty = random.chance(10);
        if (i % 50 !== 49) continue;
        const viewer = viewers[random.between(0, viewers.length - 1)]!;
        await viewer.catchUpWith(settle);
        viewer.assertRight();
      }
      for (const viewer of viewers) {
        await viewer.catchUpWith(settle);
        viewer.assertRight();
        copies += viewer.received.copies;
        viewer.leave();
      }
      assert.equal(pool.lent, 0, 'all encoders were given back');
      jobs += pool.jobs;
      switches += pool.lentInAll - viewers.length;
    }
    assert.ok(jobs > 400, `${jobs} jobs`);
    assert.ok(switches > 20, `${switches} encoders`);
    assert.ok(copies > 24, `${copies} CopyRects`);
  });
});

describe('Shadow', () => {
  it('knows which tiles are of one value, whatever is drawn, moved and resized', () => {
    let solid = 0;
    forManySeeds(25, (random) => {
      const { display, shadow } = arrange(400, 300, 1);
      for (let i = 0; i < 60; i++) {
        const { framebuffer } = display;
        const kind = random.between(0, 9);
        const area = randomRectangle(random, framebuffer, 400);
        if (kind < 5) display.paint(random.between(0, 1) * 0xffffff, area);
        else if (kind < 6) scribble(display, area, random);
        else if (kind < 9) slide(display, area, 0, random.between(0, 80) - 40, random);
        else display.setSize(random.between(100, 420), random.between(100, 320));
        void shadow.refresh();
        solid += assertSolidTiles(shadow.picture);
      }
    });
    assert.ok(solid > 1000, `${solid} tiles of one value`);
  });

  /** Returns how many there are. */
  function assertSolidTiles(picture: ShadowPicture): number {
    const { width, height, pixels } = picture.framebuffer;
    const { bytes } = picture.kernels.memory;
    let solid = 0;
    let at = picture.solid;
    for (let top = 0; top < height; top += 64) {
      for (let left = 0; left < width; left += 64) {
        const values = new Set<number>();
        for (let y = top; y < Math.min(top + 64, height); y++)
          for (let x = left; x < Math.min(left + 64, width); x++)
            values.add(pixels[y * width + x]!);
        assert.equal(bytes[at++], values.size === 1 ? 1 : 0, `the tile at ${left},${top}`);
        if (values.size === 1) solid += 1;
      }
    }
    return solid;
  }

  function changesOf(display: FakeDisplay): { shadow: Shadow; heard: ShadowChange[] } {
    const shadow = new Shadow(display);
    const heard: ShadowChange[] = [];
    shadow.join({
      takesMoves: true,
      published: (change) => heard.push(change),
      stale: () => undefined,
    });
    return { shadow, heard };
  }

  it('tells just what changed of all that was reported', () => {
    const display = new FakeDisplay({ width: 300, height: 200 });
    const { shadow, heard } = changesOf(display);
    display.framebuffer.fill({ x: 10, y: 20, width: 3, height: 4 }, 0x123456);
    display.framebuffer.fill({ x: 290, y: 190, width: 10, height: 10 }, 0x123456);
    display.events.emit('damage', [display.framebuffer.bounds]);
    void shadow.refresh();
    assert.deepEqual(heard, [
      {
        moves: [],
        changed: [
          { x: 10, y: 20, width: 3, height: 4 },
          { x: 290, y: 190, width: 10, height: 10 },
        ],
      },
    ]);
  });

  it('tells a change that spans rows of tiles as one rectangle', () => {
    const display = new FakeDisplay({ width: 100, height: 400 });
    const { shadow, heard } = changesOf(display);
    const r = { x: 5, y: 7, width: 80, height: 300 };
    display.paint(0xff00ff, r);
    void shadow.refresh();
    assert.deepEqual(heard[0]?.changed, [r]);
  });

  it('tells nothing of what is reported and did not change', () => {
    const display = new FakeDisplay({ width: 300, height: 200 });
    const { shadow, heard } = changesOf(display);
    for (let i = 0; i < 5; i++) {
      display.events.emit('damage', [display.framebuffer.bounds]);
      assert.ok(shadow.isStale({ x: 5, y: 5, width: 1, height: 1 }));
      void shadow.refresh();
      assert.ok(!shadow.isStale(display.framebuffer.bounds));
    }
    assert.deepEqual(heard, []);
  });

  it('reads a framebuffer in the memory of the kernels where it stands', () => {
    const { memory } = kernelSet();
    const address = memory.allocate(4 * 200 * 200);
    const pixels = memory.words.subarray(address >>> 2, (address >>> 2) + 200 * 200);
    const display = new FakeDisplay({ width: 200, height: 200 });
    display.framebuffer = new Framebuffer(200, 200, pixels);
    const { shadow, heard } = changesOf(display);
    display.paint(0xabcdef, { x: 70, y: 70, width: 9, height: 9 });
    void shadow.refresh();
    assert.deepEqual(heard[0]?.changed, [{ x: 70, y: 70, width: 9, height: 9 }]);
    assert.deepEqual(shadow.picture.framebuffer.pixels, pixels);
  });

  it('tells of everything after it failed to follow, as part of a change may have been done', (t) => {
    const display = new FakeDisplay({ width: 300, height: 200 });
    const { shadow, heard } = changesOf(display);
    display.paint(0x123456, { x: 1, y: 1, width: 1, height: 1 });
    const full = t.mock.method(kernelSet().memory, 'allocate', () => {
      throw new RangeError('full');
    });
    assert.throws(() => shadow.refresh(), RangeError);
    full.mock.restore();
    assert.ok(shadow.isStale({ x: 200, y: 100, width: 1, height: 1 }));
    void shadow.refresh();
    assert.deepEqual(heard, [{ moves: [], changed: [display.framebuffer.bounds] }]);
    assert.deepEqual(shadow.picture.framebuffer.pixels, display.framebuffer.pixels);
  });

  it('takes memory for the time that a viewer is there, and listens no longer', () => {
    const { memory } = kernelSet();
    const before = memory.used;
    const display = new FakeDisplay({ width: 100, height: 100 });
    const shadow = new Shadow(display);
    const viewer = { takesMoves: false, published: () => undefined, stale: () => undefined };
    const leaves = [viewer, { ...viewer }].map((each) => shadow.join(each));
    assert.ok(memory.used - before >= 40_000);
    leaves[0]!();
    leaves[0]!();
    assert.ok(memory.used > before);
    const kept = shadow.picture.retain();
    leaves[1]!();
    assert.ok(memory.used > before, 'kept for an update under way');
    kept.release();
    assert.equal(memory.used, before);
    assert.equal(display.events.listenerCount(), 0);
  });
});

describe('a display that reports everything all the time', () => {
  it('costs no bytes while nothing changes, and the request stays open', async () => {
    const served = new Served({ display: new FakeDisplay({ width: 256, height: 256 }) });
    const viewer = await served.session();
    viewer.send(setEncodings(Encoding.CopyRect));
    viewer.send(updateRequest(false, '0000 0000 0100 0100'));
    await viewer.receives('00 00 0001 0000 0000 0100 0100 00000000');
    await viewer.reader.skip(256 * 256 * 4);
    viewer.send(updateRequest(true, '0000 0000 0100 0100'));
    for (let i = 0; i < 10; i++) {
      served.display.events.emit('damage', [served.display.framebuffer.bounds]);
      await new Promise((resolve) => setImmediate(resolve));
    }
    served.display.paint(0x010203, { x: 200, y: 100, width: 1, height: 1 });
    await viewer.receives('00 00 0001 00c8 0064 0001 0001 00000000 030201ff');
    await served.server.close();
  });
});
