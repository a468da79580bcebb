/** `-vnc` and `-object` on the command line: what they say goes into the settings that our own options fill. */
import { PasswordStore } from '../access/passwords.ts';
import type { Logger } from '../core/logger.ts';
import type { Secret } from '../core/secret.ts';
import { openNameRules } from '../control/qemu-options/name-list.ts';
import { readSecret } from '../control/qemu-options/secret.ts';
import { parseVncOption, type QemuVnc } from '../control/qemu-options/vnc-option.ts';
import type { ServeAccess } from '../node/serve.ts';
import { CommandFailure, ExitCode, usage } from './failure.ts';
import type { DisplayChoice, ServeSettings } from './serve-settings.ts';

/** What has no option of our own. */
export type QemuExtras = Pick<QemuVnc, 'keyPassword' | 'password' | 'names' | 'remarks'>;

/** `others` are those of our own options that were given and say the same things. Throws CommandFailure. */
export function applyQemuOptions(
  settings: ServeSettings,
  vnc: readonly string[],
  objects: readonly string[],
  others: readonly string[],
): ServeSettings {
  const [text, ...more] = vnc;
  if (text === undefined) {
    if (objects.length > 0) throw usage('-object goes with -vnc, which refers to it by id');
    return settings;
  }
  if (more.length > 0)
    throw usage('one -vnc is one display, and there is one; further addresses go in as vnc=host:N');
  if (others.length > 0)
    throw usage(`-vnc says what ${others.join(', ')} would say; use one way or the other`);
  const qemu = parse(text, objects);
  const { listen, websocket, connect, security, verifyClient, tlsDir, share, maxViewers } = qemu;
  return {
    ...settings,
    display: switchable(settings.display, qemu),
    listen,
    listenNowhere: listen.length === 0,
    websocket,
    connect,
    security,
    verifyClient,
    tls: { ...settings.tls, ...(tlsDir === undefined ? {} : { dir: tlsDir }) },
    share,
    maxViewers,
    qemu,
  };
}

function switchable(display: DisplayChoice, { powerControl }: QemuVnc): DisplayChoice {
  if (!powerControl) return display;
  if (display.kind !== 'qemu')
    throw usage(
      '-vnc with power-control=on is for a guest that is started here: --qemu -- COMMAND',
    );
  return { ...display, powerControl };
}

function parse(text: string, objects: readonly string[]): QemuVnc {
  try {
    return parseVncOption(text, objects);
  } catch (error) {
    if (error instanceof TypeError) throw new CommandFailure(ExitCode.Usage, error.message, error);
    throw error;
  }
}

/** Reads the secret and the name list. Throws TypeError. */
export async function qemuAccess(
  { password, names }: QemuExtras,
  logger: Logger,
): Promise<Pick<ServeAccess, 'password' | 'nameRules'>> {
  return {
    ...(password === undefined
      ? {}
      : { password: storeOf(password === 'later' ? undefined : await readSecret(password)) }),
    ...(names === undefined ? {} : { nameRules: openNameRules(names, logger) }),
  };
}

/** Without a password nobody logs in until one is set. */
function storeOf(password: Secret | undefined): PasswordStore {
  const store = new PasswordStore();
  if (password !== undefined) store.set('full', password.reveal());
  return store;
}
