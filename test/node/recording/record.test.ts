/** Sessions with a server of ours, recorded and played, pixel by pixel. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { screenshot } from '../../../src/client/automation/screenshot.ts';
import { createRecordingDisplay } from '../../../src/displays/recording.ts';
import { connect } from '../../../src/node/connect.ts';
import { createFbsFile, openFbsFile } from '../../../src/node/recording/fbs.ts';
import { recordedPicture } from '../../../src/node/recording/playback.ts';
import { recordSession } from '../../../src/node/recording/record.ts';
import { serve, type Serving } from '../../../src/node/serve.ts';
import type { Framebuffer } from '../../../src/pixels/framebuffer.ts';
import { FakeDisplay } from '../../support/fake-display.ts';

const folder = mkdtempSync(join(tmpdir(), 'sallyport-record-'));
const url = `unix:${join(folder, 'vnc')}`;
const display = new FakeDisplay({ width: 40, height: 30, resizable: true });
let serving: Serving;

before(async () => {
  serving = await serve({ display, listen: url, security: 'VncAuth', access: { password: 'x' } });
});
after(async () => {
  await serving?.close();
  rmSync(folder, { recursive: true, force: true });
});

/** Colours without a pattern, always the same. */
function scatter(seed: number): void {
  const { framebuffer } = display;
  let state = seed;
  for (let i = 0; i < framebuffer.pixels.length; i++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    if (i % 3 === seed % 3) framebuffer.pixels[i] = (0xff000000 | (state >>> 8)) >>> 0;
  }
  display.events.emit('damage', [framebuffer.bounds]);
}

const equalPictures = (a: Framebuffer, b: Framebuffer): boolean =>
  a.width === b.width && a.height === b.height && Buffer.compare(a.bytes, b.bytes) === 0;

const options = { security: 'VncAuth', password: 'x', jpeg: false } as const;

describe('a recorded session', () => {
  const file = join(folder, 'session.fbs');
  const pictures: Array<{ readonly atMs: number; readonly pixels: Uint32Array }> = [];

  before(async () => {
    const writer = await createFbsFile(file);
    const client = await recordSession(url, writer, options);
    for (let seed = 1; seed <= 6; seed++) {
      if (seed === 4) display.setSize(50, 20);
      scatter(seed);
      // An update that was on its way may come first.
      while (!equalPictures(client.framebuffer, display.framebuffer))
        await Promise.race([client.events.once('damage'), client.events.once('resize')]);
      const { pixels } = await screenshot(client, { fresh: false });
      pictures.push({ atMs: await lastMs(), pixels });
    }
    await client.close();
    await writer.close();
  });

  /** Of the file as it is. */
  async function lastMs(): Promise<number> {
    const reader = await openFbsFile(file);
    let atMs = 0;
    for (;;) {
      const block = await reader.next();
      if (block === undefined) break;
      ({ atMs } = block);
    }
    await reader.close();
    return atMs;
  }

  it('ends with the last picture, of the size that the screen had then', async () => {
    const client = await recordedPicture(file, Number.POSITIVE_INFINITY);
    assert.deepEqual([client.framebuffer.width, client.framebuffer.height], [50, 20]);
    assert.deepEqual(client.framebuffer.pixels, pictures.at(-1)?.pixels);
    assert.equal(client.name, 'fake');
  });
  it('has every picture at its time', async () => {
    for (const { atMs, pixels } of pictures) {
      // What came in the same millisecond cannot be told apart.
      if (pictures.filter((each) => each.atMs === atMs).length > 1) continue;
      const { framebuffer } = await recordedPicture(file, atMs);
      assert.deepEqual(framebuffer.pixels, pixels, `at ${atMs} ms`);
    }
  });
  it('is served to a viewer like any display', async () => {
    const recording = await createRecordingDisplay({ file, speed: 1000 });
    const played = `unix:${join(folder, 'played')}`;
    const server = await serve({
      display: recording,
      listen: played,
      security: 'None',
      allowInsecure: ['none'],
    });
    const viewer = await connect(played, { security: 'None' });
    const last = pictures.at(-1)?.pixels ?? new Uint32Array();
    while (Buffer.compare(viewer.framebuffer.bytes, new Uint8Array(last.buffer)) !== 0)
      await Promise.race([viewer.events.once('damage'), viewer.events.once('resize')]);
    await viewer.close();
    await server.close();
    await recording.close();
  });
});
