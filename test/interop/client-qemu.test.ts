/** QEMU's encodings, as our client reads them, and QEMU's own picture of the same moment. test/interop/qemu.test.ts logs in. */
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import type { Picture } from '../../src/client/automation/screenshot.ts';
import { decodePng } from '../../src/node/png.ts';
import { parseAddress } from '../../src/node/address.ts';
import { Encoding, encodingName } from '../../src/rfb/constants.ts';
import { grubImage, qemuCommand } from '../support/grub.ts';
import { startGrub, type GrubGuest } from '../support/grub-guest.ts';
import { withoutPeers } from '../support/peers.ts';
import { assertDecodes, assertDecodesIn16 } from './server-pictures.ts';

/** It has no RRE. */
const encodings = [
  Encoding.Raw,
  Encoding.Hextile,
  Encoding.Zlib,
  Encoding.Tight,
  Encoding.ZRLE,
] as const;

describe('our client and the encodings of QEMU', {
  skip: withoutPeers(qemuCommand, grubImage),
}, () => {
  let guest: GrubGuest;
  let wanted: Picture;
  const address = () => parseAddress(guest.url, 'connect');
  before(async () => {
    guest = await startGrub();
    // A cursor that blinks belongs to neither moment.
    await guest.monitor.execute('stop');
    const filename = join(guest.folder, 'theirs.png');
    await guest.monitor.execute('screendump', { filename, format: 'png' });
    wanted = await decodePng(await readFile(filename));
    assert.ok(new Set(wanted.pixels).size > 1, 'there is something to see');
  });
  after(() => guest?.stop());

  for (const encoding of encodings) {
    it(`shows by ${encodingName(encoding)} what QEMU's screendump shows, and in 16 bits what Raw shows`, async () => {
      await assertDecodes(address(), encoding, wanted);
      await assertDecodesIn16(address(), encoding);
    });
  }
  it('shows by TightPNG what the screendump shows, at the fastest level too', async () => {
    const received = await assertDecodes(address(), Encoding.TightPng, wanted);
    const level = { compressionLevel: 1 };
    assert.notEqual(await assertDecodes(address(), Encoding.TightPng, wanted, level), received);
  });
  for (const level of [0, 9]) {
    it(`shows the same by Tight at compression level ${level}`, async () => {
      await assertDecodes(address(), Encoding.Tight, wanted, { compressionLevel: level });
    });
  }
});
