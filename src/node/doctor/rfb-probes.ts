/** What a VNC server offers to which version of RFB, and how it takes a viewer that does not keep to the offer. */
import { withDeadline } from '../../core/deadline.ts';
import {
  AuthenticationError,
  ClosedError,
  ErrorCode,
  TimeoutError,
  VncError,
} from '../../core/errors.ts';
import { SecurityTypeNumber } from '../../rfb/constants.ts';
import type { RfbVersion } from '../../rfb/version.ts';
import type { ByteReader } from '../../wire/byte-reader.ts';
import type { Observations, Trial, VersionAnswer } from './observations.ts';
import { askTypes, openVeNCrypt, readGreeting, refused } from './talk.ts';
import type { Visits } from './visit.ts';

/** RFB 7.3.2 up to the name's length. */
const SERVER_INIT_BYTES = 24;

/**
 * The greeting, and the version to answer it with. Rejects with AuthenticationError (ERR_VNC_REFUSED) where it is
 * another one than at first: TigerVNC tells hosts that it blocks so, in the words of 3.3.
 */
export async function hello(visits: Visits, reader: ByteReader): Promise<RfbVersion> {
  const greeting = await readGreeting(reader).catch((error: unknown) => {
    if (!(error instanceof ClosedError) || visits.greeting === undefined) throw error;
    throw new AuthenticationError('it closed a connection before its greeting', {
      code: ErrorCode.refused,
      cause: error,
    });
  });
  visits.greeting ??= greeting;
  if (greeting !== visits.greeting) {
    await reader.u32();
    return refused(reader);
  }
  return newestOf(greeting);
}

function newestOf(greeting: string): RfbVersion {
  if (greeting > '003.007') return '3.8';
  return greeting === '003.007' ? '3.7' : '3.3';
}

export interface FirstLook {
  readonly greeting: Observations['greeting'];
  readonly newest: RfbVersion;
  readonly types: readonly number[];
  readonly subtypes: readonly number[];
}

/** Rejects with a VncError when nobody answers, when it is no VNC server, and when it turns us away. */
export function lookAround(visits: Visits): Promise<FirstLook> {
  return visits.visit(async (reader) => {
    const began = performance.now();
    const newest = await hello(visits, reader);
    const greeting = {
      version: visits.greeting ?? '',
      afterMs: Math.round(performance.now() - began),
    };
    const types = await askTypes(reader, newest);
    const listed = newest !== '3.3' && types.includes(SecurityTypeNumber.VeNCrypt);
    return { greeting, newest, types, subtypes: listed ? await openVeNCrypt(reader) : [] };
  });
}

/** What an older viewer is offered. */
export function probeVersion(visits: Visits, version: RfbVersion): Promise<VersionAnswer> {
  const nothing = (outcome: Trial['outcome'], why: string): VersionAnswer => ({
    outcome,
    why,
    types: [],
  });
  return visits.attempt(
    () =>
      visits.visit(async (reader) => {
        await hello(visits, reader);
        try {
          return { outcome: 'accepted' as const, types: await askTypes(reader, version) };
        } catch (error) {
          // Of this version alone.
          if (error instanceof VncError && error.code === ErrorCode.refused)
            return nothing('refused', error.message);
          throw error;
        }
      }),
    nothing,
  );
}

/** Chooses None where it is not on offer, and counts only a ServerInit as being let in. */
export function probeUnofferedNone(visits: Visits, { newest, types }: FirstLook): Promise<Trial> {
  if (newest === '3.3')
    return Promise.resolve({ outcome: 'not checked', why: 'in RFB 3.3 viewers choose nothing' });
  if (types.includes(SecurityTypeNumber.None))
    return Promise.resolve({ outcome: 'not checked', why: 'None is offered' });
  return visits.attempt(
    () =>
      visits.visit(async (reader): Promise<Trial> => {
        await askTypes(reader, await hello(visits, reader));
        reader.stream.write(Uint8Array.of(SecurityTypeNumber.None));
        // 3.7 has no SecurityResult for None.
        if (newest === '3.8' && (await reader.u32()) !== 0)
          return { outcome: 'refused', why: 'the login failed' };
        reader.stream.write(Uint8Array.of(1));
        await reader.need(SERVER_INIT_BYTES);
        return { outcome: 'accepted' };
      }),
    (outcome, why) => ({ outcome, why }),
  );
}

/** Says nothing, for most of the time that a connection has. */
export function probeSilence(visits: Visits): Promise<Observations['silentClient']> {
  const forMs = Math.round(visits.timeoutMs * 0.8);
  const began = performance.now();
  const sinceMs = (): number => Math.round(performance.now() - began);
  const told = (outcome: 'closed' | 'open' | 'not checked'): Observations['silentClient'] => ({
    outcome,
    afterMs: sinceMs(),
  });
  return visits.attempt(
    () =>
      visits.visit(async (reader) => {
        await hello(visits, reader);
        try {
          await withDeadline(
            reader.need(1),
            Math.max(0, forMs - sinceMs()),
            'nothing',
            () => undefined,
          );
          return told('open');
        } catch (error) {
          if (error instanceof TimeoutError) return told('open');
          if (error instanceof ClosedError) return told('closed');
          throw error;
        }
      }),
    () => told('not checked'),
  );
}
