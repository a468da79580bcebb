/** What a JSON Schema validator found, in words that say what to do. Never quotes a value: it may be a password. */
import type { ErrorObject } from 'ajv';

export interface SchemaFinding {
  readonly path: readonly string[];
  /** The key itself is what is wrong, not its value. */
  readonly key?: string;
  readonly message: string;
}

/** Undefined for what only repeats another finding. */
export function findingOf(error: ErrorObject): SchemaFinding | undefined {
  const path = error.instancePath
    .split('/')
    .slice(1)
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'));
  const params = error.params as Readonly<Record<string, unknown>>;
  const finding = (message: string): SchemaFinding => ({ path, message });
  switch (error.keyword) {
    case 'if':
    case 'propertyNames':
      return undefined;
    case 'additionalProperties': {
      const key = String(params['additionalProperty']);
      return { path, key, message: `unknown key "${key}"; ${instead(key, knownKeys(error))}` };
    }
    case 'required':
      return finding(`"${String(params['missingProperty'])}" is missing`);
    case 'type':
      return finding(typeFault(error.data, params['type']));
    case 'enum': {
      const values = (params['allowedValues'] as readonly string[]).join(', ');
      return finding(`must be ${values.includes(',') ? `one of ${values}` : values}`);
    }
    case 'const':
      return finding(`can only be ${String(params['allowedValue'])}; leave it out otherwise`);
    case 'minLength':
    case 'minItems':
      return finding('is empty');
    case 'minProperties':
      return finding('is empty, so it would match everybody; write anyone: true if that is meant');
    case 'exclusiveMinimum':
      return finding(`must be more than ${String(params['limit'])}`);
    case 'minimum':
      return finding(`must be at least ${String(params['limit'])}`);
    case 'maximum':
      return finding(`must be at most ${String(params['limit'])}`);
    default:
      return finding(error.message ?? 'is not as it should be');
  }
}

const words: Readonly<Record<string, string>> = {
  string: 'text',
  object: 'keys with values',
  array: 'a list',
  number: 'a number',
  integer: 'a whole number',
};

function typeFault(data: unknown, type: unknown): string {
  const types = Array.isArray(type) ? (type as string[]) : [String(type)];
  const wanted = types.map((each) => words[each] ?? each).join(' or ');
  if (types.includes('string') && ['number', 'boolean'].includes(typeof data))
    return `is a ${typeof data === 'number' ? 'number' : 'truth value'}, and must be ${wanted}: put it in quotes`;
  if (data === null) return `is empty, and must be ${wanted}`;
  return `must be ${wanted}`;
}

function knownKeys({ parentSchema }: ErrorObject): string[] {
  const properties = (parentSchema as { properties?: object } | undefined)?.properties;
  return Object.keys(properties ?? {});
}

/** The key that was most likely meant, or all there are. */
function instead(key: string, known: readonly string[]): string {
  const [nearest] = known
    .map((each) => ({ each, distance: editDistance(key.toLowerCase(), each.toLowerCase()) }))
    .filter(({ distance }) => distance <= 2)
    .sort((a, b) => a.distance - b.distance);
  return nearest === undefined
    ? `there can be ${known.join(', ')}`
    : `did you mean "${nearest.each}"?`;
}

/** Letters to put in, take out or change (Levenshtein). */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (const [i, letter] of Array.from(a).entries()) {
    const next = [i + 1];
    for (let j = 0; j < b.length; j++) {
      const change = (row[j] ?? 0) + (letter === b[j] ? 0 : 1);
      next.push(Math.min(change, (row[j + 1] ?? 0) + 1, (next[j] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}
