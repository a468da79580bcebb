/** Our keyboards against QEMU's own keymaps: the key that it finds for each keysym is the key that we would have sent. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { findLayout } from '../../../src/client/automation/layouts/registry.ts';
import type { LayoutName, Stroke } from '../../../src/client/automation/layouts/layout.ts';
import { connect } from '../../../src/node/connect.ts';
import { qemuCommand } from '../../support/grub.ts';
import { withoutPeers } from '../../support/peers.ts';
import { until } from '../../support/until.ts';

/** QEMU's name of each, and what its map of 7.2 does not have or has elsewhere; with scan codes it does not matter. */
const keymaps: readonly (readonly [LayoutName, string, string])[] = [
  ['us', 'en-us', ''],
  ['uk', 'en-gb', ''],
  ['de', 'de', '\u0300\u0301\u0302'],
  ['fr', 'fr', '\u0302'],
  ['es', 'es', '\\[]{}'],
  ['jp', 'ja', '¥~'],
];

describe('keyboard layouts and the keymaps of QEMU', {
  skip: withoutPeers(qemuCommand),
  concurrency: true,
}, () => {
  const folder = mkdtempSync(join(tmpdir(), 'keymaps-'));
  after(() => rmSync(folder, { recursive: true, force: true }));

  for (const [name, keymap, otherwise] of keymaps)
    it(`agree on ${keymap}`, async () => {
      const socket = join(folder, name);
      const vnc = `unix:${socket},key-delay-ms=0`;
      const args = `-m 16 -display none -nic none -trace vnc_key_event_map -k ${keymap}`.split(' ');
      const guest = spawn(qemuCommand, [...args, '-vnc', vnc]);
      let log = '';
      guest.stderr.on('data', (chunk: Buffer) => (log += chunk.toString()));
      try {
        await until('the socket', () => existsSync(socket));
        const client = await connect(`unix:${socket}`, { security: 'None', jpeg: false });
        const differing: string[] = [];
        for (const [character, stroke] of findLayout(name)) {
          const { keysym, shift, altGr } = stroke;
          const keysyms = [...(shift ? [0xffe1] : []), ...(altGr ? [0xfe03] : []), keysym];
          log = '';
          for (const each of keysyms) client.key({ down: true, keysym: each });
          for (const each of keysyms.toReversed()) client.key({ down: false, keysym: each });
          // The last to go up is the first that went down.
          const last = `down 0, sym 0x${(keysyms[0] ?? 0).toString(16)} -> `;
          await until(`key ${character}`, () => log.includes(last) && log.endsWith('\n'));
          if (pressed(log) !== wanted(stroke)) differing.push(character);
        }
        assert.deepEqual(differing.toSorted(), Array.from(otherwise).toSorted());
        await client.close();
      } finally {
        guest.kill();
      }
    });
});

const pressed = (log: string): string =>
  Array.from(log.matchAll(/down 1, sym 0x[0-9a-f]+ -> keycode 0x([0-9a-f]+)/g), (m) => m[1]).join();

const wanted = ({ keycode, shift, altGr }: Stroke): string =>
  [...(shift ? [0x2a] : []), ...(altGr ? [0xb8] : []), keycode]
    .map((code) => code.toString(16))
    .join();
