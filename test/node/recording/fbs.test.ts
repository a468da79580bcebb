import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { createRecordingDisplay } from '../../../src/displays/recording.ts';
import { createFbsFile, fbsBlock, openFbsFile } from '../../../src/node/recording/fbs.ts';
import { playRecording, recordedPicture } from '../../../src/node/recording/playback.ts';
import { fromHex, toHex } from '../../../src/wire/hex.ts';

const folder = mkdtempSync(join(tmpdir(), 'sallyport-fbs-'));
after(() => rmSync(folder, { recursive: true, force: true }));

let count = 0;
function fileOf(...parts: (string | Uint8Array)[]): string {
  const file = join(folder, `${count++}.fbs`);
  writeFileSync(file, Buffer.concat(parts.map((part) => Buffer.from(part as string, 'latin1'))));
  return file;
}

async function blocksOf(file: string): Promise<string[]> {
  const reader = await openFbsFile(file);
  const blocks: string[] = [];
  try {
    for (;;) {
      const block = await reader.next();
      if (block === undefined) return blocks;
      blocks.push(`${toHex(block.bytes)}@${block.atMs}`);
    }
  } finally {
    await reader.close();
  }
}

describe('an FBS file', () => {
  it('is a signature and blocks: length, bytes padded to four, milliseconds', async () => {
    const file = join(folder, 'written.fbs');
    const writer = await createFbsFile(file);
    await writer.write({ bytes: Uint8Array.of(1, 2, 3, 4, 5), atMs: 0 });
    await writer.write({ bytes: Uint8Array.of(6, 7, 8, 9), atMs: 258 });
    await writer.close();
    assert.equal(
      readFileSync(file).toString('hex'),
      toHex(
        fromHex(`
          46425320 3030312e 3030300a # FBS 001.000
          00000005 0102030405 000000 # length, bytes, padding
          00000000                   # at the start
          00000004 06070809          # no padding
          00000102                   # 258 ms later`),
      ),
    );
    assert.equal(statSync(file).mode & 0o777, 0o600);
    assert.deepEqual(await blocksOf(file), ['0102030405@0', '06070809@258']);
  });
  it('may also be of version 001.001, and of nothing else', async () => {
    const block = fbsBlock({ bytes: Uint8Array.of(1), atMs: 7 });
    assert.deepEqual(await blocksOf(fileOf('FBS 001.001\n', block)), ['01@7']);
    for (const other of ['', 'FBS', 'FBS 002.000\n', 'FBS 001.002\n', 'vncLog0.0\n\n\n', '\x89PNG'])
      await assert.rejects(openFbsFile(fileOf(other)), /is no recording: it does not begin with/);
    await assert.rejects(openFbsFile(join(folder, 'nothing.fbs')), /nothing\.fbs does not exist/);
  });
  it('ends at the last whole block, wherever its recorder died', async () => {
    const first = fbsBlock({ bytes: Uint8Array.of(1, 2), atMs: 1 });
    const second = fbsBlock({ bytes: Uint8Array.of(3), atMs: 2 });
    for (let cut = 0; cut < second.length; cut++)
      assert.deepEqual(await blocksOf(fileOf('FBS 001.000\n', first, second.subarray(0, cut))), [
        '0102@1',
      ]);
  });
  it('has times that do not go back', async () => {
    const blocks = [5, 3, 9].map((atMs) => fbsBlock({ bytes: Uint8Array.of(atMs), atMs }));
    assert.deepEqual(await blocksOf(fileOf('FBS 001.000\n', ...blocks)), ['05@5', '03@5', '09@9']);
  });
  it('is refused when a block claims more than any recorder keeps', async () => {
    const reader = await openFbsFile(fileOf('FBS 001.000\n', fromHex('ffffffff 00')));
    await assert.rejects(reader.next(), /is damaged: a block claims 4294967295 bytes/);
    await reader.close();
  });
});

/** A recording of another program, in 8 bits a pixel: one green pixel, and 90 ms later a red one. */
const foreign = (): string =>
  fileOf(
    'FBS 001.001\n',
    fbsBlock({
      atMs: 0,
      bytes: fromHex(`
        52464220 3030332e 3030330a           # RFB 003.003
        00000001                             # None
        0002 0001                            # 2x1
        08 08 00 01 0007 0007 0003 00 03 06 000000 # bgr233
        00000003 6f6c64                      # old`),
    }),
    fbsBlock({ atMs: 10, bytes: fromHex('00 00 0001 0000 0000 0001 0001 00000000 38') }),
    fbsBlock({ atMs: 100, bytes: fromHex('00 00 0001 0001 0000 0001 0001 00000000 07') }),
  );

describe('a display of a recording', () => {
  it('closes where the recording breaks off the protocol', async () => {
    const head = readFileSync(foreign()).subarray(0, 64);
    const broken = fileOf(head, fbsBlock({ bytes: fromHex('77'), atMs: 1 }));
    const display = await createRecordingDisplay({ file: broken });
    const reason = await display.events.once('closed');
    assert.equal(reason.code, 'ERR_VNC_PROTOCOL');
  });
});

describe('playing a recording', () => {
  it('takes the pixel format that the recording has', async () => {
    const client = await recordedPicture(foreign(), Number.POSITIVE_INFINITY);
    assert.equal(client.name, 'old');
    assert.deepEqual(client.framebuffer.pixels, Uint32Array.of(0xff00ff00, 0xffff0000));
  });
  it('stops at the moment that is asked for', async () => {
    const at = async (ms: number) => (await recordedPicture(foreign(), ms)).framebuffer.pixels;
    assert.deepEqual(await at(0), Uint32Array.of(0xff000000, 0xff000000));
    assert.deepEqual(await at(99), Uint32Array.of(0xff00ff00, 0xff000000));
    assert.deepEqual(await at(100), Uint32Array.of(0xff00ff00, 0xffff0000));
  });
  it('takes the time that it took, by the speed', async () => {
    const startedAt = performance.now();
    const client = await playRecording(foreign(), { speed: 2 });
    await client.closed;
    const tookMs = performance.now() - startedAt;
    assert.ok(tookMs >= 49, `${tookMs} ms`);
  });
  it('keeps the last picture when it is to hold, until it is closed', async () => {
    const client = await playRecording(foreign(), { speed: 1000, hold: true });
    while (client.framebuffer.pixels[1] !== 0xffff0000) await client.events.once('damage');
    let isClosed = false;
    void client.closed.then(() => (isClosed = true));
    await new Promise((resolve) => setImmediate(resolve));
    assert.equal(isClosed, false);
    client.key({ down: true, keysym: 0x61 });
    assert.equal(await client.resize(8, 8), 1, 'prohibited');
    await client.close();
  });
  it('tells what in it is not RFB', async () => {
    const noRfb = fileOf('FBS 001.000\n', fbsBlock({ bytes: new Uint8Array(16), atMs: 0 }));
    await assert.rejects(playRecording(noRfb), { code: 'ERR_VNC_VERSION' });
    const head = readFileSync(foreign()).subarray(0, 12 + 4 + 44 + 4);
    await assert.rejects(recordedPicture(fileOf(head, fromHex('7fffffff')), 1), {
      code: 'ERR_VNC_PROTOCOL',
      message: /is damaged: a block claims 2147483647 bytes/,
    });
    const broken = fileOf(head, fbsBlock({ bytes: fromHex('77'), atMs: 1 }));
    await assert.rejects(recordedPicture(broken, 1), { code: 'ERR_VNC_PROTOCOL' });
  });
});
