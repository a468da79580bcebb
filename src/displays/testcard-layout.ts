/** Where the parts of the test card lie, for any size of screen. Pure; testcard.ts draws into these rectangles. */
import type { Rectangle } from '../rfb/rectangle.ts';
import { CELL_HEIGHT, CELL_WIDTH } from './bitmap-font.ts';
import { lineHeight } from './drawing.ts';

export interface TestCardLayout {
  /** Pixels for each pixel of the font. */
  readonly scale: number;
  readonly gap: number;
  readonly header: Rectangle;
  /** Right end of the header. */
  readonly clock: Rectangle;
  readonly bars: Rectangle;
  readonly ramps: Rectangle;
  readonly sharpness: Rectangle;
  readonly track: Rectangle;
  readonly keyboard: Rectangle;
  readonly pointer: Rectangle;
  readonly clipboard: Rectangle;
  readonly viewers: Rectangle;
}

/** Characters in a line of the panels at the side. */
const SIDE_CHARACTERS = 36;
/** Rows of the table of viewers: its title, its head, and four viewers. */
const VIEWER_ROWS = 6;

/** Sizes from 200x200 up. A part for which there is no room gets a rectangle without pixels. */
export function layOutTestCard(width: number, height: number): TestCardLayout {
  const scale = Math.max(1, Math.min(4, Math.floor(Math.min(width / 600, height / 380))));
  const gap = 6 * scale;
  const inside = width - 2 * gap;
  const row = lineHeight(scale);

  const header = { x: gap, y: gap, width: inside, height: CELL_HEIGHT * (scale + 1) + gap };
  const clockWidth = Math.min(inside, 8 * CELL_WIDTH * (scale + 1));
  const clock = { ...header, x: gap + inside - clockWidth, width: clockWidth };

  const viewersHeight = Math.min(VIEWER_ROWS * row + 2 * gap, Math.floor(height * 0.28));
  const viewers = {
    x: gap,
    y: height - gap - viewersHeight,
    width: inside,
    height: viewersHeight,
  };

  const top = header.y + header.height;
  const middle = { x: gap, y: top, width: inside, height: viewers.y - gap - top };
  const sideWidth = SIDE_CHARACTERS * CELL_WIDTH * scale + 2 * gap;
  const wide = inside - sideWidth - gap >= 160 * scale;
  const [patterns, side] = wide
    ? besides(middle, inside - sideWidth - gap, gap)
    : above(middle, Math.floor(middle.height * 0.45), gap);

  const [bars, ramps, sharpness, track] = stack(patterns, [0.58, 0.16, 0.17, 0.09], gap);
  const [keyboard, pointer, clipboard] = wide
    ? stack(side, [0.46, 0.34, 0.2], gap)
    : [...stack(side, [1], gap), nowhere, nowhere];
  return {
    scale,
    gap,
    header,
    clock,
    viewers,
    bars: bars ?? nowhere,
    ramps: ramps ?? nowhere,
    sharpness: sharpness ?? nowhere,
    track: track ?? nowhere,
    keyboard: keyboard ?? nowhere,
    pointer: pointer ?? nowhere,
    clipboard: clipboard ?? nowhere,
  };
}

const nowhere: Rectangle = { x: 0, y: 0, width: 0, height: 0 };

function besides(r: Rectangle, width: number, gap: number): [Rectangle, Rectangle] {
  return [
    { ...r, width },
    { ...r, x: r.x + width + gap, width: r.width - width - gap },
  ];
}

function above(r: Rectangle, height: number, gap: number): [Rectangle, Rectangle] {
  return [
    { ...r, height },
    { ...r, y: r.y + height + gap, height: Math.max(0, r.height - height - gap) },
  ];
}

/** Cuts a column into parts of these shares, with gaps between them; the last one takes what rounding left over. */
function stack(r: Rectangle, shares: readonly number[], gap: number): Rectangle[] {
  const room = Math.max(0, r.height - gap * (shares.length - 1));
  let y = r.y;
  return shares.map((share, i) => {
    const last = i === shares.length - 1;
    const height = Math.max(0, last ? r.y + r.height - y : Math.floor(room * share));
    const part = { ...r, y, height };
    y += height + gap;
    return part;
  });
}
