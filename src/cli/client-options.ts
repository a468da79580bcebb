/** What every command that is a viewer asks for to reach its server, and the session that it then has. */
import type { Command } from 'commander';
import { screenshot } from '../client/automation/screenshot.ts';
import type { VncClient } from '../client/client.ts';
import { AuthenticationError, ErrorCode, VncError } from '../core/errors.ts';
import { defaultLimits } from '../core/limits.ts';
import { connect, type ConnectOptions } from '../node/connect.ts';
import { parseTarget } from '../node/target.ts';
import { parseSecurityList, type SecurityOffer } from '../security/policy.ts';
import {
  ABOUT_PASSWORDS,
  clientCredentials,
  credentialOptions,
  type CredentialOptions,
} from './client-credentials.ts';
import { clientTls, knownServers, tlsOptions, type TlsOptions } from './client-tls.ts';
import { CommandFailure, ExitCode, step, toFailure } from './failure.ts';
import { typesFor } from './open-display.ts';
import { reads } from './reads.ts';

/** Commander's own shape. */
export interface ClientOptions extends CredentialOptions, TlsOptions {
  readonly security?: SecurityOffer;
  /** Seconds. */
  readonly timeout: number;
}

const DEFAULT_TIMEOUT_S = 30;
const MAX_TIMEOUT_S = 24 * 3600;

const SEEN_BY_ALL =
  'every user of this machine can see the password in the address: --password-file or VNC_PASSWORD hide it';

const ABOUT_URL = `
URL is host:1, host::5901, unix:/path, vnc://host:5901 with the parameters of RFC 7869, ws:// or wss://. A server elsewhere is proven by its certificate, against --ca or the
system's authorities; what is weaker has to be named with --security.
${ABOUT_PASSWORDS}`;

/** A command whose first argument is URL. */
export const clientCommand = (command: Command): Command =>
  connectionOptions(command, '-s, --security <LIST>');

/** The same for a command that has its server elsewhere, and a use of its own for `-s`. */
export function connectionOptions(command: Command, securityFlags: string): Command {
  command.optionsGroup('Connection:');
  tlsOptions(credentialOptions(command));
  return command
    .option(securityFlags, 'security types to accept, with commas', reads(parseSecurityList))
    .option(
      '--timeout <SECONDS>',
      'for the connection to stand, and then for what is waited for',
      reads(parseTimeout),
      DEFAULT_TIMEOUT_S,
    )
    .addHelpText('after', ABOUT_URL);
}

export interface Viewing {
  readonly client: VncClient;
  readonly timeoutMs: number;
}

export interface SessionNeeds {
  /** Every change of it from the start. Otherwise only what is asked for. */
  readonly picture: boolean;
}

/** Connects, does the work, and closes. Rejects with CommandFailure. */
export async function viewDisplay(
  url: string,
  options: ClientOptions,
  needs: SessionNeeds,
  work: (viewing: Viewing) => Promise<void>,
): Promise<void> {
  const connect = await viewerOf(url, options, needs);
  const timeoutMs = options.timeout * 1000;
  const client = await connect();
  try {
    // What the server says of itself (size, pointer) comes with its first answer.
    if (!needs.picture)
      await screenshot(client, { region: { x: 0, y: 0, width: 1, height: 1 }, timeoutMs });
    await work({ client, timeoutMs });
  } catch (error) {
    throw workFailure(error);
  } finally {
    await client.close();
  }
}

/** Reads what the command line names, and connects as often as it is called. Both reject with CommandFailure. */
export async function viewerOf(
  url: string,
  options: ClientOptions,
  needs: SessionNeeds,
): Promise<() => Promise<VncClient>> {
  const target = await clientTarget(url, options);
  return () =>
    opening(() =>
      connect(target.url, { ...target.options, jpeg: false, autoUpdate: needs.picture }),
    );
}

/** A connection that fails, as a CommandFailure. */
export async function opening<T>(open: () => Promise<T>): Promise<T> {
  try {
    return await open();
  } catch (error) {
    const isUntrusted =
      error instanceof AuthenticationError ||
      (error instanceof VncError && error.code === ErrorCode.certificate);
    throw toFailure(error, isUntrusted ? ExitCode.Credentials : ExitCode.Display);
  }
}

/** What `connect` needs for this server. */
export async function clientTarget(
  url: string,
  options: ClientOptions,
): Promise<{ readonly url: string; readonly options: ConnectOptions }> {
  const target = await step(ExitCode.Usage, () => parseTarget(url));
  const { address } = target;
  const uri = target.kind === 'address' ? target.uri : {};
  if (uri.password !== undefined) process.stderr.write(`sallyport: ${SEEN_BY_ALL}\n`);
  const timeoutMs = options.timeout * 1000;
  return {
    url,
    options: {
      timeoutMs,
      limits: { handshakeStageMs: Math.min(timeoutMs, defaultLimits.handshakeStageMs) },
      security: options.security ?? typesFor(address),
      tls: await clientTls(options),
      knownServers: knownServers(options),
      credentials: await clientCredentials(address, options, uri),
    },
  };
}

/** A place off the screen or a character that cannot be typed is the caller's mistake; a session that ends is the server's. */
export function workFailure(error: unknown): CommandFailure {
  if (error instanceof RangeError || error instanceof TypeError)
    return toFailure(error, ExitCode.Usage);
  const isGone = error instanceof VncError && error.code === ErrorCode.closed;
  return toFailure(error, isGone ? ExitCode.Display : ExitCode.Runtime);
}

/** Throws RangeError. */
export function parseTimeout(text: string): number {
  const seconds = /^\d+(\.\d+)?$/.test(text) ? Number(text) : Number.NaN;
  if (!(seconds > 0 && seconds <= MAX_TIMEOUT_S))
    throw new RangeError(
      `${JSON.stringify(text)} is not a number of seconds above 0, up to ${MAX_TIMEOUT_S}`,
    );
  return seconds;
}
