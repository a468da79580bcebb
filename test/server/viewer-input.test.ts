import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Encoding } from '../../src/rfb/constants.ts';
import { allRights, viewOnlyRights } from '../../src/security/identity.ts';
import { FakeDisplay } from '../support/fake-display.ts';
import { Served, setEncodings, until, updateRequest } from '../support/served.ts';

const key = (down: boolean, keysym: string) => `04 ${down ? '01' : '00'} 0000 ${keysym}`;
const pressed = (display: FakeDisplay) =>
  display.keys.map(({ down, keysym }) => `${down ? '+' : '-'}${keysym.toString(16)}`);

describe('keys', () => {
  it('reach the display in order', async () => {
    const served = new Served();
    const viewer = await served.session();
    viewer.send(key(true, '00000061') + key(false, '00000061') + key(false, '00000062'));
    await until(() => served.display.keys.length === 3);
    assert.deepEqual(pressed(served.display), ['+61', '-61', '-62']);
    await served.server.close();
  });

  it('that are held when the viewer leaves are lifted, before it is said to be gone', async () => {
    const served = new Served();
    const viewer = await served.session();
    viewer.send(key(true, '0000ffe1') + key(true, '00000041') + key(true, '00000042'));
    viewer.send(key(false, '00000041'));
    viewer.stream.end();
    await viewer.gone;
    assert.deepEqual(pressed(served.display), ['+ffe1', '+41', '+42', '-41', '-ffe1', '-42']);
  });

  it('a key that changed its keysym while held is known by its scan code', async () => {
    const served = new Served();
    const viewer = await served.session();
    viewer.send('ff 00 0001 00000061 0000001e');
    viewer.send('ff 00 0000 00000041 0000001e');
    viewer.stream.end();
    await viewer.gone;
    assert.deepEqual(pressed(served.display), ['+61', '-41']);
  });

  it('a viewer that holds more keys than hands can loses the oldest', async () => {
    const served = new Served();
    const viewer = await served.session();
    for (let i = 1; i <= 65; i++) viewer.send(key(true, i.toString(16).padStart(8, '0')));
    await until(() => served.display.keys.length === 66);
    assert.deepEqual(pressed(served.display).slice(-2), ['-1', '+41']);
    viewer.stream.end();
    await viewer.gone;
    assert.equal(served.display.keys.length, 66 + 64);
  });

  it('twenty thousand presses of a held key leave one to lift', async () => {
    const served = new Served();
    const viewer = await served.session();
    viewer.send(key(true, '00000061').repeat(20_000));
    viewer.stream.end();
    await viewer.gone;
    assert.equal(served.display.keys.length, 20_001);
  });
});

describe('the pointer', () => {
  it('passes every button mask, and its position clipped to the framebuffer', async () => {
    const served = new Served();
    const viewer = await served.session();
    for (let mask = 0; mask < 256; mask++)
      viewer.stream.write(Uint8Array.of(5, mask, 0, 1, 0xff, 0xff));
    await until(() => served.display.pointers.length === 256);
    assert.deepEqual(
      served.display.pointers,
      Array.from({ length: 256 }, (_, buttonMask) => ({ buttonMask, x: 1, y: 3 })),
    );
    await served.server.close();
  });

  it('lets go of its buttons where it was when the viewer leaves', async () => {
    const served = new Served();
    const viewer = await served.session();
    viewer.send('05 05 0002 0001');
    viewer.stream.end();
    await viewer.gone;
    assert.deepEqual(served.display.pointers, [
      { buttonMask: 5, x: 2, y: 1 },
      { buttonMask: 0, x: 2, y: 1 },
    ]);
  });

  it('sends motion once relative mode was announced', async () => {
    const served = new Served();
    served.display.pointerMode = 'relative';
    const viewer = await served.session();
    viewer.send(setEncodings(Encoding.QemuPointerMotionChange));
    viewer.send(updateRequest(true));
    await viewer.receives('00 00 0001 0000 0000 0004 0004 fffffeff');
    viewer.send('05 01 7fff 7fff 05 01 8004 7ffe');
    viewer.stream.end();
    await viewer.gone;
    assert.deepEqual(served.display.pointers, [
      { buttonMask: 1, x: 0, y: 0 },
      { buttonMask: 1, x: 5, y: -1 },
      { buttonMask: 0, x: 0, y: 0 },
    ]);
  });

  it('a viewer without relative mode moves a relative display by the difference of its positions', async () => {
    const served = new Served();
    served.display.pointerMode = 'relative';
    const viewer = await served.session();
    viewer.send('05 00 0001 0001 05 00 0003 0000');
    await until(() => served.display.pointers.length === 2);
    assert.deepEqual(served.display.pointers, [
      { buttonMask: 0, x: 0, y: 0 },
      { buttonMask: 0, x: 2, y: -1 },
    ]);
    await served.server.close();
  });

  it('a viewer still in relative mode moves an absolute display from where it was', async () => {
    const served = new Served();
    served.display.pointerMode = 'relative';
    const viewer = await served.session();
    viewer.send(setEncodings(Encoding.QemuPointerMotionChange));
    viewer.send(updateRequest(true));
    await viewer.receives('00 00 0001 0000 0000 0004 0004 fffffeff');
    served.display.pointerMode = 'absolute';
    viewer.send('05 00 8001 8000');
    await until(() => served.display.pointers.length === 1);
    assert.deepEqual(served.display.pointers, [{ buttonMask: 0, x: 2, y: 1 }]);
    await served.server.close();
  });
});

describe('rights', () => {
  it('without them keys, pointer and clipboard do not reach the display', async () => {
    const served = new Served();
    const viewer = await served.session({ rights: viewOnlyRights });
    viewer.send(key(true, '00000061') + '05 01 0001 0001' + '06 000000 00000001 78');
    viewer.send(updateRequest(false));
    await viewer.receives('00 00 0001');
    viewer.stream.end();
    await viewer.gone;
    const { keys, pointers, clipboards } = served.display;
    assert.deepEqual([keys, pointers, clipboards], [[], [], []]);
  });

  it('when they are lost, what is held is let go at once', async () => {
    const served = new Served();
    const viewer = await served.session();
    viewer.send(key(true, '00000061') + '05 01 0001 0001');
    await until(() => served.display.pointers.length === 1);
    assert.equal(served.server.setRights(viewer.id, viewOnlyRights), true);
    assert.deepEqual(pressed(served.display), ['+61', '-61']);
    assert.equal(served.display.pointers.at(-1)?.buttonMask, 0);
    assert.deepEqual(served.server.viewers[0]?.rights, viewOnlyRights);
    assert.deepEqual(served.display.viewerLists.at(-1)?.[0]?.rights, viewOnlyRights);
    viewer.stream.end();
    await viewer.gone;
    assert.equal(served.display.keys.length, 2);
  });

  it('without view the picture is black; with it again everything is sent', async () => {
    const served = new Served({ display: new FakeDisplay({ width: 1, height: 1 }) });
    served.display.paint(0xffffff);
    const viewer = await served.session();
    const one = '00 00 0001 0000 0000 0001 0001 00000000';
    viewer.send(updateRequest(false));
    await viewer.receives(`${one} ffffffff`);
    viewer.send(updateRequest(true));
    served.server.setRights(viewer.id, { ...allRights, view: false });
    await viewer.receives(`${one} 000000ff`);
    viewer.send(updateRequest(true));
    served.display.paint(0x123456);
    served.display.events.emit('bell', undefined);
    await viewer.receives('02');
    served.server.setRights(viewer.id, allRights);
    await viewer.receives(`${one} 563412ff`);
    await served.server.close();
  });

  it('without view a full request is answered in black, and the pointer has no shape', async () => {
    const served = new Served({ display: new FakeDisplay({ width: 1, height: 1 }) });
    served.display.paint(0xffffff);
    served.display.setCursor({
      width: 1,
      height: 1,
      hotX: 0,
      hotY: 0,
      pixels: Uint32Array.of(0xffffffff),
    });
    const viewer = await served.session({ rights: { view: false } });
    viewer.send(setEncodings(Encoding.CursorWithAlpha));
    viewer.send(updateRequest(false));
    await viewer.receives('00 00 0001 0000 0000 0001 0001 00000000 000000ff');
    await served.server.close();
  });

  it('without clipboardOut the clipboard of the display stays there', async () => {
    const served = new Served();
    const viewer = await served.session({ rights: { clipboardOut: false } });
    served.display.events.emit('clipboard', 'secret');
    served.display.events.emit('bell', undefined);
    await viewer.receives('02');
    await served.server.close();
  });

  it('cannot be set of somebody who is not there', () => {
    const served = new Served();
    assert.equal(served.server.setRights(1, allRights), false);
    assert.equal(served.server.kick(1), false);
  });
});
