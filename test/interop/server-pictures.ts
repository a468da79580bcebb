/** What our client makes of another server's encodings, one at a time, held against the server's own picture. */
import assert from 'node:assert/strict';
import { screenshot, type Picture } from '../../src/client/automation/screenshot.ts';
import { connectClient, type ClientOptions } from '../../src/client/client.ts';
import type { Address } from '../../src/node/address.ts';
import { dial } from '../../src/node/dial.ts';
import { Encoding, SecurityTypeNumber } from '../../src/rfb/constants.ts';
import { nativeFormat, type PixelFormat } from '../../src/rfb/pixel-format.ts';
import { counted } from '../support/counted-stream.ts';

export const rgb565: PixelFormat = {
  ...nativeFormat,
  bitsPerPixel: 16,
  depth: 16,
  redMax: 31,
  greenMax: 63,
  blueMax: 31,
  redShift: 11,
  greenShift: 5,
  blueShift: 0,
};

type Wishes = Pick<ClientOptions, 'encodings' | 'pixelFormat' | 'compressionLevel'>;

/** The whole screen of a server without security, and how many bytes it came in, the handshake's included. */
export async function pictureOf(
  address: Address,
  wishes: Wishes,
): Promise<{ readonly picture: Picture; readonly received: number }> {
  const { stream, received } = counted(await dial(address));
  const client = await connectClient({
    stream,
    accept: { types: [SecurityTypeNumber.None], subtypes: [] },
    credentials: async () => ({}),
    autoUpdate: false,
    ...wishes,
  });
  try {
    return { picture: await screenshot(client, { timeoutMs: 10_000 }), received: received() };
  } finally {
    await client.close();
  }
}

/**
 * Asserts that the encoding brings exactly `wanted`; that it was used is seen by its taking fewer bytes than Raw. Resolves with
 * that number.
 */
export async function assertDecodes(
  address: Address,
  encoding: number,
  wanted: Picture,
  wishes: Omit<Wishes, 'encodings'> = {},
): Promise<number> {
  const { picture, received } = await pictureOf(address, { ...wishes, encodings: [encoding] });
  const { bitsPerPixel } = wishes.pixelFormat ?? nativeFormat;
  assertSame(picture, wanted, `encoding ${encoding} in ${bitsPerPixel} bits`);
  const raw = wanted.pixels.length * (bitsPerPixel / 8);
  if (encoding === Encoding.Raw) assert.ok(received >= raw);
  else assert.ok(received < raw, `${received} bytes, ${raw} raw`);
  return received;
}

/** Asserts that the encoding brings in 16 bits what Raw brings. */
export async function assertDecodesIn16(address: Address, encoding: number): Promise<void> {
  const raw = await pictureOf(address, { encodings: [Encoding.Raw], pixelFormat: rgb565 });
  await assertDecodes(address, encoding, raw.picture, { pixelFormat: rgb565 });
}

/** Says where they differ first. */
export function assertSame(got: Picture, wanted: Picture, what: string): void {
  assert.deepEqual([got.width, got.height], [wanted.width, wanted.height], what);
  const at = got.pixels.findIndex(
    (pixel, i) => ((pixel ^ (wanted.pixels[i] ?? 0)) & 0xffffff) !== 0,
  );
  if (at < 0) return;
  const hex = (picture: Picture): string => (picture.pixels[at] ?? 0).toString(16);
  const place = `${at % got.width},${Math.floor(at / got.width)}`;
  assert.fail(`${what}: ${hex(got)} instead of ${hex(wanted)} at ${place}`);
}
