/** Rectangles, in pixels, and the header that stands before each encoded one (RFB 7.6.1). */
import type { Cursor } from '../wire/cursor.ts';
import type { ByteWriter } from '../wire/byte-writer.ts';

/** A part of a screen, in pixels from its top left. */
export interface Rectangle {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

export const isEmpty = (r: Rectangle): boolean => r.width <= 0 || r.height <= 0;

export const area = (r: Rectangle): number => (isEmpty(r) ? 0 : r.width * r.height);

/** The part that two rectangles share; empty (width or height 0) when there is none. */
export function intersect(a: Rectangle, b: Rectangle): Rectangle {
  const x = Math.max(a.x, b.x);
  const y = Math.max(a.y, b.y);
  return {
    x,
    y,
    width: Math.max(0, Math.min(a.x + a.width, b.x + b.width) - x),
    height: Math.max(0, Math.min(a.y + a.height, b.y + b.height) - y),
  };
}

/** Whether `inner` lies in `outer` wholly. */
export const contains = (outer: Rectangle, inner: Rectangle): boolean =>
  inner.x >= outer.x &&
  inner.y >= outer.y &&
  inner.x + inner.width <= outer.x + outer.width &&
  inner.y + inner.height <= outer.y + outer.height;

/** `640x480 at 10,20`, for messages. */
export const describeRectangle = (r: Rectangle): string =>
  `${r.width}x${r.height} at ${r.x},${r.y}`;

/** RFB 7.6.1: x, y, width, height and the encoding of what follows. */
export interface RectangleHeader extends Rectangle {
  readonly encoding: number;
}

export const rectangleHeaderSize: number =
  2 /* x */ + 2 /* y */ + 2 /* width */ + 2 /* height */ + 4; /* encoding */

export function readRectangleHeader(c: Cursor): RectangleHeader {
  return { x: c.u16(), y: c.u16(), width: c.u16(), height: c.u16(), encoding: c.s32() };
}

export function writeRectangleHeader(w: ByteWriter, r: Rectangle, encoding: number): void {
  w.u16(r.x).u16(r.y).u16(r.width).u16(r.height).s32(encoding);
}
