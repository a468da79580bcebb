/** What the TLS layers of a VNC server are made of: versions, cipher, key exchange, and whether they let anyone in. */
import { isIP } from 'node:net';
import type { ConnectionOptions, TLSSocket } from 'node:tls';
import { withDeadline } from '../../core/deadline.ts';
import { TimeoutError, VncError } from '../../core/errors.ts';
import { checkLimit, defaultLimits } from '../../core/limits.ts';
import { ServerMessageType, VeNCryptSubtype } from '../../rfb/constants.ts';
import { ByteReader } from '../../wire/byte-reader.ts';
import { errorCode } from '../error-code.ts';
import { auditServer } from '../server-audit.ts';
import { socketStream } from '../socket-stream.ts';
import { tlsFailure } from '../tls-fault.ts';
import { isX509 } from './kinds.ts';
import { askTypes, chooseSubtype, openVeNCrypt, startTls } from './talk.ts';
import type { LayerObservation, Observations, Trial } from './observations.ts';
import { hello } from './rfb-probes.ts';
import type { Visits } from './visit.ts';

/** Those whose login needs nothing of us. */
const OPEN_SUBTYPES: readonly number[] = [VeNCryptSubtype.X509None, VeNCryptSubtype.TLSNone];

/** RFB 7.3.2 up to the name's length. */
const SERVER_INIT_BYTES = 24;

/** RFB 7.5.3: not incremental, of one pixel. */
const UPDATE_REQUEST = Uint8Array.of(3, 0, 0, 0, 0, 0, 0, 1, 0, 1);

/** How long a server may think about what it sends without being asked. */
const PROMPT_MS = 1500;

/** Weak sizes and suites are taken, to be told of. QEMU drops OpenSSL clients that list other suites before these. */
const anonymousOptions: ConnectionOptions = {
  ciphers: 'ADH:AECDH:!eNULL:@SECLEVEL=0',
  minDHSize: 256,
};

const x509Options = (serverName: string): ConnectionOptions => ({
  ciphers: 'DEFAULT:@SECLEVEL=0',
  minDHSize: 256,
  ...(isIP(serverName) === 0 ? { servername: serverName } : {}),
});

interface Handshake extends Trial {
  readonly protocol?: string;
  readonly cipher?: string;
  readonly exchange?: { readonly type: string; readonly bits: number };
  readonly opens?: Trial;
}

export async function probeAnonymous(visits: Visits, subtype: number): Promise<LayerObservation> {
  const best = await shakeHands(visits, subtype, {
    ...anonymousOptions,
    minVersion: 'TLSv1.2',
    maxVersion: 'TLSv1.2',
  });
  return layerOf(subtype, best, {
    'TLSv1.3': { outcome: 'not checked', why: 'anonymous suites do not exist in it' },
    'TLSv1.2': trialOf(best),
    ...notYet,
  });
}

export async function probeX509(
  visits: Visits,
  subtype: number,
  names: { readonly source: string; readonly hosts: readonly string[]; readonly caFile?: string },
): Promise<NonNullable<Observations['x509']> | undefined> {
  const { address, timeoutMs } = visits;
  const audit = await visits.attempt(
    async () => {
      visits.count();
      return auditServer(address, { ...names, timeoutMs });
    },
    () => undefined,
  );
  if (audit === undefined) return undefined;
  const best = await shakeHands(visits, subtype, {
    ...x509Options(serverNameOf(visits, names.hosts)),
    minVersion: 'TLSv1.2',
    maxVersion: 'TLSv1.2',
  });
  const cipher = audit.cipher ?? best.cipher;
  const layer = layerOf(subtype, best, {
    'TLSv1.3':
      audit.protocol === undefined
        ? { outcome: 'not checked', why: 'no handshake succeeded' }
        : { outcome: audit.protocol === 'TLSv1.3' ? 'accepted' : 'refused' },
    'TLSv1.2': trialOf(best),
    ...notYet,
  });
  return { ...layer, ...(cipher === undefined ? {} : { cipher }), audit };
}

/** TLS 1.1 and 1.0, with a second question only where the first was taken. */
export async function probeOldVersions<T extends LayerObservation>(
  visits: Visits,
  layer: T,
  hosts: readonly string[],
): Promise<T> {
  const verified = isX509(layer.subtype);
  const options = verified ? x509Options(serverNameOf(visits, hosts)) : anonymousOptions;
  const ask = (maxVersion: 'TLSv1' | 'TLSv1.1'): Promise<Handshake> =>
    shakeHands(visits, layer.subtype, { ...options, minVersion: 'TLSv1', maxVersion });
  const newer = await ask('TLSv1.1');
  const trial = trialOf(newer);
  if (newer.protocol === 'TLSv1')
    return withVersions(layer, { outcome: 'refused', why: 'TLS 1.0 was chosen' }, trial);
  // A second connection is worth it once: where one old version is taken, something is to be done anyway.
  const older = newer.outcome === 'accepted' && verified ? trialOf(await ask('TLSv1')) : trial;
  const untold: Trial = { outcome: 'not checked', why: 'TLS 1.1 is taken already' };
  return withVersions(layer, trial, newer.outcome === 'accepted' && !verified ? untold : older);
}

const withVersions = <T extends LayerObservation>(layer: T, newer: Trial, older: Trial): T => ({
  ...layer,
  versions: { ...layer.versions, 'TLSv1.1': newer, TLSv1: older },
});

/**
 * Sends ClientInit in clear behind the sub-type word, and a FramebufferUpdateRequest inside TLS. To a server that took the
 * first (QEMU does) the second is a request, and it answers with an update. To all others the request's first byte is
 * ClientInit, and the rest the beginning of a SetPixelFormat, to wait for.
 */
export function probeClearBytes(
  visits: Visits,
  layers: ReadonlyArray<LayerObservation | undefined>,
  hosts: readonly string[],
): Promise<Trial> {
  const open = layers.find((layer) => layer?.opens.outcome === 'accepted');
  if (open === undefined)
    return Promise.resolve({ outcome: 'not checked', why: 'nobody is let in without credentials' });
  const options =
    open.subtype === VeNCryptSubtype.X509None
      ? x509Options(serverNameOf(visits, hosts))
      : anonymousOptions;
  return visits.attempt(
    () =>
      visits.visit(async (reader): Promise<Trial> => {
        const socket = await reachTls(visits, reader, open.subtype, {
          options: { ...options, minVersion: 'TLSv1.2', maxVersion: 'TLSv1.2' },
          behind: [1],
        });
        const inside = new ByteReader(socketStream(socket));
        return promptly(async () => {
          if ((await inside.u32()) !== 0) return { outcome: 'refused', why: 'the login failed' };
          socket.write(UPDATE_REQUEST);
          const init = await inside.cursor(SERVER_INIT_BYTES);
          init.skip(SERVER_INIT_BYTES - 4);
          const nameBytes = init.u32();
          checkLimit(defaultLimits, 'maxNameBytes', nameBytes);
          await inside.skip(nameBytes);
          return (await inside.u8()) === ServerMessageType.FramebufferUpdate
            ? { outcome: 'accepted' }
            : { outcome: 'refused' };
        });
      }),
    (outcome, why) => ({ outcome, why }),
  );
}

const notYet = {
  'TLSv1.1': { outcome: 'not checked', why: 'not asked' },
  TLSv1: { outcome: 'not checked', why: 'not asked' },
} as const;

const trialOf = ({ outcome, why }: Handshake): Trial => ({
  outcome,
  ...(why === undefined ? {} : { why }),
});

function layerOf(
  subtype: number,
  { cipher, exchange, opens }: Handshake,
  versions: LayerObservation['versions'],
): LayerObservation {
  return {
    subtype,
    versions,
    ...(cipher === undefined ? {} : { cipher }),
    ...(exchange === undefined ? {} : { exchange }),
    opens: opens ?? { outcome: 'not checked', why: 'no handshake succeeded' },
  };
}

const serverNameOf = ({ address }: Visits, [first]: readonly string[]): string =>
  first ?? (address.kind === 'tcp' ? address.host : 'localhost');

/** One handshake, with these versions and suites only. */
function shakeHands(
  visits: Visits,
  subtype: number,
  options: ConnectionOptions,
): Promise<Handshake> {
  return visits.attempt(
    () =>
      visits.visit(async (reader): Promise<Handshake> => {
        const socket = await reachTls(visits, reader, subtype, { options }).catch(notOffered);
        if (!('getProtocol' in socket)) return socket;
        const exchange = exchangeOf(socket);
        return {
          outcome: 'accepted',
          protocol: socket.getProtocol() ?? 'unknown',
          cipher: socket.getCipher().name,
          ...(exchange === undefined ? {} : { exchange }),
          opens: await letsIn(socket, subtype),
        };
      }),
    (outcome, why) => ({ outcome, why }),
  );
}

async function reachTls(
  visits: Visits,
  reader: ByteReader,
  subtype: number,
  how: { readonly options: ConnectionOptions; readonly behind?: readonly number[] },
): Promise<TLSSocket> {
  await askTypes(reader, await hello(visits, reader));
  await openVeNCrypt(reader);
  await chooseSubtype(reader, subtype, how.behind);
  return startTls(reader, how.options).catch((error: unknown) => {
    throw error instanceof VncError ? error : tlsFailure(error);
  });
}

/** An OpenSSL that does not have these versions any more says so itself: that is no word of the server's. */
function notOffered(error: unknown): Handshake {
  const cause = error instanceof Error ? error.cause : undefined;
  if (
    /^ERR_SSL_(NO_(PROTOCOLS|CIPHERS)_AVAILABLE|NO_CIPHER_MATCH|INTERNAL_ERROR)$/.test(
      errorCode(cause),
    )
  )
    return { outcome: 'not checked', why: 'this OpenSSL does not offer it' };
  throw error;
}

function exchangeOf(socket: TLSSocket): Handshake['exchange'] {
  // An empty object where the key exchange is not ephemeral, null at a server's end.
  const info = socket.getEphemeralKeyInfo() as { type?: string; size?: number } | null;
  return info?.type === undefined || info.size === undefined
    ? undefined
    : { type: info.type, bits: info.size };
}

/** SecurityResult inside TLS, where no credentials come before it. */
function letsIn(socket: TLSSocket, subtype: number): Promise<Trial> {
  if (!OPEN_SUBTYPES.includes(subtype))
    return Promise.resolve({ outcome: 'not checked', why: 'it asks for credentials' });
  const inside = new ByteReader(socketStream(socket));
  return promptly(async () =>
    (await inside.u32()) === 0
      ? { outcome: 'accepted' }
      : { outcome: 'refused', why: 'the login failed' },
  );
}

async function promptly(work: () => Promise<Trial>): Promise<Trial> {
  try {
    return await withDeadline(work(), PROMPT_MS, 'an answer', () => undefined);
  } catch (error) {
    if (!(error instanceof VncError)) throw error;
    const why = error instanceof TimeoutError ? 'no answer inside TLS' : error.message;
    return { outcome: 'refused', why };
  }
}
