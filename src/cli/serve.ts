/** `sallyport serve`: runs until it is told to stop, or its display goes away. Prints; composition.ts puts together. */
import { hostname } from 'node:os';
import { describeError, type VncError } from '../core/errors.ts';
import { formatAddress } from '../node/address.ts';
import type { Serving } from '../node/serve.ts';
import { describeProtection } from '../security/policy.ts';
import { kernelSet } from '../pixels/kernels/kernels.ts';
import { renderBanner } from './banner.ts';
import { compose, type Composition } from './composition.ts';
import { logConnections } from './connection-log.ts';
import { CommandFailure, ExitCode } from './failure.ts';
import { createLogs, type Logs } from './log.ts';
import { onReloadSignal, reloadServing } from './reload-signal.ts';
import { drain } from './drain.ts';
import { openService, type Service } from './service.ts';
import { stopSignal } from './stop-signal.ts';
import { withServiceCredentials } from './service-credentials.ts';
import type { ServeSettings } from './serve-settings.ts';
import { startMonitor, type RunningMonitor } from './serve-monitor.ts';
import { terminalStyle } from './terminal-text.ts';
import { webSocketUrl } from './websocket-url.ts';

export async function runServe(given: ServeSettings): Promise<void> {
  const settings = withServiceCredentials(given, process.env);
  const style = terminalStyle(process.stderr, process.env);
  const { json, verbose } = settings;
  const logs = createLogs({ json, verbose, colour: style.colour });
  // From here on a signal stops what is being built, too.
  const { drainMs } = settings.service;
  const stop = stopSignal(drainMs > 0);
  const reload = onReloadSignal(logs, () => stop.ask('SIGHUP'));
  // Waiting for a signal alone keeps no process alive, and the last listener may be taken away by a monitor.
  const alive = setInterval(() => undefined, 2 ** 30);
  let service: Service | undefined;
  let composition: Composition | undefined;
  let monitor: RunningMonitor | undefined;
  try {
    service = await openService(settings.service, logs);
    composition = await compose(settings, logs.inner, logs.log, service.inherited);
    const { serving, display } = composition;
    logConnections(serving.server.events, logs);
    service.follow(serving, settings);
    const gone = new Promise<VncError>((resolve) => {
      display.events.on('closed', resolve);
    });
    const running = service;
    await running.started(serving);
    monitor = await startMonitor(settings, composition, logs, () =>
      reloadServing(serving, running, logs),
    );
    announce(settings, composition, logs);
    reload.serve(serving, service);
    for (const warning of composition.warnings) logs.log.warn(warning);
    if (kernelSet().kind === 'plain')
      logs.log.warn(
        'this Node has no WebAssembly with SIMD: pictures are encoded many times slower',
      );
    const reason = await Promise.race([gone, stop.asked, monitor.quit]);
    if (reason instanceof Error)
      throw new CommandFailure(ExitCode.Display, `the display is gone: ${reason.message}`, reason);
    service.stopping(reason);
    if (reason === 'SIGTERM' && drainMs > 0)
      logs.log.info(await drain(serving, drainMs, stop.askedAgain));
    await shutDown(composition, serving);
    logs.log.info(`stopped by ${reason}`);
  } catch (error) {
    service?.stopping(describeError(error));
    if (composition !== undefined) await shutDown(composition, composition.serving);
    throw error;
  } finally {
    await monitor?.close();
    await service?.close();
    clearInterval(alive);
    stop.forget();
    reload.forget();
  }
}

async function shutDown({ display, credentials }: Composition, serving: Serving): Promise<void> {
  credentials?.close();
  await serving.close();
  await display.close();
}

/** The box for people, or the `listening` line for programs. */
function announce(settings: ServeSettings, composition: Composition, logs: Logs): void {
  const { serving, display, certificate, generatedPassword, remarks } = composition;
  const protections = describeProtection(serving.offer);
  const size = `${display.framebuffer.width}x${display.framebuffer.height}`;
  if (settings.json) {
    logs.event('listening', {
      addresses: serving.addresses.map(formatAddress),
      websocket: serving.websocketAddresses.map((each) => webSocketUrl(each, serving.websocketTls)),
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
  // There a program listens to the monitor, or audit lines go.
  const isTaken = settings.monitor?.kind === 'stdio' || settings.service.audit === '-';
  const output = isTaken ? process.stderr : process.stdout;
  output.write(
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
      terminalStyle(output, process.env),
    )}\n`,
  );
}
