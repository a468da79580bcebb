/**
 * QEMU's options have one dash and many letters, which Commander reads as many options of one letter. They are rewritten
 * before it sees them. Used by main.
 */

const RENAMED: ReadonlyMap<string, string> = new Map([
  ['-vnc', '--vnc'],
  ['-object', '--object'],
]);

/** `-vnc X` is `--vnc X`, `-object X` is `--object X`, `-display vnc=X` is `--vnc X`. */
export function withoutQemuSpelling(argv: readonly string[]): string[] {
  const out: string[] = [];
  for (let at = 0; at < argv.length; at++) {
    const word = argv[at] ?? '';
    const next = argv[at + 1];
    if (/^--?display$/.test(word) && next?.startsWith('vnc=') === true) {
      out.push('--vnc', next.slice('vnc='.length));
      at += 1;
      continue;
    }
    const renamed = RENAMED.get(word);
    out.push(renamed ?? word);
    // The value is not looked at: it may begin with anything.
    if (renamed !== undefined && next !== undefined) {
      out.push(next);
      at += 1;
    }
  }
  return out;
}
