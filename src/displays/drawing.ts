/** Drawing on a Framebuffer, clipped to it: rectangles, frames, lines, circles and text. Colours are 0xRRGGBB. */
import { OPAQUE, type Framebuffer } from '../pixels/framebuffer.ts';
import { intersect, type Rectangle } from '../rfb/rectangle.ts';
import {
  CELL_HEIGHT,
  CELL_WIDTH,
  GLYPH_COLUMNS,
  GLYPH_ROWS,
  glyphOf,
  isInk,
  type Glyph,
} from './bitmap-font.ts';

/** Filled rectangle. */
export function drawRect(target: Framebuffer, r: Rectangle, colour: number): void {
  target.fill(intersect(target.bounds, r), colour);
}

/** The outline of a rectangle, inside it. */
export function drawFrame(
  target: Framebuffer,
  r: Rectangle,
  colour: number,
  thickness: number = 1,
): void {
  const t = Math.min(thickness, r.width, r.height);
  drawRect(target, { ...r, height: t }, colour);
  drawRect(target, { ...r, y: r.y + r.height - t, height: t }, colour);
  drawRect(target, { ...r, width: t }, colour);
  drawRect(target, { ...r, x: r.x + r.width - t, width: t }, colour);
}

/** One pixel, mixed with what is there by `coverage` (0..1). */
function drawPixel(
  target: Framebuffer,
  x: number,
  y: number,
  colour: number,
  coverage: number = 1,
): void {
  if (x < 0 || y < 0 || x >= target.width || y >= target.height || coverage <= 0) return;
  const at = target.at(x, y);
  const old = target.pixels[at] ?? 0;
  target.pixels[at] = (mix(old & 0xffffff, colour, Math.min(1, coverage)) | OPAQUE) >>> 0;
}

/** A colour between two: 0 is `from`, 1 is `to`. */
export function mix(from: number, to: number, part: number): number {
  const channel = (shift: number): number => {
    const a = (from >> shift) & 255;
    const b = (to >> shift) & 255;
    return Math.round(a + (b - a) * part) << shift;
  };
  return channel(16) | channel(8) | channel(0);
}

/** A ring with smooth edges; `thickness` goes inwards. */
export function drawCircle(
  target: Framebuffer,
  centre: { readonly x: number; readonly y: number },
  radius: number,
  colour: number,
  thickness: number = 1,
): void {
  const inner = radius - thickness;
  for (let y = Math.floor(centre.y - radius) - 1; y <= centre.y + radius + 1; y++) {
    const dy = y + 0.5 - centre.y;
    // Only the columns that the ring can cross in this row: two short runs, not the whole square.
    const reach = Math.sqrt(Math.max(0, (radius + 1) ** 2 - dy * dy));
    const hole = Math.sqrt(Math.max(0, Math.max(0, inner - 1) ** 2 - dy * dy));
    for (let x = Math.floor(centre.x - reach); x <= centre.x + reach; x++) {
      const dx = x + 0.5 - centre.x;
      if (Math.abs(dx) < hole - 1) {
        x = Math.floor(centre.x + hole - 1);
        continue;
      }
      const distance = Math.hypot(dx, dy);
      const coverage = Math.min(radius - distance, distance - inner) + 0.5;
      drawPixel(target, x, y, colour, coverage);
    }
  }
}

/** A straight line, one pixel wide, ends included. */
export function drawLine(
  target: Framebuffer,
  from: { readonly x: number; readonly y: number },
  to: { readonly x: number; readonly y: number },
  colour: number,
): void {
  const steps = Math.max(Math.abs(to.x - from.x), Math.abs(to.y - from.y), 1);
  for (let i = 0; i <= steps; i++) {
    const x = Math.round(from.x + ((to.x - from.x) * i) / steps);
    const y = Math.round(from.y + ((to.y - from.y) * i) / steps);
    drawPixel(target, x, y, colour);
  }
}

export interface TextStyle {
  readonly colour: number;
  /** Pixels for each pixel of the font. */
  readonly scale: number;
  /** Characters that fit; longer text ends in two full stops. */
  readonly maxCharacters?: number;
}

/** Draws one line with its cell's top left at x, y. Returns the x behind it. */
export function drawText(
  target: Framebuffer,
  x: number,
  y: number,
  text: string,
  style: TextStyle,
): number {
  const shown = style.maxCharacters === undefined ? text : clip(text, style.maxCharacters);
  let at = x;
  for (const character of shown) {
    if (character !== ' ') drawGlyph(target, at, y, glyphOf(character), style);
    at += CELL_WIDTH * style.scale;
  }
  return at;
}

export const textWidth = (text: string, scale: number): number =>
  Array.from(text).length * CELL_WIDTH * scale;

export const lineHeight = (scale: number): number => (CELL_HEIGHT + 2) * scale;

/** The text, or its beginning and two full stops when it is longer than `max`. */
export function clip(text: string, max: number): string {
  const characters = Array.from(text);
  if (characters.length <= max) return text;
  return max < 3
    ? characters.slice(0, Math.max(0, max)).join('')
    : `${characters.slice(0, max - 2).join('')}..`;
}

function drawGlyph(
  target: Framebuffer,
  x: number,
  y: number,
  glyph: Glyph,
  style: TextStyle,
): void {
  const { colour, scale } = style;
  for (let row = 0; row < GLYPH_ROWS; row++) {
    for (let column = 0; column < GLYPH_COLUMNS; column++) {
      const cell = { x: x + column * scale, y: y + row * scale, width: scale, height: scale };
      if (isInk(glyph, column, row)) drawRect(target, cell, colour);
      else if (scale > 1) {
        const step = stepAt(glyph, column, row);
        if (step !== undefined) drawStep(target, cell, step, colour);
      }
    }
  }
}

/** Which way the empty cell's corner points, when two strokes touch there by their corners only. */
interface Step {
  readonly left: boolean;
  readonly up: boolean;
}

/** The step that an empty cell lies in, if any. A filled right angle (of an L) is no step, and neither is a counter. */
function stepAt(glyph: Glyph, column: number, row: number): Step | undefined {
  const left = isInk(glyph, column - 1, row);
  const right = isInk(glyph, column + 1, row);
  const up = isInk(glyph, column, row - 1);
  const down = isInk(glyph, column, row + 1);
  if (left === right || up === down) return undefined;
  const corner = isInk(glyph, column + (left ? -1 : 1), row + (up ? -1 : 1));
  return corner ? undefined : { left, up };
}

/** Enlarged letters keep their slants: a step between two pixels is filled with a shaded triangle. */
function drawStep(target: Framebuffer, cell: Rectangle, step: Step, colour: number): void {
  const size = cell.width;
  for (let v = 0; v < size; v++) {
    for (let u = 0; u < size; u++) {
      const depth = (step.left ? u : size - 1 - u) + (step.up ? v : size - 1 - v);
      drawPixel(target, cell.x + u, cell.y + v, colour, (size - depth) / (size + 1));
    }
  }
}
