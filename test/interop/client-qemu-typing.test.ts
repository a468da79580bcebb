/**
 * Text for a real guest in QEMU: every key arrives, once and in order. The guest says on its serial line what it was typed.
 * SALLYPORT_TYPED=2000 types so many characters, at the 27 a second that the guest's screen shows.
 */
import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { typeText } from '../../src/client/automation/type-text.ts';
import { startGuestProcess } from '../../src/displays/guest-process.ts';
import { connect } from '../../src/node/connect.ts';
import { fromHex } from '../../src/wire/hex.ts';
import { bareMachine, qemuCommand } from '../support/grub.ts';
import { withoutPeers } from '../support/peers.ts';
import { until } from '../support/until.ts';

/** A boot sector that writes each key to the screen and to the first serial port; at first a `>` on the latter. */
const program = fromHex(`
  b0 3e          # mov al, '>'
  ba f8 03       # next: mov dx, COM1
  ee             # out dx, al
  b4 0e          # mov ah, teletype
  31 db          # xor bx, bx
  cd 10          # int video
  30 e4          # xor ah, ah: wait for a key
  cd 16          # int keyboard
  eb f0          # jmp to next
`);

const LINE = 'The quick (brown) fox: jumps, OVER 12 lazy dogs; 50 ';
const COUNT = Number(process.env.SALLYPORT_TYPED ?? 400);
const TEXT = Array.from(
  { length: Math.ceil(COUNT / LINE.length) },
  (_, i) => `${String(i).padStart(2, '0')}${LINE}`,
)
  .join('')
  .slice(0, COUNT);

describe('our client typing into a guest of QEMU', { skip: withoutPeers(qemuCommand) }, () => {
  let folder: string;
  let guest: Awaited<ReturnType<typeof startGuestProcess>>;
  const serial = (): Promise<string> => readFile(join(folder, 'serial'), 'latin1').catch(() => '');
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'typing-'));
    const sector = Buffer.alloc(512);
    sector.set(program);
    sector.writeUInt16BE(0x55aa, 510);
    await writeFile(join(folder, 'disk'), sector);
    guest = await startGuestProcess(qemuCommand, [
      ...bareMachine,
      ...'-m 16 -vga std -drive'.split(' '),
      `file=${join(folder, 'disk')},format=raw,if=ide`,
      '-serial',
      `file:${join(folder, 'serial')}`,
      '-vnc',
      `unix:${join(folder, 'vnc')}`,
    ]);
    await until('the guest', async () => (await serial()).includes('>'), 30_000);
  });
  after(async () => {
    await guest?.end();
    await rm(folder, { recursive: true });
  });

  it('loses no character, doubles none and keeps their order', async () => {
    assert.equal(TEXT.length, COUNT);
    const client = await connect(`unix:${join(folder, 'vnc')}`, { security: 'None' });
    try {
      // A guest's keyboard buffer has room for a few keys: it is the echo on its screen that paces.
      assert.deepEqual(await typeText(client, TEXT, { keyDelayMs: 4 }), {
        outcome: 'sent',
        sent: COUNT,
      });
    } finally {
      await client.close();
    }
    await until('the last key', async () => (await serial()).length > TEXT.length, 10_000).catch(
      () => undefined,
    );
    assert.equal(await serial(), `>${TEXT}`);
  });
});
