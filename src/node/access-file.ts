/**
 * The access file's text, YAML or JSON, read to a policy, or to all that is wrong with it, each with line and column.
 * Used by access-policy.ts and by `sallyport check-config`.
 */
import { readFileSync } from 'node:fs';
import { Ajv, type ValidateFunction } from 'ajv';
import { isMap, isNode, isScalar, LineCounter, parseDocument, type Document } from 'yaml';
import { compilePolicy, type Policy, type PolicyFault } from '../access/compile-policy.ts';
import type { PolicyDocument } from '../access/policy-document.ts';
import { messageOf } from '../core/errors.ts';
import { findingOf, type SchemaFinding } from './schema-words.ts';

export interface AccessProblem {
  readonly line: number;
  readonly column: number;
  /** Names the key, the fault and the cure; never a password or hash. */
  readonly message: string;
}

export interface AccessFileReading {
  /** Undefined when there are problems. */
  readonly policy?: Policy;
  /** In the order of the file. */
  readonly problems: readonly AccessProblem[];
}

// From out/src/node/ to the package.
const SCHEMA = new URL('../../../schema/access.schema.json', import.meta.url);

let validate: ValidateFunction | undefined;

/** Compiled on first use: most servers have no access file. */
function validator(): ValidateFunction {
  const schema = JSON.parse(readFileSync(SCHEMA, 'utf8')) as object;
  // `verbose` brings the keys that are known where one is not.
  const ajv = new Ajv({
    allErrors: true,
    verbose: true,
    allowUnionTypes: true,
    strictTypes: false,
  });
  return (validate ??= ajv.compile(schema));
}

export function readAccessText(text: string): AccessFileReading {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const place = (offset: number): { line: number; column: number } => {
    const { line, col } = lines.linePos(offset);
    return { line, column: col };
  };
  const syntax = [...document.errors, ...document.warnings];
  if (syntax.length > 0)
    return { problems: syntax.map(({ pos, message }) => ({ ...place(pos[0]), message })) };

  let data: unknown;
  try {
    data = document.toJS();
  } catch (error) {
    // Aliases that would unfold to more than anybody wrote.
    return { problems: [{ line: 1, column: 1, message: messageOf(error) }] };
  }
  if (data === null || data === undefined)
    return { problems: [{ line: 1, column: 1, message: 'the file is empty; see docs/access.md' }] };

  const located = (
    finding: SchemaFinding | { path: readonly (string | number)[]; message: string },
  ) => ({
    offset: offsetOf(document, finding.path, 'key' in finding ? finding.key : undefined),
    message:
      finding.path.length === 0 ? finding.message : `${finding.path.join('.')}: ${finding.message}`,
  });
  const found = examine(data);
  const problems = found.faults
    .map(located)
    .sort((a, b) => a.offset - b.offset)
    .map(({ offset, message }) => ({ ...place(offset), message }));
  return found.policy === undefined ? { problems } : { policy: found.policy, problems };
}

/** Both what the schema finds and what only sense can find, of all that has the shape for it. */
function examine(data: unknown): {
  readonly policy?: Policy;
  readonly faults: readonly (SchemaFinding | PolicyFault)[];
} {
  const check = validator();
  if (check(data)) return compilePolicy(data as PolicyDocument);
  const findings = (check.errors ?? []).map(findingOf).filter((each) => each !== undefined);
  if (typeof data !== 'object' || data === null || Array.isArray(data)) return { faults: findings };
  const entries = new Set(findings.map(({ path }) => path.slice(0, 2).join('/')));
  // Of these a part is nothing without the rest.
  const whole = new Set(['throttle', 'proxies']);
  const spoilt = new Set(
    findings.flatMap(({ path: [section, ...rest], key }) =>
      section === undefined ? [key] : rest.length === 0 || whole.has(section) ? [section] : [],
    ),
  );
  const sound = Object.fromEntries(Object.entries(data).filter(([key]) => !spoilt.has(key)));
  const compiled = compilePolicy(sound as PolicyDocument, (section, entry) =>
    entries.has(`${section}/${entry}`),
  );
  return { faults: [...findings, ...compiled.faults] };
}

/** Where the value stands, or its key, or whatever is nearest to it. */
function offsetOf(document: Document, path: readonly (string | number)[], key?: string): number {
  for (let length = path.length; length >= 0; length--) {
    const node = length === 0 ? document.contents : document.getIn(path.slice(0, length), true);
    if (!isNode(node)) continue;
    if (key !== undefined && length === path.length && isMap(node)) {
      const pair = node.items.find((item) => isScalar(item.key) && String(item.key.value) === key);
      if (isNode(pair?.key)) return pair.key.range?.[0] ?? 0;
    }
    return node.range?.[0] ?? 0;
  }
  return 0;
}
