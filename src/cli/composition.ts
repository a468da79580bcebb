/** From settings to a running server: reads files, makes first credentials, opens the display, serves it. */
import type { Logger } from '../core/logger.ts';
import { openAccessPolicy, type AccessPolicy } from '../node/access-policy.ts';
import { isLoopback } from '../node/address.ts';
import { serve, type ServeAccess, type Serving } from '../node/serve.ts';
import {
  describeProtection,
  parseSecurityList,
  policyFaults,
  type SecurityOffer,
} from '../security/policy.ts';
import type { Display } from '../server/display.ts';
import { loadCredentials, type ServerCredentials } from './credentials.ts';
import { CommandFailure, ExitCode, step } from './failure.ts';
import { offerForPolicy } from './policy-offer.ts';
import { generatePassword } from './generated-password.ts';
import { openDisplay } from './open-display.ts';
import { loadPasswords, loadUsers, type Loaded } from './secret-files.ts';
import type { ServeSettings } from './serve-options.ts';

export interface Composition {
  readonly serving: Serving;
  readonly display: Display;
  /** Absent when nothing of it is X.509. */
  readonly certificate?: { readonly fingerprint256: string; readonly caFile?: string };
  readonly generatedPassword?: string;
  /** What works now and should not stay so. */
  readonly warnings: readonly string[];
  /** What is good to know. */
  readonly remarks: readonly string[];
}

/** Throws CommandFailure. What was opened until then is closed. */
export async function compose(settings: ServeSettings, logger: Logger): Promise<Composition> {
  const { accessFile, verifyClient } = settings;
  const policy =
    accessFile === undefined
      ? undefined
      : await step(ExitCode.Credentials, () =>
          openAccessPolicy(accessFile, { logger, verifyClient }),
        );
  const offer = offerOf(settings, policy);
  const needs = needsOf(offer);
  checkUsage(settings, offer, needs);

  const credentials = needs.x509
    ? await step(ExitCode.Credentials, () => loadCredentials(settings))
    : undefined;
  const generatedPassword =
    needs.password && settings.passwordFile === undefined && policy === undefined
      ? generatePassword()
      : undefined;
  const access =
    policy === undefined
      ? await step(ExitCode.Credentials, () => accessOf(settings, generatedPassword))
      : { value: { policy }, warnings: policy.warnings };
  const display = await step(ExitCode.Display, () => openDisplay(settings, logger));
  let serving: Serving;
  try {
    serving = await step(ExitCode.Runtime, () =>
      serve({
        display,
        listen: settings.listen,
        security: offer,
        allowInsecure: settings.allowInsecure,
        tls: {
          ...(credentials === undefined ? {} : { credentials: credentials.tls }),
          maxVersion: settings.tls.maxVersion,
          dhGroup: settings.tls.dhGroup,
          verifyClient: settings.verifyClient,
        },
        access: access.value,
        share: settings.share,
        proxyProtocolFrom: settings.proxyProtocolFrom,
        logger,
      }),
    );
  } catch (error) {
    policy?.close();
    await display.close();
    throw error;
  }
  return {
    serving,
    display,
    ...(credentials === undefined ? {} : { certificate: certificateOf(credentials) }),
    ...(generatedPassword === undefined ? {} : { generatedPassword }),
    warnings: [...(credentials?.tls.warnings ?? []), ...access.warnings],
    remarks: remarksOf(settings, serving, credentials),
  };
}

/** What was asked for; else X.509 with whatever a viewer can prove itself by. */
function offerOf(
  { security, passwordFile, usersFile }: ServeSettings,
  policy: AccessPolicy | undefined,
): SecurityOffer {
  if (security !== undefined) return security;
  if (policy?.policy !== undefined) return offerForPolicy(policy.policy);
  const names = usersFile === undefined ? [] : ['X509Plain'];
  if (usersFile === undefined || passwordFile !== undefined) names.push('X509Vnc');
  return parseSecurityList(names.join(','));
}

interface Needs {
  readonly x509: boolean;
  readonly password: boolean;
  readonly users: boolean;
}

function needsOf(offer: SecurityOffer): Needs {
  const ways = describeProtection(offer);
  return {
    x509: ways.some(({ layer }) => layer === 'x509'),
    password: ways.some(({ viewerProvenBy }) => viewerProvenBy === 'a password of 1 to 8 bytes'),
    users: ways.some(({ viewerProvenBy }) => viewerProvenBy === 'user name and password'),
  };
}

/** All that can be known wrong before a file is read or made. */
function checkUsage(settings: ServeSettings, offer: SecurityOffer, needs: Needs): void {
  const names = describeProtection(offer).map(({ name }) => name);
  const list = names.join(', ');
  if (needs.users && (settings.usersFile ?? settings.accessFile) === undefined)
    throw usage(
      `${names.filter((name) => name.endsWith('Plain')).join(', ')} needs --users FILE or --access FILE`,
    );
  if (!needs.users && settings.usersFile !== undefined)
    throw usage(`--users is of no use: ${list} asks for no user name`);
  if (!needs.password && settings.passwordFile !== undefined)
    throw usage(`--password-file is of no use: ${list} asks for no VNC password`);
  const faults = policyFaults(offer, {
    local: settings.listen.every(isLoopback),
    allowInsecure: settings.allowInsecure,
    // Whether there are credentials is seen when they are read.
    tlsLayers: new Set(['anonymous', 'x509']),
    verifyClient: settings.verifyClient,
  });
  if (faults.length > 0) throw usage(`${faults.join('; ')}${remedy(faults.join())}`);
}

/** The option that allows it, for those who mean it. */
function remedy(faults: string): string {
  if (faults.includes('None lets anyone in')) return ' (allowed by --insecure-none)';
  if (faults.includes('VncAuth without TLS')) return ' (allowed by --insecure-vnc-auth)';
  if (faults.includes('has to be asked for by name')) return ' (allowed by --insecure-plain)';
  return '';
}

const usage = (message: string): CommandFailure => new CommandFailure(ExitCode.Usage, message);

async function accessOf(
  settings: ServeSettings,
  generatedPassword: string | undefined,
): Promise<Loaded<ServeAccess>> {
  const { passwordFile, usersFile, allowNames } = settings;
  const passwords = passwordFile === undefined ? undefined : await loadPasswords(passwordFile);
  const users = usersFile === undefined ? undefined : await loadUsers(usersFile);
  const password = passwords?.value ?? generatedPassword;
  return {
    value: {
      allowNames,
      ...(password === undefined ? {} : { password }),
      ...(users === undefined ? {} : { users: users.value }),
    },
    warnings: [...(passwords?.warnings ?? []), ...(users?.warnings ?? [])],
  };
}

function certificateOf({ tls, caFile }: ServerCredentials): {
  fingerprint256: string;
  caFile?: string;
} {
  return {
    fingerprint256: tls.summary.fingerprint,
    ...(caFile === undefined ? {} : { caFile }),
  };
}

function remarksOf(
  settings: ServeSettings,
  serving: Serving,
  credentials: ServerCredentials | undefined,
): string[] {
  const remarks: string[] = [];
  if (credentials?.createdIn !== undefined)
    remarks.push(
      `A certificate authority and a server certificate were made in ${credentials.createdIn}. ` +
        'They are used again at the next start.',
    );
  const [address] = serving.addresses;
  if (settings.listen.length === 0 && address?.kind === 'tcp' && address.port !== 5901)
    remarks.push('Display :1 is taken, so the next free one was chosen. --listen names another.');
  return remarks;
}
