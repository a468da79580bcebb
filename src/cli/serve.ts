/** `sallyport serve`: runs until it is told to stop, or its display goes away. Prints; composition.ts puts together. */
import { hostname } from 'node:os';
import type { VncError } from '../core/errors.ts';
import { formatAddress } from '../node/address.ts';
import type { Serving } from '../node/serve.ts';
import { describeProtection } from '../security/policy.ts';
import { renderBanner } from './banner.ts';
import { compose, type Composition } from './composition.ts';
import { logConnections } from './connection-log.ts';
import { CommandFailure, ExitCode } from './failure.ts';
import { createLogs, type Logs } from './log.ts';
import type { ServeSettings } from './serve-options.ts';
import { startMonitor, type RunningMonitor } from './serve-monitor.ts';
import { terminalStyle } from './terminal-text.ts';

export async function runServe(settings: ServeSettings): Promise<void> {
  const style = terminalStyle(process.stderr, process.env);
  const { json, verbose } = settings;
  const logs = createLogs({ json, verbose, colour: style.colour });
  // From here on a signal stops what is being built, too.
  const stop = stopSignal();
  let composition: Composition | undefined;
  let monitor: RunningMonitor | undefined;
  try {
    composition = await compose(settings, logs.inner);
    const { serving, display } = composition;
    logConnections(serving.server.events, logs);
    const gone = new Promise<VncError>((resolve) => {
      display.events.on('closed', resolve);
    });
    monitor = await startMonitor(settings, composition, logs);
    announce(settings, composition, logs);
    for (const warning of composition.warnings) logs.log.warn(warning);
    const reason = await Promise.race([gone, stop.asked, monitor.quit]);
    if (reason instanceof Error)
      throw new CommandFailure(ExitCode.Display, `the display is gone: ${reason.message}`, reason);
    await shutDown(composition, serving);
    logs.log.info(`stopped by ${reason}`);
  } catch (error) {
    if (composition !== undefined) await shutDown(composition, composition.serving);
    throw error;
  } finally {
    await monitor?.close();
    stop.forget();
  }
}

async function shutDown({ display }: Composition, serving: Serving): Promise<void> {
  await serving.close();
  await display.close();
}

/** The first SIGINT or SIGTERM asks, the second ends the process at once. */
function stopSignal(): { readonly asked: Promise<string>; readonly forget: () => void } {
  const signals = ['SIGINT', 'SIGTERM'] as const;
  let ask: (signal: string) => void = () => undefined;
  let asked = false;
  const promise = new Promise<string>((resolve) => {
    ask = resolve;
  });
  const onSignal = (signal: NodeJS.Signals): void => {
    if (asked) process.exit(ExitCode.Ok);
    asked = true;
    ask(signal);
  };
  for (const signal of signals) process.on(signal, onSignal);
  return {
    asked: promise,
    forget: () => {
      for (const signal of signals) process.off(signal, onSignal);
    },
  };
}

/** The box for people, or the `listening` line for programs. */
function announce(settings: ServeSettings, composition: Composition, logs: Logs): void {
  const { serving, display, certificate, generatedPassword, remarks } = composition;
  const protections = describeProtection(serving.offer);
  const size = `${display.framebuffer.width}x${display.framebuffer.height}`;
  if (settings.json) {
    logs.event('listening', {
      addresses: serving.addresses.map(formatAddress),
      display: display.name,
      size,
      security: protections.map(({ name }) => name),
      verifyClient: settings.verifyClient,
      ...(certificate === undefined ? {} : certificate),
      ...(generatedPassword === undefined ? {} : { password: generatedPassword }),
    });
    return;
  }
  const maxVersion = settings.tls.maxVersion === 'TLSv1.3' ? '1.3' : '1.2';
  // On a monitor's output a program listens.
  const out = settings.monitor?.kind === 'stdio' ? process.stderr : process.stdout;
  out.write(
    `${renderBanner(
      {
        display: `${display.name}, ${size}`,
        addresses: serving.addresses,
        hostName: hostname(),
        protections,
        tls: {
          maxVersion,
          ...(certificate === undefined
            ? {}
            : {
                fingerprint: certificate.fingerprint256,
                ...(certificate.caFile === undefined ? {} : { caFile: certificate.caFile }),
              }),
        },
        clientCertificates: settings.verifyClient,
        ...(generatedPassword === undefined ? {} : { generatedPassword }),
        remarks,
      },
      terminalStyle(out, process.env),
    )}\n`,
  );
}
