/** Runs the tools that certificates are compared with, in a directory that goes away with the test. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export const hasCommand = (name: string, argument = '--version'): boolean =>
  spawnSync(name, [argument]).status === 0;

/** For `it`'s options: says in the report why the promise was not checked. */
export const needs = (name: 'openssl' | 'certtool'): { skip: false | string } => ({
  skip: hasCommand(name, name === 'openssl' ? 'version' : '--version')
    ? false
    : `${name} is not installed`,
});

export interface Ran {
  readonly status: number | null;
  readonly output: string;
}

export function run(command: string, args: readonly string[], input = ''): Ran {
  const { status, stdout, stderr } = spawnSync(command, args, { input, encoding: 'utf8' });
  return { status, output: `${stdout}${stderr}` };
}

/** `t` is a test, or `{ after }` of node:test in a `describe`. */
export function temporaryDirectory(t: { readonly after: (clean: () => void) => void }): string {
  const dir = mkdtempSync(join(tmpdir(), 'sallyport-'));
  t.after(() => rmSync(dir, { recursive: true, force: true }));
  return dir;
}
