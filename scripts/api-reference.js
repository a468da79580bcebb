// Writes docs/api/: a page for each entry of the package, from its declarations and their comments. With --check it only compares.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

// Not imported: its types would change what the linter knows of all scripts.
const { Extractor, ExtractorConfig } = createRequire(import.meta.url)('@microsoft/api-extractor');

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const work = join(root, 'out/.build/api');
const onNode = { name: 'sallyport', source: 'index' };
const entries = [
  onNode,
  { name: 'sallyport-browser', title: 'sallyport, in browsers', source: 'browser', beside: onNode },
  { name: 'sallyport/server', source: 'server' },
  { name: 'sallyport/codec', source: 'codec' },
];
const groups = [
  ['Functions', ['Function']],
  ['Classes', ['Class']],
  ['Interfaces and types', ['Interface', 'TypeAlias']],
  ['Values', ['Variable']],
];

/** The extractor's model of one entry: its exports, and what they mention without exporting it. */
function extract({ source }) {
  const modelFile = join(work, `${source}.api.json`);
  mkdirSync(work, { recursive: true });
  const config = ExtractorConfig.prepare({
    configObjectFullPath: join(root, 'api-extractor.json'),
    packageJsonFullPath: join(root, 'package.json'),
    configObject: {
      projectFolder: root,
      mainEntryPointFilePath: join(root, `out/src/${source}.d.ts`),
      compiler: { tsconfigFilePath: join(root, 'src/tsconfig.json') },
      apiReport: { enabled: false },
      docModel: { enabled: true, apiJsonFilePath: modelFile, includeForgottenExports: true },
      dtsRollup: { enabled: false },
      tsdocMetadata: { enabled: false },
    },
  });
  const { succeeded } = Extractor.invoke(config, {
    localBuild: true,
    // Its opinions on tags are not ours; what it cannot read is an error.
    messageCallback: (message) => {
      if (message.logLevel !== 'error') message.handled = true;
    },
  });
  if (!succeeded) throw new Error(`${source}.d.ts cannot be read`);
  const members = JSON.parse(readFileSync(modelFile, 'utf8')).members[0].members;
  const values = new Set(members.flatMap(({ kind, name }) => (kind === 'Variable' ? [name] : [])));
  return members.filter(
    ({ kind, name }) =>
      groups.some(([, kinds]) => kinds.includes(kind)) &&
      // `type Encoding` is one of the values of `const Encoding`.
      !(kind === 'TypeAlias' && values.has(name)),
  );
}

/** A comment's text, its paragraphs as one line each. */
const prose = ({ docComment = '' }) =>
  docComment
    // The extractor's own words for a constructor without any.
    .replace(/Constructs a new instance of the `\w+` class/, '')
    .replace(/^\/\*\*\s*|\s*\*\/\s*$/g, '')
    .replace(/^[ \t]*\* ?/gm, '')
    .trim()
    .split(/\n\s*\n/)
    .map((paragraph) =>
      // Lists keep their lines.
      /^- /m.test(paragraph) ? paragraph : paragraph.replace(/\s*\n\s*/g, ' '),
    )
    .filter((paragraph) => paragraph !== '');

const excerpt = (item) =>
  item.excerptTokens
    .map(({ text }) => text)
    .join('')
    .replace(/^export (declare )?/, '')
    .trim();

/** The declaration as it stands in its file: with the comments inside, and its members in the order of their author. */
function declarationOf({ name, fileUrlPath }) {
  const text = readFileSync(join(root, 'out', fileUrlPath.replace(/\.ts$/, '.d.ts')), 'utf8');
  const start = new RegExp(
    `^(export )?(declare )?(abstract )?(class|const|function|interface|type) ${name}\\b`,
    'm',
  );
  const from = text.search(start);
  if (from < 0) return undefined;
  // To the semicolon or brace that ends it, past those in comments and brackets.
  let depth = 0;
  for (const { 0: token, index } of text
    .slice(from)
    .matchAll(/\/\*.*?\*\/|\/\/[^\n]*|[{([\])};]/gs)) {
    if ('{(['.includes(token)) depth += 1;
    else if ('})]'.includes(token)) depth -= 1;
    const isEnd = /^(export )?(declare )?(const|type)/.test(text.slice(from))
      ? token === ';'
      : token === '}';
    if (depth === 0 && isEnd)
      return text
        .slice(from, from + index + 1)
        .replace(/^export /, '')
        .replace(/^declare /, '');
  }
  return undefined;
}

/** Members as their author wrote them down. */
function membersOf(item) {
  const text = declarationOf(item) ?? '';
  const place = ({ name, kind }) => {
    const word = kind === 'Constructor' ? 'constructor' : name;
    return text.search(
      new RegExp(`^\\s*((readonly|static|get|protected|abstract) )*${word}[?(:<]`, 'm'),
    );
  };
  return [...(item.members ?? [])].sort((a, b) => place(a) - place(b));
}

/** `name?: type`, without what every member has. */
const memberCode = (member) =>
  excerpt(member)
    .replace(/^readonly /, '')
    .replace(/\s*\n\s*/g, ' ')
    .replace(/;$/, '');

/** A member in a list: its declaration, and what it means. */
function memberLine(member) {
  const [first = '', ...more] = prose(member);
  const meaning = first === '' ? '' : `: ${first}`;
  return [`- \`${memberCode(member)}\`${meaning}`, ...more.map((text) => `  ${text}`)].join('\n\n');
}

function section(item, anchors) {
  const members = membersOf(item);
  const isLiteral =
    item.kind === 'TypeAlias' || (item.kind === 'Variable' && item.excerptTokens.length <= 2);
  const declaration = ((isLiteral ? declarationOf(item) : undefined) ?? excerpt(item)).replace(
    /\s*\{$/,
    '',
  );
  const parts = [`### ${item.name}`, ...prose(item), `\`\`\`ts\n${declaration}\n\`\`\``];
  if (members.length > 0) parts.push(members.map(memberLine).join('\n'));
  const mentioned = new Set(
    [item, ...members]
      .flatMap(({ excerptTokens }) => excerptTokens)
      .filter(({ kind }) => kind === 'Reference')
      .map(({ text }) => text)
      .filter((name) => anchors.has(name) && name !== item.name),
  );
  if (mentioned.size > 0)
    parts.push(
      `See ${Array.from(mentioned, (name) => `[${name}](#${name.toLowerCase()})`).join(', ')}.`,
    );
  return parts.join('\n\n');
}

/** What a page has: of an entry that stands beside another, what differs, and apart from it the names that are the same. */
function contentsOf(entry) {
  const items = itemsOf(entry);
  if (entry.beside === undefined) return { items, same: [] };
  const others = new Set(itemsOf(entry.beside).map(placeOf));
  return {
    items: items.filter((item) => !others.has(placeOf(item))),
    // Each overload is an item of its own.
    same: unique(items.filter((item) => others.has(placeOf(item))).map(({ name }) => name)),
  };
}

/** Extracting takes seconds, and the first entry is looked at twice. */
const extracted = new Map();
function itemsOf(entry) {
  const items = extracted.get(entry) ?? extract(entry);
  extracted.set(entry, items);
  return items;
}

const unique = (list) => Array.from(new Set(list));

const placeOf = ({ name, fileUrlPath }) => `${fileUrlPath} ${name}`;

/** The names that an entry gives, with those of a list that it shares with another. */
function exportedNames(source) {
  const shared = Array.from(source.matchAll(/export \* from '\.\/(\w+\.ts)'/g), ([, file]) =>
    exportedNames(readFileSync(join(root, 'src', file), 'utf8')),
  );
  const own = Array.from(source.matchAll(/export (?:type )?\{(.*?)\}/gs), ([, names = '']) =>
    names.split(',').map((each) => each.replace(/\btype\b|^.* as /g, '').trim()),
  );
  return [...own, ...shared].flat();
}

function page(entry) {
  const { items, same } = contentsOf(entry);
  const anchors = new Set(items.map(({ name }) => name));
  const source = readFileSync(join(root, `src/${entry.source}.ts`), 'utf8');
  const about = /^\/\*\* Entry point `[^`]+`[^:]*: (.*?) \*\//s.exec(source)?.[1] ?? '';
  const parts = [
    `# ${entry.title ?? entry.name}`,
    `${about.charAt(0).toUpperCase()}${about.slice(1)}`,
    'Generated from the declarations by `npm run docs`; a test compares the two.',
  ];
  const exported = new Set(exportedNames(source));
  for (const item of items) {
    if (!exported.has(item.name) || prose(item).length > 0) continue;
    console.error(`${entry.name}: ${item.name} has no comment that says what it is`);
    process.exitCode = 1;
  }
  const listed = (list) =>
    list.sort((a, b) => (a.name.toLowerCase() < b.name.toLowerCase() ? -1 : 1));
  for (const [title, kinds] of groups) {
    const own = listed(
      items.filter(({ kind, name }) => kinds.includes(kind) && exported.has(name)),
    );
    if (own.length > 0)
      parts.push(`## ${String(title)}`, ...own.map((item) => section(item, anchors)));
  }
  const shared = same
    .filter((name) => exported.has(name))
    .sort((a, b) => (a.toLowerCase() < b.toLowerCase() ? -1 : 1));
  if (shared.length > 0) {
    const page = `${entry.beside.name}.md`;
    parts.push(
      `## As in [${entry.beside.name}](${page})`,
      shared.map((name) => `[${name}](${page}#${name.toLowerCase()})`).join(', '),
    );
  }
  const inner = listed(items.filter(({ name }) => !exported.has(name)));
  if (inner.length > 0)
    parts.push(
      '## Also mentioned',
      'Types that the above are made of. They have no names of their own to import.',
      ...inner.map((item) => section(item, anchors)),
    );
  return `${parts.join('\n\n')}\n`;
}

for (const entry of entries) {
  const file = `docs/api/${entry.name.replace('/', '-')}.md`;
  const text = page(entry);
  if (!process.argv.includes('--check')) {
    mkdirSync(join(root, 'docs/api'), { recursive: true });
    writeFileSync(join(root, file), text);
  } else if (readFileSync(join(root, file), 'utf8') !== text) {
    console.error(`${file} is out of date: run npm run docs`);
    process.exitCode = 1;
  }
}
