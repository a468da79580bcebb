import assert from 'node:assert/strict';
import { describe, it, mock } from 'node:test';
import fc from 'fast-check';
import { createTestCard } from '../../src/displays/testcard.ts';
import { layOutTestCard } from '../../src/displays/testcard-layout.ts';
import { Framebuffer } from '../../src/pixels/framebuffer.ts';
import { DesktopSizeStatus, Led } from '../../src/rfb/constants.ts';
import { contains, intersect, isEmpty, type Rectangle } from '../../src/rfb/rectangle.ts';
import { singleScreen } from '../../src/rfb/screen.ts';
import { allRights, viewOnlyRights } from '../../src/security/identity.ts';
import type { Display, ViewerInfo } from '../../src/server/display.ts';

const press = (card: Display, keysym: number): void => {
  card.key({ type: 'KeyEvent', down: true, keysym });
  card.key({ type: 'KeyEvent', down: false, keysym });
};

const type = (card: Display, text: string): void => {
  for (const character of text) press(card, character.codePointAt(0) ?? 0);
};

const viewer = (fields: Partial<ViewerInfo> = {}): ViewerInfo => ({
  id: 1,
  address: '127.0.0.1:40112',
  name: 'password',
  version: '3.8',
  security: 'X509Vnc',
  tls: 'TLSv1.2 ECDHE-ECDSA-AES256-GCM-SHA384',
  rights: allRights,
  ...fields,
});

/** Runs `action`, and returns the damage it told; asserts that nothing outside of it changed. */
function damageOf(card: Display, action: () => void): Rectangle[] {
  const damage: Rectangle[] = [];
  const before = card.framebuffer.pixels.slice();
  const off = card.events.on('damage', (list) => damage.push(...list));
  action();
  off();
  const { bounds, width, pixels } = card.framebuffer;
  for (const r of damage) assert.ok(contains(bounds, r) && !isEmpty(r));
  for (let at = 0; at < pixels.length; at++) {
    if (pixels[at] === before[at]) continue;
    const pixel = { x: at % width, y: Math.floor(at / width), width: 1, height: 1 };
    assert.ok(
      damage.some((r) => contains(r, pixel)),
      `pixel ${pixel.x},${pixel.y} changed outside the damage`,
    );
  }
  return damage;
}

const picture = (card: Display, r: Rectangle): string =>
  Buffer.from(card.framebuffer.get(r).buffer).toString('base64');

/** Pixels of one colour (0xRRGGBB) inside a rectangle. */
const count = (card: Display, r: Rectangle, colour: number): number =>
  card.framebuffer.get(r).filter((pixel) => (pixel & 0xffffff) === colour).length;

describe('test card', () => {
  const { keyboard, pointer, clipboard, viewers, track, clock, bars } = layOutTestCard(1280, 800);

  it('shows what is typed, and says where it drew', () => {
    const card = createTestCard();
    const empty = picture(card, keyboard);
    const damage = damageOf(card, () => type(card, 'hello'));
    assert.ok(damage.length > 0 && damage.every((r) => contains(keyboard, r)));
    assert.notEqual(picture(card, keyboard), empty);
  });

  it('takes the last character back with Backspace', () => {
    const card = createTestCard();
    const other = createTestCard();
    type(card, 'ab');
    press(card, 0xff08);
    type(other, 'a');
    press(other, 0xff08);
    type(other, 'a');
    press(card, 0xffe1);
    press(other, 0xffe1);
    assert.equal(picture(card, keyboard), picture(other, keyboard));
  });

  it('goes to a new line with Return, and survives far more text than it has room for', () => {
    const card = createTestCard({ width: 200, height: 200 });
    for (let i = 0; i < 310; i++) {
      type(card, 'line');
      press(card, 0xff0d);
    }
    type(card, '\u20ac');
    card.key({ type: 'KeyEvent', down: true, keysym: 0x010020ac });
    card.key({ type: 'KeyEvent', down: true, keysym: 0xffffffff });
    damageOf(card, () => card.key({ type: 'KeyEvent', down: true, keysym: 0, keycode: 0x1e }));
  });

  it('rings the bell on Ctrl-G and does not type the g', async () => {
    const card = createTestCard();
    const bell = card.events.once('bell');
    card.key({ type: 'KeyEvent', down: true, keysym: 0xffe3 });
    press(card, 0x67);
    card.key({ type: 'KeyEvent', down: false, keysym: 0xffe3 });
    await bell;
    const other = createTestCard();
    press(card, 0xffe1);
    press(other, 0xffe1);
    assert.equal(picture(card, keyboard), picture(other, keyboard));
  });

  it('toggles the lamps of the lock keys', () => {
    const card = createTestCard();
    let told = 0;
    card.events.on('leds', () => told++);
    press(card, 0xffe5);
    assert.equal(card.leds, Led.CapsLock);
    press(card, 0xff7f);
    press(card, 0xffe5);
    assert.equal(card.leds, Led.NumLock);
    assert.equal(told, 3);
  });

  it('shows pointer and clipboard in their own panels, wherever a viewer points', () => {
    const card = createTestCard();
    for (const [x, y] of [
      [0, 0],
      [1279, 799],
      [65535, 65535],
      [-5, -5],
    ] as const) {
      const damage = damageOf(card, () => card.pointer({ buttonMask: 0xff, x, y }));
      assert.deepEqual(damage, [pointer]);
    }
    const damage = damageOf(card, () => card.clipboard('a\nb\u0000c'.repeat(10_000)));
    assert.deepEqual(damage, [clipboard]);
  });

  it('says in red that nothing encrypts a connection, and only then', async () => {
    const card = createTestCard();
    card.viewers?.([viewer()]);
    assert.equal(count(card, viewers, 0xf87171), 0);
    await card.close();
    const other = createTestCard();
    const { tls: _, ...bare } = viewer({ security: 'None' });
    other.viewers?.([bare]);
    assert.ok(count(other, viewers, 0xf87171) > 50);
    await other.close();
  });

  it('draws its list of viewers ten times a second at most, and the last one for certain', async () => {
    mock.timers.enable({ apis: ['setInterval', 'setTimeout', 'Date'], now: 1_000_000 });
    try {
      const card = createTestCard();
      const other = createTestCard();
      let drawn = 0;
      card.events.on(
        'damage',
        (list) => (drawn += list.filter((r) => contains(viewers, r)).length),
      );
      const many = Array.from({ length: 1000 }, (_, id) => viewer({ id }));
      for (let length = 1; length <= 1000; length++) card.viewers?.(many.slice(0, length));
      assert.equal(drawn, 1);
      mock.timers.tick(99);
      assert.equal(drawn, 1);
      mock.timers.tick(1);
      assert.equal(drawn, 2);
      other.viewers?.(many);
      assert.equal(picture(card, viewers), picture(other, viewers));
      mock.timers.tick(10_000);
      assert.equal(drawn, 2);
      card.viewers?.([]);
      assert.equal(drawn, 3);
      await card.close();
      await other.close();
    } finally {
      mock.timers.reset();
    }
  });

  it('leaves no timer behind when nobody watches, or when it is closed', async () => {
    const timers = (): number =>
      process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length;
    const before = timers();
    const card = createTestCard();
    assert.equal(timers(), before);
    for (const list of [[viewer()], [viewer(), viewer()], []]) card.viewers?.(list);
    while (timers() > before) await new Promise((resolve) => setImmediate(resolve));
    card.viewers?.([viewer()]);
    card.viewers?.([]);
    assert.equal(timers(), before + 1);
    await card.close();
    assert.equal(timers(), before);
  });

  it('lists as many viewers as fit, and counts the others', async () => {
    const card = createTestCard({ width: 320, height: 240 });
    const many = Array.from({ length: 50 }, (_, id) =>
      viewer({ id, distinguishedName: 'C=GB,O=Lab,CN=alice', rights: viewOnlyRights }),
    );
    damageOf(card, () => card.viewers?.(many));
    await card.close();
  });

  it('moves its mark and its clock only while somebody watches', async () => {
    mock.timers.enable({ apis: ['setInterval', 'Date'], now: 1_000_000 });
    try {
      const card = createTestCard();
      const damage: Rectangle[] = [];
      card.events.on('damage', (list) => damage.push(...list));
      mock.timers.tick(5000);
      assert.equal(damage.length, 0);
      card.viewers?.([viewer()]);
      damage.length = 0;
      for (let i = 0; i < 31; i++) mock.timers.tick(66);
      const moves = damage.filter((r) => contains(track, r));
      assert.ok(moves.length >= 20 && moves.length <= 40, `${moves.length} moves in two seconds`);
      assert.ok(moves.every((r) => r.width < track.width / 4));
      assert.equal(damage.filter((r) => contains(clock, r)).length, 2);
      card.viewers?.([]);
      damage.length = 0;
      mock.timers.tick(5000);
      assert.equal(damage.length, 0);
      await card.close();
    } finally {
      mock.timers.reset();
    }
  });

  it('leaves no trace behind the moving mark', async () => {
    mock.timers.enable({ apis: ['setInterval', 'Date'], now: 1_000_000 });
    try {
      const card = createTestCard();
      card.viewers?.([viewer()]);
      const start = picture(card, track);
      for (let i = 0; i < 10; i++) damageOf(card, () => mock.timers.tick(66));
      assert.notEqual(picture(card, track), start);
      // Back at the first position after one whole period.
      mock.timers.setTime(1_000_000 + 8000 - 66);
      mock.timers.tick(66);
      assert.equal(picture(card, track), start);
      await card.close();
    } finally {
      mock.timers.reset();
    }
  });

  it('lays itself out anew for every size that a viewer asks for', async () => {
    const card = createTestCard();
    let resized = 0;
    card.events.on('resize', () => resized++);
    for (const [width, height] of [
      [200, 200],
      [8192, 200],
      [333, 777],
      [1920, 1080],
    ] as const) {
      const status = await card.resize?.(width, height, singleScreen(width, height));
      assert.equal(status, DesktopSizeStatus.Ok);
      assert.equal(card.framebuffer.width, width);
      assert.deepEqual(card.screens, singleScreen(width, height));
      damageOf(card, () => {
        type(card, 'x');
        card.pointer({ buttonMask: 1, x: 10, y: 10 });
      });
    }
    assert.equal(resized, 4);
  });

  it('refuses sizes that are too small, too large, or do not match their screens', async () => {
    const card = createTestCard();
    const before = card.framebuffer;
    for (const [width, height, screens] of [
      [199, 200, singleScreen(199, 200)],
      [8193, 600, singleScreen(8193, 600)],
      [640, 480, singleScreen(641, 480)],
      [640, 480, []],
    ] as const)
      assert.equal(
        await card.resize?.(width, height, screens),
        DesktopSizeStatus.InvalidLayout,
        `${width}x${height}`,
      );
    assert.equal(card.framebuffer, before);
    assert.throws(() => createTestCard({ width: 10 }), RangeError);
  });

  it('has a pointer whose hot spot lies inside it', () => {
    const { cursor } = createTestCard();
    assert.ok(cursor !== undefined && cursor.pixels.length === cursor.width * cursor.height);
    const alphas = new Set(cursor.pixels.map((pixel) => pixel >>> 24));
    assert.ok(alphas.has(0) && alphas.has(255) && cursor.hotX < cursor.width);
  });

  it('tells its end once, and draws no more after it', async () => {
    const card = createTestCard();
    let ends = 0;
    card.events.on('closed', () => ends++);
    await card.close();
    await card.close();
    assert.equal(ends, 1);
    assert.deepEqual(
      damageOf(card, () => type(card, 'x')),
      [],
    );
  });

  it('puts its parts inside the screen and apart from each other, at any size', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 200, max: 8192 }),
        fc.integer({ min: 200, max: 8192 }),
        (width, height) => {
          const { scale: _s, gap: _g, clock: _c, ...parts } = layOutTestCard(width, height);
          const bounds = { x: 0, y: 0, width, height };
          const list = Object.values(parts).filter((r) => !isEmpty(r));
          for (const a of list) {
            assert.ok(contains(bounds, a));
            for (const b of list) assert.ok(a === b || isEmpty(intersect(a, b)));
          }
        },
      ),
    );
  });

  it('draws the colour bars in order of falling brightness', () => {
    const { framebuffer } = createTestCard();
    assert.ok(framebuffer instanceof Framebuffer);
    const at = (part: number): number =>
      (framebuffer.pixels[framebuffer.at(bars.x + Math.floor(bars.width * part), bars.y + 1)] ??
        0) & 0xffffff;
    assert.deepEqual([at(0.05), at(0.2), at(0.95)], [0xffffff, 0xbfbf00, 0x000000]);
  });
});
