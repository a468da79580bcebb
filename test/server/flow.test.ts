import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { LimitError, TimeoutError } from '../../src/core/errors.ts';
import { Encoding } from '../../src/rfb/constants.ts';
import { FakeDisplay } from '../support/fake-display.ts';
import { Served, setEncodings, until, updateRequest } from '../support/served.ts';

const whole = '0000 0000 0100 0100';
const large = () => new FakeDisplay({ width: 256, height: 256 });
const FRAME_BYTES = 4 + 12 * 4 + 256 * 256 * 4;

describe('a viewer that stops reading', () => {
  it('has no more waiting for it than a chunk and a rectangle, whatever the display does', async () => {
    const served = new Served({ display: large() });
    const viewer = await served.session();
    const backlogs: number[] = [];
    for (let round = 0; round < 20; round++) {
      viewer.send(updateRequest(false, whole));
      served.display.paint(round);
      served.display.events.emit('bell', undefined);
      served.display.events.emit('clipboard', 'x'.repeat(1000));
      served.display.setLeds(round & 7);
      await new Promise((resolve) => setImmediate(resolve));
      backlogs.push(backlogOf(viewer.stream));
    }
    assert.ok(Math.max(...backlogs) <= 64 * 1024 + FRAME_BYTES, `${Math.max(...backlogs)} bytes`);
    await served.server.close();
  });

  it('is dropped when nothing moves for the time that is allowed', async () => {
    const served = new Served({ display: large(), limits: { writeStallMs: 10 } });
    const viewer = await served.session();
    viewer.send(updateRequest(false, whole));
    const reason = await viewer.gone;
    assert.ok(reason instanceof TimeoutError);
    assert.equal(reason.message, 'taking what was sent took longer than 10 ms');
  });

  it('is not dropped while nothing waits for it', async () => {
    const served = new Served({ limits: { writeStallMs: 1 } });
    const viewer = await served.session();
    // Each round waits for its frame, which is longer than the time in which something would have to move.
    for (let round = 0; round < 3; round++) {
      viewer.send(updateRequest(false));
      await viewer.reader.skip(4 + 12 + 64);
    }
    assert.equal(served.server.viewers.length, 1);
    await served.server.close();
  });

  it('is dropped at once when more waits than one picture and the limit', async () => {
    const served = new Served({ limits: { maxBacklogBytes: 100 } });
    const viewer = await served.session();
    served.display.events.emit('clipboard', 'x'.repeat(200));
    assert.ok((await viewer.gone) instanceof LimitError);
  });

  it('goes on cleanly when it reads again, with the newest picture', async () => {
    const served = new Served({ display: large() });
    const viewer = await served.session();
    viewer.send(updateRequest(false, whole));
    await until(() => backlogOf(viewer.stream) > 0);
    for (let round = 0; round < 5; round++) viewer.send(updateRequest(true, whole));
    for (let round = 1; round <= 100; round++) served.display.paint(round);
    await skipUpdate(viewer.reader);
    await viewer.receives('00 00 0001 0000 0000 0100 0100 00000000 640000ff');
    await served.server.close();
  });

  it('does not slow another down', async () => {
    const served = new Served({ display: large() });
    const stalled = await served.session();
    const reading = await served.session();
    for (let round = 0; round < 5; round++) {
      stalled.send(updateRequest(false, whole));
      reading.send(updateRequest(false, whole));
      await skipUpdate(reading.reader);
    }
    assert.equal(served.server.viewers.length, 2);
    await served.server.close();
  });
});

describe('a flood toward a viewer that does not read', () => {
  const floods = {
    SetEncodings: setEncodings(
      Encoding.ExtendedDesktopSize,
      Encoding.QemuLedState,
      Encoding.QemuExtendedKeyEvent,
    ),
    'SetPixelFormat with a colour map': '00 000000 08 08 00 00 0000 0000 0000 00 00 00 000000',
    SetDesktopSize: `fb 00 0000 0000 01 00 00000000 0000 0000 0000 0000 00000000`,
    FramebufferUpdateRequest: updateRequest(false),
  };
  for (const [name, message] of Object.entries(floods)) {
    it(`of answers to ${name} is merged`, async () => {
      const served = new Served();
      const viewer = await served.session();
      viewer.send(setEncodings(Encoding.ExtendedDesktopSize));
      viewer.send(updateRequest(true));
      viewer.send(message.repeat(3000));
      viewer.send('06 000000 00000000');
      await until(() => served.display.clipboards.length === 1);
      assert.ok(backlogOf(viewer.stream) < 64 * 1024);
      assert.equal(served.server.viewers.length, 1);
      await served.server.close();
    });
  }
});

describe('pace', () => {
  it('changes in one turn are one update', async () => {
    const served = new Served();
    const viewer = await served.session();
    viewer.send(updateRequest(true));
    await until(() => backlogOf(viewer.stream) === 0);
    // Black, as before, is no change.
    for (let i = 0; i < 4; i++) served.display.paint(i, { x: i, y: i, width: 1, height: 1 });
    await viewer.receives('00 00 0001 0001 0001 0003 0003');
    await served.server.close();
  });

  it('is known: from an update to the next request, once there was one', async () => {
    const served = new Served();
    const viewer = await served.session();
    const { server } = served;
    assert.equal(server.roundTripMs(viewer.id), undefined);
    // On a busy machine a request may come before the end of the update was noted: then the next one counts.
    while (server.roundTripMs(viewer.id) === undefined) {
      viewer.send(updateRequest(false));
      await skipUpdate(viewer.reader);
    }
    assert.ok((server.roundTripMs(viewer.id) ?? -1) >= 0);
    assert.equal(server.roundTripMs(viewer.id + 1), undefined);
    await server.close();
  });

  it('an idle line answers at once, a busy one once in a frame', async () => {
    const served = new Served();
    const viewer = await served.session();
    const readPixel = () => viewer.reader.skip(4 + 12 + 4);
    const pixel = { x: 0, y: 0, width: 1, height: 1 };
    viewer.send(updateRequest(true));
    served.display.paint(1, pixel);
    await readPixel();
    const start = performance.now();
    for (let i = 0; i < 3; i++) {
      viewer.send(updateRequest(true));
      served.display.paint(i, pixel);
      await readPixel();
    }
    // The first may have come at the end of its frame, and a timer may be early.
    assert.ok(performance.now() - start >= 2 * 14, 'two frames');
    await served.server.close();
  });
});

/** Bytes that the server wrote and the viewer has not read: what memoryPair counts at the other end. */
function backlogOf(stream: object): number {
  const peer: unknown = Reflect.get(stream, 'peer');
  assert.ok(typeof peer === 'object' && peer !== null && 'backlogBytes' in peer);
  return Number(peer.backlogBytes);
}

/** Reads a FramebufferUpdate of Raw rectangles. */
async function skipUpdate(reader: {
  u16: () => Promise<number>;
  skip: (count: number) => Promise<void>;
}): Promise<void> {
  await reader.skip(2);
  const count = await reader.u16();
  for (let i = 0; i < count; i++) {
    await reader.skip(4);
    const width = await reader.u16();
    const height = await reader.u16();
    await reader.skip(4 + width * height * 4);
  }
}
