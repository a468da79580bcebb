/** One end of a security type under test, at one end of a pair in memory; the other end is the test's. */
import { defaultLimits } from '../../src/core/limits.ts';
import { Secret } from '../../src/core/secret.ts';
import type {
  ClientCredentials,
  ClientSecurityContext,
  SecurityOutcome,
  SecurityType,
  ServerSecurityContext,
  ServerSecurityOutcome,
} from '../../src/security/security-type.ts';
import { vencryptSubtypes } from '../../src/security/vencrypt-subtypes.ts';
import { ByteReader } from '../../src/wire/byte-reader.ts';
import { memoryPair, type MemoryPairOptions } from '../../src/wire/memory-pair.ts';
import { fakeAuthenticator, localPeer } from './fake-authenticator.ts';
import { ScriptedPeer } from './scripted-peer.ts';

export const allSubtypes: readonly number[] = Array.from(vencryptSubtypes.keys());

export const credentialsOf =
  (username?: string, password?: string) => (): Promise<ClientCredentials> =>
    Promise.resolve({
      ...(username === undefined ? {} : { username }),
      ...(password === undefined ? {} : { password: new Secret(password) }),
    });

export type ServerOptions = Partial<Omit<ServerSecurityContext, 'reader'>> & MemoryPairOptions;
export type ClientOptions = Partial<Omit<ClientSecurityContext, 'reader'>> & MemoryPairOptions;

/** A promise whose rejection may be looked at later, or never. */
function held<T>(promise: Promise<T>): Promise<T> {
  promise.catch(() => undefined);
  return promise;
}

/** The server's half, with a scripted viewer. */
export function serveType(
  type: SecurityType,
  options: ServerOptions = {},
): { viewer: ScriptedPeer; outcome: Promise<ServerSecurityOutcome> } {
  const { chunkBytes, ...context } = options;
  const [ours, theirs] = memoryPair(chunkBytes === undefined ? {} : { chunkBytes });
  const outcome = type.server({
    reader: new ByteReader(ours),
    peer: localPeer,
    authenticator: fakeAuthenticator(),
    limits: defaultLimits,
    subtypes: allSubtypes,
    ...context,
  });
  return { viewer: new ScriptedPeer(theirs), outcome: held(outcome) };
}

/** The client's half, with a scripted server. */
export function dialType(
  type: SecurityType,
  options: ClientOptions = {},
): { server: ScriptedPeer; outcome: Promise<SecurityOutcome> } {
  const { chunkBytes, ...context } = options;
  const [ours, theirs] = memoryPair(chunkBytes === undefined ? {} : { chunkBytes });
  const outcome = type.client({
    reader: new ByteReader(ours),
    credentials: credentialsOf('alice', 'sesame'),
    limits: defaultLimits,
    subtypes: allSubtypes,
    ...context,
  });
  return { server: new ScriptedPeer(theirs), outcome: held(outcome) };
}

/** Both halves, joined. */
export async function joinType(
  type: SecurityType,
  serverOptions: ServerOptions,
  clientOptions: ClientOptions,
): Promise<{ server: ServerSecurityOutcome; client: SecurityOutcome }> {
  const { chunkBytes, ...serverContext } = serverOptions;
  const [a, b] = memoryPair(chunkBytes === undefined ? {} : { chunkBytes });
  const [server, client] = await Promise.all([
    type.server({
      reader: new ByteReader(a),
      peer: localPeer,
      authenticator: fakeAuthenticator(),
      limits: defaultLimits,
      subtypes: allSubtypes,
      ...serverContext,
    }),
    type.client({
      reader: new ByteReader(b),
      credentials: credentialsOf('alice', 'sesame'),
      limits: defaultLimits,
      subtypes: allSubtypes,
      ...clientOptions,
    }),
  ]);
  return { server, client };
}
