/** What happens to a display and to its viewers, at random: for tests of what viewers see in the end. */
import type { Framebuffer } from '../../src/pixels/framebuffer.ts';
import { Encoding } from '../../src/rfb/constants.ts';
import { intersect, isEmpty, type Rectangle } from '../../src/rfb/rectangle.ts';
import type { Random } from '../pixels/kernels/twins.ts';
import type { FakeDisplay } from '../support/fake-display.ts';
import type { SimulatedViewer } from './simulated-viewer.ts';

/** Text-like noise: no two places look alike. */
export function scribble(display: FakeDisplay, r: Rectangle, random: Random): void {
  const { framebuffer } = display;
  for (let y = r.y; y < r.y + r.height; y++) {
    for (let x = r.x; x < r.x + r.width; x++) {
      const ink = random.chance(30) ? random.next() & 0xffffff : 0xffffff;
      framebuffer.pixels[framebuffer.at(x, y)] = (ink | 0xff000000) >>> 0;
    }
  }
  display.events.emit('damage', [r]);
}

/** Moves a part of the picture and draws anew what it left, as a program does: only damage is told. */
export function slide(
  display: FakeDisplay,
  area: Rectangle,
  dx: number,
  dy: number,
  random: Random,
): void {
  const from = { ...area, x: area.x + dx, y: area.y + dy };
  const to = intersect(area, from);
  if (isEmpty(to)) return;
  display.framebuffer.move(to.x - dx, to.y - dy, to);
  if (dy !== 0)
    scribble(
      display,
      { ...area, y: dy > 0 ? area.y : area.y + area.height + dy, height: Math.abs(dy) },
      random,
    );
  if (dx !== 0)
    scribble(
      display,
      { ...area, x: dx > 0 ? area.x : area.x + area.width + dx, width: Math.abs(dx) },
      random,
    );
  display.events.emit('damage', [area]);
}

export function randomRectangle(
  random: Random,
  { width, height }: Framebuffer,
  most: number,
): Rectangle {
  const w = random.between(1, Math.min(width, most));
  const h = random.between(1, Math.min(height, most));
  return {
    x: random.between(0, width - w),
    y: random.between(0, height - h),
    width: w,
    height: h,
  };
}

/** Something happens: to the display, or to one of its viewers. */
export function commotion(
  random: Random,
  display: FakeDisplay,
  viewers: readonly SimulatedViewer[],
  someEncodings: (random: Random) => number[] = moves,
): void {
  const viewer = viewers[random.between(0, viewers.length - 1)]!;
  const { framebuffer } = display;
  const kind = random.between(0, 99);
  if (kind < 12) {
    display.paint(random.next() & 0xffffff, randomRectangle(random, framebuffer, 80));
  } else if (kind < 16) {
    scribble(display, randomRectangle(random, framebuffer, 200), random);
  } else if (kind < 36) {
    const far = random.chance(70) ? 12 : 60;
    const [dx, dy] = [random.between(0, 2 * far) - far, random.between(0, 2 * far) - far];
    const area = randomRectangle(random, framebuffer, 400);
    slide(display, area, random.chance(60) ? 0 : dx, random.chance(20) ? 0 : dy, random);
  } else if (kind < 38) {
    display.events.emit('damage', [framebuffer.bounds]);
  } else if (kind < 60) {
    viewer.request(true);
  } else if (kind < 64) {
    viewer.request(true, randomRectangle(random, viewer.picture, 300));
  } else if (kind < 66) {
    viewer.request(false, randomRectangle(random, viewer.picture, 200));
  } else if (kind < 95) {
    viewer.pump(random.between(1, 4));
  } else if (kind < 96) {
    display.setSize(random.between(100, 420), random.between(100, 320));
  } else if (kind < 98) {
    viewer.look(random.chance(60));
  } else if (kind < 99) {
    viewer.encodings(...someEncodings(random), Encoding.ContinuousUpdates);
  } else {
    viewer.pushed(random.chance(60), randomRectangle(random, viewer.picture, 400));
  }
}

const moves = (random: Random): number[] =>
  [Encoding.CopyRect, Encoding.DesktopSize].filter(() => random.chance(80));
