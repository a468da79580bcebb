import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { LimitError, ProtocolError } from '../../src/core/errors.ts';
import { Framebuffer } from '../../src/pixels/framebuffer.ts';
import { FakeDisplay } from '../support/fake-display.ts';
import { Served, setEncodings, updateRequest } from '../support/served.ts';

const update = (count: string) => `00 00 ${count}`;

describe('framebuffer updates', () => {
  it('a full request is answered with every pixel in Raw, the unused byte as FF', async () => {
    const served = new Served();
    const viewer = await served.session();
    viewer.send(updateRequest(false));
    await viewer.receives(`
      00 00 0001                    # FramebufferUpdate, 1 rectangle
      0000 0000 0004 0004 00000000  # 4x4 at 0,0, Raw
      ${'000000ff'.repeat(16)}      # B G R X
    `);
    await served.server.close();
  });

  it('an incremental request is answered only when something in its area changes', async () => {
    const served = new Served({ display: new FakeDisplay({ width: 132, height: 4 }) });
    const viewer = await served.session();
    viewer.send(updateRequest(true, '0000 0000 0002 0002'));
    // Outside the area: not sent.
    served.display.paint(0x0000ff, { x: 130, y: 3, width: 1, height: 1 });
    served.display.events.emit('bell', undefined);
    await viewer.receives('02');
    served.display.paint(0x123456, { x: 1, y: 1, width: 1, height: 1 });
    await viewer.receives(`${update('0001')} 0001 0001 0001 0001 00000000 563412ff`);
    // What was outside is kept for the request that covers it.
    viewer.send(updateRequest(true, '0000 0000 0084 0004'));
    await viewer.receives(`${update('0001')} 0082 0003 0001 0001 00000000 ff0000ff`);
    await served.server.close();
  });

  it('nothing is sent that was not asked for', async () => {
    const served = new Served();
    const viewer = await served.session();
    served.display.paint(0xffffff);
    served.display.events.emit('bell', undefined);
    await viewer.receives('02');
    viewer.send(updateRequest(true));
    await viewer.receives(`${update('0001')} 0000 0000 0004 0004 00000000`);
    await viewer.receives('ffffffff'.repeat(16));
    served.display.paint(0);
    served.display.events.emit('bell', undefined);
    await viewer.receives('02');
    await served.server.close();
  });

  it('a request that reaches outside is clipped, and an empty one is harmless', async () => {
    const served = new Served();
    const viewer = await served.session();
    viewer.send(updateRequest(false, '0000 0000 0000 0000'));
    viewer.send(updateRequest(false, 'ffff ffff ffff ffff'));
    viewer.send(updateRequest(false, '0003 0003 ffff ffff'));
    await viewer.receives(`${update('0001')} 0003 0003 0001 0001 00000000 000000ff`);
    await served.server.close();
  });

  it('a display of one pixel is served', async () => {
    const served = new Served({ display: new FakeDisplay({ width: 1, height: 1 }) });
    const viewer = await served.session();
    viewer.send(updateRequest(false));
    await viewer.receives(`${update('0001')} 0000 0000 0001 0001 00000000 000000ff`);
    await served.server.close();
  });

  it('a large picture goes out in several rectangles that are counted exactly', async () => {
    const served = new Served({ display: new FakeDisplay({ width: 600, height: 600 }) });
    const viewer = await served.session();
    viewer.send(updateRequest(false, '0000 0000 0258 0258'));
    await viewer.receives('00 00 000a');
    for (let y = 0; y < 576; y += 64) {
      await viewer.receives(`0000 ${y.toString(16).padStart(4, '0')} 0258 0040 00000000`);
      await viewer.reader.skip(600 * 64 * 4);
    }
    await viewer.receives('0000 0240 0258 0018 00000000');
    await viewer.reader.skip(600 * 24 * 4);
    served.display.events.emit('bell', undefined);
    await viewer.receives('02');
    await served.server.close();
  });
});

describe('SetPixelFormat', () => {
  it('16 bit big-endian pixels follow it', async () => {
    const served = new Served({ display: new FakeDisplay({ width: 1, height: 1 }) });
    const viewer = await served.session();
    served.display.paint(0xff0000);
    viewer.send(`
      00 000000                         # SetPixelFormat
      10 10 01 01                       # 16 bits, depth 16, big-endian, true colour
      001f 003f 001f 0b 05 00 000000    # 5-6-5
    `);
    viewer.send(updateRequest(false));
    await viewer.receives(`${update('0001')} 0000 0000 0001 0001 00000000 f800`);
    await served.server.close();
  });

  it('a colour map is answered with the fixed one, once, and pixels are indexes into it', async () => {
    const served = new Served({ display: new FakeDisplay({ width: 1, height: 1 }) });
    const viewer = await served.session();
    served.display.paint(0x00ff00);
    viewer.send('00 000000 08 08 00 00 0000 0000 0000 00 00 00 000000');
    viewer.send(updateRequest(false));
    await viewer.receives(`
      01 00 0000 0100   # SetColourMapEntries from 0, 256 of them
      0000 0000 0000    # 0: black
      2492 0000 0000    # 1: a seventh of red
    `);
    await viewer.reader.skip(6 * 253);
    await viewer.receives('ffff ffff ffff'); // 255: white
    await viewer.receives(`${update('0001')} 0000 0000 0001 0001 00000000 38`);
    viewer.send(updateRequest(false));
    await viewer.receives(`${update('0001')} 0000 0000 0001 0001 00000000 38`);
    await served.server.close();
  });

  const good = { bits: 32, depth: 24, max: [255, 255, 255], shift: [16, 8, 0], trueColour: 1 };
  for (const [name, change] of Object.entries({
    '0 bits': { bits: 0 },
    '1 bit': { bits: 1 },
    '15 bits': { bits: 15 },
    '24 bits': { bits: 24 },
    '33 bits': { bits: 33 },
    '64 bits': { bits: 64 },
    'maximum 0': { max: [0, 255, 255] },
    'maximum 254': { max: [254, 255, 255] },
    'maximum 256': { max: [256, 255, 255] },
    'shift 25': { shift: [25, 8, 0] },
    'shift 255': { shift: [255, 8, 0] },
    'overlapping channels': { shift: [8, 8, 0] },
    'a colour map of 32 bits': { trueColour: 0 },
  })) {
    it(`${name} closes`, async () => {
      const served = new Served();
      const viewer = await served.session();
      const f = { ...good, ...change };
      viewer.stream.write(Uint8Array.of(0, 0, 0, 0, f.bits, f.depth, 0, f.trueColour));
      viewer.stream.write(Uint8Array.from(f.max.flatMap((max) => [max >> 8, max & 255])));
      viewer.stream.write(Uint8Array.from([...f.shift, 0, 0, 0]));
      assert.ok((await viewer.gone) instanceof ProtocolError);
    });
  }
});

describe('SetEncodings', () => {
  it('none, duplicates and unknown ones leave Raw', async () => {
    const served = new Served({ display: new FakeDisplay({ width: 1, height: 1 }) });
    const viewer = await served.session();
    for (const list of [[], [0x7fffffff, 0x7fffffff, -1], [0, 0, 0]]) {
      viewer.send(setEncodings(...list));
      viewer.send(updateRequest(false));
      await viewer.receives(`${update('0001')} 0000 0000 0001 0001 00000000 000000ff`);
    }
    await served.server.close();
  });

  it('a list above the limit closes before it is read', async () => {
    const served = new Served();
    const viewer = await served.session();
    viewer.send('02 00 ffff');
    assert.ok((await viewer.gone) instanceof LimitError);
  });
});

describe('clipboard and bell', () => {
  it('ClientCutText reaches the display as Latin-1', async () => {
    const served = new Served();
    const viewer = await served.session();
    viewer.send('06 000000 00000003 61 e9 0a');
    viewer.send(updateRequest(false));
    await viewer.receives(update('0001'));
    assert.deepEqual(served.display.clipboards, ['a\u00e9\n']);
    await served.server.close();
  });

  it('the display clipboard goes out as ServerCutText, with ? for what Latin-1 lacks', async () => {
    const served = new Served();
    const viewer = await served.session();
    served.display.events.emit('clipboard', 'a\u20ac');
    await viewer.receives('03 000000 00000002 61 3f');
    await served.server.close();
  });

  it('a clipboard above the limit is not sent, and one from the viewer closes', async () => {
    const served = new Served({ limits: { maxClipboardBytes: 4 } });
    const viewer = await served.session();
    served.display.events.emit('clipboard', '12345');
    served.display.events.emit('bell', undefined);
    await viewer.receives('02');
    viewer.send('06 000000 00000005');
    assert.ok((await viewer.gone) instanceof LimitError);
  });

  for (const length of ['7fffffff', '80000000', 'fffffffc', 'ffffffff']) {
    it(`ClientCutText of length ${length} closes before its text is awaited`, async () => {
      const served = new Served();
      const viewer = await served.session();
      viewer.send(`06 000000 ${length}`);
      assert.ok((await viewer.gone) instanceof ProtocolError);
    });
  }
});

describe('a hostile viewer', () => {
  it('every message type that was not announced closes', async () => {
    const known = new Set([0, 2, 3, 4, 5, 6, 150, 248, 250, 251, 255]);
    for (let type = 0; type < 256; type++) {
      if (known.has(type)) continue;
      const served = new Served();
      const viewer = await served.session();
      viewer.stream.write(Uint8Array.of(type));
      const reason = await viewer.gone;
      assert.ok(reason instanceof ProtocolError, `type ${type}`);
      assert.equal(reason.got, type);
    }
  });

  it('messages of extensions that were never offered close', async () => {
    const messages = {
      ClientFence: 'f8 000000 80000000 00',
      EnableContinuousUpdates: '96 01 0000 0000 0004 0004',
      ClientXvp: 'fa 00 01 02',
    };
    for (const [name, hex] of Object.entries(messages)) {
      const served = new Served();
      const viewer = await served.session();
      viewer.send(hex);
      const reason = await viewer.gone;
      assert.ok(reason instanceof ProtocolError, name);
      assert.match(reason.message, new RegExp(name));
    }
  });

  it('QEMU sub-messages other than the key event close', async () => {
    for (const submessage of [1, 2, 255]) {
      const served = new Served();
      const viewer = await served.session();
      viewer.stream.write(Uint8Array.of(255, submessage));
      assert.ok((await viewer.gone) instanceof ProtocolError);
    }
  });

  it('an end inside a message says so', async () => {
    const served = new Served();
    const viewer = await served.session();
    viewer.send('03 01 0000');
    viewer.stream.end();
    assert.equal((await viewer.gone).message, 'the connection ended inside a message');
  });

  it('does not disturb another viewer', async () => {
    const served = new Served();
    const good = await served.session();
    const bad = await served.session();
    bad.send('ff ff');
    await bad.gone;
    good.send(updateRequest(false));
    await good.receives(update('0001'));
    await served.server.close();
  });
});

describe('a session in single bytes', () => {
  it('gives the same answers', async () => {
    const served = new Served({ display: new FakeDisplay({ width: 2, height: 1 }) });
    const viewer = await served.session({ chunkBytes: 1 });
    viewer.send(setEncodings(0));
    viewer.send('04 01 0000 00000061');
    viewer.send('05 01 0001 0000');
    viewer.send('06 000000 00000001 78');
    viewer.send(updateRequest(false));
    await viewer.receives(`${update('0001')} 0000 0000 0002 0001 00000000 000000ff 000000ff`);
    assert.equal(served.display.keys.length, 1);
    assert.deepEqual(served.display.pointers, [{ buttonMask: 1, x: 1, y: 0 }]);
    assert.deepEqual(served.display.clipboards, ['x']);
    await served.server.close();
  });
});

describe('a viewer that cannot follow a resize', () => {
  it('keeps its first size: clipped when the display grows, padded with black when it shrinks', async () => {
    const served = new Served({ display: new FakeDisplay({ width: 2, height: 2 }) });
    const viewer = await served.session();
    served.display.setSize(3, 1);
    served.display.paint(0xffffff);
    viewer.send(updateRequest(false, '0000 0000 0003 0003'));
    await viewer.receives(`
      00 00 0001 0000 0000 0002 0002 00000000
      ffffffff ffffffff  # the first row: what fits of the display
      000000ff 000000ff  # below it there is nothing
    `);
    await served.server.close();
  });

  it('gets the rest of an update from the picture with which it began', async () => {
    const served = new Served({ display: new FakeDisplay({ width: 600, height: 600 }) });
    const viewer = await served.session();
    served.display.framebuffer = new Framebuffer(
      600,
      600,
      new Uint32Array(360_000).fill(0xff102030),
    );
    viewer.send(updateRequest(false, '0000 0000 0258 0258'));
    await viewer.receives('00 00 000a 0000 0000 0258 0040 00000000');
    served.display.setSize(1, 1);
    for (let y = 64; y < 600; y += 64) {
      await viewer.reader.skip(600 * 64 * 4);
      await viewer.receives(`0000 ${y.toString(16).padStart(4, '0')} 0258`);
      await viewer.receives(`${y === 576 ? '0018' : '0040'} 00000000`);
    }
    await viewer.receives('302010ff');
    await served.server.close();
  });
});
