// Runs one benchmark of bench/ by name: npm run bench -- NAME [--json] [options]. Without a name, lists them.
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const folder = join(root, 'out/bench');
const [name, ...rest] = process.argv.slice(2);
const names = readdirSync(folder)
  .filter((file) => file.endsWith('.js'))
  .map((file) => file.slice(0, -3))
  .sort();

/** The first sentence of a benchmark's header comment. */
function question(of) {
  const source = readFileSync(join(root, 'bench', `${of}.ts`), 'utf8');
  return /^\/\*\*\s*\n?\s*\*?\s*([^\n]+)/.exec(source)?.[1]?.replace(/\s*\*\/$/, '') ?? '';
}

if (name === undefined || name.startsWith('-')) {
  console.log('npm run bench -- NAME [--json]\n');
  for (const each of names) console.log(`  ${each.padEnd(12)} ${question(each)}`);
  process.exit(name === undefined ? 0 : 2);
}
if (!existsSync(join(folder, `${name}.js`))) {
  console.error(`no benchmark is called ${name}; there are: ${names.join(', ')}`);
  process.exit(2);
}
const result = spawnSync(
  process.execPath,
  ['--enable-source-maps', '--expose-gc', join(folder, `${name}.js`), ...rest],
  {
    stdio: 'inherit',
  },
);
process.exit(result.status ?? 1);
