/** A server without sockets and without a real handshake: viewers are bytes in memory, past ServerInit at once. */
import assert from 'node:assert/strict';
import type { VncError } from '../../src/core/errors.ts';
import type { Limits } from '../../src/core/limits.ts';
import type { Logger } from '../../src/core/logger.ts';
import type { Codec, JpegEncoder } from '../../src/codec/codec.ts';
import { codecs } from '../../src/codec/registry.ts';
import type { ServerEstablished } from '../../src/handshake/established.ts';
import type { RfbVersion } from '../../src/rfb/version.ts';
import { allRights, type Peer, type Rights } from '../../src/security/identity.ts';
import type { EncodePool } from '../../src/server/encode-pool.ts';
import type { VideoEncoders } from '../../src/server/video-encoder.ts';
import { createServer, type SharePolicy, type VncServer } from '../../src/server/server.ts';
import { ByteReader } from '../../src/wire/byte-reader.ts';
import type { ByteStream } from '../../src/wire/byte-stream.ts';
import { fromHex, toHex } from '../../src/wire/hex.ts';
import { memoryPair } from '../../src/wire/memory-pair.ts';
import { FakeDisplay } from './fake-display.ts';

/** How a viewer's handshake goes. */
export interface Login {
  readonly shared?: boolean;
  readonly rights?: Partial<Rights>;
  readonly name?: string;
  /** Default 3.8. */
  readonly version?: RfbVersion;
  /** Awaited before the share policy is asked. */
  readonly before?: () => Promise<unknown>;
  readonly peer?: Partial<Peer>;
  /** Cuts what either end writes. */
  readonly chunkBytes?: number;
}

export interface ServedOptions {
  readonly display?: FakeDisplay;
  readonly limits?: Partial<Limits>;
  readonly share?: SharePolicy;
  readonly codecs?: readonly Codec[];
  readonly video?: VideoEncoders;
  readonly logger?: Logger;
  readonly pool?: EncodePool;
  readonly jpeg?: JpegEncoder;
}

export class Served {
  readonly display: FakeDisplay;
  readonly server: VncServer;
  /** `connected 1`, `initialized 1`, `disconnected 1: reason`, as they came. */
  readonly log: string[] = [];
  readonly #logins = new Map<ByteStream, Login>();

  constructor(options: ServedOptions = {}) {
    this.display = options.display ?? new FakeDisplay();
    const { limits, share, logger, pool, jpeg, video } = options;
    this.server = createServer(
      {
        display: this.display,
        offer: { types: [1], subtypes: [] },
        authenticator: {
          anyone: () => Promise.reject(new Error('not asked')),
          vncPassword: () => Promise.reject(new Error('not asked')),
          plain: () => Promise.reject(new Error('not asked')),
          certificate: () => Promise.reject(new Error('not asked')),
        },
        ...(limits === undefined ? {} : { limits }),
        ...(share === undefined ? {} : { share }),
        ...(video === undefined ? {} : { video }),
        ...(logger === undefined ? {} : { logger }),
        ...(pool === undefined ? {} : { pool }),
        ...(jpeg === undefined ? {} : { jpeg }),
      },
      {
        codecs: options.codecs ?? codecs,
        handshake: async ({ stream, admit }): Promise<ServerEstablished> => {
          const login = this.#logins.get(stream) ?? {};
          this.#logins.delete(stream);
          await login.before?.();
          const identity = {
            name: login.name ?? 'anyone',
            rights: { ...allRights, ...login.rights },
          };
          const shared = login.shared ?? true;
          const security = { type: 1, name: 'None' };
          const init = await admit({ shared, identity, security }).catch((error: unknown) => {
            stream.end();
            throw error;
          });
          return {
            reader: new ByteReader(stream),
            version: login.version ?? '3.8',
            security,
            init,
            shared,
            identity,
          };
        },
      },
    );
    const { events } = this.server;
    events.on('connected', ({ id }) => this.log.push(`connected ${id}`));
    events.on('authenticationfailed', ({ id, reason }) =>
      this.log.push(`authenticationfailed ${id}: ${reason}`),
    );
    events.on('initialized', ({ id }) => this.log.push(`initialized ${id}`));
    events.on('disconnected', ({ id, reason }) =>
      this.log.push(`disconnected ${id}: ${reason.message}`),
    );
  }

  /** A viewer that came in, or is on its way. */
  connect(login: Login = {}): TestViewer {
    const [ours, theirs] = memoryPair(
      login.chunkBytes === undefined ? {} : { chunkBytes: login.chunkBytes },
    );
    this.#logins.set(ours, login);
    const peer = { address: 'memory', host: '', local: true, ...login.peer };
    return new TestViewer(this.server, this.server.accept(ours, peer), theirs);
  }

  /** The same, past its handshake. */
  async session(login: Login = {}): Promise<TestViewer> {
    const before = this.server.events.once('initialized');
    const viewer = this.connect(login);
    await before;
    return viewer;
  }
}

/** A viewer's end of a connection, in hexadecimal. */
export class TestViewer {
  readonly id: number;
  readonly stream: ByteStream;
  readonly reader: ByteReader;
  /** The server's word on why this connection ended. */
  readonly gone: Promise<VncError>;

  constructor(server: VncServer, id: number, stream: ByteStream) {
    this.id = id;
    this.stream = stream;
    this.reader = new ByteReader(stream);
    this.gone = new Promise((resolve) => {
      const off = server.events.on('disconnected', (event) => {
        if (event.id !== id) return;
        off();
        resolve(event.reason);
      });
    });
  }

  /** Hexadecimal with `# comments`, as one write. */
  send(hex: string): void {
    this.stream.write(fromHex(hex));
  }

  /** Asserts that exactly these bytes come next. */
  async receives(hex: string): Promise<void> {
    const wanted = fromHex(hex);
    assert.equal(toHex(await this.reader.bytes(wanted.length)), toHex(wanted));
  }

  /** Asserts that nothing came before the end of the stream. */
  async receivesEnd(): Promise<void> {
    await assert.rejects(this.reader.need(1), { code: 'ERR_VNC_CLOSED' });
  }
}

/** SetEncodings with these. */
export function setEncodings(...encodings: number[]): string {
  const hex = (n: number): string => (n >>> 0).toString(16).padStart(8, '0');
  const count = encodings.length.toString(16).padStart(4, '0');
  return `02 00 ${count} ${encodings.map(hex).join(' ')}`;
}

/** FramebufferUpdateRequest for an area; all of the default 4x4 display if none is given. */
export function updateRequest(incremental: boolean, area = '0000 0000 0004 0004'): string {
  return `03 ${incremental ? '01' : '00'} ${area}`;
}

/** Lets everything that is ready run until `condition` holds. */
export async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setImmediate(resolve));
}
