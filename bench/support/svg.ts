/** Charts as SVG files for the documentation: readable on light and on dark pages, and still text when compared. */
import { writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const images = join(dirname(fileURLToPath(import.meta.url)), '../../../docs/images');

const WIDTH = 720;
const LEFT = 64;
const RIGHT = 16;
const TOP = 84;
const PLOT_HEIGHT = 260;
const BOTTOM = 52;
const SERIES_COLOURS = 6;

/** Colours that have contrast on white and on near black. */
const STYLE = `
svg { color-scheme: light dark; font: 12px system-ui, sans-serif; }
.ground { fill: #ffffff; } .text { fill: #1f2328; } .faint { fill: #59636e; }
.grid { stroke: #d1d9e0; } .axis { stroke: #59636e; }
.s0 { --c: #0969da; } .s1 { --c: #bc4c00; } .s2 { --c: #1a7f37; } .s3 { --c: #8250df; } .s4 { --c: #cf222e; } .s5 { --c: #59636e; }
.line { fill: none; stroke: var(--c); stroke-width: 2; } .dot, .bar { fill: var(--c); }
@media (prefers-color-scheme: dark) {
.ground { fill: #0d1117; } .text { fill: #f0f6fc; } .faint { fill: #9198a1; }
.grid { stroke: #3d444d; } .axis { stroke: #9198a1; }
.s0 { --c: #4493f8; } .s1 { --c: #f0883e; } .s2 { --c: #3fb950; } .s3 { --c: #ab7df8; } .s4 { --c: #f85149; } .s5 { --c: #9198a1; }
}`;

export interface LineChart {
  readonly title: string;
  readonly x: string;
  readonly y: string;
  readonly series: ReadonlyArray<{
    readonly name: string;
    readonly points: ReadonlyArray<readonly [x: number, y: number]>;
  }>;
}

export interface BarChart {
  readonly title: string;
  readonly y: string;
  /** Names of the bars of a group, in order. */
  readonly series: readonly string[];
  readonly groups: ReadonlyArray<{ readonly name: string; readonly values: readonly number[] }>;
  /** A value that is drawn across: what others have. */
  readonly mark?: number;
}

export const escapeXml = (text: string): string =>
  text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');

/** Up to about six round numbers from 0 to at least `highest`. */
export function ticks(highest: number): number[] {
  if (!(highest > 0)) return [0, 1];
  const rough = highest / 5;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((each) => each * power).find((each) => each >= rough * 0.999)!;
  const count = Math.ceil(highest / step - 1e-9);
  return Array.from({ length: count + 1 }, (_, i) => Number((i * step).toPrecision(12)));
}

/** A name in lines of at most so many letters, where it has spaces. */
export function wrapped(name: string, letters: number): string[] {
  const lines: string[] = [];
  for (const word of name.split(' ')) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + word.length < letters)
      lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  return lines;
}

const short = (value: number): string => Number(value.toPrecision(6)).toString();
const at = (value: number): string => value.toFixed(1);

interface Axis {
  readonly ticks: readonly number[];
  readonly place: (value: number) => number;
}

function axis(values: readonly number[], from: number, to: number): Axis {
  const marks = ticks(Math.max(0, ...values.filter(Number.isFinite)));
  const highest = marks.at(-1)!;
  return { ticks: marks, place: (value) => from + ((to - from) * value) / highest };
}

function frame(title: string, y: Axis, yName: string, names: readonly string[]): string[] {
  const parts = [
    `<rect class="ground" width="100%" height="100%" rx="6"/>`,
    `<text class="text" x="${LEFT}" y="24" font-size="15" font-weight="600">${escapeXml(title)}</text>`,
    `<text class="faint" x="8" y="${TOP - 10}">${escapeXml(yName)}</text>`,
  ];
  for (const mark of y.ticks) {
    const where = at(y.place(mark));
    parts.push(
      `<line class="grid" x1="${LEFT}" x2="${WIDTH - RIGHT}" y1="${where}" y2="${where}"/>`,
      `<text class="faint" x="${LEFT - 8}" y="${where}" dy="4" text-anchor="end">${short(mark)}</text>`,
    );
  }
  let [x, row] = [LEFT, 0];
  names.forEach((name, i) => {
    const needed = 40 + name.length * 7;
    if (x + needed > WIDTH - RIGHT) [x, row] = [LEFT, row + 1];
    const top = 34 + row * 18;
    parts.push(
      `<rect class="bar s${i % SERIES_COLOURS}" x="${x}" y="${top}" width="12" height="12" rx="2"/>`,
      `<text class="text" x="${x + 18}" y="${top + 10}">${escapeXml(name)}</text>`,
    );
    x += needed;
  });
  return parts;
}

function document(parts: readonly string[], title: string): string {
  const height = TOP + PLOT_HEIGHT + BOTTOM;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" role="img" aria-label="${escapeXml(title)}">`,
    `<style>${STYLE}</style>`,
    ...parts,
    '</svg>',
    '',
  ].join('\n');
}

export function lineChart({ title, x: xName, y: yName, series }: LineChart): string {
  const points = series.flatMap((each) => each.points);
  const bottom = TOP + PLOT_HEIGHT;
  const x = axis(
    points.map((point) => point[0]),
    LEFT,
    WIDTH - RIGHT - 8,
  );
  const y = axis(
    points.map((point) => point[1]),
    bottom,
    TOP,
  );
  const parts = frame(
    title,
    y,
    yName,
    series.map((each) => each.name),
  );
  for (const mark of x.ticks)
    parts.push(
      `<text class="faint" x="${at(x.place(mark))}" y="${bottom + 18}" text-anchor="middle">${short(mark)}</text>`,
    );
  parts.push(
    `<line class="axis" x1="${LEFT}" x2="${WIDTH - RIGHT}" y1="${bottom}" y2="${bottom}"/>`,
    `<text class="faint" x="${WIDTH - RIGHT}" y="${bottom + 38}" text-anchor="end">${escapeXml(xName)}</text>`,
  );
  series.forEach((each, i) => {
    const places = each.points.map(([a, b]) => `${at(x.place(a))},${at(y.place(b))}`);
    parts.push(`<polyline class="line s${i % SERIES_COLOURS}" points="${places.join(' ')}"/>`);
    if (places.length > 20) return;
    for (const place of places) {
      const [cx, cy] = place.split(',');
      parts.push(`<circle class="dot s${i % SERIES_COLOURS}" cx="${cx}" cy="${cy}" r="3"/>`);
    }
  });
  return document(parts, title);
}

export function barChart({ title, y: yName, series, groups, mark }: BarChart): string {
  const bottom = TOP + PLOT_HEIGHT;
  const y = axis([...groups.flatMap((group) => group.values), mark ?? 0], bottom, TOP);
  const parts = frame(title, y, yName, series);
  const groupWidth = (WIDTH - LEFT - RIGHT) / Math.max(1, groups.length);
  const barWidth = Math.min(40, (groupWidth * 0.8) / Math.max(1, series.length));
  groups.forEach((group, g) => {
    const middle = LEFT + groupWidth * (g + 0.5);
    group.values.forEach((value, i) => {
      if (!Number.isFinite(value)) return;
      const top = y.place(value);
      const left = middle + (i - series.length / 2) * barWidth;
      parts.push(
        `<rect class="bar s${i % SERIES_COLOURS}" x="${at(left + 1)}" y="${at(top)}" width="${at(barWidth - 2)}" height="${at(bottom - top)}"/>`,
        `<text class="text" x="${at(left + barWidth / 2)}" y="${at(top - 4)}" text-anchor="middle" font-size="10">${short(Number(value.toPrecision(2)))}</text>`,
      );
    });
    wrapped(group.name, groupWidth / 7).forEach((line, i) =>
      parts.push(
        `<text class="text" x="${at(middle)}" y="${bottom + 18 + i * 14}" text-anchor="middle">${escapeXml(line)}</text>`,
      ),
    );
  });
  if (mark !== undefined)
    parts.push(
      `<line class="axis" stroke-dasharray="6 4" x1="${LEFT}" x2="${WIDTH - RIGHT}" y1="${at(y.place(mark))}" y2="${at(y.place(mark))}"/>`,
    );
  parts.push(
    `<line class="axis" x1="${LEFT}" x2="${WIDTH - RIGHT}" y1="${bottom}" y2="${bottom}"/>`,
  );
  return document(parts, title);
}

/** Into docs/images. */
export function saveImage(name: string, svg: string): void {
  writeFileSync(join(images, `${name}.svg`), svg);
}
