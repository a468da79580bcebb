// Runs one benchmark of bench/ by name: npm run bench -- NAME [--json] [options]. Without a name, lists them; NAME --help says
// what it measures and which options it has.
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

/** A benchmark's header comment: the question that it answers, how, and its options. */
function header(of) {
  const source = readFileSync(join(root, 'bench', `${of}.ts`), 'utf8');
  const comment = /^\/\*\*(.*?)\*\//s.exec(source)?.[1] ?? '';
  return comment.replace(/^ *\* ?/gm, '').trim();
}

/** Its first line. */
const question = (of) => header(of).split('\n')[0];

const asksForHelp = (word) => word === '--help' || word === '-h';

if (name === undefined || name.startsWith('-')) {
  console.log('npm run bench -- NAME [--json] [--help]\n');
  for (const each of names) console.log(`  ${each.padEnd(12)} ${question(each)}`);
  process.exit(name === undefined || asksForHelp(name) ? 0 : 2);
}
if (!existsSync(join(folder, `${name}.js`))) {
  console.error(`no benchmark is called ${name}; there are: ${names.join(', ')}`);
  process.exit(2);
}
if (rest.some(asksForHelp)) {
  console.log(`npm run bench -- ${name} [options]\n\n${header(name)}`);
  process.exit(0);
}
const result = spawnSync(
  process.execPath,
  ['--enable-source-maps', '--expose-gc', join(folder, `${name}.js`), ...rest],
  {
    stdio: 'inherit',
  },
);
process.exit(result.status ?? 1);
