/** The living parts of the test card: header, clock, keyboard, pointer, clipboard, viewers and the moving mark. */
import type { Framebuffer } from '../pixels/framebuffer.ts';
import { Led } from '../rfb/constants.ts';
import { intersect, isEmpty, type Rectangle } from '../rfb/rectangle.ts';
import { allRights, sameRights, viewOnlyRights, type Rights } from '../security/identity.ts';
import type { ViewerInfo } from '../server/display.ts';
import { CELL_HEIGHT, CELL_WIDTH } from './bitmap-font.ts';
import { clip, drawFrame, drawLine, drawRect, drawText, lineHeight, textWidth } from './drawing.ts';

export const colours = {
  background: 0x0f172a,
  panel: 0x1e293b,
  line: 0x334155,
  dim: 0x94a3b8,
  text: 0xe2e8f0,
  accent: 0x2dd4bf,
  good: 0x4ade80,
  bad: 0xf87171,
} as const;

/** Where to draw, and how large. */
export interface Canvas {
  readonly target: Framebuffer;
  readonly scale: number;
  readonly gap: number;
}

export interface PointerState {
  readonly x: number;
  readonly y: number;
  readonly buttonMask: number;
}

/** A panel's ground and title. Returns what is left for its content. */
function drawPanel(canvas: Canvas, r: Rectangle, title: string): Rectangle {
  const { target, scale, gap } = canvas;
  drawRect(target, r, colours.panel);
  drawFrame(target, r, colours.line);
  drawRect(target, { ...r, width: Math.max(2, scale) }, colours.accent);
  const inner = { x: r.x + 2 * gap, y: r.y + gap, width: r.width - 3 * gap, height: 0 };
  line(canvas, inner, 0, title, colours.accent);
  const used = gap + lineHeight(scale);
  return { ...inner, y: r.y + used, height: Math.max(0, r.height - used - gap) };
}

/** Whole lines and characters that fit. */
const linesIn = (canvas: Canvas, r: Rectangle): number =>
  Math.max(0, Math.floor((r.height + 2 * canvas.scale) / lineHeight(canvas.scale)));
const charactersIn = (canvas: Canvas, r: Rectangle): number =>
  Math.max(0, Math.floor(r.width / (CELL_WIDTH * canvas.scale)));

function line(canvas: Canvas, r: Rectangle, row: number, text: string, colour: number): number {
  const { target, scale } = canvas;
  const maxCharacters = charactersIn(canvas, r);
  return drawText(target, r.x, r.y + row * lineHeight(scale), text, {
    colour,
    scale,
    maxCharacters,
  });
}

export function drawHeader(canvas: Canvas, r: Rectangle, name: string): void {
  const { target, scale, gap } = canvas;
  drawRect(target, r, colours.background);
  const big = scale + 1;
  // The double door: two gates, one inside the other.
  const size = 7 * big;
  const door = { x: r.x, y: r.y, width: size, height: size };
  drawFrame(target, door, colours.accent, scale);
  const inset = Math.floor(size / 4);
  drawRect(
    target,
    { x: r.x + inset, y: r.y + inset, width: size - 2 * inset, height: size - inset },
    colours.accent,
  );
  const end = drawText(target, r.x + size + gap, r.y, name, {
    colour: colours.text,
    scale: big,
    maxCharacters: Math.floor((r.width - size - gap) / (CELL_WIDTH * big)) - 9,
  });
  const note = `${target.width}x${target.height}`;
  const noteEnd = end + 2 * gap + textWidth(note, scale);
  if (noteEnd < r.x + r.width - 9 * CELL_WIDTH * big)
    drawText(target, end + 2 * gap, r.y + 7 * big - 7 * scale, note, {
      colour: colours.dim,
      scale,
    });
}

export function drawClock(canvas: Canvas, r: Rectangle, time: string): void {
  const { target, scale } = canvas;
  drawRect(target, r, colours.background);
  drawText(target, r.x + r.width - textWidth(time, scale + 1) + scale, r.y, time, {
    colour: colours.text,
    scale: scale + 1,
  });
}

export interface KeyboardState {
  /** Everything typed, with line feeds. */
  readonly typed: string;
  readonly lastKey: string;
  readonly leds: number;
}

export function drawKeyboard(canvas: Canvas, r: Rectangle, state: KeyboardState): void {
  if (isEmpty(r)) return;
  const { target, scale, gap } = canvas;
  const inner = drawPanel(canvas, r, 'Type here');
  drawLeds(canvas, r, state.leds);
  const rows = linesIn(canvas, inner);
  if (rows < 1) return;
  const last = rows > 1 ? 1 : 0;
  const wrapped = wrap(state.typed, Math.max(1, charactersIn(canvas, inner) - 1));
  const shown = wrapped.slice(-Math.max(1, rows - last));
  shown.forEach((text, row) => {
    const end = line(canvas, inner, row, text, colours.text);
    if (row === shown.length - 1)
      drawRect(
        target,
        {
          x: end,
          y: inner.y + row * lineHeight(scale) - scale,
          width: CELL_WIDTH * scale - scale,
          height: CELL_HEIGHT * scale,
        },
        colours.accent,
      );
  });
  if (last === 0) return;
  const bottom = { ...inner, y: r.y + r.height - gap - CELL_HEIGHT * scale + scale };
  line(canvas, bottom, 0, state.lastKey, colours.dim);
}

/** Three lamps at the right of the keyboard's title. */
function drawLeds(canvas: Canvas, r: Rectangle, leds: number): void {
  const { target, scale, gap } = canvas;
  const lamps = [
    ['Caps', Led.CapsLock],
    ['Num', Led.NumLock],
    ['Scroll', Led.ScrollLock],
  ] as const;
  let x = r.x + r.width - gap;
  for (const [label, bit] of Array.from(lamps).reverse()) {
    const lit = (leds & bit) !== 0;
    x -= textWidth(label, scale);
    if (x < r.x + r.width / 3) return;
    drawText(target, x, r.y + gap, label, { colour: lit ? colours.text : colours.dim, scale });
    x -= 6 * scale;
    const lamp = { x, y: r.y + gap + 2 * scale, width: 4 * scale, height: 4 * scale };
    drawRect(target, lamp, lit ? colours.good : colours.line);
    x -= 6 * scale;
  }
}

/** Names of the bits of a button mask, lowest first. */
const buttonNames = ['left', 'mid', 'right', 'up', 'down', '<', '>', 'back'] as const;

export function drawPointer(canvas: Canvas, r: Rectangle, state: PointerState | undefined): void {
  if (isEmpty(r)) return;
  const { target, scale, gap } = canvas;
  const inner = drawPanel(canvas, r, 'Pointer');
  const position = state === undefined ? 'not seen yet' : `${state.x}, ${state.y}`;
  drawText(target, r.x + r.width - gap - textWidth(position, scale), r.y + gap, position, {
    colour: colours.text,
    scale,
  });
  const mask = state?.buttonMask ?? 0;
  const bottom = inner.y + inner.height - CELL_HEIGHT * scale;
  let x = inner.x;
  buttonNames.forEach((label, bit) => {
    const width = textWidth(label, scale) + 3 * scale;
    if (x + width > r.x + r.width - scale) return;
    const on = ((mask >> bit) & 1) === 1;
    const box = { x, y: bottom - scale, width, height: (CELL_HEIGHT + 1) * scale };
    drawRect(target, box, on ? colours.accent : colours.line);
    drawText(target, x + 2 * scale, bottom, label, {
      colour: on ? colours.background : colours.dim,
      scale,
    });
    x += width + 2 * scale;
  });
  const map = { ...inner, height: bottom - gap - inner.y };
  if (map.height < 4 * scale) return;
  drawMap(canvas, map, state);
}

/** The screen in small, with cross-hairs where the pointer is. */
function drawMap(canvas: Canvas, room: Rectangle, state: PointerState | undefined): void {
  const { target, scale } = canvas;
  const ratio = Math.min(room.width / target.width, room.height / target.height);
  const map = {
    ...room,
    width: Math.max(1, Math.floor(target.width * ratio)),
    height: Math.max(1, Math.floor(target.height * ratio)),
  };
  map.x += Math.floor((room.width - map.width) / 2);
  drawRect(target, map, colours.background);
  drawFrame(target, map, colours.line);
  if (state === undefined) return;
  const x = map.x + Math.min(map.width - 1, Math.floor(Math.max(0, state.x) * ratio));
  const y = map.y + Math.min(map.height - 1, Math.floor(Math.max(0, state.y) * ratio));
  drawLine(target, { x, y: map.y }, { x, y: map.y + map.height - 1 }, colours.line);
  drawLine(target, { x: map.x, y }, { x: map.x + map.width - 1, y }, colours.line);
  const dot = 2 * scale;
  const left = Math.max(map.x, Math.min(map.x + map.width - dot, x - scale));
  const top = Math.max(map.y, Math.min(map.y + map.height - dot, y - scale));
  const pressed = state.buttonMask !== 0;
  drawRect(
    target,
    { x: left, y: top, width: Math.min(dot, map.width), height: Math.min(dot, map.height) },
    pressed ? colours.bad : colours.accent,
  );
}

export function drawClipboard(canvas: Canvas, r: Rectangle, text: string | undefined): void {
  if (isEmpty(r)) return;
  const inner = drawPanel(canvas, r, 'Clipboard');
  const rows = linesIn(canvas, inner);
  if (rows < 1) return;
  if (text === undefined) {
    line(canvas, inner, 0, 'copy something in your viewer', colours.dim);
    return;
  }
  const perLine = Math.max(1, charactersIn(canvas, inner));
  const flat = clip(text.replace(/\s+/g, ' '), perLine * rows);
  wrap(flat, perLine).forEach((part, row) => line(canvas, inner, row, part, colours.text));
}

/** A column of the table of viewers: its head, and its share of the width in characters. */
const columns = [
  { head: 'Viewer', share: 0.17 },
  { head: 'Who', share: 0.18 },
  { head: 'Security', share: 0.14 },
  { head: 'Protected by', share: 0.39 },
  { head: 'May', share: 0.12 },
] as const;

export function drawViewers(canvas: Canvas, r: Rectangle, viewers: readonly ViewerInfo[]): void {
  if (isEmpty(r)) return;
  const count = viewers.length === 1 ? '1 viewer' : `${viewers.length} viewers`;
  const inner = drawPanel(canvas, r, viewers.length === 0 ? 'Nobody is watching' : count);
  const rows = linesIn(canvas, inner);
  const perLine = charactersIn(canvas, inner);
  const cells = (texts: readonly (readonly [string, number])[], row: number): void => {
    let at = 0;
    columns.forEach(({ share }, i) => {
      const width = Math.floor(perLine * share);
      const [text, colour] = texts[i] ?? ['', colours.text];
      const x = inner.x + at * CELL_WIDTH * canvas.scale;
      line(
        canvas,
        { ...inner, x, width: (width - 1) * CELL_WIDTH * canvas.scale },
        row,
        text,
        colour,
      );
      at += width;
    });
  };
  const room = rows - 1;
  if (room < 1 || viewers.length === 0) return;
  cells(
    columns.map(({ head }) => [head, colours.dim]),
    0,
  );
  const shown = viewers.length > room ? viewers.slice(0, Math.max(0, room - 1)) : viewers;
  shown.forEach((viewer, i) => {
    cells(
      [
        [viewer.address, colours.text],
        [describePerson(viewer), colours.text],
        [`${viewer.security} ${viewer.version}`, colours.text],
        viewer.tls === undefined
          ? ['nothing encrypts this connection', colours.bad]
          : [viewer.tls, colours.good],
        [describeRights(viewer.rights), colours.text],
      ],
      i + 1,
    );
  });
  const hidden = viewers.length - shown.length;
  if (hidden > 0) line(canvas, inner, shown.length + 1, `and ${hidden} more`, colours.dim);
}

/** The name, and of a certificate's DN the common name: the rest rarely fits. */
function describePerson({ name, distinguishedName }: ViewerInfo): string {
  if (distinguishedName === undefined) return name;
  const common = /(?:^|,)(CN=(?:\\.|[^,\\])*)/.exec(distinguishedName)?.[1] ?? distinguishedName;
  return name === distinguishedName ? common : `${name} ${common}`;
}

/** `all`, `view`, or what else is allowed, in short words. */
export function describeRights(rights: Rights): string {
  if (sameRights(rights, allRights)) return 'all';
  if (sameRights(rights, viewOnlyRights)) return 'view';
  const parts = [
    rights.keyboard ? 'key' : '',
    rights.pointer ? 'ptr' : '',
    rights.clipboardIn || rights.clipboardOut ? 'clip' : '',
    rights.resize ? 'size' : '',
  ];
  return parts.filter((part) => part !== '').join(' ') || 'little';
}

/** Width of the moving mark. */
export const markWidth = (r: Rectangle): number => Math.max(4, Math.round(r.width / 24));

/** The mark's ground, as far as `part` reaches, and the mark with its left edge at `x`. */
export function drawTrack(canvas: Canvas, r: Rectangle, x: number, part: Rectangle = r): void {
  if (isEmpty(r)) return;
  const { target, scale } = canvas;
  drawRect(target, part, colours.panel);
  const ticks = 24;
  for (let i = 0; i <= ticks; i++) {
    const at = r.x + Math.round(((r.width - 1) * i) / ticks);
    if (at < part.x || at >= part.x + part.width) continue;
    const height = i % 6 === 0 ? r.height : Math.ceil(r.height / 3);
    drawRect(target, { x: at, y: r.y + r.height - height, width: 1, height }, colours.line);
  }
  const mark = { ...r, x, y: r.y + scale, width: markWidth(r), height: r.height - 2 * scale };
  drawRect(target, intersect(mark, part), colours.accent);
  const middle = { ...mark, x: x + Math.floor(mark.width / 2) - 1, width: 2 };
  drawRect(target, intersect(middle, part), colours.background);
}

/** Breaks text at line feeds, and wherever a line is full. There is always a last line, be it empty. */
export function wrap(text: string, perLine: number): string[] {
  const lines: string[] = [];
  for (const paragraph of text.split('\n')) {
    const characters = Array.from(paragraph);
    do {
      lines.push(characters.splice(0, perLine).join(''));
    } while (characters.length > 0);
  }
  return lines;
}
