/** Medians, and tables that a person can read. */

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? Number.NaN) + upper) / 2;
}

/**
 * Columns as wide as they need to be; numbers stand at the right. The first row is the head. With `markdown` as the
 * documentation has tables.
 */
export function printTable(
  rows: ReadonlyArray<ReadonlyArray<string | number>>,
  markdown = false,
): void {
  const texts = rows.map((row) => row.map(String));
  if (markdown) {
    texts.forEach((row, index) => {
      console.log(`| ${row.join(' | ')} |`);
      if (index === 0) console.log(`|${' --- |'.repeat(row.length)}`);
    });
    return;
  }
  const widths = texts[0]!.map((_, column) =>
    Math.max(...texts.map((row) => (row[column] ?? '').length)),
  );
  texts.forEach((row, index) => {
    const line = row.map((cell, column) => {
      const numeric = index > 0 && /^[\d.]/.test(cell);
      return numeric ? cell.padStart(widths[column]!) : cell.padEnd(widths[column]!);
    });
    console.log(`  ${line.join('  ')}`.trimEnd());
    if (index === 0) console.log(`  ${widths.map((width) => '-'.repeat(width)).join('  ')}`);
  });
}

export const fixed = (value: number | undefined, digits: number): string =>
  value === undefined || Number.isNaN(value) ? '-' : value.toFixed(digits);
