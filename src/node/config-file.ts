/** Where a user's own files are when nobody says. Used for the keyring and the known servers. */
import { homedir } from 'node:os';
import { join } from 'node:path';

/** `~/.config/sallyport/NAME`, or where the XDG specification has it. */
export function configFile(
  name: string,
  environment: Readonly<Record<string, string | undefined>>,
): string {
  const base = environment['XDG_CONFIG_HOME'];
  // The XDG specification has relative paths ignored.
  const config = base?.startsWith('/') === true ? base : join(homedir(), '.config');
  return join(config, 'sallyport', name);
}
