import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { connectClient, type ClientOptions } from '../../src/client/client.ts';
import {
  ClosedError,
  LimitError,
  ProtocolError,
  SecurityError,
  VncError,
} from '../../src/core/errors.ts';
import { Encoding, SecurityTypeNumber } from '../../src/rfb/constants.ts';
import { fromHex } from '../../src/wire/hex.ts';
import { memoryPair } from '../../src/wire/memory-pair.ts';
import { pixels, rectangle, update } from './scripted-server.ts';

const greeting = `
  524642203030332e3030380a # RFB 003.008
  01 01                    # one security type: None
  00000000                 # SecurityResult: OK`;
const format = '20 18 00 01 00ff 00ff 00ff 10 08 00 000000';
const init = `
  0004 0002 ${format}      # 4x2, 32 bits
  00000003 616263          # abc`;
const picture = `
  ${update(1)} ${rectangle(0, 0, 4, 2, Encoding.Raw)} ${pixels(8, 0x445566)}`;

/** Connects to a server that says these bytes, and then ends unless told not to. */
function connectTo(
  bytes: string | Uint8Array,
  {
    end = true,
    chunkBytes = 65536,
    ...options
  }: Partial<ClientOptions> & {
    end?: boolean;
    chunkBytes?: number;
  } = {},
): ReturnType<typeof connectClient> {
  const [near, far] = memoryPair({ chunkBytes });
  far.write(typeof bytes === 'string' ? fromHex(bytes) : bytes.slice());
  if (end) far.end();
  return connectClient({
    stream: near,
    accept: { types: [SecurityTypeNumber.None], subtypes: [] },
    credentials: async () => ({}),
    ...options,
  });
}

describe('connectClient', () => {
  it('shakes hands and shows what the server says, also one byte at a time', async () => {
    for (const chunkBytes of [1, 65536]) {
      const client = await connectTo(greeting + init + picture, { chunkBytes });
      assert.deepEqual([client.version, client.security.name, client.name], ['3.8', 'None', 'abc']);
      await client.events.once('damage');
      assert.equal(client.framebuffer.pixels[7], 0xff445566);
      assert.ok((await client.closed) instanceof ClosedError);
    }
  });

  it('settles with its own errors wherever the connection is cut', async () => {
    const whole = fromHex(greeting + init + picture);
    const initEnd = fromHex(greeting + init).length;
    for (let cut = 0; cut <= whole.length; cut++) {
      const connecting = connectTo(whole.slice(0, cut));
      if (cut < initEnd) {
        await assert.rejects(connecting, ClosedError, `cut at ${cut}`);
      } else {
        assert.ok((await (await connecting).closed) instanceof ClosedError, `cut at ${cut}`);
      }
    }
  });

  // CVE-2014-8240 (TigerVNC), CVE-2014-6051 (libvncclient)
  it('refuses sizes and lengths that nobody has without waiting for their bytes', async () => {
    const endless = { end: false };
    for (const size of ['ffff ffff', '0000 0004', '4001 0001', '4000 4000'])
      await assert.rejects(
        connectTo(`${greeting}\n ${size} ${format} 00000000`, endless),
        ProtocolError,
      );
    for (const length of ['ffffffff', '80000000', '00001001'])
      await assert.rejects(
        connectTo(`${greeting}\n 0004 0004 ${format} ${length}`, endless),
        (error) => error instanceof LimitError && error.limit === 'maxNameBytes',
      );
    // A failure reason of 64 KiB and of 4 GiB.
    for (const length of ['00010000', 'ffffffff'])
      await assert.rejects(
        connectTo(`524642203030332e3030380a 00 ${length}`, endless),
        (error) => error instanceof LimitError && error.limit === 'maxReasonBytes',
      );
  });

  it('refuses pixel formats that cannot be', async () => {
    for (const bad of [
      '18 18 00 01 00ff 00ff 00ff 10 08 00 000000', // 24 bits per pixel
      '20 18 00 01 0000 00ff 00ff 10 08 00 000000', // no red
      '20 18 00 01 00ff 00ff 00ff 19 08 00 000000', // red outside the pixel
      '20 18 00 01 00ff 00ff 00ff 08 08 00 000000', // red over green
    ])
      await assert.rejects(
        connectTo(`${greeting}\n 0004 0004 ${bad} 00000000`, { end: false }),
        ProtocolError,
      );
  });

  it('never takes a security type that was not allowed', async () => {
    await assert.rejects(
      connectTo(greeting, { end: false, accept: { types: [2], subtypes: [] } }),
      SecurityError,
    );
  });

  it('tells a mistake in the options before it sends a byte', async () => {
    const [near, far] = memoryPair();
    const options: ClientOptions = {
      stream: near,
      accept: { types: [1], subtypes: [] },
      credentials: async () => ({}),
    };
    await assert.rejects(connectClient({ ...options, encodings: [99] }), TypeError);
    await assert.rejects(connectClient({ ...options, limits: { maxScreens: 0 } }), RangeError);
    assert.equal(near.backlogBytes, 0);
    far.destroy();
  });

  it('leaves no open stream behind when it fails', async () => {
    const [near, far] = memoryPair();
    far.write(fromHex('00'.repeat(12)));
    await assert.rejects(
      connectClient({
        stream: near,
        accept: { types: [1], subtypes: [] },
        credentials: async () => ({}),
      }),
      VncError,
    );
    assert.equal(await far.read(), null);
    await near.closed;
  });
});
