/** What every command that is a viewer asks for to reach its server, and the session that it then has. */
import type { Command } from 'commander';
import { screenshot } from '../client/automation/screenshot.ts';
import type { VncClient } from '../client/client.ts';
import { AuthenticationError, ErrorCode, VncError } from '../core/errors.ts';
import { defaultLimits } from '../core/limits.ts';
import { Secret } from '../core/secret.ts';
import { formatAddress, isLoopback, parseAddress, type Address } from '../node/address.ts';
import { loadAuthorities } from '../node/authority-files.ts';
import { connect, type ConnectOptions } from '../node/connect.ts';
import { readSecretFile } from '../node/password-file.ts';
import type { ClientCredentials } from '../security/security-type.ts';
import { parseSecurityList, type SecurityOffer } from '../security/policy.ts';
import { CommandFailure, ExitCode, step, toFailure } from './failure.ts';
import { readHidden } from './hidden-input.ts';
import { LOCAL_TYPES, REMOTE_TYPES } from './open-display.ts';
import { reads } from './reads.ts';

/** Commander's own shape. */
export interface ClientOptions {
  readonly user?: string;
  readonly passwordFile?: string;
  readonly ca?: string;
  readonly security?: SecurityOffer;
  /** Seconds. */
  readonly timeout: number;
}

const DEFAULT_TIMEOUT_S = 30;
const MAX_TIMEOUT_S = 24 * 3600;

const ABOUT_URL = `
URL is host:1, host::5901, vnc://host:5901 or unix:/path. A server elsewhere is proven by its certificate, against --ca or the
system's authorities; what is weaker has to be named with --security.

The password is in --password-file, in the environment as VNC_PASSWORD (user name: VNC_USERNAME), or asked for at the terminal.`;

/** A command whose first argument is URL. */
export function clientCommand(command: Command): Command {
  return command
    .optionsGroup('Connection:')
    .option('-u, --user <NAME>', 'user name (or VNC_USERNAME)')
    .option('--password-file <FILE>', 'password (or VNC_PASSWORD)')
    .option('--ca <FILE>', 'authority to verify the server by')
    .option(
      '-s, --security <LIST>',
      'security types to accept, with commas',
      reads(parseSecurityList),
    )
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
  const address = await step(ExitCode.Usage, () => parseAddress(url, 'connect'));
  const settings = await connectOptions(address, options);
  return () => open(address, settings, needs);
}

async function open(
  address: Address,
  options: ConnectOptions,
  { picture }: SessionNeeds,
): Promise<VncClient> {
  try {
    return await connect(formatAddress(address), { ...options, jpeg: false, autoUpdate: picture });
  } catch (error) {
    const isUntrusted =
      error instanceof AuthenticationError ||
      (error instanceof VncError && error.code === ErrorCode.certificate);
    throw toFailure(error, isUntrusted ? ExitCode.Credentials : ExitCode.Display);
  }
}

async function connectOptions(address: Address, options: ClientOptions): Promise<ConnectOptions> {
  const { passwordFile, ca: caFile, security, timeout } = options;
  const file =
    passwordFile === undefined
      ? undefined
      : await step(ExitCode.Credentials, () => readSecretFile(passwordFile));
  for (const warning of file?.warnings ?? []) process.stderr.write(`sallyport: ${warning}\n`);
  const authorities =
    caFile === undefined
      ? undefined
      : await step(ExitCode.Credentials, () => loadAuthorities({ caFile }, { purpose: 'client' }));
  const timeoutMs = timeout * 1000;
  return {
    timeoutMs,
    limits: { handshakeStageMs: Math.min(timeoutMs, defaultLimits.handshakeStageMs) },
    security: security ?? (isLoopback(address) ? LOCAL_TYPES : REMOTE_TYPES),
    ...(authorities === undefined ? {} : { tls: { ca: authorities.ca } }),
    credentials: async (needs) => ({
      ...(needs.username ? await usernameOf(options.user) : {}),
      ...(needs.password ? await passwordOf(file?.secret) : {}),
    }),
  };
}

async function usernameOf(named: string | undefined): Promise<ClientCredentials> {
  const username = named ?? process.env['VNC_USERNAME'];
  if (username !== undefined) return { username };
  throw new CommandFailure(
    ExitCode.Credentials,
    'the server asks for a user name: --user, or VNC_USERNAME',
  );
}

async function passwordOf(fromFile: Secret | undefined): Promise<ClientCredentials> {
  if (fromFile !== undefined) return { password: fromFile };
  const named = process.env['VNC_PASSWORD'];
  if (named !== undefined) return { password: new Secret(named) };
  if (process.stdin.isTTY) return { password: new Secret(await readHidden('Password: ')) };
  throw new CommandFailure(
    ExitCode.Credentials,
    'the server asks for a password: --password-file, VNC_PASSWORD, or a terminal to ask at',
  );
}

/** A place off the screen or a character that cannot be typed is the caller's mistake; a session that ends is the server's. */
function workFailure(error: unknown): CommandFailure {
  if (error instanceof RangeError || error instanceof TypeError)
    return toFailure(error, ExitCode.Usage);
  const isGone = error instanceof VncError && error.code === ErrorCode.closed;
  return toFailure(error, isGone ? ExitCode.Display : ExitCode.Runtime);
}

function parseTimeout(text: string): number {
  const seconds = /^\d+(\.\d+)?$/.test(text) ? Number(text) : Number.NaN;
  if (!(seconds > 0 && seconds <= MAX_TIMEOUT_S))
    throw new RangeError(
      `${JSON.stringify(text)} is not a number of seconds above 0, up to ${MAX_TIMEOUT_S}`,
    );
  return seconds;
}
