/** The peers of bench/peers: small C programs around Debian's libraries, compiled for a run. */
import { execFileSync } from 'node:child_process';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const sources = join(dirname(fileURLToPath(import.meta.url)), '../../../bench/peers');

/** Returns the program's path. Throws where the compiler or the library's headers are missing. */
export function compile(name: string, into: string, library: string): string {
  const program = join(into, name);
  execFileSync('cc', ['-O2', '-o', program, join(sources, `${name}.c`), `-l${library}`], {
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  return program;
}
