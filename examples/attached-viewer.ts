/**
 * A viewer that stays attached while an example changes things: TigerVNC's under a private X server where both are
 * installed, else our own in this program. Either can show what it sees as a PNG file.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { accessSync, constants, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { PNG } from 'pngjs';
import { connect } from '../src/index.ts';

export interface AttachedViewer {
  readonly name: string;
  /** Writes what the viewer shows. */
  readonly screenshot: (file: string) => Promise<void>;
  readonly close: () => Promise<void>;
}

export interface ViewerLogin {
  readonly port: number;
  readonly password: string;
  readonly caFile: string;
  readonly ca: string;
}

/** Resolves once it was started; the server's `initialized` tells when it is in. */
export async function attachViewer(login: ViewerLogin): Promise<AttachedViewer> {
  const isInstalled = ['Xvfb', 'xtigervncviewer', 'import'].every(onPath);
  return isInstalled ? tigerVnc(login) : inThisProgram(login);
}

async function tigerVnc({ port, password, caFile }: ViewerLogin): Promise<AttachedViewer> {
  const screen = ['-screen', '0', '1300x840x24', '-nolisten', 'tcp', '-displayfd', '3'];
  const xvfb = spawn('Xvfb', screen, { stdio: ['ignore', 'ignore', 'ignore', 'pipe'] });
  const display = `:${await firstLine(xvfb)}`;
  const env = { ...process.env, DISPLAY: display, VNC_PASSWORD: password };
  const viewer = spawn(
    'xtigervncviewer',
    [
      ...'-SecurityTypes X509Vnc -ReconnectOnError=0 -AlertOnFatalError=0 -X509CA'.split(' '),
      caFile,
      `127.0.0.1::${port}`,
    ],
    { env, stdio: 'ignore' },
  );
  // When the example fails half way.
  process.once('exit', () => [viewer, xvfb].forEach((child) => child.kill()));
  return {
    name: 'TigerVNC viewer',
    screenshot: async (file) => {
      await ended(
        spawn('import', ['-display', display, '-window', 'root', file], { stdio: 'ignore' }),
      );
    },
    close: async () => {
      for (const child of [viewer, xvfb]) {
        child.kill();
        // A viewer that is asking its user something does not hear the first one.
        const insist = setTimeout(() => child.kill('SIGKILL'), 2000);
        await ended(child);
        clearTimeout(insist);
      }
    },
  };
}

async function inThisProgram({ port, password, ca }: ViewerLogin): Promise<AttachedViewer> {
  const vnc = await connect(`127.0.0.1::${port}`, { tls: { ca }, password });
  return {
    name: 'viewer in this program',
    screenshot: async (file) => {
      await vnc.refresh(false);
      const { width, height, pixels } = vnc.framebuffer;
      const png = new PNG({ width, height });
      pixels.forEach((pixel, i) => png.data.writeUInt32BE(((pixel << 8) | 0xff) >>> 0, i * 4));
      writeFileSync(file, PNG.sync.write(png));
    },
    close: async () => {
      await vnc.close();
    },
  };
}

function onPath(program: string): boolean {
  return (process.env['PATH'] ?? '').split(delimiter).some((folder) => {
    try {
      accessSync(join(folder, program), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

/** The number that Xvfb chose, from the pipe that -displayfd names. */
function firstLine(xvfb: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    xvfb.once('exit', (code) => reject(new Error(`Xvfb ended with ${code}`)));
    xvfb.stdio[3]?.once('data', (chunk: Buffer) => resolve(chunk.toString().trim()));
  });
}

function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve();
  return new Promise((resolve) => {
    child.once('exit', () => resolve());
    child.once('error', () => resolve());
  });
}
