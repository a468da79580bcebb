import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { blockOf } from '../../src/codec/pixel-block.ts';
import { trle } from '../../src/codec/trle/trle.ts';
import { ClosedError, LimitError, ProtocolError } from '../../src/core/errors.ts';
import { resolveLimits } from '../../src/core/limits.ts';
import { bgr233Format, nativeFormat } from '../../src/rfb/pixel-format.ts';
import { ByteWriter } from '../../src/wire/byte-writer.ts';
import { fromHex } from '../../src/wire/hex.ts';
import { naiveTrle } from '../reference/naive-trle.ts';
import {
  assertHarmless,
  canaryAround,
  describeCodec,
  formats,
  picture,
  pictureKinds,
  receiveRectangle,
} from './codec-suite.ts';
import { decodeLetters, encodeLetters } from './letters.ts';

describeCodec(trle, { createNaive: () => naiveTrle });

const decode = (hex: string, width: number, height: number): Promise<string[]> =>
  decodeLetters(trle, hex, { width, height });

describe('TRLE decoder', () => {
  it('reads tiles of 16 by 16, left to right and then down', async () => {
    const rows = await decode('01 07  01 38  01 c0  01 00', 18, 17);
    assert.equal(rows[0], `${'r'.repeat(16)}gg`);
    assert.equal(rows[15], rows[0]);
    assert.equal(rows[16], `${'b'.repeat(16)}..`);
  });

  it('reads all that ZRLE has', async () => {
    assert.deepEqual(await decode('00  00 07 38  c0 00 07', 3, 2), ['.rg', 'b.r']);
    assert.deepEqual(await decode('02 00 07  80 80  01 00', 9, 2), ['r.......r', '.......r.']);
    assert.deepEqual(await decode('04 00 07 38 c0  1b 00', 5, 1), ['.rgb.']);
    assert.deepEqual(await decode('05 00 07 38 c0 00  01 23', 4, 1), ['.rgb']);
    assert.deepEqual(await decode('80  07 03  38 00  c0 00', 3, 2), ['rrr', 'rgb']);
    assert.deepEqual(await decode('82 00 07  01 80 02 81 00 00', 3, 2), ['r..', '.r.']);
  });

  it('reads a run of a whole tile', async () => {
    const rows = await decode('80 07 ff 00', 16, 16);
    assert.deepEqual(rows, Array(16).fill('r'.repeat(16)));
  });

  it('uses the palette of the tile before, for bits or for runs, in the same row or the next', async () => {
    const packed = `
      03 00 07 38  15 55 55 55   # three colours: black, red, green; . r and so on
      7f  90                     # green and red: still two bits each
    `;
    assert.deepEqual(await decode(packed, 18, 1), ['.rrrrrrrrrrrrrrrgr']);
    const down = `
      82 00 07  80 0f   # 16 black pixels, one below the other
      7f  80            # red
    `;
    assert.deepEqual(await decode(down, 1, 17), [...Array(16).fill('.'), 'r']);
    const runs = `
      02 00 07  ${'80'.repeat(16)}   # red, sixteen times
      81  81 01                      # two red
    `;
    assert.deepEqual(await decode(runs, 1, 18), Array(18).fill('r'));
  });

  it('uses a palette again and again', async () => {
    const hex = '02 00 07  80 00  7f 40 00  81 01 80 0e';
    assert.deepEqual(await decode(hex, 48, 1), [
      `r${'.'.repeat(15)}.r${'.'.repeat(14)}r${'.'.repeat(15)}`,
    ]);
  });

  it('refuses to use a palette again that the tile before did not have', async () => {
    for (const before of ['', '01 07', `00 ${'07'.repeat(16)}`, '80 07 0f']) {
      for (const again of ['7f 00 00', '81 80 0f']) {
        const width = before === '' ? 16 : 32;
        await assert.rejects(decode(`${before} ${again}`, width, 1), ProtocolError, before);
      }
    }
    // Not even that of the rectangle before.
    const decoder = trle.createDecoder({});
    const r = { x: 0, y: 0, width: 16, height: 1 };
    const receive = (hex: string): Promise<number> =>
      receiveRectangle({
        decoder,
        bytes: fromHex(hex),
        r,
        format: bgr233Format,
        target: canaryAround(r),
      });
    assert.equal(await receive('02 00 07  80 00'), 0);
    await assert.rejects(receive('7f 80 00'), ProtocolError);
  });

  it('refuses packed indexes into a palette of more than sixteen', async () => {
    const seventeen = `91 ${'00'.repeat(17)}  80 0f`;
    await assert.rejects(decode(`${seventeen}  7f ${'00'.repeat(8)}`, 32, 1), ProtocolError);
    assert.equal((await decode(`${seventeen}  81 90 0f`, 32, 1))[0], '.'.repeat(32));
  });

  it('refuses sub-encodings that do not exist', async () => {
    for (const subencoding of [17, 18, 64, 126]) {
      const hex = `${subencoding.toString(16)} ${'00'.repeat(300)}`;
      await assert.rejects(decode(hex, 16, 16), ProtocolError, `${subencoding}`);
    }
  });

  it('refuses indexes outside the palette, a used one too', async () => {
    await assert.rejects(decode('03 00 07 38  c0', 1, 1), ProtocolError);
    await assert.rejects(decode('82 00 07  02', 1, 1), ProtocolError);
    await assert.rejects(decode(`03 00 07 38  ${'00'.repeat(4)}  7f c0`, 17, 1), ProtocolError);
    await assert.rejects(decode(`03 00 07 38  ${'00'.repeat(4)}  81 03`, 17, 1), ProtocolError);
  });

  it('refuses runs that leave the tile, as soon as they do', async () => {
    await assert.rejects(decode('80 07 06', 3, 2), ProtocolError);
    await assert.rejects(decode('80 07 01  07 04', 3, 2), ProtocolError);
    await assert.rejects(decode('82 00 07  80 06', 3, 2), ProtocolError);
    await assert.rejects(decode('80 07 ff ff', 16, 16), ProtocolError);
  });

  it('checks lengths before it waits for them', async () => {
    const r = { x: 0, y: 0, width: 16, height: 16 };
    for (const [hex, max] of [
      ['00', 256],
      ['10', 100],
      ['ff', 100],
      ['01', 1],
      ['80', 1],
    ] as const) {
      await assert.rejects(
        receiveRectangle({
          decoder: trle.createDecoder({}),
          bytes: fromHex(hex),
          r,
          format: bgr233Format,
          target: canaryAround(r),
          limits: resolveLimits({ maxRectBytes: max }),
        }),
        LimitError,
        hex,
      );
    }
  });

  it('survives any tiles', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(0, 1, 2, 3, 5, 16, 17, 126, 127, 128, 129, 130, 135, 255),
        fc.record({
          rest: fc.uint8Array({ maxLength: 120 }),
          again: fc.constantFrom(127, 129),
          more: fc.uint8Array({ maxLength: 60 }),
        }),
        fc.record({
          x: fc.constant(2),
          y: fc.constant(1),
          width: fc.integer({ min: 1, max: 40 }),
          height: fc.integer({ min: 1, max: 20 }),
        }),
        fc.constantFrom(...Object.values(formats)),
        async (subencoding, { rest, again, more }, r, format) => {
          const bytes = Uint8Array.of(subencoding, ...rest, again, ...more);
          await assertHarmless({ decoder: trle.createDecoder({}), bytes, r, format });
        },
      ),
      { numRuns: 400 },
    );
  });

  it('takes nothing behind the last tile', async () => {
    const r = { x: 0, y: 0, width: 1, height: 1 };
    const left = await receiveRectangle({
      decoder: trle.createDecoder({}),
      bytes: fromHex('01 07  01 07'),
      r,
      format: bgr233Format,
      target: canaryAround(r),
    });
    assert.equal(left, 2);
    await assert.rejects(decode('00 07', 2, 1), ClosedError);
  });
});

describe('TRLE encoder', () => {
  it('sends tiles as ZRLE does, but not compressed', () => {
    assert.equal(encodeLetters(trle, ['rrr', 'rrr']), '0107');
    assert.equal(encodeLetters(trle, ['r'], nativeFormat), '010000ff');
    assert.equal(encodeLetters(trle, ['r..r.r.rr', '.r.r.rr..']), '02' + '0700' + '6a00' + 'a980');
  });

  it('uses the palette before where that has all colours, in another order or not all of them', () => {
    const noise = 'rg.r.grg.grr.g.r';
    assert.equal(
      encodeLetters(trle, [`${noise}g.g.`]),
      // Red is 0, green is 1, black is 2; then green, black, green, black.
      `03073800${packed(noise, 'rg.')}7f66`,
    );
    assert.equal(encodeLetters(trle, [`${noise}bb`]).endsWith('01c0'), true);
  });

  it('names a palette again behind a tile that had none', () => {
    const noise = 'rg.r.grg.grr.g.r';
    const hex = encodeLetters(trle, [`${noise}${'r'.repeat(16)}${noise}`]);
    const tile = '03' + '073800' + packed(noise, 'rg.');
    assert.equal(hex, `${tile}0107${tile}`);
  });

  it('never makes a tile larger than its pixels and a byte', () => {
    for (const kind of pictureKinds) {
      const source = picture(kind, { width: 130, height: 70 }, 3);
      const sink = new ByteWriter();
      trle.createEncoder!({}).encode(blockOf(130, 70, source.pixels), nativeFormat, sink);
      assert.ok(sink.take().length <= 9 * 5 + 130 * 70 * 3, kind);
    }
  });
});

/** A row of letters as indexes of two bits. */
function packed(row: string, colours: string): string {
  let hex = '';
  for (let i = 0; i < row.length; i += 2)
    hex += (colours.indexOf(row[i]!) * 4 + colours.indexOf(row[i + 1]!)).toString(16);
  return hex;
}
