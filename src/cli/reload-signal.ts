/** SIGHUP: reads again what can be read again, and tells what became of it. Used by the serve command. */
import { closeSync, openSync } from 'node:fs';
import type { ReloadReport } from '../node/reload.ts';
import type { Serving } from '../node/serve.ts';
import type { Logs } from './log.ts';
import type { Service } from './service.ts';

export interface ReloadSignal {
  /** From now on there is something to reload; a signal before that is only survived. */
  readonly serve: (serving: Serving, service: Service) => void;
  readonly forget: () => void;
}

/** `hungUp` is called when the signal means that the terminal is gone: a server in its foreground ends with it. */
export function onReloadSignal(logs: Logs, hungUp: () => void): ReloadSignal {
  let readAgain: (() => void) | undefined;
  const hadTerminal = hasTerminal();
  let ending = false;
  const onSignal = (): void => {
    if (hadTerminal && !hasTerminal()) {
      ending = true;
      hungUp();
    } else readAgain?.();
  };
  process.on('SIGHUP', onSignal);
  return {
    serve: (serving, service) => {
      // What cannot be read has been told of, one by one; the audit has it that something could not.
      readAgain = () => void reloadServing(serving, service, logs);
    },
    forget: () => {
      process.off('SIGHUP', onSignal);
      // As without us. A normal exit would abort: Node puts back the settings of a terminal that is no more.
      if (ending) process.kill(process.pid, 'SIGHUP');
    },
  };
}

/** What the signal does, and the monitor's reload: everything is told of, in the log and the audit. Never rejects. */
export async function reloadServing(
  serving: Serving,
  service: Service,
  logs: Logs,
): Promise<ReloadReport> {
  let report: ReloadReport = { parts: [] };
  const readAgain = async (): Promise<void> => {
    report = await serving.reload();
    tell(report, logs);
    const failed = report.parts.find(({ error }) => error !== undefined);
    if (failed?.error !== undefined) throw new Error(`${failed.name}: ${failed.error.message}`);
  };
  // What is thrown is for the audit; here it is in the report.
  await service.reload(readAgain).catch(() => undefined);
  return report;
}

function tell({ parts }: ReloadReport, { log, event }: Logs): void {
  if (parts.length === 0)
    log.info('nothing to reload: no certificate, password, users or rules come from files');
  for (const { name, changed, warnings, error } of parts) {
    if (error === undefined && !changed) log.info(`${name}: unchanged`);
    // The store of the credentials tells itself what becomes of them, since it also reloads unasked; so does the access
    // file, but for one that was missing before.
    if (name === 'credentials' || (name === 'access' && error === undefined)) continue;
    if (name === 'access') log.error(`access: not reloaded: ${error?.message ?? ''}`);
    else if (error !== undefined)
      log.error(`${name}: not reloaded, the old stay in use: ${error.message}`);
    else if (changed) log.info(`${name}: reloaded`);
    for (const warning of warnings) log.warn(warning);
  }
  event('reloaded', {
    changed: parts.filter(({ changed }) => changed).map(({ name }) => name),
    failed: parts.filter(({ error }) => error !== undefined).map(({ name }) => name),
  });
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
