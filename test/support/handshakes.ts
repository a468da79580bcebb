/** One end of a handshake under test, at one end of a pair in memory; the other end is the test's. */
import { resolveLimits } from '../../src/core/limits.ts';
import { clientHandshake, type ClientHandshakeOptions } from '../../src/handshake/client.ts';
import type { ClientEstablished, ServerEstablished } from '../../src/handshake/established.ts';
import { serverHandshake, type ServerHandshakeOptions } from '../../src/handshake/server.ts';
import type { ServerInit } from '../../src/rfb/messages/init.ts';
import { nativeFormat } from '../../src/rfb/pixel-format.ts';
import { versionBytes, type RfbVersion } from '../../src/rfb/version.ts';
import { parseSecurityList } from '../../src/security/policy.ts';
import type { ByteStream } from '../../src/wire/byte-stream.ts';
import { memoryPair, type MemoryPairOptions } from '../../src/wire/memory-pair.ts';
import { fakeAuthenticator, localPeer } from './fake-authenticator.ts';
import { ScriptedPeer } from './scripted-peer.ts';
import { credentialsOf } from './security-contexts.ts';

/** A test that would hang fails soon, instead of after the two minutes that a person has. */
const limits = resolveLimits({ handshakeStageMs: 5000, handshakeTotalMs: 5000 });

export const testInit: ServerInit = { width: 640, height: 480, format: nativeFormat, name: 'lab' };

/** What testInit looks like. */
export const testInitHex = `
  0280 01e0               # width, height
  20 18 00 01             # bitsPerPixel, depth, bigEndian, trueColour
  00ff 00ff 00ff          # maxima
  10 08 00  000000        # shifts, padding
  00000003 6c6162         # name, "lab"
`;

/** Version messages, in hex. */
export const rfb: Readonly<Record<RfbVersion, string>> = {
  '3.3': '524642203030332e3030330a',
  '3.7': '524642203030332e3030370a',
  '3.8': '524642203030332e3030380a',
};

interface Common extends MemoryPairOptions {
  /** Names, as on a command line. Default: everything. */
  readonly security?: string;
}

export type ServeOptions = Common & Partial<Omit<ServerHandshakeOptions, 'stream'>>;
export type DialOptions = Common & Partial<Omit<ClientHandshakeOptions, 'stream'>>;

const everything =
  'X509Plain,X509SASL,X509Vnc,X509None,TLSPlain,TLSSASL,TLSVnc,TLSNone,Plain,VncAuth,None';

function held<T>(promise: Promise<T>): Promise<T> {
  promise.catch(() => undefined);
  return promise;
}

export function serveOn(stream: ByteStream, options: ServeOptions): Promise<ServerEstablished> {
  const { chunkBytes: _, security = everything, ...more } = options;
  return held(
    serverHandshake({
      stream,
      peer: localPeer,
      offer: parseSecurityList(security),
      authenticator: fakeAuthenticator(),
      limits,
      admit: () => Promise.resolve(testInit),
      ...more,
    }),
  );
}

export function dialOn(stream: ByteStream, options: DialOptions): Promise<ClientEstablished> {
  const { chunkBytes: _, security = everything, ...more } = options;
  return held(
    clientHandshake({
      stream,
      accept: parseSecurityList(security),
      credentials: credentialsOf('alice', 'sesame'),
      limits,
      shared: true,
      ...more,
    }),
  );
}

const pair = ({ chunkBytes }: MemoryPairOptions): [ByteStream, ByteStream] =>
  memoryPair(chunkBytes === undefined ? {} : { chunkBytes });

/** The server's half, with a scripted viewer. */
export function serve(options: ServeOptions = {}): {
  viewer: ScriptedPeer;
  established: Promise<ServerEstablished>;
} {
  const [ours, theirs] = pair(options);
  return { viewer: new ScriptedPeer(theirs), established: serveOn(ours, options) };
}

/** The client's half, with a scripted server. */
export function dial(options: DialOptions = {}): {
  server: ScriptedPeer;
  established: Promise<ClientEstablished>;
} {
  const [ours, theirs] = pair(options);
  return { server: new ScriptedPeer(theirs), established: dialOn(ours, options) };
}

/** Both halves, joined; the server says that it speaks `version`. */
export function join(
  version: RfbVersion,
  serveOptions: ServeOptions,
  dialOptions: DialOptions,
): [Promise<ServerEstablished>, Promise<ClientEstablished>] {
  const [a, b] = pair(serveOptions);
  return [serveOn(announcing(version, a), serveOptions), dialOn(b, dialOptions)];
}

/** A server's stream whose first message is replaced by another version. */
function announcing(version: RfbVersion, stream: ByteStream): ByteStream {
  let first = true;
  return {
    read: () => stream.read(),
    write(bytes) {
      stream.write(first ? versionBytes(version) : bytes);
      first = false;
    },
    get backlogBytes() {
      return stream.backlogBytes;
    },
    drained: (maxBytes) => stream.drained(maxBytes),
    end: () => stream.end(),
    destroy: (error) => stream.destroy(error),
    closed: stream.closed,
  };
}
