/** Plays an FBS file as a session, of which everything works that looks: pictures, waits, displays. Used by `sallyport play`. */
import type { VncClient } from '../../client/client.ts';
import { startSession } from '../../client/session.ts';
import { resolveSettings } from '../../client/session-settings.ts';
import { ClosedError, VncError } from '../../core/errors.ts';
import { resolveLimits } from '../../core/limits.ts';
import { Secret } from '../../core/secret.ts';
import { clientHandshake } from '../../handshake/client.ts';
import { DesktopSizeStatus } from '../../rfb/constants.ts';
import { loadJpegDecoder } from '../jpeg.ts';
import { openFbsFile } from './fbs.ts';
import { recordedStream, type PlaybackPace } from './recorded-stream.ts';

/** What the server asked then; nobody judges the answer now. */
const RECORDED = { types: [1, 2], subtypes: [] } as const;

/** Rejects with TypeError for a file that is no recording, and with VncError for one of something else than RFB. */
export async function playRecording(file: string, pace: PlaybackPace = {}): Promise<VncClient> {
  const reader = await openFbsFile(file);
  const stream = recordedStream(reader, pace);
  try {
    const established = await clientHandshake({
      stream,
      accept: RECORDED,
      credentials: () => Promise.resolve({ password: new Secret('unknown') }),
      limits: resolveLimits(),
      shared: true,
    });
    const jpeg = await loadJpegDecoder();
    // Recorders write the format that their viewer had asked for where the server's stood.
    const settings = resolveSettings({
      pixelFormat: established.init.format,
      ...(jpeg === undefined ? {} : { jpeg }),
    });
    const client = startSession(established, settings);
    stream.start();
    // The file does not answer.
    return Object.create(client, {
      resize: { value: () => Promise.resolve(DesktopSizeStatus.Prohibited) },
    }) as VncClient;
  } catch (error) {
    stream.destroy();
    throw error;
  }
}

/**
 * The picture that was on the screen then. In a moment when an update was half-way it is half-drawn, as it was. Rejects as
 * playRecording, and with VncError where the recording breaks off the protocol.
 */
export async function recordedPicture(file: string, atMs: number): Promise<VncClient> {
  const client = await playRecording(file, { speed: Number.POSITIVE_INFINITY, untilMs: atMs });
  const reason = await client.closed;
  if (!(reason instanceof ClosedError) && reason instanceof VncError) throw reason;
  return client;
}
