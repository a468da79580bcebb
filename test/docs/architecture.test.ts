import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
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
      const project = readFileSync(join('src', room, 'tsconfig.json'), 'utf8');
      const { references = [] } = JSON.parse(project) as { references?: { path: string }[] };
      for (const { path } of references)
        assert.ok(order.indexOf(basename(path)) < order.indexOf(room), `${room}: ${path}`);
    }
  });

  it('points to files that there are', () => {
    for (const [, path = ''] of text.matchAll(/\]\(([^)#]+)/g))
      assert.ok(existsSync(join('docs', path)), path);
  });
});
