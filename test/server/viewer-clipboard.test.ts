import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { deflateSync, inflateSync } from 'node:zlib';
import { LimitError, ProtocolError } from '../../src/core/errors.ts';
import { Encoding } from '../../src/rfb/constants.ts';
import { allRights, type Rights } from '../../src/security/identity.ts';
import { toHex } from '../../src/wire/hex.ts';
import { Served, setEncodings, until, type TestViewer } from '../support/served.ts';

/** Caps of the server: text, all actions, a megabyte. */
const caps = '03 000000 fffffff8 1f000001 00100000';
const notify = 'fffffffc 08000001';
const request = 'fffffffc 02000001';

const s32 = (n: number): string => (n >>> 0).toString(16).padStart(8, '0');

/** A provide message's length and rest, of text as it is on the wire. */
function provide(text: string): string {
  const bytes = Buffer.from(text);
  const size = Buffer.alloc(4);
  size.writeUInt32BE(bytes.length);
  const data = deflateSync(Buffer.concat([size, bytes]));
  return `${s32(-(4 + data.length))} 10000001 ${toHex(data)}`;
}

/** The text of the provide message that comes next, as it is on the wire. */
async function provided({ reader }: TestViewer): Promise<string> {
  const head = await reader.cursor(12);
  assert.equal(head.u32(), 0x03000000);
  const length = -head.s32();
  assert.equal(head.u32(), 0x10000001);
  return Buffer.from(inflateSync(await reader.bytes(length - 4)).subarray(4)).toString();
}

async function session(
  rights: Partial<Rights> = {},
  limits = {},
): Promise<{ served: Served; viewer: TestViewer }> {
  const served = new Served({ limits });
  const viewer = await served.session({ rights });
  viewer.send(setEncodings(Encoding.ExtendedClipboard));
  return { served, viewer };
}

describe('extended clipboard, server', () => {
  it('says its caps after every SetEncodings that names it', async () => {
    const { served, viewer } = await session();
    await viewer.receives(caps);
    viewer.send(setEncodings(Encoding.ExtendedClipboard));
    await viewer.receives(caps);
    await served.server.close();
  });

  it('asks for what a viewer announces, and gives it to the display', async () => {
    const { served, viewer } = await session();
    await viewer.receives(caps);
    viewer.send(`06 000000 ${notify}`);
    await viewer.receives(`03 000000 ${request}`);
    viewer.send(`06 000000 ${provide('h€llo\r\nworld\0')}`);
    await until(() => served.display.clipboards.length > 0);
    assert.deepEqual(served.display.clipboards, ['h€llo\nworld']);
    await served.server.close();
  });

  it('pushes text to a viewer that has not said what it takes', async () => {
    const { served, viewer } = await session();
    await viewer.receives(caps);
    served.display.events.emit('clipboard', 'ß\n');
    assert.equal(await provided(viewer), 'ß\r\n\0');
    await served.server.close();
  });

  it('announces text that is longer than what a viewer takes unasked, and provides it each time it is asked', async () => {
    const { served, viewer } = await session();
    await viewer.receives(caps);
    viewer.send('06 000000 fffffff8 1f000001 00000005');
    viewer.send('06 000000 fffffffc 04000000'); // peek
    await viewer.receives('03 000000 fffffffc 08000000'); // nothing
    served.display.events.emit('clipboard', 'abc\n');
    await viewer.receives(`03 000000 ${notify}`);
    for (let i = 0; i < 2; i++) {
      viewer.send(`06 000000 ${request}`);
      assert.equal(await provided(viewer), 'abc\r\n\0');
    }
    viewer.send('06 000000 fffffffc 04000001'); // peek
    await viewer.receives(`03 000000 ${notify}`);
    served.display.events.emit('clipboard', 'abcd');
    assert.equal(await provided(viewer), 'abcd\0');
    await served.server.close();
  });

  it('answers a flood of requests once', async () => {
    const { served, viewer } = await session();
    await viewer.receives(caps);
    viewer.send('06 000000 fffffff8 1f000001 00000000');
    viewer.send('06 000000 fffffffc 04000000');
    await viewer.receives('03 000000 fffffffc 08000000');
    served.display.events.emit('clipboard', 'abc');
    await viewer.receives(`03 000000 ${notify}`);
    viewer.send(`06 000000 ${request}`.repeat(1000));
    assert.equal(await provided(viewer), 'abc\0');
    served.display.events.emit('bell', undefined);
    await viewer.receives('02');
    await served.server.close();
  });

  it('answers a request with nothing when there is nothing', async () => {
    const { served, viewer } = await session();
    await viewer.receives(caps);
    viewer.send(`06 000000 ${request}`);
    viewer.send('06 000000 fffffffc 04000000');
    await viewer.receives('03 000000 fffffffc 08000000');
    await served.server.close();
  });

  it('keeps to the rights: neither asks, takes nor tells', async () => {
    const { served, viewer } = await session({ clipboardIn: false, clipboardOut: false });
    await viewer.receives(caps);
    viewer.send(`06 000000 ${notify}`);
    viewer.send(`06 000000 ${provide('no\0')}`);
    viewer.send(`06 000000 ffffff00 10000001 ${'00'.repeat(252)}`); // not zlib, not even looked at
    served.display.events.emit('clipboard', 'secret');
    viewer.send(`06 000000 ${request}`);
    viewer.send('06 000000 fffffffc 04000000');
    await viewer.receives('03 000000 fffffffc 08000000');
    assert.deepEqual(served.display.clipboards, []);
    await served.server.close();
  });

  it('forgets what it announced when the right is lost', async () => {
    const { served, viewer } = await session();
    await viewer.receives(caps);
    viewer.send('06 000000 fffffff8 1f000001 00000000');
    viewer.send('06 000000 fffffffc 04000000');
    await viewer.receives('03 000000 fffffffc 08000000');
    served.display.events.emit('clipboard', 'abc');
    await viewer.receives(`03 000000 ${notify}`);
    served.server.setRights(viewer.id, { ...allRights, clipboardOut: false });
    viewer.send(`06 000000 ${request}`);
    viewer.send('06 000000 fffffffc 04000000');
    await viewer.receives('03 000000 fffffffc 08000000');
    await served.server.close();
  });

  it('closes on data that is not zlib, and on text above the limit before it is inflated', async () => {
    const broken = await session();
    await broken.viewer.receives(caps);
    broken.viewer.send('06 000000 fffffff8 10000001 ffffffff');
    assert.ok((await broken.viewer.gone) instanceof ProtocolError);
    const large = await session({}, { maxClipboardBytes: 1000 });
    await large.viewer.receives('03 000000 fffffff8 1f000001 000003e8');
    large.viewer.send(`06 000000 ${provide('x'.repeat(100_000))}`);
    assert.ok((await large.viewer.gone) instanceof LimitError);
  });

  it('is a fault of a viewer that did not name it', async () => {
    const served = new Served();
    const viewer = await served.session();
    viewer.send(`06 000000 ${notify}`);
    assert.ok((await viewer.gone) instanceof ProtocolError);
  });
});
