// Compiles src/pixels/kernels/assembly (AssemblyScript) to WebAssembly and inlines it as src/pixels/kernels/wasm-bytes.ts, so
// that Node and browsers load it without a file. Does nothing when its input has not changed. `--check` compiles twice from
// nothing and fails unless both give the same bytes, and the same as the file that is there.
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const sources = 'src/pixels/kernels/assembly';
const target = join(root, 'src/pixels/kernels/wasm-bytes.ts');

/** The most that the memory may ever have, in pages of 64 kB: 2 GB. Also in memory.ts. */
const MAX_PAGES = 32768;

const options = [
  '-O3',
  '--noAssert',
  '--runtime',
  'stub',
  '--enable',
  'simd',
  '--enable',
  'bulk-memory',
  '--importMemory',
  '--maximumMemory',
  String(MAX_PAGES),
];

const names = readdirSync(join(root, sources))
  .filter((name) => name.endsWith('.ts'))
  .sort();
const lock = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8'));
const hash = createHash('sha256').update(JSON.stringify(options));
hash.update(lock.packages['node_modules/assemblyscript'].version);
for (const name of names) hash.update(name).update(readFileSync(join(root, sources, name)));
const sourceHash = hash.digest('hex');

if (process.argv.includes('--check')) {
  const [first, second] = [await compile(), await compile()];
  if (first !== second) fail('two compilations of the kernels differ');
  if (!existsSync(target) || readFileSync(target, 'utf8') !== first)
    fail('wasm-bytes.ts is not what the sources compile to: run npm run build');
} else if (!existsSync(target) || !readFileSync(target, 'utf8').includes(sourceHash)) {
  writeFileSync(target, await compile());
}

async function compile() {
  const { default: asc } = await import('assemblyscript/asc');
  let binary;
  const messages = [];
  const { error } = await asc.main(
    [join(sources, 'index.ts'), ...options, '--outFile', 'kernels.wasm'],
    {
      readFile: (name, base) => {
        const path = join(root, base, name);
        return existsSync(path) ? readFileSync(path, 'utf8') : null;
      },
      writeFile: (name, contents) => {
        if (name.endsWith('.wasm')) binary = contents;
      },
      listFiles: () => [],
      stderr: { write: (text) => messages.push(text) },
    },
  );
  if (error !== null || binary === undefined)
    fail(`the kernels do not compile
${messages.join('')}`);
  const text = Buffer.from(binary).toString('base64');
  const lines = text.match(/.{1,96}/g).map((line) => `  '${line}'`);
  return `// Made by scripts/build-kernels.js from assembly/, ${sourceHash}.
/** The kernels as WebAssembly, ${binary.length} bytes, in base64. */
export const wasmBase64: string =
${lines.join(' +\n')};

/** Where the flags of the imported memory stand: 1 is a memory with a maximum, 3 is one that is shared as well. */
export const memoryFlagsAt: number = ${memoryFlagsAt(binary)};
`;
}

/** The import section (2) holds one import: env.memory, kind memory (2), and then its flags. */
function memoryFlagsAt(binary) {
  const name = Buffer.from('\x03env\x06memory\x02', 'latin1');
  const at = Buffer.from(binary).indexOf(name) + name.length;
  if (at < name.length || binary[at] !== 1)
    fail('the kernels do not import their memory as expected');
  return at;
}

function fail(message) {
  console.error(message);
  process.exit(1);
}
