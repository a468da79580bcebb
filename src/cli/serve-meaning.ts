/** What the options of `sallyport serve` mean together: what contradicts what, and the settings that they come to. Reads no file. */
import { messageOf } from '../core/errors.ts';
import { parseAddress, type Address } from '../node/address.ts';
import type { InsecureName, SecurityOffer } from '../security/policy.ts';
import { usage } from './failure.ts';
import type {
  DisplayChoice,
  MonitorChoice,
  ServeSettings,
  VideoEncoderChoice,
} from './serve-settings.ts';
import { serviceSettings } from './service-settings.ts';

/** Commander's own shape: one property an option. */
export interface RawOptions {
  listen: (Address | 'fd')[];
  websocket: Address[];
  websocketOrigin: string[];
  connect: Address[];
  security?: SecurityOffer;
  tlsDir?: string;
  tlsCert: string[];
  tlsKey: string[];
  tlsKeyPasswordFile?: string;
  tlsCa?: string;
  tlsCrl?: string;
  tlsMax: '1.2' | '1.3';
  dhGroup: 'ffdhe2048' | 'ffdhe3072';
  verifyClient: 'off' | 'request' | 'require';
  disconnectRevoked: boolean;
  allowName: string[];
  passwordFile?: string;
  users?: string;
  access?: string;
  proxyProtocolFrom: string[];
  share: 'allow-exclusive' | 'force-shared' | 'ignore';
  name?: string;
  encodeWorkers?: number;
  videoEncoder?: VideoEncoderChoice;
  monitor?: MonitorChoice;
  upstreamUser?: string;
  upstreamPasswordFile?: string;
  upstreamCa?: string;
  vnc: string[];
  object: string[];
  insecureNone?: true;
  insecureVncAuth?: true;
  insecurePlain?: true;
  audit?: string;
  drain: number;
  pidFile?: string;
  qemu?: true;
  powerControl?: true;
  json?: true;
  verbose?: true;
}

/** Throws CommandFailure for options that contradict each other, or need one that is missing. */
export function toSettings(
  display: string | undefined,
  raw: RawOptions,
  afterDashes: readonly string[] | undefined,
): ServeSettings {
  if (raw.tlsCert.length !== raw.tlsKey.length)
    throw usage('--tls-cert and --tls-key belong together, one key for each certificate');
  if (raw.tlsDir !== undefined && raw.tlsCert.length > 0)
    throw usage('--tls-dir and --tls-cert exclude each other');
  if ((raw.tlsCa ?? raw.tlsCrl) !== undefined && raw.tlsCert.length === 0)
    throw usage(
      '--tls-ca and --tls-crl go with --tls-cert; a directory has ca-cert.pem and ca-crl.pem for them',
    );
  if (raw.allowName.length > 0 && raw.verifyClient !== 'require')
    throw usage(
      '--allow-name needs --verify-client require: without it a viewer need not show any name',
    );
  if (
    raw.access !== undefined &&
    (raw.allowName.length > 0 || (raw.users ?? raw.passwordFile) !== undefined)
  )
    throw usage('--access stands in place of --users, --password-file and --allow-name');
  if (raw.monitor?.kind === 'stdio' && raw.json === true)
    throw usage('--monitor stdio and --json exclude each other: both want standard output');
  if (raw.monitor?.kind === 'stdio' && raw.audit === '-')
    throw usage('--monitor stdio and --audit - exclude each other: both want standard output');
  const allowInsecure = new Set<InsecureName>();
  if (raw.insecureNone === true) allowInsecure.add('none');
  if (raw.insecureVncAuth === true) allowInsecure.add('vnc');
  if (raw.insecurePlain === true) allowInsecure.add('plain');
  return {
    display: displayChoice(display, raw, afterDashes),
    listen: raw.listen.filter((each) => each !== 'fd'),
    websocket: raw.websocket,
    websocketOrigins: raw.websocketOrigin,
    connect: raw.connect,
    ...(raw.security === undefined ? {} : { security: raw.security }),
    allowInsecure,
    tls: {
      ...(raw.tlsDir === undefined ? {} : { dir: raw.tlsDir }),
      identities: raw.tlsCert.map((certFile, i) => ({ certFile, keyFile: raw.tlsKey[i] ?? '' })),
      ...(raw.tlsKeyPasswordFile === undefined ? {} : { keyPasswordFile: raw.tlsKeyPasswordFile }),
      ...(raw.tlsCa === undefined ? {} : { ca: raw.tlsCa }),
      ...(raw.tlsCrl === undefined ? {} : { crl: raw.tlsCrl }),
      maxVersion: `TLSv${raw.tlsMax}`,
      dhGroup: raw.dhGroup,
    },
    verifyClient: raw.verifyClient,
    disconnectRevoked: raw.disconnectRevoked,
    allowNames: raw.allowName,
    ...(raw.passwordFile === undefined ? {} : { passwordFile: raw.passwordFile }),
    ...(raw.users === undefined ? {} : { usersFile: raw.users }),
    ...(raw.access === undefined ? {} : { accessFile: raw.access }),
    proxyProtocolFrom: raw.proxyProtocolFrom,
    share: raw.share,
    ...(raw.name === undefined ? {} : { name: raw.name }),
    ...(raw.encodeWorkers === undefined ? {} : { encodeWorkers: raw.encodeWorkers }),
    ...(raw.videoEncoder === undefined ? {} : { videoEncoder: raw.videoEncoder }),
    service: serviceSettings(raw),
    ...(raw.monitor === undefined ? {} : { monitor: raw.monitor }),
    json: raw.json === true,
    verbose: raw.verbose === true,
  };
}

/** The same, whichever spelling they have. */
export function withWebSockets(settings: ServeSettings): ServeSettings {
  if (settings.websocketOrigins.length > 0 && settings.websocket.length === 0)
    throw usage('--websocket-origin goes with --websocket');
  return settings;
}

function displayChoice(
  display: string | undefined,
  raw: RawOptions,
  afterDashes: readonly string[] | undefined,
): DisplayChoice {
  if (raw.qemu === true) {
    const [program, ...rest] = afterDashes ?? [];
    if (program === undefined)
      throw usage('--qemu needs the command behind `--`: --qemu -- qemu-system-x86_64 -m 1024');
    if (display !== undefined) throw usage(`--qemu and the display ${display} exclude each other`);
    refuseUpstreamOptions(raw, 'a guest');
    return { kind: 'qemu', command: [program, ...rest], powerControl: raw.powerControl === true };
  }
  if (raw.powerControl === true) throw usage('--power-control goes with --qemu');
  if (afterDashes !== undefined) throw usage('a command behind `--` needs --qemu');
  if (display === undefined || display === 'testcard') {
    refuseUpstreamOptions(raw, 'the test card');
    return { kind: 'testcard' };
  }
  const { upstreamUser: username, upstreamPasswordFile: passwordFile, upstreamCa: caFile } = raw;
  return {
    kind: 'upstream',
    address: addressOfDisplay(display),
    ...(username === undefined ? {} : { username }),
    ...(passwordFile === undefined ? {} : { passwordFile }),
    ...(caFile === undefined ? {} : { caFile }),
  };
}

function addressOfDisplay(display: string): Address {
  // A word without a colon is more likely a slip than a host's display 0.
  if (!/[:.]/.test(display))
    throw usage(
      `unknown display ${JSON.stringify(display)}: testcard, host:N, vnc://host:port or unix:/path`,
    );
  try {
    return parseAddress(display, 'connect');
  } catch (error) {
    throw usage(messageOf(error));
  }
}

function refuseUpstreamOptions(raw: RawOptions, display: string): void {
  const { upstreamUser, upstreamPasswordFile, upstreamCa } = raw;
  if ((upstreamUser ?? upstreamPasswordFile ?? upstreamCa) !== undefined)
    throw usage(`the --upstream options are for another VNC server, not for ${display}`);
}
