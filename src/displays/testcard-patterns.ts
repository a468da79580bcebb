/** The still parts of the test card: what a picture is judged by. Each fills its rectangle and needs no state. */
import { OPAQUE, type Framebuffer } from '../pixels/framebuffer.ts';
import { isEmpty, type Rectangle } from '../rfb/rectangle.ts';
import { drawCircle, drawFrame, drawLine, drawRect, mix } from './drawing.ts';

/** 75 % colour bars in EBU's order, by falling brightness. */
const barColours = [
  0xffffff, 0xbfbf00, 0x00bfbf, 0x00bf00, 0xbf00bf, 0xbf0000, 0x0000bf, 0x000000,
] as const;

/** Colour bars, under a circle that shows whether pixels are square. */
export function drawBars(target: Framebuffer, r: Rectangle): void {
  if (isEmpty(r)) return;
  columns(r, barColours.length, (part, i) => drawRect(target, part, barColours[i] ?? 0));
  const centre = { x: r.x + r.width / 2, y: r.y + r.height / 2 };
  const radius = Math.floor(Math.min(r.width, r.height) / 2) - 6;
  if (radius < 12) return;
  const thickness = Math.max(2, Math.round(radius / 60));
  // Dark outside, light inside: one of them shows on every bar.
  drawCircle(target, centre, radius + thickness, 0x1e293b, thickness);
  drawCircle(target, centre, radius, 0xf8fafc, thickness);
  const arm = Math.max(6, Math.round(radius / 10));
  for (const [offset, colour] of [
    [1, 0x1e293b],
    [0, 0xf8fafc],
  ] as const) {
    const x = Math.round(centre.x) + offset;
    const y = Math.round(centre.y) + offset;
    drawLine(target, { x: x - arm, y }, { x: x + arm, y }, colour);
    drawLine(target, { x, y: y - arm }, { x, y: y + arm }, colour);
  }
}

/** Sixteen steps of grey, then smooth ramps of grey, red, green and blue: banding shows what the pixel format loses. */
export function drawRamps(target: Framebuffer, r: Rectangle): void {
  if (isEmpty(r)) return;
  const steps = { ...r, height: Math.floor(r.height * 0.4) };
  columns(steps, 16, (part, i) => drawRect(target, part, mix(0x000000, 0xffffff, i / 15)));
  const ramps = [0xffffff, 0xff0000, 0x00ff00, 0x0000ff];
  const top = r.y + steps.height;
  const room = r.height - steps.height;
  ramps.forEach((colour, i) => {
    const y = top + Math.floor((room * i) / ramps.length);
    const end = top + Math.floor((room * (i + 1)) / ramps.length);
    for (let x = 0; x < r.width; x++) {
      const shade = mix(0x000000, colour, x / Math.max(1, r.width - 1));
      drawRect(target, { x: r.x + x, y, width: 1, height: end - y }, shade);
    }
  });
}

type Ink = (x: number, y: number) => boolean;

/** Patterns that scaling or lossy compression spoils first, from left to right. */
const finePatterns: readonly Ink[] = [
  (x) => x % 2 === 0,
  (_, y) => y % 2 === 0,
  (x, y) => (x + y) % 2 === 0,
  (x) => x % 4 < 2,
  (x, y) => ((x >> 1) + (y >> 1)) % 2 === 0,
  (x, y) => ((x >> 3) + (y >> 3)) % 2 === 0,
  (x, y) => (x + y) % 8 === 0 || (x - y + 8192) % 8 === 0,
];

export function drawSharpness(target: Framebuffer, r: Rectangle): void {
  if (isEmpty(r)) return;
  columns(r, finePatterns.length, (part, i) => {
    const ink = finePatterns[i] ?? (() => false);
    const last = i === finePatterns.length - 1;
    const tile = { ...part, width: Math.max(0, part.width - (last ? 0 : 4)) };
    for (let y = 0; y < tile.height; y++) {
      for (let x = 0; x < tile.width; x++) {
        const shade = ink(x, y) ? 0xf8fafc : 0x020617;
        target.pixels[target.at(tile.x + x, tile.y + y)] = (shade | OPAQUE) >>> 0;
      }
    }
  });
}

/** One pixel all around the screen, with marked corners: shows whether a viewer cuts anything off. */
export function drawEdge(target: Framebuffer, scale: number): void {
  drawFrame(target, target.bounds, 0x475569);
  const arm = 10 * scale;
  for (const left of [true, false]) {
    for (const top of [true, false]) {
      const x = left ? 0 : target.width - arm;
      const y = top ? 0 : target.height - arm;
      drawRect(target, { x, y: top ? 0 : target.height - 1, width: arm, height: 1 }, 0xf8fafc);
      drawRect(target, { x: left ? 0 : target.width - 1, y, width: 1, height: arm }, 0xf8fafc);
    }
  }
}

/** Cuts a rectangle into columns without gaps or overlap. */
function columns(r: Rectangle, count: number, draw: (part: Rectangle, i: number) => void): void {
  for (let i = 0; i < count; i++) {
    const x = r.x + Math.floor((r.width * i) / count);
    const end = r.x + Math.floor((r.width * (i + 1)) / count);
    draw({ x, y: r.y, width: end - x, height: r.height }, i);
  }
}
