/**
 * What a service manager, a log shipper and a script see of `serve`: sockets handed over, readiness, the pid file, and the
 * audit trail. Opened before anything is served, closed after everything.
 */
import { messageOf } from '../core/errors.ts';
import { formatAddress } from '../node/address.ts';
import { openAudit, type Audit } from '../node/audit.ts';
import { writeFault } from '../node/file-access.ts';
import { writePidFile, type PidFile } from '../node/pid-file.ts';
import type { Serving } from '../node/serve.ts';
import { monotonicUsec, serviceManager } from '../node/service-manager.ts';
import {
  inheritedSockets,
  inheritListeners,
  type InheritedListener,
} from '../node/socket-activation.ts';
import { describeProtection } from '../security/policy.ts';
import { CommandFailure, ExitCode, step } from './failure.ts';
import type { Logs } from './log.ts';
import type { ServiceSettings } from './service-settings.ts';

export interface Service {
  readonly inherited: readonly InheritedListener[];
  /** The audit trail begins. */
  readonly follow: (serving: Serving, options: { readonly verifyClient: string }) => void;
  /** Viewers can connect: the pid file appears, and systemd is told. Throws CommandFailure. */
  readonly started: (serving: Serving) => Promise<void>;
  /** SIGHUP: opens the audit file anew around what is read again. Rejects as `readAgain` does. */
  readonly reload: (readAgain: () => Promise<void>) => Promise<void>;
  /** Only the first call counts. */
  readonly stopping: (reason: string) => void;
  readonly close: () => Promise<void>;
}

/** Throws CommandFailure. */
export async function openService(
  settings: ServiceSettings,
  logs: Logs,
  environment: Record<string, string | undefined> = process.env,
): Promise<Service> {
  const manager = serviceManager({ environment, failed: (reason) => logs.log.warn(reason) });
  const inherited = await step(ExitCode.Listen, () =>
    inheritListeners(inheritedSockets(environment, process.pid)),
  );
  if (settings.needsInherited && inherited.length === 0)
    throw new CommandFailure(
      ExitCode.Listen,
      '--listen fd: no sockets were handed over (LISTEN_FDS is not set for this process)',
    );
  const audit = await auditOf(settings, logs);
  let pidFile: PidFile | undefined;
  let reason: string | undefined;
  return {
    inherited,
    follow: (serving, { verifyClient }) => {
      audit?.record('started', {
        addresses: serving.addresses.map(formatAddress),
        security: describeProtection(serving.offer).map(({ name }) => name),
        verifyClient,
      });
      audit?.follow(serving.server.events);
    },
    started: async (serving) => {
      const { pidFile: path } = settings;
      if (path !== undefined)
        pidFile = await step(ExitCode.Runtime, async () => writePidFile(path));
      // Nobody waits for it: a manager that does not answer is no reason not to serve.
      void manager.notify('READY=1', `STATUS=${statusOf(serving)}`);
    },
    reload: async (readAgain) => {
      void manager.notify('RELOADING=1', monotonicUsec());
      try {
        await audit?.reopen();
        await readAgain();
        audit?.record('reloaded', { ok: true });
      } catch (error) {
        audit?.record('reloaded', {
          ok: false,
          reason: messageOf(error),
        });
        throw error;
      } finally {
        void manager.notify('READY=1');
      }
    },
    stopping: (why) => {
      if (reason !== undefined) return;
      reason = why;
      const longestUsec = (settings.drainMs + GRACE_MS) * 1000;
      void manager.notify('STOPPING=1', `EXTEND_TIMEOUT_USEC=${longestUsec}`);
    },
    close: async () => {
      await Promise.all(inherited.map((listener) => listener.close()));
      if (reason !== undefined) audit?.record('stopped', { reason });
      await audit?.close();
      pidFile?.remove();
    },
  };
}

/** For closing sessions and files, on top of --drain. */
const GRACE_MS = 10_000;

const statusOf = ({ addresses }: Serving): string =>
  `Serving on ${addresses.map(formatAddress).join(', ')}`;

async function auditOf({ audit: path }: ServiceSettings, logs: Logs): Promise<Audit | undefined> {
  if (path === undefined) return undefined;
  try {
    return await openAudit(path, {
      failed: ({ message }) =>
        logs.log.error(`the audit trail ${path} cannot be written, trying again: ${message}`),
      recovered: (lost) =>
        logs.log.info(`the audit trail ${path} is written again, ${lost} lines lost`),
    });
  } catch (error) {
    throw new CommandFailure(ExitCode.Runtime, `--audit: ${path} ${writeFault(error)}`, error);
  }
}
