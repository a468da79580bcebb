/**
 * Other people's programs that tests talk to. Where one is missing its tests are skipped, visibly; with
 * SALLYPORT_REQUIRE_PEERS=1 they fail instead, so that a machine meant to have them all cannot go green without.
 */
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

/** Whether the program is on PATH, or the file (a path with a slash) is there. */
export function havePeer(name: string): boolean {
  const paths = name.includes('/')
    ? [name]
    : (process.env['PATH'] ?? '').split(delimiter).map((folder) => join(folder, name));
  return paths.some((path) => {
    try {
      accessSync(path, constants.R_OK);
      return true;
    } catch {
      return false;
    }
  });
}

/** For `it`'s `skip` option: the reason when one of the programs or files is missing, else false. */
export function withoutPeers(...names: readonly string[]): string | false {
  const missing = names.filter((name) => !havePeer(name));
  if (missing.length === 0 || process.env['SALLYPORT_REQUIRE_PEERS'] === '1') return false;
  return `not installed: ${missing.join(', ')}`;
}
