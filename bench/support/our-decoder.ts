/** Our decoders as a session drives them, on recorded FramebufferUpdates, without a network. */
import type { ClientOptions } from '../../src/client/client.ts';
import { initialState } from '../../src/client/server-state.ts';
import { resolveSettings } from '../../src/client/session-settings.ts';
import { UpdateReceiver } from '../../src/client/update-receiver.ts';
import { Lifecycle } from '../../src/core/lifecycle.ts';
import { loadJpegDecoder } from '../../src/node/jpeg.ts';
import type { Framebuffer } from '../../src/pixels/framebuffer.ts';
import { nativeFormat } from '../../src/rfb/pixel-format.ts';
import { ByteReader } from '../../src/wire/byte-reader.ts';
import type { ByteStream } from '../../src/wire/byte-stream.ts';

/** What a socket gives at a time. */
const CHUNK_BYTES = 65536;

export interface OurDecoder {
  /** Handles the next FramebufferUpdate. */
  readonly next: () => Promise<void>;
  readonly framebuffer: Framebuffer;
  /** Bytes behind the last update that was handled. */
  readonly left: () => number;
}

export async function createOurDecoder(
  recorded: Uint8Array,
  width: number,
  height: number,
): Promise<OurDecoder> {
  const jpeg = await loadJpegDecoder();
  const options: Partial<ClientOptions> = jpeg === undefined ? {} : { jpeg };
  const settings = resolveSettings(options);
  const init = { width, height, format: nativeFormat, name: 'recorded' };
  const state = initialState(init, settings.createFramebuffer);
  const reader = new ByteReader(recordedStream(recorded));
  const receiver = new UpdateReceiver({
    reader,
    state,
    settings,
    lifecycle: new Lifecycle(),
  });
  return {
    next: async () => {
      const head = await reader.cursor(4);
      if (head.u8() !== 0) throw new Error('no FramebufferUpdate');
      head.skip(1);
      await receiver.receive(head.u16());
    },
    framebuffer: state.framebuffer,
    left: () => recorded.length - reader.consumed,
  };
}

function recordedStream(recorded: Uint8Array): ByteStream {
  let at = 0;
  return {
    read: () => {
      if (at >= recorded.length) return Promise.resolve(null);
      const chunk = recorded.subarray(at, at + CHUNK_BYTES);
      at += chunk.length;
      return Promise.resolve(chunk);
    },
    write: () => undefined,
    backlogBytes: 0,
    drained: () => Promise.resolve(),
    end: () => undefined,
    destroy: () => undefined,
    closed: Promise.resolve(),
  };
}
