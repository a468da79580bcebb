/**
 * `sallyport doctor`'s visit to a VNC server: a dozen connections, one after the other, none of which sends credentials.
 * What matters most comes first: TigerVNC's server turns a host away after five connections without a login.
 */
import type { RfbVersion } from '../../rfb/version.ts';
import { isLoopback, type Address } from '../address.ts';
import { loadAuthorities } from '../authority-files.ts';
import { anonymousSubtypes, x509Subtypes } from './kinds.ts';
import type { Observations, VersionAnswer } from './observations.ts';
import {
  lookAround,
  probeSilence,
  probeUnofferedNone,
  probeVersion,
  type FirstLook,
} from './rfb-probes.ts';
import { probeAnonymous, probeClearBytes, probeOldVersions, probeX509 } from './tls-probes.ts';
import { Visits } from './visit.ts';

export interface ExamineOptions {
  /** How the server is called in sentences. */
  readonly target: string;
  /** Names and addresses that viewers connect to. Default: the address itself. */
  readonly hosts?: readonly string[];
  /** Authority that should have signed its certificate. */
  readonly caFile?: string;
  /** Of each connection. Default 5000. */
  readonly timeoutMs?: number;
}

/** Rejects with a VncError when nobody answers or the server turns us away at once, with SecurityError for a bad CA file. */
export async function examine(address: Address, options: ExamineOptions): Promise<Observations> {
  const { target, hosts = [], caFile, timeoutMs = 5000 } = options;
  // A file of ours that cannot be used is no finding about the server.
  if (caFile !== undefined) await loadAuthorities({ caFile }, { purpose: 'client' });
  const visits = new Visits(address, timeoutMs);
  const look = await lookAround(visits);
  const offered = (subtype: number): boolean => look.subtypes.includes(subtype);
  const [x509Subtype, anonymousSubtype] = [x509Subtypes, anonymousSubtypes].map((kind) =>
    kind.find(offered),
  );
  const names = { source: target, hosts, ...(caFile === undefined ? {} : { caFile }) };
  let x509 = x509Subtype === undefined ? undefined : await probeX509(visits, x509Subtype, names);
  let anonymous =
    anonymousSubtype === undefined ? undefined : await probeAnonymous(visits, anonymousSubtype);
  const clearBytesAcrossTls = await probeClearBytes(visits, [x509, anonymous], hosts);
  const unofferedNone = await probeUnofferedNone(visits, look);
  const versions = {
    '3.3': await answerTo('3.3', visits, look),
    '3.7': await answerTo('3.7', visits, look),
    '3.8': await answerTo('3.8', visits, look),
  };
  x509 &&= await probeOldVersions(visits, x509, hosts);
  anonymous &&= await probeOldVersions(visits, anonymous, hosts);
  const silentClient = await probeSilence(visits);
  return {
    target,
    reach: address.kind === 'unix' ? 'unix' : isLoopback(address) ? 'loopback' : 'network',
    greeting: look.greeting,
    versions,
    types: look.types,
    subtypes: look.subtypes,
    ...(anonymous === undefined ? {} : { anonymous }),
    ...(x509 === undefined ? {} : { x509 }),
    clearBytesAcrossTls,
    unofferedNone,
    silentClient,
    ...(visits.turnedAway === undefined ? {} : { turnedAway: visits.turnedAway }),
    connections: visits.connections,
  };
}

async function answerTo(
  version: RfbVersion,
  visits: Visits,
  { newest, types }: FirstLook,
): Promise<VersionAnswer> {
  if (version === newest) return { outcome: 'accepted', types };
  if (version > newest)
    return { outcome: 'refused', why: `the server greets with ${newest}`, types: [] };
  return probeVersion(visits, version);
}
