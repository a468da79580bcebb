/** Places on a screen, and other numbers of pointers and pictures, as they stand on a command line: `X,Y` and `X,Y,WIDTH,HEIGHT`. */
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

/** Points as words, `X Y X Y` or `X,Y X,Y`. Throws TypeError unless there are `count`. */
export function parsePlaces(words: readonly string[], count: number): Point[] {
  const all = words.flatMap((word) => word.split(','));
  if (all.length !== count * 2)
    throw new TypeError(
      `${JSON.stringify(words.join(' '))} is not X Y for ${count} places, in pixels`,
    );
  return Array.from({ length: count }, (_, i) => parsePoint(`${all[i * 2]},${all[i * 2 + 1]}`));
}

/** Throws RangeError. */
export function parseButton(text: string): number {
  if (!/^[1-8]$/.test(text))
    throw new RangeError(`${JSON.stringify(text)} is not a button, 1 to 8`);
  return Number(text);
}

/** Throws RangeError. */
export function parseCount(text: string): number {
  if (!/^\d{1,5}$/.test(text))
    throw new RangeError(`${JSON.stringify(text)} is not a whole number, 0 to 99999`);
  return Number(text);
}

/** Throws RangeError. */
export function parseScale(text: string): number {
  const scale = /^\d*\.?\d+$/.test(text) ? Number(text) : Number.NaN;
  if (!(scale > 0 && scale <= 1))
    throw new RangeError(`${JSON.stringify(text)} is not a scale above 0, up to 1`);
  return scale;
}

/** As far as two pictures may be apart. Throws RangeError. */
export function parseTolerance(text: string): number {
  const tolerance = /^\d+(\.\d+)?$/.test(text) ? Number(text) : Number.NaN;
  if (!(tolerance <= 255))
    throw new RangeError(`${JSON.stringify(text)} is not a tolerance, 0 to 255`);
  return tolerance;
}

/** None when one of them is no number. */
const numbers = (text: string): number[] =>
  /^\d{1,5}(,\d{1,5})*$/.test(text) ? text.split(',').map(Number) : [];
