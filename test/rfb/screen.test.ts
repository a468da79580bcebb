import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ClosedError, LimitError, ProtocolError } from '../../src/core/errors.ts';
import { defaultLimits, resolveLimits } from '../../src/core/limits.ts';
import { receiveScreens, writeScreens } from '../../src/rfb/extended-desktop-size.ts';
import { checkScreenSize, layoutFault, singleScreen, type Screen } from '../../src/rfb/screen.ts';
import { ByteReader } from '../../src/wire/byte-reader.ts';
import { ByteWriter } from '../../src/wire/byte-writer.ts';
import { fromHex, toHex } from '../../src/wire/hex.ts';
import { memoryPair } from '../../src/wire/memory-pair.ts';

const readerOf = (bytes: Uint8Array): ByteReader => {
  const [near, far] = memoryPair({ chunkBytes: 1 });
  far.write(bytes.slice());
  far.end();
  return new ByteReader(near);
};

const screen = (change: Partial<Screen> = {}): Screen => ({
  id: 1,
  x: 0,
  y: 0,
  width: 100,
  height: 80,
  flags: 0,
  ...change,
});

describe('ExtendedDesktopSize', () => {
  const bytes = fromHex(`
    02                        # two screens
    00 00 00                  # padding
    00 00 00 01               # id
    00 00 00 00 00 64 00 50   # 100x80 at 0,0
    00 00 00 00               # flags
    ff ff ff ff               # id
    00 64 00 00 00 64 00 50   # 100x80 at 100,0
    80 00 00 01               # flags
  `);
  const screens = [screen(), screen({ id: 0xffffffff, x: 100, flags: 0x80000001 })];

  it('is a count and 16 bytes for each screen', async () => {
    const w = new ByteWriter();
    writeScreens(w, screens);
    assert.equal(toHex(w.take()), toHex(bytes));
    assert.deepEqual(await receiveScreens(readerOf(bytes), defaultLimits), screens);
  });

  it('waits for more at every strict prefix', async () => {
    for (let length = 0; length < bytes.length; length++)
      await assert.rejects(
        receiveScreens(readerOf(bytes.subarray(0, length)), defaultLimits),
        ClosedError,
      );
  });

  it('refuses more than maxScreens before it waits for them', async () => {
    await assert.rejects(receiveScreens(readerOf(fromHex('11000000')), defaultLimits), LimitError);
    await assert.rejects(receiveScreens(readerOf(fromHex('10000000')), defaultLimits), ClosedError);
  });
});

describe('a screen layout', () => {
  const fault = (width: number, height: number, screens: readonly Screen[]): string | undefined =>
    layoutFault(width, height, screens, defaultLimits);

  it('may be one screen or several, apart or not, inside the framebuffer', () => {
    assert.equal(fault(100, 80, singleScreen(100, 80)), undefined);
    assert.equal(fault(200, 80, [screen(), screen({ id: 2, x: 100 })]), undefined);
    assert.equal(fault(100, 80, [screen(), screen({ id: 2 })]), undefined);
    assert.equal(fault(16384, 1, [screen({ width: 1, height: 1 })]), undefined);
  });

  it('may not be empty, or above the limits', () => {
    for (const [width, height] of [
      [0, 80],
      [100, 0],
      [16385, 1],
      [1, 16385],
      [16384, 16384],
    ] as const)
      assert.notEqual(fault(width, height, singleScreen(width, height)), undefined);
  });

  it('may not have no screens, or more than maxScreens', () => {
    assert.equal(fault(100, 80, []), '0 screens');
    const many = Array.from({ length: 17 }, (_, id) => screen({ id }));
    assert.equal(fault(100, 80, many), '17 screens');
    assert.equal(fault(100, 80, many.slice(1)), undefined);
  });

  it('may not have one id twice', () => {
    assert.equal(fault(100, 80, [screen(), screen()]), 'screen id 1 stands twice');
  });

  it('may not have a screen that is empty, or leaves the framebuffer by one pixel', () => {
    for (const change of [
      { width: 0 },
      { height: 0 },
      { x: 1 },
      { y: 1 },
      { width: 101 },
      { height: 81 },
      { x: 65535, width: 65535 },
    ])
      assert.equal(fault(100, 80, [screen(change)]), 'screen 1 lies outside 100x80');
  });
});

describe('the size that a server states', () => {
  it('is refused as the peer’s fault when empty or above the limits (CVE-2014-8240)', () => {
    checkScreenSize(1, 1, defaultLimits);
    checkScreenSize(7680, 4320, defaultLimits);
    for (const [width, height] of [
      [0, 1],
      [1, 0],
      [65535, 65535],
    ] as const)
      assert.throws(() => checkScreenSize(width, height, defaultLimits), ProtocolError);
    const tight = resolveLimits({ maxScreenPixels: 99 });
    checkScreenSize(9, 11, tight);
    assert.throws(() => checkScreenSize(10, 10, tight), ProtocolError);
  });
});
