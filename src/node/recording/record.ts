/**
 * Records a session with a server into an FBS file: the server's own bytes from behind the TLS, without decoding them twice.
 * Used by `sallyport record`.
 */
import type { ClientOptions, VncClient } from '../../client/client.ts';
import { startSession } from '../../client/session.ts';
import { resolveSettings } from '../../client/session-settings.ts';
import { clientHandshake } from '../../handshake/client.ts';
import { writeServerInit } from '../../rfb/messages/init.ts';
import { ByteReader } from '../../wire/byte-reader.ts';
import { ByteWriter } from '../../wire/byte-writer.ts';
import { connectWith, type ConnectOptions } from '../connect.ts';
import type { FbsWriter } from './fbs.ts';
import { tappedStream } from './tapped-stream.ts';

/**
 * A session as `connect` gives it; whatever it receives is written. `file` is the caller's to close, once the session is
 * closed. Rejects as `connect` does. A file that cannot be written ends the session.
 */
export const recordSession = (
  target: string,
  file: FbsWriter,
  options: ConnectOptions = {},
): Promise<VncClient> => connectWith((resolved) => beginRecorded(resolved, file), target, options);

/** As connectClient, with a listener between the handshake and the session. */
async function beginRecorded(options: ClientOptions, file: FbsWriter): Promise<VncClient> {
  const settings = resolveSettings(options);
  const { stream, accept, credentials, tls, outerTls, shared = true } = options;
  const established = await clientHandshake({
    stream,
    accept,
    credentials,
    ...(tls === undefined ? {} : { tls }),
    limits: settings.limits,
    shared,
  });
  const startedAt = performance.now();
  const { reader, init } = established;
  // The pixels will be in our format, and a player does not see us ask for it.
  await file.write({ bytes: openHandshake({ ...init, format: settings.format }), atMs: 0 });
  const tapped = tappedStream(reader.stream, await reader.bytes(reader.buffered), (bytes) =>
    file.write({ bytes, atMs: Math.round(performance.now() - startedAt) }),
  );
  const { security } = established;
  return startSession(
    {
      ...established,
      security: outerTls === undefined ? security : { tlsInfo: outerTls, ...security },
      reader: new ByteReader(tapped),
    },
    settings,
  );
}

/** The one handshake that all players know: RFB 3.3 without authentication. */
function openHandshake(init: Parameters<typeof writeServerInit>[1]): Uint8Array {
  const w = new ByteWriter();
  w.bytes(new TextEncoder().encode('RFB 003.003\n')).u32(1);
  writeServerInit(w, init);
  return w.take();
}
