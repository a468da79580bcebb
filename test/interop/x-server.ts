/** A private X server (Xvfb) whose screen the test can read pixel by pixel, and a hand on its keyboard and mouse. */
import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { PNG } from 'pngjs';
import { endProcess } from '../support/child.ts';
import { until } from '../support/until.ts';

const run = promisify(execFile);

/** A copy of the screen: one word a pixel, 0x00RRGGBB. */
export interface Screenshot {
  readonly width: number;
  readonly height: number;
  readonly pixels: Uint32Array;
}

export interface XServer {
  readonly display: string;
  /** Variables for programs that shall show themselves here, and nowhere else. */
  readonly environment: NodeJS.ProcessEnv;
  readonly home: string;
  readonly screenshot: () => Promise<Screenshot>;
  /** Runs xdotool with these arguments; resolves with what it printed, or undefined when it failed. */
  readonly xdotool: (...args: string[]) => Promise<string | undefined>;
  readonly close: () => Promise<void>;
}

export async function startXServer(
  width = 1400,
  height = 1000,
  more: readonly string[] = [],
): Promise<XServer> {
  const folder = await mkdtemp(join(tmpdir(), 'sallyport-x-'));
  const xvfb = spawn(
    'Xvfb',
    [
      '-displayfd',
      '3',
      '-screen',
      '0',
      `${width}x${height}x24`,
      '-fbdir',
      folder,
      '-nolisten',
      'tcp',
      ...more,
    ],
    { stdio: ['ignore', 'ignore', 'ignore', 'pipe'] },
  );
  const number = await displayNumber(xvfb);
  const display = `:${number}`;
  const environment: NodeJS.ProcessEnv = {
    PATH: process.env.PATH,
    DISPLAY: display,
    HOME: folder,
    XDG_RUNTIME_DIR: folder,
    XDG_CONFIG_HOME: join(folder, '.config'),
    XDG_DATA_HOME: join(folder, '.local'),
    XDG_CACHE_HOME: join(folder, '.cache'),
    NO_AT_BRIDGE: '1',
    GDK_BACKEND: 'x11',
    GIO_USE_VFS: 'local',
    GSETTINGS_BACKEND: 'memory',
    LC_ALL: 'C.UTF-8',
  };
  const xdotool = async (...args: string[]): Promise<string | undefined> => {
    try {
      return (await run('xdotool', args, { env: environment, timeout: 10_000 })).stdout.trim();
    } catch {
      return undefined;
    }
  };
  const manage = (): ChildProcess =>
    spawn('openbox', ['--sm-disable'], { env: environment, stdio: 'ignore' });
  let windowManager = manage();
  const close = async (): Promise<void> => {
    await endProcess(windowManager);
    await endProcess(xvfb);
    await rm(folder, { recursive: true, force: true });
  };
  try {
    // A window that is mapped while the window manager takes over may be forgotten: it must be there before any viewer is.
    const managed = async (): Promise<boolean> => {
      // On a busy machine it may be too early, and give up.
      if (windowManager.exitCode !== null) windowManager = manage();
      return (await xdotool('get_num_desktops')) !== undefined;
    };
    await until('the window manager', managed, 30_000);
  } catch (error) {
    await close();
    throw error;
  }
  return {
    display,
    environment,
    home: folder,
    screenshot: async () => parseXwd(await readFile(join(folder, 'Xvfb_screen0'))),
    xdotool,
    close,
  };
}

async function displayNumber(xvfb: ChildProcess): Promise<string> {
  const pipe = xvfb.stdio[3];
  if (pipe === null || pipe === undefined || !('on' in pipe)) throw new Error('no pipe to Xvfb');
  const failed = once(xvfb, 'exit').then(([code]) => {
    throw new Error(`Xvfb ended with ${String(code)}`);
  });
  const [line] = (await Promise.race([once(pipe, 'data'), failed])) as [Buffer];
  failed.catch(() => undefined);
  return line.toString().trim();
}

/** A screenshot as a PNG file: what a person would look at when a test fails. */
export async function saveScreenshot(shot: Screenshot, path: string): Promise<void> {
  const png = new PNG({ width: shot.width, height: shot.height });
  shot.pixels.forEach((pixel, i) => png.data.writeUInt32BE(((pixel << 8) | 0xff) >>> 0, i * 4));
  await writeFile(path, PNG.sync.write(png));
}

/** X window dump, version 7, as Xvfb keeps it in its memory file: 32 bits a pixel. */
function parseXwd(file: Buffer): Screenshot {
  const headerSize = file.readUInt32BE(0);
  const width = file.readUInt32BE(16);
  const height = file.readUInt32BE(20);
  const lsbFirst = file.readUInt32BE(28) === 0;
  const bitsPerPixel = file.readUInt32BE(44);
  const bytesPerLine = file.readUInt32BE(48);
  const colours = file.readUInt32BE(76);
  if (bitsPerPixel !== 32) throw new Error(`Xvfb keeps ${bitsPerPixel} bits a pixel`);
  const start = headerSize + colours * 12;
  const pixels = new Uint32Array(width * height);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const at = start + y * bytesPerLine + x * 4;
      pixels[y * width + x] = (lsbFirst ? file.readUInt32LE(at) : file.readUInt32BE(at)) & 0xffffff;
    }
  }
  return { width, height, pixels };
}
