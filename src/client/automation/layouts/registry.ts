/** The keyboards that typed text can be for, by name. */
import { de } from './de.ts';
import { es } from './es.ts';
import { fr } from './fr.ts';
import { jp } from './jp.ts';
import { layoutOf, type Layout, type LayoutName, type LayoutTable } from './layout.ts';
import { uk } from './uk.ts';
import { us } from './us.ts';

/** Exported for tests, which look at each. */
export const tables: readonly LayoutTable[] = [us, uk, de, fr, es, jp];

const layouts: ReadonlyMap<string, Layout> = new Map(
  tables.map((table) => [table.name, layoutOf(table)]),
);

export const layoutNames: readonly LayoutName[] = tables.map(({ name }) => name);

/** Also by the names that QEMU's `-k` and X11 have: `en-us`, `en-gb`, `gb`, `ja`. */
const others: ReadonlyMap<string, LayoutName> = new Map([
  ['en-us', 'us'],
  ['en-gb', 'uk'],
  ['gb', 'uk'],
  ['ja', 'jp'],
]);

/** Throws TypeError that lists those that are known. */
export function parseLayoutName(text: string): LayoutName {
  const name = others.get(text.toLowerCase()) ?? text.toLowerCase();
  const known = layoutNames.find((each) => each === name);
  if (known !== undefined) return known;
  throw new TypeError(
    `keyboard layout ${JSON.stringify(text)} is not one of ${layoutNames.join(', ')}`,
  );
}

/** Throws TypeError. */
export function findLayout(name: LayoutName): Layout {
  const layout = layouts.get(name);
  if (layout === undefined) parseLayoutName(name);
  return layout ?? new Map();
}
