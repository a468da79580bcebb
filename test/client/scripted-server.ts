/** The server's end of a session, played by a test: bytes out in hex, messages in as values. */
import type { VncClient } from '../../src/client/client.ts';
import { startSession } from '../../src/client/session.ts';
import { resolveSettings, type SessionOptions } from '../../src/client/session-settings.ts';
import type { VncError } from '../../src/core/errors.ts';
import { defaultLimits } from '../../src/core/limits.ts';
import type { ClientEstablished } from '../../src/handshake/established.ts';
import { receiveClientMessage, type ClientMessage } from '../../src/rfb/client-message.ts';
import type { ServerInit } from '../../src/rfb/messages/init.ts';
import { nativeFormat } from '../../src/rfb/pixel-format.ts';
import { ByteReader } from '../../src/wire/byte-reader.ts';
import type { ByteStream } from '../../src/wire/byte-stream.ts';
import { fromHex } from '../../src/wire/hex.ts';
import { memoryPair } from '../../src/wire/memory-pair.ts';

export interface ScriptedServer {
  readonly client: VncClient;
  readonly stream: ByteStream;
  readonly send: (bytes: string | Uint8Array) => void;
  /** Closes the client, with a server that closes in turn. */
  readonly close: () => Promise<VncError>;
  /** The client's next message. */
  readonly next: () => Promise<ClientMessage>;
  /** Its next message of one type; others are skipped. */
  readonly nextOf: <Type extends ClientMessage['type']>(
    type: Type,
  ) => Promise<Extract<ClientMessage, { type: Type }>>;
}

export interface ScriptedOptions extends SessionOptions {
  readonly init?: Partial<ServerInit>;
  readonly chunkBytes?: number;
  /** Pointer events are read as if ExtendedMouseButtons had been announced. */
  readonly moreButtons?: boolean;
}

/** A running session of 4x4 pixels, with its server in the test's hands. */
export function scriptedServer(options: ScriptedOptions = {}): ScriptedServer {
  const { init, chunkBytes, moreButtons = false, ...sessionOptions } = options;
  const [near, stream] = memoryPair(chunkBytes === undefined ? {} : { chunkBytes });
  const established: ClientEstablished = {
    reader: new ByteReader(near),
    version: '3.8',
    security: { type: 1, name: 'None' },
    init: { width: 4, height: 4, format: nativeFormat, name: 'scripted', ...init },
    shared: true,
  };
  const client = startSession(established, resolveSettings(sessionOptions));
  const reader = new ByteReader(stream);
  const next = (): Promise<ClientMessage> =>
    receiveClientMessage(reader, defaultLimits, {
      extendedMouseButtons: moreButtons,
      extendedClipboard: true,
    });
  return {
    client,
    stream,
    next,
    close: () => {
      const closed = client.close();
      stream.end();
      return closed;
    },
    send: (bytes) => stream.write(typeof bytes === 'string' ? fromHex(bytes) : bytes),
    nextOf: async (type) => {
      for (;;) {
        const message = await next();
        if (message.type === type) return message as Extract<ClientMessage, { type: typeof type }>;
      }
    },
  };
}

const u16 = (value: number): string => (value & 0xffff).toString(16).padStart(4, '0');
const u32 = (value: number): string => (value >>> 0).toString(16).padStart(8, '0');

/** Header of a FramebufferUpdate. */
export const update = (count: number): string => `00 00 ${u16(count)}`;

/** Header of a rectangle. */
export const rectangle = (
  x: number,
  y: number,
  width: number,
  height: number,
  encoding: number,
): string => `${u16(x)} ${u16(y)} ${u16(width)} ${u16(height)} ${u32(encoding)}`;

/** `count` native pixels of one colour, 0xRRGGBB. */
export const pixels = (count: number, colour: number): string => {
  const hex = colour.toString(16).padStart(6, '0');
  return `${hex.slice(4)}${hex.slice(2, 4)}${hex.slice(0, 2)}00`.repeat(count);
};

/** Body of an ExtendedDesktopSize rectangle with one screen. */
export const oneScreen = (width: number, height: number, id = 0): string =>
  `01 000000 ${u32(id)} 0000 0000 ${u16(width)} ${u16(height)} 00000000`;
