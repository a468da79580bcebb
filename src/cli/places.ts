/** Places on a screen as they stand on a command line: `X,Y` and `X,Y,WIDTH,HEIGHT`. */
import type { Point } from '../client/automation/pointer.ts';
import type { Rectangle } from '../rfb/rectangle.ts';

/** Throws TypeError. */
export function parsePoint(text: string): Point {
  const [x, y, ...more] = numbers(text);
  if (x === undefined || y === undefined || more.length > 0)
    throw new TypeError(`${JSON.stringify(text)} is not X,Y in pixels, such as 100,200`);
  return { x, y };
}

/** Throws TypeError. */
export function parseRegion(text: string): Rectangle {
  const [x, y, width = 0, height = 0, ...more] = numbers(text);
  if (x === undefined || y === undefined || width === 0 || height === 0 || more.length > 0)
    throw new TypeError(
      `${JSON.stringify(text)} is not X,Y,WIDTH,HEIGHT in pixels, such as 0,0,320,200`,
    );
  return { x, y, width, height };
}

/** None when one of them is no number. */
const numbers = (text: string): number[] =>
  /^\d{1,5}(,\d{1,5})*$/.test(text) ? text.split(',').map(Number) : [];
