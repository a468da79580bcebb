/** wayvnc (neatvnc) on a headless sway: its encodings against the picture that sway shows, its one TLS type, and keys. */
import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import {
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { pressKeys } from '../../src/client/automation/keys.ts';
import type { Picture } from '../../src/client/automation/screenshot.ts';
import { createAuthority, issueServerCertificate } from '../../src/node/certificate-authority.ts';
import { connect } from '../../src/node/connect.ts';
import { encodePng } from '../../src/client/automation/picture-file.ts';
import { Encoding, encodingName } from '../../src/rfb/constants.ts';
import { endProcess } from '../support/child.ts';
import { withoutPeers } from '../support/peers.ts';
import { until } from '../support/until.ts';
import { assertDecodes, assertDecodesIn16, pictureOf } from './server-pictures.ts';

const encodings = [Encoding.Raw, Encoding.Tight, Encoding.ZRLE] as const;
const [WIDTH, HEIGHT] = [640, 480];

/** sway does not start for root: then all of it is nobody's. */
const NOBODY = process.getuid?.() === 0 ? { uid: 65534, gid: 65534 } : {};

/** Squares of many colours. */
function wallpaper(): Picture {
  const pixels = Uint32Array.from({ length: WIDTH * HEIGHT }, (_, i) => {
    const [x, y] = [(i % WIDTH) >> 4, Math.floor(i / WIDTH) >> 4];
    return (0xff000000 | ((x * 0x060201 + y * 0x010508) & 0xffffff)) >>> 0;
  });
  return { width: WIDTH, height: HEIGHT, pixels };
}

describe('our client at wayvnc', { skip: withoutPeers('wayvnc', 'sway', 'swaybg') }, () => {
  const folder = mkdtempSync(join(tmpdir(), 'client-wayvnc-'));
  const inFolder = (name: string): string => join(folder, name);
  const address = { kind: 'unix', path: inFolder('vnc') } as const;
  const wanted = wallpaper();
  const children: ChildProcess[] = [];
  let ca: string;

  const hand = (path: string): void => {
    if (NOBODY.uid !== undefined) chownSync(path, NOBODY.uid, NOBODY.gid);
  };
  const save = (name: string, text: string | Uint8Array): string => {
    writeFileSync(inFolder(name), text, { mode: 0o600 });
    hand(inFolder(name));
    return inFolder(name);
  };
  const start = (program: string, args: readonly string[], env: NodeJS.ProcessEnv = {}): void => {
    const environment = {
      PATH: process.env['PATH'],
      LD_LIBRARY_PATH: process.env['LD_LIBRARY_PATH'],
      HOME: folder,
      XDG_RUNTIME_DIR: folder,
      WLR_BACKENDS: 'headless',
      WLR_LIBINPUT_NO_DEVICES: '1',
      WLR_RENDERER: 'pixman',
      LIBSEAT_BACKEND: 'noop',
      ...env,
    };
    children.push(
      spawn(program, args, { env: environment, stdio: 'ignore', detached: true, ...NOBODY }),
    );
  };

  before(async () => {
    hand(folder);
    const authority = await createAuthority();
    ca = authority.cert;
    const server = await issueServerCertificate(authority, ['localhost'], { keyType: 'RSA-2048' });
    const picture = save('wallpaper.png', encodePng(wanted));
    const config = save(
      'sway.conf',
      `output HEADLESS-1 resolution ${WIDTH}x${HEIGHT} position 0,0
output * bg ${picture} center
seat * hide_cursor 100
bindsym Control+k exec touch ${inFolder('pressed')}
`,
    );
    const secured = save(
      'wayvnc.conf',
      `enable_auth=true
username=alice
password=secret123
private_key_file=${save('key.pem', server.key)}
certificate_file=${save('cert.pem', server.cert)}
`,
    );
    start('sway', ['-c', config, '--unsupported-gpu']);
    const display = () => readdirSync(folder).find((name) => /^wayland-\d+$/.test(name));
    await until('sway', () => display() !== undefined);
    for (const [name, args] of [
      ['vnc', []],
      ['secured', ['-C', secured]],
    ] as const) {
      // Later versions have a control socket, one in a folder.
      const own = inFolder(`${name}-run`);
      mkdirSync(own, { mode: 0o700 });
      hand(own);
      start('wayvnc', ['-u', ...args, inFolder(name)], {
        XDG_RUNTIME_DIR: own,
        WAYLAND_DISPLAY: inFolder(display() ?? ''),
      });
    }
    await until('wayvnc', () => existsSync(address.path) && existsSync(inFolder('secured')));
    // And no cursor on it any more.
    await until('the wallpaper', async () => {
      const { picture: seen } = await pictureOf(address, {});
      return seen.pixels.every((pixel, i) => pixel === wanted.pixels[i]);
    });
  });
  after(async () => {
    for (const child of children.toReversed()) await endProcess(child);
    rmSync(folder, { recursive: true, force: true });
  });

  for (const encoding of encodings) {
    it(`shows by ${encodingName(encoding)} what sway shows, and in 16 bits what Raw shows`, async () => {
      await assertDecodes(address, encoding, wanted);
      await assertDecodesIn16(address, encoding);
    });
  }

  it('logs in over X509Plain', async () => {
    const client = await connect(`unix:${inFolder('secured')}`, {
      security: 'X509Plain',
      username: 'alice',
      password: 'secret123',
      tls: { ca, servername: 'localhost' },
    });
    assert.equal(client.security.name, 'X509Plain');
    await client.close();
  });

  it('presses keys that arrive there', async () => {
    const client = await connect(`unix:${address.path}`, { security: 'None' });
    try {
      await pressKeys(client, 'ctrl-k');
      await until('what the key does', () => existsSync(inFolder('pressed')));
    } finally {
      await client.close();
    }
  });
});
