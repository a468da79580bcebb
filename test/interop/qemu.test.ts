/** QEMU on both sides: our client at its server in every mode it has, and our server in front of its guest. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import type { VncClient } from '../../src/client/client.ts';
import { connect, type ConnectOptions } from '../../src/node/connect.ts';
import { endProcess } from '../support/child.ts';
import {
  grubImage,
  grubMachine,
  grubPrompt,
  grubTitle,
  grubTyped,
  lit,
  qemuCommand,
} from '../support/grub.ts';
import { withoutPeers } from '../support/peers.ts';
import { makeTestPki, type TestPki } from '../support/test-pki.ts';
import { until } from '../support/until.ts';
import { tigervnc } from './viewers.ts';
import { startXServer } from './x-server.ts';

const PASSWORD = 'guest123';
const machine = [...grubMachine, '-display', 'none'];

let folder: string;
let pki: TestPki;
before(() => {
  folder = mkdtempSync(join(tmpdir(), 'sallyport-qemu-'));
  pki = makeTestPki();
  for (const [name, text] of Object.entries({
    'ca-cert.pem': pki.ca,
    'ca-crl.pem': pki.crl,
    'server-cert.pem': pki.server.cert,
    'server-key.pem': pki.server.key,
    password: PASSWORD,
  }))
    writeFileSync(join(folder, name), text, { mode: 0o600 });
});
after(() => {
  rmSync(folder, { recursive: true });
  pki.remove();
});

/** A guest at GRUB, whose VNC server listens on a unix socket; `vnc` are further options of -vnc. */
async function withGuest(
  name: string,
  options: { readonly vnc?: string; readonly objects?: readonly string[] },
  use: (socket: string) => Promise<void>,
): Promise<void> {
  const socket = join(folder, `${name}.sock`);
  const child = spawn(
    qemuCommand,
    [
      ...machine,
      ...(options.objects ?? []).flatMap((object) => ['-object', object]),
      '-vnc',
      `unix:${socket},share=ignore${options.vnc ?? ''}`,
    ],
    { stdio: ['ignore', 'ignore', 'inherit'] },
  );
  try {
    await until('the guest to listen', async () => {
      const probe = await connect(`unix:${socket}`, { security: 'None' }).catch(
        (error: unknown) => error as Error,
      );
      if (!(probe instanceof Error)) await probe.close();
      return (
        !(probe instanceof Error) ||
        !/no such|refused|not there|cannot connect/i.test(probe.message)
      );
    });
    await use(socket);
  } finally {
    await endProcess(child);
  }
}

function press(client: VncClient, keysym: number): void {
  client.key({ down: true, keysym });
  client.key({ down: false, keysym });
}

/** GRUB's menu comes; "c" leads to its prompt, and a letter typed there is echoed. */
async function useGuest(client: VncClient): Promise<void> {
  await until('the menu of GRUB', () => lit(client.framebuffer, grubTitle));
  await until('the prompt of GRUB', () => {
    if (!lit(client.framebuffer, grubPrompt)) press(client, 'c'.charCodeAt(0));
    return lit(client.framebuffer, grubPrompt);
  });
  await until('the echo of a key', () => {
    if (!lit(client.framebuffer, grubTyped)) press(client, 'x'.charCodeAt(0));
    return lit(client.framebuffer, grubTyped);
  });
}

const x509 = (verifyPeer: boolean): string =>
  `tls-creds-x509,id=tls,dir=${folder},endpoint=server,verify-peer=${verifyPeer ? 'on' : 'off'}`;
const secret = (): string => `secret,id=pw,file=${join(folder, 'password')}`;
const anonymous = 'tls-creds-anon,id=tls,endpoint=server';

interface QemuMode {
  readonly name: string;
  readonly vnc?: string;
  readonly objects?: () => readonly string[];
  readonly connect: () => ConnectOptions;
}

const trust = (): NonNullable<ConnectOptions['tls']> => ({ ca: pki.ca, servername: 'localhost' });
const modes: readonly QemuMode[] = [
  { name: 'None', connect: () => ({ security: 'None' }) },
  {
    name: 'VncAuth',
    vnc: ',password-secret=pw',
    objects: () => [secret()],
    connect: () => ({ security: 'VncAuth', password: PASSWORD }),
  },
  {
    name: 'TLSNone',
    vnc: ',tls-creds=tls',
    objects: () => [anonymous],
    connect: () => ({ security: 'TLSNone' }),
  },
  {
    name: 'TLSVnc',
    vnc: ',tls-creds=tls,password-secret=pw',
    objects: () => [anonymous, secret()],
    connect: () => ({ security: 'TLSVnc', password: PASSWORD }),
  },
  {
    name: 'X509None',
    vnc: ',tls-creds=tls',
    objects: () => [x509(false)],
    connect: () => ({ security: 'X509None', tls: trust() }),
  },
  {
    name: 'X509Vnc',
    vnc: ',tls-creds=tls,password-secret=pw',
    objects: () => [x509(false), secret()],
    connect: () => ({ security: 'X509Vnc', password: PASSWORD, tls: trust() }),
  },
  {
    name: 'X509None with a client certificate',
    vnc: ',tls-creds=tls',
    objects: () => [x509(true)],
    connect: () => ({ security: 'X509None', tls: { ...trust(), ...pki.alice } }),
  },
];

describe('our client at QEMU', { skip: withoutPeers(qemuCommand, grubImage) }, () => {
  for (const mode of modes) {
    it(`sees and types over ${mode.name}`, () =>
      withGuest(
        'mode',
        { vnc: mode.vnc ?? '', objects: mode.objects?.() ?? [] },
        async (socket) => {
          const client = await connect(`unix:${socket}`, mode.connect());
          try {
            await useGuest(client);
            assert.equal(client.security.name, mode.name.split(' ')[0]);
          } finally {
            await client.close();
          }
        },
      ));
  }

  it('is refused with a wrong password, without a certificate and with a revoked one', async () => {
    await withGuest(
      'refuse',
      { vnc: ',tls-creds=tls,password-secret=pw', objects: [x509(true), secret()] },
      async (socket) => {
        const good = { security: 'X509Vnc', password: PASSWORD } as const;
        const attempts: ConnectOptions[] = [
          { ...good, password: 'wrong123', tls: { ...trust(), ...pki.alice } },
          { ...good, tls: trust() },
          { ...good, tls: { ...trust(), ...pki.bob } },
        ];
        for (const options of attempts) await assert.rejects(connect(`unix:${socket}`, options));
      },
    );
  });

  it('refuses a QEMU whose certificate is of another authority, before anything is sent', () =>
    withGuest('evil', { vnc: ',tls-creds=tls', objects: [x509(false)] }, (socket) =>
      assert.rejects(
        connect(`unix:${socket}`, {
          security: 'X509None',
          tls: { ca: pki.evilCa, servername: 'localhost' },
        }),
        { code: 'ERR_VNC_CERTIFICATE' },
      ),
    ));
});

/** A guest that reads a font takes no keys meanwhile. */
const RETYPE_MS = 10_000;

describe('sallyport serve in front of QEMU', () => {
  const skip = withoutPeers(qemuCommand, grubImage, tigervnc.program, 'Xvfb', 'xdotool', 'openbox');

  /** The command as a user runs it; resolves with the port once it listens. */
  async function withCommand(
    args: readonly string[],
    use: (port: number) => Promise<void>,
  ): Promise<void> {
    const child = spawn(
      process.execPath,
      [
        ...'bin/sallyport.js serve --json --listen 127.0.0.1::0'.split(' '),
        '--tls-dir',
        folder,
        '--password-file',
        join(folder, 'password'),
        ...args,
      ],
      { stdio: ['ignore', 'pipe', 'inherit'] },
    );
    try {
      const [line] = (await once(child.stdout, 'data')) as [Buffer];
      const { addresses } = JSON.parse(line.toString().split('\n')[0]!) as { addresses: string[] };
      await use(Number(/(\d+)$/.exec(addresses[0]!)![1]) + (/::/.test(addresses[0]!) ? 0 : 5900));
    } finally {
      child.kill('SIGINT');
      const [code] = (await once(child, 'exit')) as [number];
      assert.equal(code, 0);
    }
  }

  const throughUs = (port: number): Promise<VncClient> =>
    connect(`127.0.0.1::${port}`, { security: 'X509Vnc', password: PASSWORD, tls: { ca: pki.ca } });

  it(
    'puts X509Vnc before a guest on a unix socket, decoded once for several viewers',
    { skip },
    () =>
      withGuest('front', {}, (socket) =>
        withCommand([`unix:${socket}`], async (port) => {
          const [first, second] = await Promise.all([throughUs(port), throughUs(port)]);
          await useGuest(first);
          await until('the same picture at the other', () =>
            second.framebuffer.pixels.every((pixel, i) => pixel === first.framebuffer.pixels[i]),
          );
          await first.close();
          await second.close();
        }),
      ),
  );

  it('starts a guest itself, shows it in TigerVNC and follows its resolution', { skip }, () =>
    withCommand(['--qemu', '--', qemuCommand, ...grubMachine], async (port) => {
      const x = await startXServer();
      const trusted = join(folder, 'ca-cert.pem');
      const viewer = tigervnc.start(x, {
        port,
        mode: 'X509Vnc',
        username: '',
        password: PASSWORD,
        ca: trusted,
      });
      const watcher = await throughUs(port);
      /** One line, and again if nothing came of it: a guest that is busy loses keys. */
      const typeUntil = async (line: string, width: number, height: number): Promise<void> => {
        let typedAt = Number.NEGATIVE_INFINITY;
        const hasWorked = async (): Promise<boolean> => {
          const { framebuffer } = watcher;
          if (framebuffer.width === width && framebuffer.height === height) return true;
          if (performance.now() - typedAt > RETYPE_MS) {
            // xdotool's newline is Linefeed, which a PC keyboard lacks.
            await x.xdotool('key', 'Return');
            await x.xdotool('type', '--delay', '30', line);
            await x.xdotool('key', 'Return');
            typedAt = performance.now();
          }
          return false;
        };
        await until(`${width}x${height}`, hasWorked, 3 * RETYPE_MS);
      };
      try {
        await until('the menu of GRUB', () => lit(watcher.framebuffer, grubTitle));
        let window = '';
        await until('the viewer to have a window', async () => {
          window = (await x.xdotool('search', '--onlyvisible', '--name', 'TigerVNC')) ?? '';
          return window !== '';
        });
        await x.xdotool('windowactivate', '--sync', window);
        await x.xdotool('mousemove', '--window', window, '100', '100');
        await until('the prompt, by a key typed into the viewer', async () => {
          if (!lit(watcher.framebuffer, grubPrompt)) await x.xdotool('key', 'c');
          return lit(watcher.framebuffer, grubPrompt);
        });
        let first = 'insmod all_video; insmod gfxterm; loadfont unicode; ';
        for (const [width, height] of [
          [800, 600],
          [1024, 768],
        ] as const) {
          const line = `${first}set gfxmode=${width}x${height}; terminal_output gfxterm`;
          first = '';
          await typeUntil(line, width, height);
          await typeUntil('terminal_output console', 720, 400);
        }
      } finally {
        await watcher.close();
        await endProcess(viewer.child);
        await x.close();
      }
    }),
  );
});
