import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { hashPicture } from '../../../src/client/automation/picture-hash.ts';
import type { VncSession } from '../../../src/client/automation/verbs.ts';
import { TimeoutError } from '../../../src/core/errors.ts';
import { connect } from '../../../src/node/connect.ts';
import { decodePng } from '../../../src/node/png.ts';
import { serve, type Serving } from '../../../src/node/serve.ts';
import { FakeDisplay } from '../../support/fake-display.ts';

describe('a session with verbs', () => {
  const folder = mkdtempSync(join(tmpdir(), 'verbs-'));
  const display = new FakeDisplay({ width: 200, height: 100 });
  let serving: Serving;
  let vnc: VncSession;
  before(async () => {
    display.framebuffer.pixels.forEach((_, i) => {
      display.framebuffer.pixels[i] = (0xff000000 | Math.imul(i, 2654435761)) >>> 0;
    });
    const url = `unix:${join(folder, 'vnc')}`;
    serving = await serve({ display, listen: url, security: 'None' });
    vnc = await connect(url, { security: 'None', jpeg: false });
  });
  after(async () => {
    await vnc.close();
    await serving.close();
    rmSync(folder, { recursive: true });
  });

  it('types, presses and clicks by its own methods', async () => {
    assert.deepEqual(await vnc.type('ab', { keyDelayMs: 0 }), { outcome: 'sent', sent: 2 });
    await vnc.press('ctrl-c');
    await vnc.click({ x: 10, y: 20 });
    const downs = display.keys.filter(({ down }) => down).map(({ keysym }) => keysym);
    assert.deepEqual(downs, [0x61, 0x62, 0xffe3, 0x63]);
    assert.ok(display.pointers.some(({ x, y, buttonMask }) => x === 10 && y === 20 && buttonMask));
  });

  it('takes screenshots as pixels and as PNG files', async () => {
    const region = { x: 3, y: 5, width: 70, height: 41 };
    const pixels = await vnc.screenshot({ region });
    assert.deepEqual(Array.from(pixels.pixels), Array.from(display.framebuffer.get(region)));
    const file = await vnc.screenshot({ region, format: 'png' });
    assert.deepEqual(await decodePng(Buffer.from(file)), pixels);
    const half = await decodePng(Buffer.from(await vnc.screenshot({ scale: 0.5, format: 'png' })));
    assert.deepEqual([half.width, half.height], [100, 50]);
  });

  it('waits for a picture by its hash, which is that of the colours and the size', async () => {
    const region = { x: 10, y: 10, width: 30, height: 20 };
    const hash = hashPicture(await vnc.screenshot({ region }));
    assert.match(hash.hash, /^[0-9a-f]{16}$/);
    assert.equal(await vnc.waitForRegion(hash, { x: 10, y: 10 }), 0);
    await assert.rejects(vnc.waitForRegion(hash, { x: 11, y: 10, timeoutMs: 100 }), TimeoutError);
    const turned = { ...(await vnc.screenshot({ region })), width: 20, height: 30 };
    assert.equal(hashPicture(turned).hash, hash.hash);
    assert.notDeepEqual(hashPicture(turned), hash);
  });
});
