/**
 * The server's VideoEncoder port with ffmpeg and libx264: one child process for each film, pixels to its stdin, AVI from its
 * stdout. It ends with its film, and, because its stdin does, with this process however that ends.
 */
import { execFile, spawn, type ChildProcessByStdio } from 'node:child_process';
import type { Readable, Writable } from 'node:stream';
import { promisify } from 'node:util';
import { isKeyframe } from '../codec/open-h264/annex-b.ts';
import { messageOf } from '../core/errors.ts';
import { silentLogger, type Logger } from '../core/logger.ts';
import type {
  VideoEncoder,
  VideoEncoderOptions,
  VideoEncoders,
  VideoFrame,
} from '../server/video-encoder.ts';
import { printable } from '../wire/text.ts';
import { createAviReader } from './avi-chunks.ts';

/** Which ffmpeg, and how much of it. */
export interface FfmpegOptions {
  /** The program. Default: `ffmpeg`, looked for in PATH. */
  readonly path?: string;
  /** Films at a time, of all viewers; further ones are sent as all else. Default 4: each takes most of a processor. */
  readonly maxFilms?: number;
  readonly logger?: Logger;
}

const CHECK_MS = 10_000;
const STDERR_KEPT = 1024;

/** Rejects with Error when the program cannot be run, or has no libx264. */
export async function openFfmpeg(options: FfmpegOptions = {}): Promise<VideoEncoders> {
  const { path = 'ffmpeg', maxFilms = 4, logger = silentLogger } = options;
  await checkFfmpeg(path);
  let films = 0;
  return (film) => {
    if (films >= maxFilms) return undefined;
    films += 1;
    return startFilm(path, film, {
      ended: () => (films -= 1),
      broke: (reason) => logger.warn('video encoder ended', { reason }),
    });
  };
}

async function checkFfmpeg(path: string): Promise<void> {
  const run = promisify(execFile);
  const listing = await run(path, ['-hide_banner', '-encoders'], { timeout: CHECK_MS }).catch(
    (error: unknown): never => {
      const why = messageOf(error);
      throw new Error(`cannot run ${path}: ${printable(why)}`);
    },
  );
  if (!listing.stdout.includes('libx264')) throw new Error(`${path} has no encoder libx264`);
}

interface FilmWatch {
  /** Once, when its process is gone or as good as gone. */
  readonly ended: () => void;
  /** It was not we who ended it. */
  readonly broke: (reason: string) => void;
}

function startFilm(path: string, film: VideoEncoderOptions, watch: FilmWatch): VideoEncoder {
  const child = spawn(path, argumentsFor(film), { stdio: ['pipe', 'pipe', 'pipe'] });
  let isOpen = true;
  const end = (): boolean => {
    if (!isOpen) return false;
    isOpen = false;
    stop(child);
    watch.ended();
    return true;
  };
  let lastWords = '';
  const fail = (reason: string): void => {
    if (!end()) return;
    const words = printable(lastWords.trim());
    watch.broke(words === '' ? reason : `${reason}: ${words}`);
    film.failed();
  };
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    lastWords = (lastWords + text).slice(-STDERR_KEPT);
  });
  child.on('error', ({ message }) => fail(message));
  child.on('close', (code, signal) =>
    fail(`${path} ended with ${signal === null ? `exit code ${code ?? 0}` : `signal ${signal}`}`),
  );
  // Its end is told by 'close', with its last words.
  for (const stream of [child.stdin, child.stdout, child.stderr])
    stream.on('error', () => undefined);
  const read = createAviReader((data) => {
    if (isOpen) film.packet({ data, keyframe: isKeyframe(data) });
  });
  child.stdout.on('data', (piece: Buffer) => {
    if (!isOpen) return;
    try {
      read(piece);
    } catch (error) {
      fail(messageOf(error));
    }
  });
  return {
    push: (frame) => {
      if (isOpen) child.stdin.write(packed(frame, film));
    },
    close: () => void end(),
  };
}

/** There is nothing in it that would be worth an orderly end. */
function stop(child: ChildProcessByStdio<Writable, Readable, Readable>): void {
  child.stdin.destroy();
  child.stdout.destroy();
  child.stderr.destroy();
  child.kill('SIGKILL');
}

/** The rows without what stands between them, in memory that is the pipe's until it is written. */
function packed(
  { bytes, stride }: VideoFrame,
  { width, height }: { readonly width: number; readonly height: number },
): Uint8Array {
  const rowBytes = 4 * width;
  const frame = new Uint8Array(rowBytes * height);
  for (let y = 0; y < height; y++)
    frame.set(bytes.subarray(y * stride, y * stride + rowBytes), y * rowBytes);
  return frame;
}

/** Times mean nothing here: each frame is encoded when it comes, and shown when it was. */
const FRAMES_PER_SECOND = '60';

function argumentsFor({ width, height }: VideoEncoderOptions): string[] {
  const words = (text: string): string[] => text.split(' ');
  return [
    ...words('-hide_banner -loglevel error -nostats -nostdin'),
    // The first frame is encoded before there is a second one: nothing is probed. With nobuffer it would be lost in that.
    ...words('-probesize 32 -analyzeduration 0 -fpsprobesize 0'),
    ...words('-f rawvideo -pixel_format bgr0 -video_size'),
    `${width}x${height}`,
    ...words(`-framerate ${FRAMES_PER_SECOND} -i pipe:0`),
    // TCP loses nothing, so that one keyframe is enough. One thread makes one slice: noVNC takes each slice for a picture.
    ...words('-c:v libx264 -preset ultrafast -tune zerolatency -crf 23 -g 1000000 -threads 1'),
    // Viewers that read no colour matrix from the stream assume this one.
    ...words('-pix_fmt yuv420p -x264-params'),
    'sliced-threads=0:scenecut=0:colormatrix=smpte170m:colorprim=smpte170m:transfer=smpte170m:range=tv',
    ...words('-fps_mode passthrough -f avi -flush_packets 1 pipe:1'),
  ];
}
