import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ClosedError, LimitError, ProtocolError } from '../../src/core/errors.ts';
import { defaultLimits } from '../../src/core/limits.ts';
import {
  receiveClientInit,
  receiveServerInit,
  writeClientInit,
  writeServerInit,
  type ServerInit,
} from '../../src/rfb/messages/init.ts';
import { nativeFormat } from '../../src/rfb/pixel-format.ts';
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
const receive = (bytes: Uint8Array): Promise<ServerInit> =>
  receiveServerInit(readerOf(bytes), defaultLimits);

describe('ClientInit', () => {
  it('is one flag; anything but 0 is shared', async () => {
    for (const [byte, shared] of [
      ['00', false],
      ['01', true],
      ['ff', true],
    ] as const)
      assert.deepEqual(await receiveClientInit(readerOf(fromHex(byte))), { shared });
    for (const shared of [true, false]) {
      const w = new ByteWriter();
      writeClientInit(w, { shared });
      assert.equal(toHex(w.take()), shared ? '01' : '00');
    }
    await assert.rejects(receiveClientInit(readerOf(new Uint8Array(0))), ClosedError);
  });
});

describe('ServerInit', () => {
  const format = '20 18 00 01 00ff 00ff 00ff 10 08 00 000000';
  const bytes = fromHex(`
    04 00 03 00   # 1024x768
    ${format}
    00 00 00 03   # length of the name
    e2 82 ac      # in UTF-8
  `);
  const init: ServerInit = { width: 1024, height: 768, format: nativeFormat, name: '€' };

  it('is size, pixel format and name', async () => {
    const w = new ByteWriter(1);
    writeServerInit(w, init);
    assert.equal(toHex(w.take()), toHex(bytes));
    assert.deepEqual(await receive(bytes), { ...init, format: { ...nativeFormat } });
  });

  it('waits for more at every strict prefix', async () => {
    for (let length = 0; length < bytes.length; length++)
      await assert.rejects(receive(bytes.subarray(0, length)), ClosedError);
  });

  it('may have an empty name', async () => {
    assert.equal((await receive(fromHex(`0001 0001 ${format} 00000000`))).name, '');
  });

  it('is refused with an empty or too large a framebuffer (CVE-2014-8240)', async () => {
    for (const size of ['0000 0001', '0001 0000', 'ffff ffff', '4001 0001'])
      await assert.rejects(receive(fromHex(`${size} ${format} 00000000`)), ProtocolError);
  });

  it('is refused with a pixel format in which no pixel can be', async () => {
    const bad = '18 18 00 01 00ff 00ff 00ff 10 08 00 000000';
    await assert.rejects(receive(fromHex(`0001 0001 ${bad} 00000000`)), ProtocolError);
  });

  it('is refused with a name above maxNameBytes before the name is waited for', async () => {
    for (const length of ['00001001', 'ffffffff', '80000000'])
      await assert.rejects(receive(fromHex(`0001 0001 ${format} ${length}`)), LimitError);
    await assert.rejects(receive(fromHex(`0001 0001 ${format} 00001000`)), ClosedError);
  });
});
