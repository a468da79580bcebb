// Runs every compiled *.test.js under out/test, or those whose path contains one of the arguments.
import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const words = process.argv.slice(2);
const files = readdirSync(join(root, 'out/test'), { recursive: true })
  .filter((name) => name.endsWith('.test.js'))
  .filter((name) => words.length === 0 || words.some((word) => name.includes(word)))
  .sort()
  .map((name) => join('out/test', name));
if (files.length === 0) {
  console.error(`no compiled test file matches ${words.join(' ') || 'out/test'}`);
  process.exit(1);
}
const reporter = process.env.CI || !process.stdout.isTTY ? 'dot' : 'spec';
const result = spawnSync(
  process.execPath,
  [
    '--enable-source-maps',
    '--test',
    // Of a whole file: none takes a tenth of it.
    '--test-timeout=240000',
    `--test-reporter=${process.env.TEST_REPORTER ?? reporter}`,
    ...files,
  ],
  { cwd: root, stdio: 'inherit' },
);
process.exit(result.status ?? 1);
