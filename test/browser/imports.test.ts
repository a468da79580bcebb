/** What a page has to load: the entry for browsers, followed through its compiled modules. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { describe, it } from 'node:test';

const root = process.cwd();

/** Modules reached from `entry`, and what they import from elsewhere. */
function graph(entry: string): { readonly files: ReadonlySet<string>; readonly bare: Set<string> } {
  const files = new Set<string>();
  const bare = new Set<string>();
  const queue = [entry];
  for (let file = queue.pop(); file !== undefined; file = queue.pop()) {
    if (files.has(file)) continue;
    files.add(file);
    const source = readFileSync(file, 'utf8');
    for (const [, name = ''] of source.matchAll(/(?:\bfrom|\bimport)\s*\(?\s*['"]([^'"]+)['"]/g)) {
      if (name.startsWith('.')) queue.push(join(dirname(file), name));
      else bare.add(name);
    }
  }
  return { files, bare };
}

describe('the entry for browsers', () => {
  const { files, bare } = graph(join(root, 'out/src/browser.js'));

  it('is what package.json says to bundlers', () => {
    const { exports } = JSON.parse(readFileSync('package.json', 'utf8')) as {
      exports: Record<'.', { browser: { default: string } }>;
    };
    const entries = Object.keys(exports['.']);
    assert.equal(exports['.'].browser.default, './out/src/browser.js');
    assert.equal(entries[0], 'browser', 'the first condition that holds is taken');
  });

  it('needs no package but the one that inflates', () => {
    assert.deepEqual(
      Array.from(bare).filter((name) => name !== 'pako'),
      [],
    );
  });

  it('reaches no room of Node', () => {
    const rooms = new Set(
      Array.from(files, (file) => relative(join(root, 'out/src'), file).split('/')[0]),
    );
    for (const room of ['node', 'displays', 'control', 'cli', 'server', 'access'])
      assert.equal(rooms.has(room), false, room);
  });
});
