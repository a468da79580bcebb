/** SIGHUP: reads again what can be read again, and tells what became of it. Used by the serve command. */
import { closeSync, openSync } from 'node:fs';
import type { Serving } from '../node/serve.ts';
import type { Logs } from './log.ts';

export interface ReloadSignal {
  /** From now on there is something to reload; a signal before that is only survived. */
  readonly serve: (serving: Serving) => void;
  readonly forget: () => void;
}

/** `hungUp` is called when the signal means that the terminal is gone: a server in its foreground ends with it. */
export function onReloadSignal({ log }: Logs, hungUp: () => void): ReloadSignal {
  let serving: Serving | undefined;
  const hadTerminal = hasTerminal();
  let ending = false;
  const onSignal = (): void => {
    if (hadTerminal && !hasTerminal()) {
      ending = true;
      hungUp();
    } else if (serving !== undefined) void reload(serving, log);
  };
  process.on('SIGHUP', onSignal);
  return {
    serve: (started) => {
      serving = started;
    },
    forget: () => {
      process.off('SIGHUP', onSignal);
      // As without us. A normal exit would abort: Node puts back the settings of a terminal that is no more.
      if (ending) process.kill(process.pid, 'SIGHUP');
    },
  };
}

async function reload(serving: Serving, log: Logs['log']): Promise<void> {
  const { parts } = await serving.reload();
  if (parts.length === 0)
    log.info('nothing to reload: no certificate, password or users come from files');
  for (const { name, changed, warnings, error } of parts) {
    if (error === undefined && !changed) log.info(`${name}: unchanged`);
    // The store of the credentials tells itself what becomes of them, since it also reloads unasked.
    if (name === 'credentials') continue;
    if (error !== undefined)
      log.error(`${name}: not reloaded, the old stay in use: ${error.message}`);
    else if (changed) log.info(`${name}: reloaded`);
    for (const warning of warnings) log.warn(warning);
  }
}

/** Whether the process has a controlling terminal: after it hung up, opening it fails. */
function hasTerminal(): boolean {
  try {
    closeSync(openSync('/dev/tty', 'r'));
    return true;
  } catch {
    return false;
  }
}
