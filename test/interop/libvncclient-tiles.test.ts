/** Encodings in tiles that few programs speak, as Debian's libvncclient sees them: bench/peers/libvncclient-decode.c, compiled here. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { Codec } from '../../src/codec/codec.ts';
import { blockOf } from '../../src/codec/pixel-block.ts';
import { trle } from '../../src/codec/trle/trle.ts';
import { zrle } from '../../src/codec/zrle/zrle.ts';
import { zywrle } from '../../src/codec/zywrle/zywrle.ts';
import { Framebuffer } from '../../src/pixels/framebuffer.ts';
import { writeFramebufferUpdate } from '../../src/rfb/messages/framebuffer-update.ts';
import { nativeFormat } from '../../src/rfb/pixel-format.ts';
import { writeRectangleHeader } from '../../src/rfb/rectangle.ts';
import { ByteWriter } from '../../src/wire/byte-writer.ts';
import { picture, pictureKinds, receiveRectangle } from '../codec/codec-suite.ts';
import { withoutPeers } from '../support/peers.ts';

const source = join(
  dirname(fileURLToPath(import.meta.url)),
  '../../../bench/peers/libvncclient-decode.c',
);
// No multiple of any tile's side.
const WIDTH = 203;
const HEIGHT = 151;

/** Smooth light with a few sharp things in it. */
function photo(): Framebuffer {
  const f = picture('gradient', { width: WIDTH, height: HEIGHT }, 9);
  for (let y = 0; y < HEIGHT; y++) {
    for (let x = 0; x < WIDTH; x++) {
      const light = Math.round(120 + 70 * Math.sin(x / 17) + 60 * Math.cos((x + y) / 29));
      f.pixels[f.at(x, y)] =
        (0xff000000 | (light << 16) | ((255 - light) << 8) | (light >> 1)) >>> 0;
    }
  }
  f.fill({ x: 60, y: 40, width: 30, height: 9 }, 0xffffffff);
  return f;
}

describe('libvncclient', { skip: withoutPeers('cc', '/usr/include/rfb/rfbclient.h') }, () => {
  let folder: string;
  let program: string;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'sallyport-tiles-'));
    program = join(folder, 'decode');
    execFileSync('cc', ['-O1', '-w', '-o', program, source, '-lvncclient']);
  });
  after(() => {
    rmSync(folder, { recursive: true });
  });

  /** Updates of whole pictures: libvncclient must see what our decoder sees. Returns how many pixels are not as they were. */
  async function compare(codec: Codec, qualityLevel: number): Promise<number> {
    const encoder = codec.createEncoder!({ qualityLevel });
    const decoder = codec.createDecoder({ qualityLevel });
    const pictures = [
      ...pictureKinds.map((kind) => picture(kind, { width: WIDTH, height: HEIGHT }, 3)),
      photo(),
    ];
    const stream = new ByteWriter();
    const frames: Uint8Array[] = [];
    let lost = 0;
    for (const shown of pictures) {
      const payload = new ByteWriter();
      encoder.encode(blockOf(WIDTH, HEIGHT, shown.pixels), nativeFormat, payload);
      const bytes = payload.take();
      const seen = new Framebuffer(WIDTH, HEIGHT);
      const r = seen.bounds;
      await receiveRectangle({ decoder, bytes, r, format: nativeFormat, target: seen });
      for (const [i, pixel] of seen.pixels.entries()) if (pixel !== shown.pixels[i]) lost++;
      frames.push(new Uint8Array(seen.pixels.buffer.slice(0)));
      writeFramebufferUpdate(stream, { type: 'FramebufferUpdate', rectangleCount: 1 });
      writeRectangleHeader(stream, r, codec.encoding);
      stream.bytes(bytes);
    }
    const [streamFile, framesFile, planFile] = ['stream', 'frames', 'plan'].map((name) =>
      join(folder, name),
    ) as [string, string, string];
    writeFileSync(streamFile, stream.take());
    writeFileSync(framesFile, Buffer.concat(frames));
    writeFileSync(planFile, frames.map((_, i) => `${i}\n`).join(''));
    const size = [WIDTH, HEIGHT, 1].map(String);
    const args = [streamFile, ...size, framesFile, planFile, String(qualityLevel)];
    const printed = execFileSync(program, args, { encoding: 'utf8' });
    const { differing, compared } = JSON.parse(printed) as { differing: number; compared: number };
    assert.equal(compared, pictures.length * WIDTH * HEIGHT);
    assert.equal(differing, 0, `${codec.name}, quality ${qualityLevel}`);
    return lost;
  }

  it('sees TRLE and ZRLE as they were', async () => {
    assert.equal(await compare(trle, 8), 0);
    assert.equal(await compare(zrle, 8), 0);
  });

  it('sees ZYWRLE as our decoder does, pixel by pixel, at every quality level', async () => {
    for (let qualityLevel = 0; qualityLevel <= 8; qualityLevel++)
      assert.ok((await compare(zywrle, qualityLevel)) > 0);
    assert.equal(await compare(zywrle, 9), 0);
  });
});
