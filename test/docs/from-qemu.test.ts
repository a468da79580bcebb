import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { qemuOptions, refusedObjects } from '../../src/control/qemu-options/option-table.ts';

describe('docs/from-qemu.md', () => {
  const text = readFileSync('docs/from-qemu.md', 'utf8');
  const sections = text.split(/^## /m).slice(1);

  /** `where name: here`, for each row of the tables of options. */
  const rows = sections.flatMap((section) => {
    const where = /^`(?:-object )?([\w-]+)`\n/.exec(section)?.[1];
    if (where === undefined) return [];
    return Array.from(section.matchAll(/^\| `([\w-]+)` \| (.*?) \|/gm), (row) => ({
      where,
      name: row[1] ?? '',
      here: row[2] ?? '',
    }));
  });

  it('has a row for every option, and no other', () => {
    const key = ({ where, name }: { where: string; name: string }): string => `${where} ${name}`;
    assert.deepEqual(rows.map(key).sort(), qemuOptions.map(key).sort());
  });

  it('says of each that is refused just what the program says, and of no other that it is', () => {
    for (const { where, name, here } of rows) {
      const option = qemuOptions.find((each) => each.where === where && each.name === name);
      if (option?.refused === undefined) assert.doesNotMatch(here, /^refused/, name);
      else assert.equal(here, `refused: ${option.refused}`);
    }
  });

  it('lists the objects that are refused', () => {
    const section = sections.find((each) => each.startsWith('Objects that are refused')) ?? '';
    const listed = Array.from(section.matchAll(/^\| `([\w-]+)` \| (.*?) \|$/gm), (row) => [
      row[1],
      row[2],
    ]);
    assert.deepEqual(listed, Array.from(refusedObjects));
  });
});
