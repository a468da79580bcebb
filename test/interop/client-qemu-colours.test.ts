/** QEMU with a screen of many colours, as our client reads it: what a text screen never leads its encodings to. */
import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import type { Picture } from '../../src/client/automation/screenshot.ts';
import { openQmpClient, type QmpClient } from '../../src/control/qmp-client.ts';
import { startGuestProcess } from '../../src/displays/guest-process.ts';
import type { Address } from '../../src/node/address.ts';
import { dial } from '../../src/node/dial.ts';
import { decodePng } from '../../src/node/png.ts';
import { Encoding, encodingName } from '../../src/rfb/constants.ts';
import { fromHex } from '../../src/wire/hex.ts';
import { bareMachine, qemuCommand } from '../support/grub.ts';
import { withoutPeers } from '../support/peers.ts';
import { until } from '../support/until.ts';
import { assertDecodes } from './server-pictures.ts';

/** A boot sector that fills a screen of 640x480 in true colour, bank by bank. */
const program = fromHex(`
  fc             # cld
  b8 02 4f       # mov ax, VBE: set a mode
  bb 12 01       # mov bx, 640x480x24
  cd 10          # int video
  68 00 a0 07    # push a000; pop es
  31 d2          # xor dx, dx
  b8 05 4f       # bank: mov ax, VBE: window to bank dx
  31 db          # xor bx, bx
  cd 10          # int video
  31 ff          # xor di, di
  89 f8          # next: mov ax, di
  69 c0 35 12    # imul ax, 1235
  31 d0          # xor ax, dx
  ab             # stosw
  85 ff          # test di, di
  75 f3          # jnz next
  42             # inc dx
  83 fa 13       # cmp dx, 19
  72 e4          # jb bank
  fa f4 eb fd    # cli; hlt; jmp to hlt
`);

describe('our client and many colours of QEMU', { skip: withoutPeers(qemuCommand) }, () => {
  let folder: string;
  let guest: Awaited<ReturnType<typeof startGuestProcess>>;
  let monitor: QmpClient;
  let address: Address;
  let wanted: Picture;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'colours-'));
    const sector = Buffer.alloc(512);
    sector.set(program);
    sector.writeUInt16BE(0x55aa, 510);
    const [disk, vnc, qmp] = ['disk', 'vnc', 'qmp'].map((name) => join(folder, name));
    await writeFile(disk!, sector);
    guest = await startGuestProcess(qemuCommand, [
      ...bareMachine,
      ...'-m 16 -vga std -drive'.split(' '),
      `file=${disk},format=raw,if=ide`,
      '-vnc',
      `unix:${vnc}`,
      '-qmp',
      `unix:${qmp},server=on,wait=off`,
    ]);
    address = { kind: 'unix', path: vnc! };
    await until('the monitor', async () => {
      const stream = await dial({ kind: 'unix', path: qmp! }).catch(() => undefined);
      if (stream !== undefined) monitor = await openQmpClient(stream);
      return stream !== undefined;
    });
    const filename = join(folder, 'theirs.png');
    await until(
      'the last pixel',
      async () => {
        await monitor.execute('screendump', { filename, format: 'png' });
        wanted = await decodePng(await readFile(filename));
        return (
          wanted.width === 640 && wanted.height === 480 && (wanted.pixels.at(-1)! & 0xffffff) > 0
        );
      },
      20_000,
    );
    assert.ok(new Set(wanted.pixels).size > 10_000, 'there are many colours');
  });
  after(async () => {
    monitor?.close();
    await guest?.end();
    await rm(folder, { recursive: true });
  });

  for (const encoding of [Encoding.Tight, Encoding.TightPng, Encoding.ZRLE])
    it(`shows by ${encodingName(encoding)} what QEMU's screendump shows`, async () => {
      await assertDecodes(address, encoding, wanted);
    });
});
