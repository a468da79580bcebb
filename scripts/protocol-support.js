// Writes docs/protocol-support.md from the `@rfb` lines that stand next to the code. With --check it only compares.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const target = join(root, 'docs/protocol-support.md');
const kinds = {
  handshake: 'Handshake',
  'security-type': 'Security types',
  'vencrypt-subtype': 'VeNCrypt sub-types',
  'client-message': 'Messages, viewer to server',
  'server-message': 'Messages, server to viewer',
  encoding: 'Encodings',
  'pseudo-encoding': 'Pseudo-encodings',
};

const rows = [];
for (const file of readdirSync(join(root, 'src'), { recursive: true }).sort()) {
  if (!file.endsWith('.ts')) continue;
  const source = readFileSync(join(root, 'src', file), 'utf8');
  for (const line of source.matchAll(/^\s*\*\s*@rfb\s+(.*)$/gm)) {
    const parts = /^(\S+) (\S+) ([^|]+?) \| (.+)$/.exec(line[1]);
    if (parts === null || !(parts[1] in kinds)) {
      console.error(`src/${file}: cannot read "@rfb ${line[1]}"`);
      process.exit(1);
    }
    const [, kind, number, name, note] = parts;
    rows.push({ kind, number, name, note, file });
  }
}

const order = (number) => (number === '-' ? -Infinity : Math.abs(Number.parseInt(number, 10)));
let text = `# What of RFB is spoken

Generated from the \`@rfb\` lines in \`src/\` by \`npm run docs\`; a test compares the two.
`;
for (const [kind, title] of Object.entries(kinds)) {
  const own = rows
    .filter((row) => row.kind === kind)
    .sort((a, b) => order(a.number) - order(b.number) || (a.name < b.name ? -1 : 1));
  if (own.length === 0) continue;
  text += `\n## ${title}\n\n| number | name | notes | where |\n| --- | --- | --- | --- |\n`;
  for (const { number, name, note, file } of own) {
    text += `| ${number === '-' ? '' : number} | ${name} | ${note} | [${file}](../src/${file}) |\n`;
  }
}

if (process.argv.includes('--check')) {
  if (readFileSync(target, 'utf8') !== text) {
    console.error('docs/protocol-support.md is out of date: run npm run docs');
    process.exit(1);
  }
} else {
  writeFileSync(target, text);
}
