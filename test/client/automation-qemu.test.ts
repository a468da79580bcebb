/** Automation against a real guest, whose keyboard buffer is small and whose screen is read back character by character. */
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { pressKeys } from '../../src/client/automation/keys.ts';
import type { LayoutName } from '../../src/client/automation/layouts/layout.ts';
import { screenshot, type Picture } from '../../src/client/automation/screenshot.ts';
import { typeText } from '../../src/client/automation/type-text.ts';
import { waitForStable } from '../../src/client/automation/wait.ts';
import { decodePng } from '../../src/node/png.ts';
import { grubImage, qemuCommand } from '../support/grub.ts';
import { shapeAt, startGrub, type GrubGuest } from '../support/grub-guest.ts';
import { withoutPeers } from '../support/peers.ts';
import { startSallyport } from '../support/sallyport.ts';

/** Of every kind of key that types: with and without Shift. */
const alphabet = 'abcdefghijklmnopqrstuvwxyz0123456789 ABXYZ!"#$%&()*+:<>?@^_{|}~';

describe('automation of a QEMU guest', { skip: withoutPeers(qemuCommand, grubImage) }, () => {
  let guest: GrubGuest;
  before(async () => {
    guest = await startGrub();
  });
  after(() => guest?.stop());

  it('types 200 characters of which none is lost, doubled or another one', async () => {
    const { client } = guest;
    // What each character looks like, typed so slowly that nothing can go wrong.
    await typeText(client, alphabet, { keyDelayMs: 60 });
    const letters = await waitForStable(client, { stableMs: 200 });
    const byShape = new Map(
      Array.from(alphabet, (character, i) => [shapeAt(letters, i), character]),
    );
    assert.equal(byShape.size, alphabet.length, 'each has a shape of its own');

    await pressKeys(client, 'ctrl-u');
    const text = Array.from(
      { length: 200 },
      (_, i) => alphabet[(i * 37 + 1) % alphabet.length],
    ).join('');
    const startedAt = performance.now();
    assert.deepEqual(await typeText(client, text), { outcome: 'sent', sent: 200 });
    const tookMs = performance.now() - startedAt;
    const typed = await waitForStable(client, { stableMs: 200 });
    const read = Array.from(text, (_, i) => byShape.get(shapeAt(typed, i)) ?? '?').join('');
    assert.equal(read, text);
    assert.ok(tookMs < 20_000, `${tookMs} ms`);
    await pressKeys(client, 'ctrl-u');
  });

  it('types by scan codes, for the layout that the guest has', async () => {
    const { client } = guest;
    const read = async (text: string, layout: LayoutName | undefined): Promise<Picture> => {
      await typeText(client, text, layout === undefined ? {} : { layout });
      const shown = await waitForStable(client, { stableMs: 200 });
      await pressKeys(client, 'ctrl-u');
      return shown;
    };
    const shapes = (picture: Picture): string[] =>
      Array.from('zyqaw@', (_, i) => shapeAt(picture, i));
    const wanted = shapes(await read('zyqaw@', undefined));
    assert.deepEqual(shapes(await read('zyqaw@', 'us')), wanted);
    // GRUB has American keys: what the German ones where z and y stand give it is y and z, and ü is [.
    const german = shapes(await read('yzqawü', 'de'));
    assert.deepEqual(german.slice(0, 5), wanted.slice(0, 5));
    assert.equal(german[5], shapes(await read('zyqaw[', 'us'))[5]);
  });

  it("runs a script of vncdotool's commands", async () => {
    const { url, client, folder } = guest;
    const file = join(folder, 'typed.png');
    const words = ['type', 'echo vdo', 'pause', '0.3', 'capture', file, 'key', 'ctrl-u'];
    const ended = await startSallyport(['do', '-s', url, ...words], {}).ended;
    assert.deepEqual([ended.code, ended.stderr], [0, '']);
    const captured = await decodePng(await readFile(file));
    await typeText(client, 'echo vdo');
    const typed = await waitForStable(client, { stableMs: 200 });
    for (let i = 0; i < 8; i++) assert.equal(shapeAt(captured, i), shapeAt(typed, i));
    await pressKeys(client, 'ctrl-u');
  });

  it('takes the picture that QEMU itself saves, pixel by pixel', async () => {
    const { monitor, client, folder, url } = guest;
    // A cursor that blinks belongs to neither moment.
    await monitor.execute('stop');
    const [theirs, ours] = [join(folder, 'theirs.png'), join(folder, 'ours.png')];
    await monitor.execute('screendump', { filename: theirs, format: 'png' });
    const ended = await startSallyport(['shot', url, ours], {}).ended;
    assert.deepEqual([ended.code, ended.stderr], [0, '']);
    const expected = await decodePng(await readFile(theirs));
    assert.ok(new Set(expected.pixels).size > 1, 'there is something to see');
    assert.deepEqual(await decodePng(await readFile(ours)), expected);
    assert.deepEqual(await screenshot(client), expected);
    await monitor.execute('cont');
  });
});
