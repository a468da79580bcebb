/**
 * Values as QEMU writes them, byte for byte: spaces, escapes, and the order of members. None of it means anything in JSON,
 * but scripts that cut answers with grep and sed, and people who compare logs, were made for it. Used by QMP sessions.
 */
import { utf8 } from '../wire/text.ts';

/**
 * One line, without its end. Members that are undefined are left out; those of one bucket stay as they are, so that what a
 * guest's QEMU said is passed on unchanged.
 */
export function qmpText(value: unknown): string {
  if (typeof value === 'string') return quoted(value);
  if (Array.isArray(value)) return `[${value.map(qmpText).join(', ')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const members = Object.entries(value)
    .filter(([, each]) => each !== undefined)
    .map(([name, each]) => ({ bucket: bucketOf(name), text: `${quoted(name)}: ${qmpText(each)}` }));
  members.sort((a, b) => a.bucket - b.bucket);
  return `{${members.map(({ text }) => text).join(', ')}}`;
}

/** In ASCII, whatever it says. */
const quoted = (text: string): string =>
  JSON.stringify(text).replace(/[^ -~]|\\u..../g, (c) => {
    const digits = c.length === 1 ? c.charCodeAt(0).toString(16).padStart(4, '0') : c.slice(2);
    return `\\u${digits.toUpperCase()}`;
  });

const BUCKETS = 512;

/** QEMU keeps an object's members in a hash table, and tells them in its order; the hash is that of tdb. */
function bucketOf(name: string): number {
  const bytes = utf8(name);
  const sum = bytes.reduce(
    (before, byte, i) => (before + (byte << ((i * 5) % 24))) | 0,
    Math.imul(0x238f13af, bytes.length),
  );
  return ((Math.imul(sum, 1103515243) + 12345) >>> 0) % BUCKETS;
}
