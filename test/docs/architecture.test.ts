import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename, join, relative, sep } from 'node:path';
import { describe, it } from 'node:test';

const text = readFileSync('docs/architecture.md', 'utf8');
/** Rooms in the order of the table, each with what is in it. */
const rooms = new Map(
  Array.from(text.matchAll(/^\| `(\w+)\/` \| (.*?) \| \w+ \|$/gm), ([, room = '', words = '']) => [
    room,
    words,
  ]),
);

const foldersIn = (folder: string): string[] =>
  readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name)
    .sort();

function referencesOf(room: string): string[] {
  const project = readFileSync(join('src', room, 'tsconfig.json'), 'utf8');
  const { references = [] } = JSON.parse(project) as { references?: { path: string }[] };
  return references.map(({ path }) => basename(path)).sort();
}

/** Rooms that files of this one import, but for the globals of all. */
function importsOf(room: string): Set<string> {
  const found: string[] = [];
  for (const file of readdirSync(join('src', room), { recursive: true, encoding: 'utf8' })) {
    if (!file.endsWith('.ts')) continue;
    const source = readFileSync(join('src', room, file), 'utf8');
    for (const [, path = ''] of source.matchAll(/(?:from|import\() ?'(\.[^']+)'/g)) {
      const [other = ''] = relative('src', join('src', room, file, '..', path)).split(sep);
      if (other !== room) found.push(other);
    }
  }
  return new Set(found.sort());
}

describe('docs/architecture.md', () => {
  it('has a row for each room', () => {
    assert.deepEqual(Array.from(rooms.keys()).sort(), foldersIn('src'));
  });

  it('names the folders in each, but for those of encodings', () => {
    for (const [room, words] of rooms)
      for (const folder of room === 'codec' ? [] : foldersIn(join('src', room)))
        assert.ok(words.includes(`\`${folder}/\``), `${room}/${folder}`);
  });

  it('has them in the order in which they may import each other', () => {
    const order = Array.from(rooms.keys());
    for (const room of order) {
      for (const other of referencesOf(room))
        assert.ok(order.indexOf(other) < order.indexOf(room), `${room}: ${other}`);
    }
  });

  it('is what the projects say: each refers to the rooms that it imports', () => {
    for (const room of rooms.keys())
      assert.deepEqual(importsOf(room), new Set(referencesOf(room)), room);
  });

  it('points to files that there are', () => {
    for (const [, path = ''] of text.matchAll(/\]\(([^)#]+)/g))
      assert.ok(existsSync(join('docs', path)), path);
  });
});
