/** What a page, and a program, has to load: the client's entries, followed through their compiled modules. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { describe, it } from 'node:test';
import * as inBrowsers from '../../src/browser.ts';
import * as onNode from '../../src/index.ts';

const root = process.cwd();

interface Graph {
  readonly files: ReadonlySet<string>;
  /** Packages. */
  readonly bare: ReadonlySet<string>;
  /** Modules of Node's own. */
  readonly builtin: ReadonlySet<string>;
}

/** Modules reached from `entry`, and what they import from elsewhere. */
function graph(entry: string): Graph {
  const files = new Set<string>();
  const bare = new Set<string>();
  const builtin = new Set<string>();
  const queue = [entry];
  for (let file = queue.pop(); file !== undefined; file = queue.pop()) {
    if (files.has(file)) continue;
    files.add(file);
    const source = readFileSync(file, 'utf8');
    for (const [, name = ''] of source.matchAll(/(?:\bfrom|\bimport)\s*\(?\s*['"]([^'"]+)['"]/g)) {
      if (name.startsWith('.')) queue.push(join(dirname(file), name));
      else if (!name.startsWith('node:')) bare.add(name);
      else builtin.add(name);
    }
  }
  return { files, bare, builtin };
}

describe('the entry for browsers', () => {
  const { files, bare, builtin } = graph(join(root, 'out/src/browser.js'));

  it('is what package.json says to bundlers', () => {
    const { exports } = JSON.parse(readFileSync('package.json', 'utf8')) as {
      exports: Record<'.', { browser: { default: string } }>;
    };
    const entries = Object.keys(exports['.']);
    assert.equal(exports['.'].browser.default, './out/src/browser.js');
    assert.equal(entries[0], 'browser', 'the first condition that holds is taken');
  });

  it('needs no package, and nothing of Node', () => {
    assert.deepEqual([...bare, ...builtin], []);
  });

  it('reaches no room of Node', () => {
    const rooms = new Set(
      Array.from(files, (file) => relative(join(root, 'out/src'), file).split('/')[0]),
    );
    for (const room of ['node', 'displays', 'control', 'cli', 'server', 'access'])
      assert.equal(rooms.has(room), false, room);
  });
});

describe("the client's two entries", () => {
  const namesOf = (entry: object): string[] => Object.keys(entry).sort();

  it('have the same functions, but for what reads files', () => {
    const ofNode = namesOf(onNode).filter((name) => name !== 'decodePng');
    assert.deepEqual(namesOf(inBrowsers), ofNode);
  });

  it('share one list: what they name themselves is of their own room', () => {
    for (const [entry, room] of [
      ['browser', 'browser/'],
      ['index', 'node/'],
    ] as const) {
      const source = readFileSync(join(root, 'src', `${entry}.ts`), 'utf8');
      const places = Array.from(source.matchAll(/ from '\.\/([^']+)'/g), ([, place = '']) => place);
      const others = places.filter((place) => !place.startsWith(room));
      assert.deepEqual(others, ['viewer.ts'], entry);
    }
  });
});

describe("the client's entry for Node", () => {
  const allowed = new Map([
    ['ws', 'ws:// and wss://'],
    ['pngjs', 'PNG files'],
    ['@julusian/jpeg-turbo', 'JPEG, where it is installed'],
  ]);

  it('needs no package but those for WebSockets and picture files', () => {
    const { bare } = graph(join(root, 'out/src/index.js'));
    assert.deepEqual(
      Array.from(bare).filter((name) => !allowed.has(name)),
      [],
    );
  });

  it('speaks RFB without any: connections, security, codecs and sessions', () => {
    for (const entry of ['client/client.js', 'codec.js', 'node/dial.js', 'node/tls-connector.js'])
      assert.deepEqual([...graph(join(root, 'out/src', entry)).bare], [], entry);
  });
});
