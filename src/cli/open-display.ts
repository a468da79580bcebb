/** The display that was chosen: the test card, another VNC server, a recording, or a QEMU guest. */
import { VERIFIED_TYPES } from '../client/login.ts';
import type { Logger } from '../core/logger.ts';
import { startQemuDisplay } from '../displays/qemu.ts';
import { createRecordingDisplay } from '../displays/recording.ts';
import { createTestCard } from '../displays/testcard.ts';
import { createUpstreamDisplay, type UpstreamOptions } from '../displays/upstream.ts';
import { formatAddress, isLoopback, type Address } from '../node/address.ts';
import { loadAuthorities } from '../node/authority-files.ts';
import { connect } from '../node/connect.ts';
import { readSecretFile } from '../node/password-file.ts';
import type { Display } from '../server/display.ts';
import { ExitCode, step } from './failure.ts';
import type { DisplayChoice, ServeSettings } from './serve-settings.ts';

/** Nobody can listen in on this machine; from elsewhere only what is encrypted and proven is taken. */
export const typesFor = (address: Address): string =>
  isLoopback(address)
    ? `${VERIFIED_TYPES},TLSPlain,TLSSASL,TLSVnc,TLSNone,VncAuth,None`
    : VERIFIED_TYPES;

/** Rejects when it cannot be reached. */
export async function openDisplay(settings: ServeSettings, logger: Logger): Promise<Display> {
  const { display, name } = settings;
  const named = name === undefined ? {} : { name };
  switch (display.kind) {
    case 'testcard':
      return createTestCard(named);
    case 'upstream':
      return openUpstream(display, { ...named, logger });
    case 'recording':
      return createRecordingDisplay({ ...display, ...named });
    case 'qemu': {
      const [command, ...args] = display.command;
      const { powerControl } = display;
      const monitor = settings.monitor !== undefined;
      return startQemuDisplay({ command, args, monitor, powerControl, logger, ...named });
    }
  }
}

async function openUpstream(
  choice: DisplayChoice & { readonly kind: 'upstream' },
  options: Pick<UpstreamOptions, 'name' | 'logger'>,
): Promise<Display> {
  const { address, username, passwordFile, caFile } = choice;
  const password =
    passwordFile === undefined
      ? undefined
      : await step(ExitCode.Credentials, () => readSecretFile(passwordFile));
  const ca =
    caFile === undefined
      ? undefined
      : await step(ExitCode.Credentials, () => loadAuthorities({ caFile }, { purpose: 'client' }));
  return createUpstreamDisplay({
    ...options,
    connect: (signal) =>
      connect(formatAddress(address), {
        security: typesFor(address),
        signal,
        sharedPixels: true,
        // On this machine bytes cost nothing, and what is lost here would be lost again on the way to viewers.
        ...(isLoopback(address) ? { jpeg: false } : {}),
        ...(username === undefined ? {} : { username }),
        ...(password === undefined ? {} : { password: password.secret }),
        ...(ca === undefined ? {} : { tls: { ca: ca.ca } }),
        ...(options.logger === undefined ? {} : { logger: options.logger }),
      }),
  });
}
