/** A small LibVNCServer program, compiled here: its encodings, CopyRect and new sizes, against its own framebuffer. */
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { screenshot, type Picture } from '../../src/client/automation/screenshot.ts';
import { typeText } from '../../src/client/automation/type-text.ts';
import type { VncClient } from '../../src/client/client.ts';
import { AuthenticationError } from '../../src/core/errors.ts';
import { connect } from '../../src/node/connect.ts';
import { Encoding, encodingName } from '../../src/rfb/constants.ts';
import { endProcess } from '../support/child.ts';
import { withoutPeers } from '../support/peers.ts';
import { until } from '../support/until.ts';
import { assertDecodes, assertDecodesIn16, assertSame } from './server-pictures.ts';

const encodings = [
  Encoding.Raw,
  Encoding.RRE,
  Encoding.Hextile,
  Encoding.Zlib,
  Encoding.Tight,
  Encoding.ZRLE,
] as const;

interface Desk {
  readonly port: number;
  /** What it has printed. */
  readonly output: () => string;
  readonly picture: () => Picture;
  readonly close: () => Promise<void>;
}

describe('our client at LibVNCServer', {
  skip: withoutPeers('cc', '/usr/include/rfb/rfb.h'),
}, () => {
  const folder = mkdtempSync(join(tmpdir(), 'client-libvncserver-'));
  const program = join(folder, 'desk');
  const desks: Desk[] = [];
  let desk: Desk;
  before(async () => {
    const source = 'test/fixtures/libvncserver-desk.c';
    execFileSync('cc', ['-O1', '-Wall', '-Werror', '-o', program, source, '-lvncserver']);
    desk = await start();
  });
  after(async () => {
    for (const each of desks) await each.close();
    rmSync(folder, { recursive: true, force: true });
  });

  async function start(...args: string[]): Promise<Desk> {
    const file = join(folder, `dump-${desks.length}`);
    const child = spawn(program, [file, ...args], { stdio: ['ignore', 'pipe', 'ignore'] });
    let output = '';
    child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
    await until('its port', () => output.includes('\n'));
    const started: Desk = {
      port: Number.parseInt(output, 10),
      output: () => output,
      picture: () => readPpm(readFileSync(file)),
      close: () => endProcess(child),
    };
    desks.push(started);
    return started;
  }

  const address = () => ({ kind: 'tcp', host: '127.0.0.1', port: desk.port }) as const;

  for (const encoding of encodings) {
    it(`shows by ${encodingName(encoding)} what it has, and in 16 bits what Raw shows`, async () => {
      await assertDecodes(address(), encoding, desk.picture());
      await assertDecodesIn16(address(), encoding);
    });
  }
  it('shows the same by Tight at every level', async () => {
    for (let compressionLevel = 0; compressionLevel <= 9; compressionLevel++)
      await assertDecodes(address(), Encoding.Tight, desk.picture(), { compressionLevel });
  });

  it('types what arrives there, follows CopyRect, and a new size', async () => {
    const own = await start();
    const client = await connect(`127.0.0.1::${own.port}`, { security: 'None', jpeg: false });
    try {
      await screenshot(client);
      for (const [keys, width] of [
        ['cd', 320],
        ['rd', 200],
      ] as const) {
        await typeText(client, keys);
        const told = Array.from(keys, (each) => `key ${each.charCodeAt(0)}\n`).join('');
        await until('the keys', () => own.output().endsWith(told));
        await until('the size', () => client.framebuffer.width === width);
        // Without asking for all of it: this is what came by itself.
        await until('the picture', () => isSame(client, own.picture()));
        assertSame(await screenshot(client), own.picture(), keys);
      }
    } finally {
      await client.close();
    }
  });

  it('logs in with VncAuth, and not with a wrong password', async () => {
    const { port } = await start('secret12');
    const client = await connect(`127.0.0.1::${port}`, {
      security: 'VncAuth',
      password: 'secret12',
    });
    assert.equal(client.name, 'desk');
    await client.close();
    await assert.rejects(
      connect(`127.0.0.1::${port}`, { security: 'VncAuth', password: 'secret21' }),
      AuthenticationError,
    );
  });
});

const isSame = ({ framebuffer }: VncClient, { pixels }: Picture): boolean =>
  framebuffer.pixels.length === pixels.length &&
  framebuffer.pixels.every((pixel, i) => ((pixel ^ (pixels[i] ?? 0)) & 0xffffff) === 0);

/** P6 with a maximum of 255, its header in three lines. */
function readPpm(file: Buffer): Picture {
  const header = /^P6\n(\d+) (\d+)\n255\n/.exec(file.toString('latin1', 0, 40));
  assert.ok(header !== null);
  const [width, height] = [Number(header[1]), Number(header[2])];
  const pixels = new Uint32Array(width * height);
  const start = header[0].length;
  for (let i = 0; i < pixels.length; i++)
    pixels[i] = (0xff000000 | file.readUIntBE(start + i * 3, 3)) >>> 0;
  return { width, height, pixels };
}
