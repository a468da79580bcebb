/** From settings to a running server: reads files, makes first credentials, opens the display, serves it. */
import type { Logger } from '../core/logger.ts';
import { openAccessPolicy, type AccessPolicy } from '../node/access-policy.ts';
import { formatAddress } from '../node/address.ts';
import { openFfmpeg } from '../node/ffmpeg-encoder.ts';
import type { CredentialStore } from '../node/credential-store.ts';
import type { Reloadable } from '../node/reload.ts';
import { onlyFromHere } from '../node/serve-offer.ts';
import { serve, type ServeAccess, type ServeOptions, type Serving } from '../node/serve.ts';
import {
  describeProtection,
  parseSecurityList,
  policyFaults,
  type SecurityOffer,
} from '../security/policy.ts';
import type { Display } from '../server/display.ts';
import { loadCredentials, type ServerCredentials } from './credentials.ts';
import { ExitCode, step, usage } from './failure.ts';
import { offerForPolicy } from './policy-offer.ts';
import { generatePassword } from './generated-password.ts';
import { openDisplay } from './open-display.ts';
import { loadPasswords, loadUsers } from './secret-files.ts';
import { qemuAccess } from './qemu-settings.ts';
import type { ServeSettings } from './serve-settings.ts';
import type { InheritedListener } from '../node/socket-activation.ts';
import { webSocketUrl } from './websocket-url.ts';

export interface Composition {
  readonly serving: Serving;
  readonly display: Display;
  /** Absent when nothing of it is X.509. */
  readonly certificate?: { readonly fingerprint256: string; readonly caFile?: string };
  readonly generatedPassword?: string;
  /** The certificates' files, watched; to be closed with the rest. */
  readonly credentials?: CredentialStore;
  /** What works now and should not stay so. */
  readonly warnings: readonly string[];
  /** What is good to know. */
  readonly remarks: readonly string[];
}

/** Throws CommandFailure. What was opened until then is closed. */
export async function compose(
  settings: ServeSettings,
  logger: Logger,
  /** Tells what becomes of the certificates and the access file. */
  fileLogger: Logger = logger,
  inherited: readonly InheritedListener[] = [],
): Promise<Composition> {
  const { accessFile, verifyClient } = settings;
  const policy =
    accessFile === undefined
      ? undefined
      : await step(ExitCode.Credentials, () =>
          openAccessPolicy(accessFile, { logger: fileLogger, verifyClient }),
        );
  const offer = offerOf(settings, policy);
  const needs = needsOf(offer);
  checkUsage(settings, offer, needs, inherited);

  const { videoEncoder } = settings;
  const video =
    videoEncoder === undefined
      ? undefined
      : await step(ExitCode.Usage, () => openFfmpeg({ ...videoEncoder, logger }));
  const generatedPassword =
    needs.password &&
    settings.passwordFile === undefined &&
    settings.qemu === undefined &&
    policy === undefined
      ? generatePassword()
      : undefined;
  const access: LoadedAccess =
    policy === undefined
      ? await step(ExitCode.Credentials, () => accessOf(settings, generatedPassword, logger))
      : { value: { policy }, warnings: policy.warnings, reloadables: [] };
  const credentials = needs.x509
    ? await step(ExitCode.Credentials, () => loadCredentials(settings, fileLogger))
    : undefined;
  const display = await step(ExitCode.Display, () => openDisplay(settings, logger)).catch(
    (error: unknown) => {
      credentials?.store.close();
      policy?.close();
      throw error;
    },
  );
  let serving: Serving;
  try {
    serving = await step(ExitCode.Runtime, () =>
      serve({
        display,
        ...listenOptions(settings),
        inherited,
        security: offer,
        allowInsecure: settings.allowInsecure,
        tls: {
          ...(credentials === undefined ? {} : { credentials: credentials.store }),
          maxVersion: settings.tls.maxVersion,
          dhGroup: settings.tls.dhGroup,
          verifyClient: settings.verifyClient,
          disconnectRevoked: settings.disconnectRevoked,
        },
        access: access.value,
        reloadables: access.reloadables,
        ...(video === undefined ? {} : { video }),
        share: settings.share,
        ...(settings.encodeWorkers === undefined ? {} : { encodeWorkers: settings.encodeWorkers }),
        ...limitsOf(settings),
        proxyProtocolFrom: settings.proxyProtocolFrom,
        logger,
      }),
    );
  } catch (error) {
    credentials?.store.close();
    policy?.close();
    await display.close();
    throw error;
  }
  return {
    serving,
    display,
    ...(credentials === undefined
      ? {}
      : { certificate: certificateOf(credentials), credentials: credentials.store }),
    ...(generatedPassword === undefined ? {} : { generatedPassword }),
    warnings: [...(credentials?.store.current.warnings ?? []), ...access.warnings],
    remarks: remarksOf(settings, serving, credentials, inherited),
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

/** QEMU's connections=N bounds both those that have logged in and those that have not. */
const limitsOf = ({ maxViewers }: ServeSettings): Pick<ServeOptions, 'limits'> =>
  maxViewers === undefined
    ? {}
    : { limits: { maxSessions: maxViewers, maxUnauthenticated: maxViewers } };

/** Where viewers come in, and which are dialled. */
function listenOptions(
  settings: ServeSettings,
): Pick<ServeOptions, 'listen' | 'websocket' | 'connect'> {
  const { listen, listenNowhere, websocket, websocketOrigins: origins, connect } = settings;
  return {
    ...(listenNowhere === true ? { listen: false } : listen.length === 0 ? {} : { listen }),
    ...(websocket.length === 0 ? {} : { websocket: { listen: websocket, origins } }),
    ...(connect.length === 0 ? {} : { connect }),
  };
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
function checkUsage(
  settings: ServeSettings,
  offer: SecurityOffer,
  needs: Needs,
  inherited: readonly InheritedListener[],
): void {
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
    local: onlyFromHere(
      [
        ...settings.listen,
        ...settings.websocket,
        ...settings.connect,
        ...inherited.map(({ address }) => address),
      ],
      settings.proxyProtocolFrom.length > 0,
    ),
    allowInsecure: settings.allowInsecure,
    // Whether there are credentials is seen when they are read.
    tlsLayers: new Set(['anonymous', 'x509']),
    verifyClient: settings.verifyClient,
  });
  if (faults.length > 0)
    throw usage(`${faults.join('; ')}${remedy(faults.join(), settings.qemu !== undefined)}`);
  const doors = [settings.websocket, settings.connect, inherited].flat().length;
  if (settings.listenNowhere === true && doors === 0 && settings.monitor === undefined)
    throw usage(
      '-vnc none lets nobody connect: add websocket=HOST:PORT, a reverse connection, or --monitor to listen later',
    );
}

/** The safe way, and the option for those who mean it. */
function remedy(faults: string, isQemu: boolean): string {
  const safe = isQemu
    ? 'safe with tls-creds= and a password or verify-peer=on'
    : 'safe with X509Vnc or X509Plain';
  if (faults.includes('None lets anyone in')) return ` (${safe}, allowed by --insecure-none)`;
  if (faults.includes('VncAuth without TLS')) return ` (${safe}, allowed by --insecure-vnc-auth)`;
  if (faults.includes('has to be asked for by name')) return ' (allowed by --insecure-plain)';
  return '';
}

interface LoadedAccess {
  readonly value: ServeAccess;
  readonly warnings: readonly string[];
  readonly reloadables: readonly Reloadable[];
}

async function accessOf(
  settings: ServeSettings,
  generatedPassword: string | undefined,
  logger: Logger,
): Promise<LoadedAccess> {
  const { passwordFile, usersFile, allowNames } = settings;
  const passwords = passwordFile === undefined ? undefined : await loadPasswords(passwordFile);
  const users = usersFile === undefined ? undefined : await loadUsers(usersFile);
  const password = passwords?.value ?? generatedPassword;
  return {
    value: {
      allowNames,
      ...(password === undefined ? {} : { password }),
      ...(users === undefined ? {} : { users: users.value }),
      ...(settings.qemu === undefined ? {} : await qemuAccess(settings.qemu, logger)),
    },
    warnings: [...(passwords?.warnings ?? []), ...(users?.warnings ?? [])],
    reloadables: [passwords?.reloadable, users?.reloadable].filter((each) => each !== undefined),
  };
}

function certificateOf({ store, caFile }: ServerCredentials): {
  fingerprint256: string;
  caFile?: string;
} {
  return {
    fingerprint256: store.current.summary.fingerprint,
    ...(caFile === undefined ? {} : { caFile }),
  };
}

function remarksOf(
  settings: ServeSettings,
  serving: Serving,
  credentials: ServerCredentials | undefined,
  inherited: readonly InheritedListener[],
): string[] {
  const remarks: string[] = [];
  if (credentials?.createdIn !== undefined)
    remarks.push(
      `A certificate authority and a server certificate were made in ${credentials.createdIn}. ` +
        'They are used again at the next start.',
    );
  remarks.push(...(settings.qemu?.remarks ?? []));
  for (const each of serving.websocketAddresses)
    remarks.push(`Browsers connect to ${webSocketUrl(each, serving.websocketTls)}.`);
  for (const each of settings.connect)
    remarks.push(`The viewer at ${formatAddress(each)} is dialled, and again when it has gone.`);
  const [address] = serving.addresses;
  const isChosen = settings.listen.length === 0 && inherited.length === 0;
  if (isChosen && address?.kind === 'tcp' && address.port !== 5901)
    remarks.push('Display :1 is taken, so the next free one was chosen. --listen names another.');
  return remarks;
}
