/** The monitor of a running `sallyport serve`. */
import { createMonitor } from '../control/monitor.ts';
import { attachMonitorToStdio, listenMonitor } from '../control/monitor-transport.ts';
import { openQmpClient } from '../control/qmp-client.ts';
import type { ReloadReport } from '../node/reload.ts';
import type { QemuDisplay } from '../displays/qemu.ts';
import type { Composition } from './composition.ts';
import { ExitCode, step } from './failure.ts';
import type { Logs } from './log.ts';
import type { ServeSettings } from './serve-settings.ts';
import { version } from './version.ts';

export interface RunningMonitor {
  /** Settles when somebody says `quit`. */
  readonly quit: Promise<string>;
  readonly close: () => Promise<void>;
}

/** One that never says quit, when none was asked for. Throws CommandFailure. */
export async function startMonitor(
  settings: ServeSettings,
  { serving, display }: Composition,
  logs: Logs,
  /** What could not be read again is in the report. */
  reload: () => Promise<ReloadReport>,
): Promise<RunningMonitor> {
  const choice = settings.monitor;
  if (choice === undefined)
    return { quit: new Promise(() => undefined), close: async () => undefined };
  const stream = (display as Partial<QemuDisplay>).monitor;
  const guest =
    stream === undefined ? undefined : await step(ExitCode.Display, () => openQmpClient(stream));
  let sayQuit: (how: string) => void = () => undefined;
  const quit = new Promise<string>((resolve) => {
    sayQuit = resolve;
  });
  const { server, listeners, passwords, policy, setOffer } = serving;
  const monitor = createMonitor({
    serving: {
      server,
      listeners,
      passwords,
      ...(policy === undefined ? {} : { policy }),
      get offer() {
        return serving.offer;
      },
      setOffer,
      reload,
      websocketAddresses: serving.websocketAddresses,
      websocketTls: serving.websocketTls,
    },
    display,
    version: version(),
    quit: () => sayQuit('the monitor'),
    ...(guest === undefined ? {} : { guest }),
    logger: logs.inner,
  });
  const transport =
    choice.kind === 'stdio'
      ? attachMonitorToStdio(monitor)
      : await step(ExitCode.Listen, () => listenMonitor(monitor, choice.path));
  return {
    quit,
    close: async () => {
      await transport.close();
      monitor.close();
      guest?.close();
    },
  };
}
