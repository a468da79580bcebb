import assert from 'node:assert/strict';
import { describe, it, mock } from 'node:test';
import { LimitError, ProtocolError } from '../../src/core/errors.ts';
import { Encoding } from '../../src/rfb/constants.ts';
import { FakeDisplay } from '../support/fake-display.ts';
import { Served, setEncodings, until, updateRequest, type TestViewer } from '../support/served.ts';

const pixel = (x: number, y: number) => ({ x, y, width: 1, height: 1 });
const offers = setEncodings(Encoding.Raw, Encoding.Fence, Encoding.ContinuousUpdates);
const fenceOffer = 'f8 000000 80000001 00 # ServerFence: request, block before, no payload';
const end = '96 # EndOfContinuousUpdates';
const on = (area = '0000 0000 0004 0004') => `96 01 ${area}`;
const off = '96 00 0000 0000 0000 0000';
const answer = (payload: string) => `f8 000000 00000001 04 ${payload}`;

/** A viewer that named both extensions and answered the first fence. */
async function offered(served: Served): Promise<TestViewer> {
  const viewer = await served.session();
  viewer.send(offers);
  await viewer.receives(fenceOffer);
  await viewer.receives(end);
  viewer.send('f8 000000 00000001 00 # ClientFence: the answer');
  return viewer;
}

/** One Raw update of one pixel at x, y, whose colour stands in the blue byte, and the fence behind it. */
const update = (x: number, y: number, value: string, mark: string) =>
  `00 00 0001 000${x} 000${y} 0001 0001 00000000 ${value}
   f8 000000 80000001 04 ${mark} # ServerFence: the mark`;

describe('fences', () => {
  it('are answered in order, with the payload and the flags that we know', async () => {
    const served = new Served();
    const viewer = await offered(served);
    viewer.send('f8 000000 8000000f 03 aabbcc  f8 000000 80000000 00');
    await viewer.receives('f8 000000 00000007 03 aabbcc  f8 000000 00000000 00');
    await served.server.close();
  });

  it('are answered while the next frame waits for its time', async () => {
    const served = new Served();
    const viewer = await offered(served);
    viewer.send(on());
    await until(() => served.server.viewers.length === 1);
    // The clock stands, so that the second frame's time comes when this test says so, however slow the machine.
    const now = performance.now() + 1000;
    const clock = mock.method(performance, 'now', () => now);
    mock.timers.enable({ apis: ['setTimeout'] });
    try {
      served.display.paint(1, pixel(0, 0));
      await viewer.receives(update(0, 0, '010000ff', '00000001'));
      served.display.paint(2, pixel(0, 0));
      for (const mark of ['77', '78']) {
        viewer.send(`f8 000000 80000000 01 ${mark}`);
        await viewer.receives(`f8 000000 00000000 01 ${mark}`);
      }
      mock.timers.tick(32);
      await viewer.receives(update(0, 0, '020000ff', '00000002'));
    } finally {
      mock.timers.reset();
      clock.mock.restore();
    }
    await served.server.close();
  });

  it('are answered between updates, never inside one', async () => {
    const served = new Served();
    const viewer = await offered(served);
    viewer.send(`${updateRequest(false)} f8 000000 80000000 01 77`);
    await viewer.receives('f8 000000 00000000 01 77');
    await viewer.receives('00 00 0001');
    await served.server.close();
  });

  it('of a viewer that sends them without end close its connection', async () => {
    const served = new Served();
    const viewer = await offered(served);
    viewer.send('f8 000000 80000000 00'.repeat(100_000));
    assert.ok((await viewer.gone) instanceof LimitError);
  });

  it('tell the way to a viewer that answers', async () => {
    const served = new Served();
    const viewer = await offered(served);
    viewer.send(on());
    await until(() => served.server.viewers.length === 1);
    served.display.paint(1, pixel(0, 0));
    await viewer.receives(update(0, 0, '010000ff', '00000001'));
    assert.equal(served.server.roundTripMs(viewer.id), undefined);
    viewer.send(answer('00000001'));
    await until(() => served.server.roundTripMs(viewer.id) !== undefined);
    await served.server.close();
  });

  it('with an unknown payload, or none, are taken for no mark', async () => {
    const served = new Served();
    const viewer = await offered(served);
    viewer.send(`${answer('12345678')} f8 000000 00000001 00 f8 000000 00000001 05 0000000001`);
    viewer.send(updateRequest(false));
    await viewer.receives('00 00 0001');
    assert.equal(served.server.roundTripMs(viewer.id), undefined);
    await served.server.close();
  });
});

describe('continuous updates', () => {
  it('come without a request, each behind the one before, until they are switched off', async () => {
    const served = new Served();
    const viewer = await offered(served);
    viewer.send(on());
    await until(() => served.server.viewers.length === 1);
    for (let i = 1; i <= 3; i++) {
      served.display.paint(i, pixel(i, 1));
      await viewer.receives(update(i, 1, `0${i}0000ff`, `0000000${i}`));
      viewer.send(answer(`0000000${i}`));
    }
    viewer.send(off);
    await viewer.receives(end);
    served.display.paint(4, pixel(0, 0));
    viewer.send('f8 000000 80000000 01 77');
    await viewer.receives('f8 000000 00000000 01 77');
    viewer.send(updateRequest(true));
    await viewer.receives('00 00 0001 0000 0000');
    await served.server.close();
  });

  it('are only of the area that was named', async () => {
    const served = new Served({ display: new FakeDisplay({ width: 132, height: 4 }) });
    const viewer = await offered(served);
    viewer.send(on('0002 0002 0002 0002'));
    await until(() => served.server.viewers.length === 1);
    served.display.paint(1, pixel(130, 0));
    served.display.paint(2, pixel(3, 3));
    await viewer.receives(update(3, 3, '020000ff', '00000001'));
    await served.server.close();
  });

  it('stand beside requests, which are answered also outside the area', async () => {
    const served = new Served();
    const viewer = await offered(served);
    viewer.send(`${on('0002 0002 0002 0002')} ${updateRequest(false, '0000 0000 0001 0001')}`);
    await viewer.receives('00 00 0001 0000 0000 0001 0001');
    await served.server.close();
  });

  it('stop while more is on its way than the line takes, and go on with the newest picture', async () => {
    const served = new Served();
    const viewer = await offered(served);
    viewer.send(on());
    await until(() => served.server.viewers.length === 1);
    // More than is let onto a line of which nothing is known yet, and no mark behind it.
    served.display.events.emit('clipboard', 'x'.repeat(200_000));
    await viewer.reader.skip(8 + 200_000);
    served.display.paint(1, pixel(1, 1));
    viewer.send('f8 000000 80000000 01 77');
    await viewer.receives('f8 000000 00000000 01 77');
    served.display.paint(2, pixel(1, 1));
    // A request is always answered; its mark tells that all arrived.
    viewer.send(updateRequest(false, '0000 0000 0001 0001'));
    await viewer.receives('00 00 0002');
    await served.server.close();
  });

  it('are refused to a viewer that was never offered them', async () => {
    for (const hex of [on(), off]) {
      const served = new Served();
      const viewer = await served.session();
      viewer.send(hex);
      assert.ok((await viewer.gone) instanceof ProtocolError);
    }
  });

  it('end when the viewer no longer names them', async () => {
    const served = new Served();
    const viewer = await offered(served);
    viewer.send(`${on()} ${setEncodings(Encoding.Raw, Encoding.Fence)}`);
    viewer.send('f8 000000 80000000 01 77');
    await viewer.receives('f8 000000 00000000 01 77');
    served.display.paint(1, pixel(0, 0));
    viewer.send('f8 000000 80000000 01 78');
    await viewer.receives('f8 000000 00000000 01 78');
    await served.server.close();
  });
});

describe('marks', () => {
  it('that could not be set, as too many were open, are set when one comes back', async () => {
    const served = new Served();
    const viewer = await offered(served);
    viewer.send(on());
    await until(() => served.server.viewers.length === 1);
    const mark = (i: number): string => i.toString(16).padStart(8, '0');
    for (let i = 1; i <= 32; i++) {
      served.display.paint(i, pixel(0, 0));
      await viewer.receives(update(0, 0, `${mark(i).slice(6)}0000ff`, mark(i)));
    }
    served.display.paint(33, pixel(0, 0));
    await viewer.receives('00 00 0001 0000 0000 0001 0001 00000000 210000ff');
    viewer.send(answer(mark(1)));
    await viewer.receives(`f8 000000 80000001 04 ${mark(33)}`);
    await served.server.close();
  });
});
