import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Encoding } from '../../src/rfb/constants.ts';
import { Shadow } from '../../src/server/shadow.ts';
import { forManySeeds, Random } from '../pixels/kernels/twins.ts';
import { FakeDisplay } from '../support/fake-display.ts';
import { commotion, scribble } from './commotion.ts';
import { SimulatedViewer } from './simulated-viewer.ts';

const LEVEL_2 = Encoding.CompressionLevel0 + 2;
const tight = [Encoding.Tight, Encoding.LastRect, LEVEL_2];

function arrange(viewers: number, encodings: readonly number[] = tight) {
  const display = new FakeDisplay({ width: 400, height: 300 });
  const random = new Random(11);
  scribble(display, display.framebuffer.bounds, random);
  const shadow = new Shadow(display);
  const comes = (): SimulatedViewer => {
    const viewer = new SimulatedViewer(display, shadow);
    viewer.drawsLater = true;
    viewer.encodings(...encodings);
    viewer.request(false);
    return viewer;
  };
  const all = Array.from({ length: viewers }, comes);
  for (const viewer of all) viewer.catchUp();
  return { display, shadow, random, viewers: all, comes };
}

/** Everything there is goes to all of them, in turn. */
async function show(viewers: readonly SimulatedViewer[]): Promise<void> {
  for (const viewer of viewers) {
    viewer.catchUp();
    await viewer.draw();
    // It may have learned of another size, all of which it asks for now.
    viewer.catchUp();
    await viewer.draw();
    viewer.assertRight();
  }
}

describe('viewers of one display that want the same', () => {
  for (const [name, encodings] of Object.entries({
    'Tight in parts': tight,
    'Tight in single rectangles': [Encoding.Tight, LEVEL_2],
    TightPNG: [Encoding.TightPng, Encoding.LastRect],
    Hextile: [Encoding.Hextile],
    RRE: [Encoding.RRE],
    CoRRE: [Encoding.CoRRE],
    TRLE: [Encoding.TRLE],
    Raw: [Encoding.Raw],
  })) {
    it(`are sent what was encoded once (${name})`, async () => {
      const { display, shadow, random, viewers } = arrange(3, encodings);
      await show(viewers);
      const keep = shadow.pieces.keep.bind(shadow.pieces);
      let kept = 0;
      shadow.pieces.keep = (...args) => {
        kept += 1;
        keep(...args);
      };
      scribble(display, { x: 10, y: 10, width: 60, height: 50 }, random);
      viewers[0]!.catchUp();
      const pieces = kept;
      assert.ok(pieces > 0);
      await show(viewers);
      assert.equal(kept, pieces);
    });
  }

  it('are sent pixels of their own in encodings whose streams cannot begin anew', async () => {
    for (const encoding of [Encoding.ZRLE, Encoding.ZYWRLE, Encoding.Zlib]) {
      const { shadow, viewers } = arrange(5, [encoding]);
      await show(viewers);
      assert.equal(shadow.pieces.keptBytes, 0);
    }
  });

  it('share from the second one on, and go on alone when others leave', async () => {
    const { display, shadow, random, viewers, comes } = arrange(1);
    await show(viewers);
    const change = async (): Promise<void> => {
      scribble(display, { x: 100, y: 100, width: 90, height: 80 }, random);
      await show(viewers);
    };
    await change();
    assert.equal(shadow.pieces.keptBytes, 0);
    viewers.push(comes());
    await show(viewers);
    await change();
    assert.ok(shadow.pieces.keptBytes > 0);
    viewers.shift()!.leave();
    // Its streams begin anew, and go on.
    for (let i = 0; i < 3; i++) await change();
    viewers[0]!.request(false);
    await show(viewers);
  });

  it('are sent nothing that another one was sent with loss or at another level', async () => {
    const { display, shadow, random, viewers } = arrange(3);
    await show(viewers);
    viewers[1]!.encodings(Encoding.Tight, Encoding.LastRect, Encoding.CompressionLevel0 + 9);
    viewers[2]!.encodings(...tight, Encoding.JpegQualityLevel0);
    for (let i = 0; i < 3; i++) {
      scribble(display, { x: 100, y: 100, width: 90, height: 80 }, random);
      await show(viewers);
    }
    assert.equal(shadow.pieces.keptBytes, 0);
  });

  it('are sent black when they may not look, whatever the others see', async () => {
    const { display, random, viewers } = arrange(4);
    await show(viewers);
    viewers[3]!.look(false);
    await show(viewers);
    scribble(display, { x: 100, y: 100, width: 90, height: 80 }, random);
    await show(viewers);
    viewers[3]!.look(true);
    await show(viewers);
  });

  it('are sent nothing of a picture that an update under way still has, but is gone', async () => {
    const { display, random, viewers } = arrange(4, [Encoding.Tight, LEVEL_2]);
    await show(viewers);
    scribble(display, { x: 0, y: 0, width: 400, height: 300 }, random);
    viewers[0]!.request(true);
    viewers[0]!.pump(1);
    display.setSize(400, 290);
    scribble(display, { x: 0, y: 0, width: 400, height: 290 }, random);
    viewers[1]!.request(true);
    viewers[1]!.pump(1);
    viewers[0]!.pump(1);
    await show(viewers);
  });

  it('are sent nothing of what is outside now', async () => {
    const { display, viewers } = arrange(4);
    await show(viewers);
    const corner = { x: 390, y: 290, width: 10, height: 10 };
    for (const viewer of viewers) {
      viewer.request(false, corner);
      viewer.pump();
    }
    display.setSize(390, 290);
    for (const viewer of viewers) {
      viewer.request(true, corner);
      viewer.pump();
    }
    await show(viewers);
  });

  it('cost no more memory than a bound, and none when they have gone', async () => {
    const { display, shadow, random, viewers } = arrange(2, [Encoding.Hextile]);
    display.setSize(2000, 1500);
    for (let i = 0; i < 3; i++) {
      scribble(display, display.framebuffer.bounds, random);
      for (const viewer of viewers) viewer.request(false);
      for (const viewer of viewers) viewer.catchUp();
      assert.ok(shadow.pieces.keptBytes > 0);
      assert.ok(shadow.pieces.keptBytes <= 8 * 1024 * 1024);
    }
    for (const viewer of viewers) viewer.leave();
    assert.equal(shadow.pieces.keptBytes, 0);
  });

  it('see the display in the end, whatever happens', async () => {
    const others: readonly (readonly number[])[] = [
      [Encoding.ZRLE],
      [Encoding.Hextile],
      [Encoding.Tight, LEVEL_2],
      [Encoding.Tight, Encoding.LastRect, Encoding.CompressionLevel0 + 1],
    ];
    const someEncodings = (random: Random): number[] => [
      ...(random.chance(60) ? tight : others[random.between(0, others.length - 1)]!),
      ...[Encoding.CopyRect, Encoding.DesktopSize].filter(() => random.chance(80)),
    ];
    const seeds: Random[] = [];
    forManySeeds(8, (random) => seeds.push(random));
    let copies = 0;
    let shared = 0;
    for (const random of seeds) {
      const { display, shadow, viewers } = arrange(5);
      const find = shadow.pieces.find.bind(shadow.pieces);
      shadow.pieces.find = (...args) => {
        const found = find(...args);
        if (found !== undefined) shared += 1;
        return found;
      };
      for (let i = 0; i < 250; i++) {
        commotion(random, display, viewers, someEncodings);
        if (i % 50 === 49) await show([viewers[random.between(0, viewers.length - 1)]!]);
      }
      await show(viewers);
      for (const viewer of viewers) {
        copies += viewer.received.copies;
        viewer.leave();
      }
    }
    assert.ok(copies > 8, `${copies} CopyRects`);
    assert.ok(shared > 100, `${shared} pieces were shared`);
  });
});
