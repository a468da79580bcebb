/**
 * The servers of bench/live.ts, each with a display of its own that shows the same: TigerVNC's Xvnc, x11vnc on an Xvfb, QEMU
 * with GRUB's prompt, and ours in front of an Xvnc and of a QEMU, which it reaches by a unix socket.
 */
import { spawn, type ChildProcess, type SpawnOptions } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Encoding } from '../../src/rfb/constants.ts';
import type { BenchCredentials } from './credentials.ts';
import { childOf } from './encode-run.ts';
import { freePort, listening, stop } from './process.ts';
import type { RelayServer } from './relay-server.ts';

export interface Scene {
  readonly name: string;
  readonly port: number;
  readonly width: number;
  readonly height: number;
  /** Processor seconds so far of all that serves the viewer. */
  readonly serverCpu: () => number;
  /** The same of what only makes the picture, where that is apart. */
  readonly sourceCpu: () => number;
  /** Frames a second that are drawn; 0: nothing moves. Undefined where that cannot be said: GRUB. */
  readonly rate: ((framesPerSecond: number) => void) | undefined;
  /** Halts all of it, and lets it go on. */
  readonly pause: (paused: boolean) => void;
}

export interface SceneOptions {
  readonly width: number;
  readonly height: number;
  readonly credentials: BenchCredentials;
  /** For sockets and files. */
  readonly folder: string;
  /** The compiled x-content. */
  readonly content: string;
  /** It scrolls by XCopyArea. */
  readonly copies: boolean;
}

/** All descendants of a process, and itself. */
function family(pid: number): number[] {
  const found = [pid];
  for (const each of found) {
    for (const task of readdirSync(`/proc/${each}/task`)) {
      const children = readFileSync(`/proc/${each}/task/${task}/children`, 'utf8').trim();
      if (children !== '') found.push(...children.split(' ').map(Number));
    }
  }
  return found;
}

/** Threads of QEMU that run the guest, and not its VNC server. */
const GUEST = /^CPU \d/;

function cpuOf(pid: number, without?: RegExp): number {
  let nanoseconds = 0;
  for (const each of family(pid)) {
    for (const task of readdirSync(`/proc/${each}/task`)) {
      const folder = `/proc/${each}/task/${task}`;
      if (without?.test(readFileSync(`${folder}/comm`, 'utf8'))) continue;
      nanoseconds += Number(readFileSync(`${folder}/schedstat`, 'utf8').split(' ')[0]);
    }
  }
  return nanoseconds / 1e9;
}

const started: ChildProcess[] = [];

function begin(command: string, args: readonly string[], options: SpawnOptions): ChildProcess {
  const child = spawn(command, args, options);
  started.push(child);
  return child;
}

/** Ends all that was started here, also when a scene came up only in part. */
export async function stopEverything(): Promise<void> {
  for (const child of started.splice(0).toReversed()) await stop(child);
}

/** Resolves with the sign that the child has started; rejects when it ended first. */
async function ready<T>(child: ChildProcess, sign: Promise<T>, name: string): Promise<T> {
  const ended = once(child, 'exit').then(() => {
    throw new Error(`${name} does not start`);
  });
  ended.catch(() => undefined);
  return Promise.race([sign, ended]);
}

interface Started {
  readonly child: ChildProcess;
  readonly display: string;
}

/** An X server that says its number on descriptor 3. */
async function startX(command: string, args: readonly string[]): Promise<Started> {
  const child = begin(command, ['-displayfd', '3', ...args], {
    stdio: ['ignore', 'ignore', 'ignore', 'pipe'],
  });
  const said = once(child.stdio[3] as NodeJS.ReadableStream, 'data') as Promise<[Buffer]>;
  const [text] = await ready(child, said, command);
  return { child, display: `:${text.toString().trim()}` };
}

async function showContent(
  { content, width, height, copies }: SceneOptions,
  display: string,
): Promise<ChildProcess> {
  const child = begin(content, [String(width), String(height), copies ? 'copy' : ''], {
    stdio: ['pipe', 'pipe', 'inherit'],
    env: { ...process.env, DISPLAY: display },
  });
  await ready(child, once(child.stdout!, 'data'), 'x-content');
  return child;
}

/** What all scenes share. */
function sceneOf(children: readonly ChildProcess[], rest: Omit<Scene, 'pause'>): Scene {
  return {
    ...rest,
    pause: (paused) => {
      for (const child of children)
        for (const pid of family(child.pid!)) process.kill(pid, paused ? 'SIGSTOP' : 'SIGCONT');
    },
  };
}

const geometry = ({ width, height }: SceneOptions): string[] =>
  `-geometry ${width}x${height} -depth 24 -nolisten tcp`.split(' ');

const rateOf = (content: ChildProcess) => (framesPerSecond: number) => {
  content.stdin!.write(`rate ${framesPerSecond}\n`);
};

export async function xvncScene(options: SceneOptions): Promise<Scene> {
  const { dir } = options.credentials;
  const port = await freePort();
  const x = await startX('Xtigervnc', [
    ...geometry(options),
    ...`-rfbport ${port} -localhost -SecurityTypes X509None -AlwaysShared`.split(' '),
    '-X509Cert',
    join(dir, 'server-cert.pem'),
    '-X509Key',
    join(dir, 'server-key.pem'),
  ]);
  await listening(x.child, 'Xvnc', port);
  const content = await showContent(options, x.display);
  return sceneOf([x.child, content], {
    name: 'Xvnc',
    port,
    width: options.width,
    height: options.height,
    serverCpu: () => cpuOf(x.child.pid!),
    sourceCpu: () => 0,
    rate: rateOf(content),
  });
}

export async function x11vncScene(options: SceneOptions): Promise<Scene> {
  const { width, height, folder, credentials } = options;
  const port = await freePort();
  const x = await startX('Xvfb', `-screen 0 ${width}x${height}x24 -nolisten tcp`.split(' '));
  const content = await showContent(options, x.display);
  const pem = join(folder, 'x11vnc.pem');
  const part = (name: string): string => readFileSync(join(credentials.dir, name), 'utf8');
  writeFileSync(pem, part('server-key.pem') + part('server-cert.pem'), { mode: 0o600 });
  const server = begin(
    'x11vnc',
    [
      ...`-display ${x.display} -rfbport ${port} -localhost -forever -shared -nopw`.split(' '),
      ...`-noipv6 -quiet -vencrypt only -ssl ${pem}`.split(' '),
    ],
    { stdio: 'ignore' },
  );
  await listening(server, 'x11vnc', port);
  return sceneOf([x.child, content, server], {
    name: 'x11vnc on Xvfb',
    port,
    width,
    height,
    serverCpu: () => cpuOf(server.pid!),
    sourceCpu: () => cpuOf(x.child.pid!),
    rate: rateOf(content),
  });
}

async function startRelay(options: RelayServer): Promise<{ child: ChildProcess; port: number }> {
  const child = begin(process.execPath, [childOf('relay-server'), JSON.stringify(options)], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const said = once(child.stdout!, 'data') as Promise<[Buffer]>;
  const [line] = await ready(child, said, 'our server');
  return { child, port: (JSON.parse(line.toString()) as { port: number }).port };
}

/** `raw`: asks the source for pixels as they are, instead of what the product asks for by itself. */
export async function relayScene(options: SceneOptions, raw: boolean): Promise<Scene> {
  const socket = join(options.folder, raw ? 'xvnc-raw' : 'xvnc');
  const x = await startX('Xtigervnc', [
    ...geometry(options),
    ...`-rfbport -1 -rfbunixpath ${socket} -SecurityTypes None -AlwaysShared`.split(' '),
  ]);
  const content = await showContent(options, x.display);
  const { child, port } = await startRelay({
    upstream: `unix:${socket}`,
    security: 'X509None',
    dir: options.credentials.dir,
    ...(raw ? { encodings: [Encoding.CopyRect, Encoding.Raw] } : {}),
  });
  return sceneOf([x.child, content, child], {
    name: raw ? 'ours before Xvnc, raw' : 'ours before Xvnc',
    port,
    width: options.width,
    height: options.height,
    serverCpu: () => cpuOf(child.pid!),
    sourceCpu: () => cpuOf(x.child.pid!),
    rate: rateOf(content),
  });
}

export const grubImage = '/usr/lib/grub-rescue/grub-rescue-cdrom.iso';
/** GRUB's text screen. */
const GRUB_SIZE = { width: 720, height: 400 };

function startQemu(vnc: string, objects: readonly string[]): ChildProcess {
  const machine =
    '-nodefaults -no-user-config -machine pc -accel tcg -m 64 -vga std -display none -boot d';
  return begin(
    'qemu-system-x86_64',
    [
      ...machine.split(' '),
      '-name',
      'bench,debug-threads=on',
      '-cdrom',
      grubImage,
      ...objects,
      '-vnc',
      vnc,
    ],
    { stdio: 'ignore' },
  );
}

export async function qemuScene({ credentials }: SceneOptions): Promise<Scene> {
  const port = await freePort();
  const object = `tls-creds-x509,id=tls,dir=${credentials.dir},endpoint=server,verify-peer=off`;
  const child = startQemu(`127.0.0.1:${port - 5900},share=ignore,tls-creds=tls`, [
    '-object',
    object,
  ]);
  await listening(child, 'qemu', port);
  return sceneOf([child], {
    ...GRUB_SIZE,
    name: 'QEMU',
    port,
    serverCpu: () => cpuOf(child.pid!, GUEST),
    sourceCpu: () => 0,
    rate: undefined,
  });
}

export async function relayedQemuScene({ credentials, folder }: SceneOptions): Promise<Scene> {
  const socket = join(folder, 'qemu');
  const source = startQemu(`unix:${socket},share=force-shared`, []);
  let relay: Awaited<ReturnType<typeof startRelay>> | undefined;
  for (let tries = 0; relay === undefined; tries++) {
    await new Promise((resolve) => setTimeout(resolve, 200));
    try {
      readFileSync(`/proc/${source.pid}/stat`);
      if (!readdirSync(folder).includes('qemu')) throw new Error('QEMU does not listen');
      relay = await startRelay({
        upstream: `unix:${socket}`,
        security: 'X509None',
        dir: credentials.dir,
      });
    } catch (error) {
      if (tries > 25) throw error;
    }
  }
  const { child, port } = relay;
  return sceneOf([source, child], {
    ...GRUB_SIZE,
    name: 'ours before QEMU',
    port,
    serverCpu: () => cpuOf(child.pid!),
    sourceCpu: () => cpuOf(source.pid!, GUEST),
    rate: undefined,
  });
}
