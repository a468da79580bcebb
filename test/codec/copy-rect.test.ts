import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { copyRect, writeCopyRect } from '../../src/codec/copy-rect/copy-rect.ts';
import { ClosedError, ProtocolError } from '../../src/core/errors.ts';
import type { Framebuffer } from '../../src/pixels/framebuffer.ts';
import { nativeFormat } from '../../src/rfb/pixel-format.ts';
import { fromHex, toHex } from '../../src/wire/hex.ts';
import { ByteWriter } from '../../src/wire/byte-writer.ts';
import { assertHarmless, picture, receiveRectangle } from './codec-suite.ts';

const decoder = copyRect.createDecoder({});
const size = { width: 20, height: 12 };
const screen = (): Framebuffer => picture('noise', size, 3);
const from = (x: number, y: number): Uint8Array => {
  const w = new ByteWriter();
  writeCopyRect(w, x, y);
  return w.take();
};

describe('CopyRect', () => {
  it('is the source’s x and y', () => {
    assert.equal(
      toHex(from(258, 5)),
      toHex(
        fromHex(`
          01 02   # source x
          00 05   # source y
        `),
      ),
    );
  });

  it('has no encoder: nothing in a block of pixels says that they stood elsewhere', () => {
    assert.equal(copyRect.createEncoder, undefined);
  });

  it('copies what stood at the source, even where source and target overlap', async () => {
    const place = fc.record({
      fromX: fc.integer({ min: 0, max: 11 }),
      fromY: fc.integer({ min: 0, max: 5 }),
      x: fc.integer({ min: 0, max: 11 }),
      y: fc.integer({ min: 0, max: 5 }),
      width: fc.integer({ min: 0, max: 9 }),
      height: fc.integer({ min: 0, max: 7 }),
    });
    await fc.assert(
      fc.asyncProperty(place, async ({ fromX, fromY, ...r }) => {
        const before = screen();
        const target = screen();
        const bytes = from(fromX, fromY);
        await receiveRectangle({ decoder, bytes, r, format: nativeFormat, target, chunkBytes: 1 });
        for (let y = 0; y < size.height; y++) {
          for (let x = 0; x < size.width; x++) {
            const inside = x >= r.x && x < r.x + r.width && y >= r.y && y < r.y + r.height;
            const source = inside ? before.at(x - r.x + fromX, y - r.y + fromY) : before.at(x, y);
            assert.equal(target.pixels[target.at(x, y)], before.pixels[source]);
          }
        }
      }),
      { numRuns: 100 },
    );
  });

  it('refuses a source that leaves the framebuffer by one pixel (CVE-2019-15692)', async () => {
    const r = { x: 0, y: 0, width: 5, height: 4 };
    for (const [x, y, legal] of [
      [15, 8, true],
      [16, 8, false],
      [15, 9, false],
      [65535, 0, false],
      [0, 65535, false],
    ] as const) {
      const target = screen();
      const copied = receiveRectangle({
        decoder,
        bytes: from(x, y),
        r,
        format: nativeFormat,
        target,
      });
      if (legal) {
        assert.equal(await copied, 0);
      } else {
        await assert.rejects(copied, ProtocolError);
        assert.deepEqual(target.pixels, screen().pixels);
      }
    }
  });

  it('waits for all four bytes', async () => {
    for (let length = 0; length < 4; length++) {
      const bytes = from(0, 0).subarray(0, length);
      const r = { x: 1, y: 1, width: 2, height: 2 };
      await assert.rejects(
        receiveRectangle({ decoder, bytes, r, format: nativeFormat, target: screen() }),
        ClosedError,
      );
    }
  });

  it('throws only the peer’s errors on random bytes, and writes nothing outside the rectangle', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 6 }), async (bytes) => {
        const r = { x: 3, y: 2, width: 6, height: 5 };
        await assertHarmless({ decoder, bytes, r, format: nativeFormat });
      }),
    );
  });
});
