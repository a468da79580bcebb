/** The servers that are compared: ours, QEMU's and TigerVNC's Xvnc, each in one security mode on a loopback port. */
import { once } from 'node:events';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { TlsVersion } from '../../src/node/tls-context.ts';
import type { BenchCredentials } from './credentials.ts';
import { freePort, launch, listening, stop, type Server } from './process.ts';

export type ServerName = 'sallyport' | 'qemu' | 'xvnc';

/** What our server can be told beyond its mode. */
export interface OurOptions {
  /** Default TLSv1.2, as it ships. */
  readonly maxVersion?: TlsVersion;
}

const here = dirname(fileURLToPath(import.meta.url));

/** Modes of QEMU: its options for the display and its objects. */
function qemuOptions(
  mode: string,
  credentials: BenchCredentials,
): { vnc: string; objects: string[] } | undefined {
  const secret = `secret,id=pw,file=${credentials.passwordFile}`;
  const x509 = `tls-creds-x509,id=tls,dir=${credentials.dir},endpoint=server,verify-peer=off`;
  const anon = 'tls-creds-anon,id=tls,endpoint=server';
  switch (mode) {
    case 'None':
      return { vnc: '', objects: [] };
    case 'VncAuth':
      return { vnc: ',password-secret=pw', objects: [secret] };
    case 'TLSNone':
      return { vnc: ',tls-creds=tls', objects: [anon] };
    case 'TLSVnc':
      return { vnc: ',tls-creds=tls,password-secret=pw', objects: [anon, secret] };
    case 'X509None':
      return { vnc: ',tls-creds=tls', objects: [x509] };
    case 'X509Vnc':
      return { vnc: ',tls-creds=tls,password-secret=pw', objects: [x509, secret] };
    default:
      return undefined;
  }
}

/** Modes of Xvnc that need no account of the system. */
const xvncModes = new Set(['None', 'VncAuth', 'TLSNone', 'TLSVnc', 'X509None', 'X509Vnc']);

/** Undefined when this server has no such mode. Throws when it does not start. */
export async function startServer(
  name: ServerName,
  mode: string,
  credentials: BenchCredentials,
  ours: OurOptions = {},
): Promise<Server | undefined> {
  switch (name) {
    case 'sallyport':
      return startSallyport(mode, credentials, ours);
    case 'qemu': {
      const options = qemuOptions(mode, credentials);
      return options && startQemu(options);
    }
    case 'xvnc':
      return xvncModes.has(mode) ? startXvnc(mode, credentials) : undefined;
  }
}

async function startSallyport(
  mode: string,
  { dir, password }: BenchCredentials,
  { maxVersion = 'TLSv1.2' }: OurOptions,
): Promise<Server> {
  const child = launch(
    process.execPath,
    ['--expose-gc', join(here, 'static-server.js'), mode, dir, password, maxVersion],
    ['ignore', 'pipe', 'inherit'],
  );
  const [line] = (await once(child.stdout!, 'data')) as [Buffer];
  const { port } = JSON.parse(line.toString()) as { port: number };
  return { name: 'sallyport', pid: child.pid!, port, stop: () => stop(child) };
}

async function startQemu({ vnc, objects }: { vnc: string; objects: string[] }): Promise<Server> {
  const port = await freePort();
  // -S: the guest never runs, so that all of its processor time is the VNC server's.
  const child = launch('qemu-system-x86_64', [
    ...'-S -nodefaults -no-user-config -machine pc -accel tcg -m 16 -vga std -display none'.split(
      ' ',
    ),
    ...objects.flatMap((object) => ['-object', object]),
    '-vnc',
    `127.0.0.1:${port - 5900},share=ignore,connections=5000${vnc}`,
  ]);
  await listening(child, 'qemu', port);
  return { name: 'qemu', pid: child.pid!, port, stop: () => stop(child) };
}

async function startXvnc(mode: string, credentials: BenchCredentials): Promise<Server> {
  const port = await freePort();
  const child = launch(
    'Xtigervnc',
    [
      ...`-displayfd 3 -rfbport ${port} -localhost -nolisten tcp -geometry 1024x768`.split(' '),
      ...`-SecurityTypes ${mode} -AlwaysShared -UseBlacklist=0`.split(' '),
      '-PasswordFile',
      credentials.vncPasswordFile,
      '-X509Cert',
      join(credentials.dir, 'server-cert.pem'),
      '-X509Key',
      join(credentials.dir, 'server-key.pem'),
    ],
    ['ignore', 'ignore', 'ignore', 'pipe'],
  );
  await listening(child, 'Xvnc', port);
  return { name: 'xvnc', pid: child.pid!, port, stop: () => stop(child) };
}
