import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Encoding } from '../../src/rfb/constants.ts';
import { FakeDisplay } from '../support/fake-display.ts';
import { Served, setEncodings, until, updateRequest } from '../support/served.ts';

const small = () =>
  new Served({ display: new FakeDisplay({ width: 1, height: 1, resizable: true }) });
const onePixel = '0000 0000 0001 0001 00000000 000000ff';
const cursor = {
  width: 2,
  height: 1,
  hotX: 1,
  hotY: 0,
  pixels: Uint32Array.of(0x80ff0000, 0x00000000),
};

describe('Cursor', () => {
  const shapes = {
    'CursorWithAlpha is preferred, in R G B A with colours multiplied': {
      encodings: [Encoding.XCursor, Encoding.Cursor, Encoding.CursorWithAlpha],
      rectangle: '0001 0000 0002 0001 fffffec6 00000000 80000080 00000000',
    },
    'Cursor is preferred to XCursor, in the format of the viewer and a mask': {
      encodings: [Encoding.XCursor, Encoding.Cursor],
      rectangle: '0001 0000 0002 0001 ffffff11 0000ffff 000000ff 80',
    },
    'XCursor has two colours': {
      encodings: [Encoding.XCursor],
      rectangle: '0001 0000 0002 0001 ffffff10 ff0000 ff0000 80 80',
    },
  };
  for (const [name, { encodings, rectangle }] of Object.entries(shapes)) {
    it(name, async () => {
      const served = small();
      served.display.setCursor(cursor);
      const viewer = await served.session();
      viewer.send(setEncodings(...encodings));
      viewer.send(updateRequest(false));
      await viewer.receives(`00 00 0002 ${rectangle} ${onePixel}`);
      await served.server.close();
    });
  }

  it('a new shape goes out in answer to a request, in an update without pixels if nothing else changed', async () => {
    const served = small();
    const viewer = await served.session();
    viewer.send(setEncodings(Encoding.CursorWithAlpha));
    viewer.send(updateRequest(true));
    served.display.setCursor({ ...cursor, width: 1, hotX: 0, pixels: Uint32Array.of(0xff010203) });
    await viewer.receives('00 00 0001 0000 0000 0001 0001 fffffec6 00000000 010203ff');
    // No pixels were sent, so the request still stands.
    served.display.paint(0xffffff);
    await viewer.receives('00 00 0001 0000 0000 0001 0001 00000000 ffffffff');
    await served.server.close();
  });

  it('a display without a pointer shape sends none, and one that takes it away hides the pointer', async () => {
    const served = small();
    const viewer = await served.session();
    viewer.send(setEncodings(Encoding.CursorWithAlpha));
    viewer.send(updateRequest(false));
    await viewer.receives(`00 00 0001 ${onePixel}`);
    served.display.setCursor(cursor);
    viewer.send(updateRequest(true));
    await viewer.receives('00 00 0001 0001 0000 0002 0001 fffffec6 00000000 80000080 00000000');
    served.display.setCursor(undefined);
    await viewer.receives('00 00 0001 0000 0000 0000 0000 fffffec6 00000000');
    await served.server.close();
  });
});

describe('DesktopName, LED state, extended keys and pointer mode', () => {
  it('DesktopName goes out when it changes, cut at a character', async () => {
    const served = new Served({ limits: { maxNameBytes: 4 } });
    const viewer = await served.session();
    viewer.send(setEncodings(Encoding.DesktopName));
    viewer.send(updateRequest(true));
    served.display.setName('ab\u20ac');
    await viewer.receives('00 00 0001 0000 0000 0000 0000 fffffecd 00000002 6162');
    await served.server.close();
  });

  it('LED state is said when it is negotiated and when it changes, if it is known', async () => {
    const served = small();
    const viewer = await served.session();
    viewer.send(setEncodings(Encoding.QemuLedState));
    viewer.send(updateRequest(false));
    await viewer.receives(`00 00 0001 ${onePixel}`);
    viewer.send(updateRequest(true));
    served.display.setLeds(6);
    await viewer.receives('00 00 0001 0000 0000 0001 0001 fffffefb 06');
    served.display.setLeds(0);
    await viewer.receives('00 00 0001 0000 0000 0001 0001 fffffefb 00');
    await served.server.close();
  });

  it('a burst of changes is one rectangle', async () => {
    const served = small();
    const viewer = await served.session();
    viewer.send(setEncodings(Encoding.QemuLedState));
    for (let i = 0; i < 1000; i++) served.display.setLeds(i & 7);
    viewer.send(updateRequest(false));
    await viewer.receives(`00 00 0002 0000 0000 0001 0001 fffffefb 07 ${onePixel}`);
    await served.server.close();
  });

  it('extended keys are acknowledged once, and then reach the display', async () => {
    const served = small();
    const viewer = await served.session();
    viewer.send(setEncodings(Encoding.QemuExtendedKeyEvent));
    viewer.send(setEncodings(Encoding.QemuExtendedKeyEvent));
    viewer.send(updateRequest(false));
    await viewer.receives(`00 00 0002 0000 0000 0001 0001 fffffefe ${onePixel}`);
    viewer.send('ff 00 0001 00000061 0000001e');
    viewer.send(updateRequest(false));
    await viewer.receives(`00 00 0001 ${onePixel}`);
    assert.deepEqual(served.display.keys, [
      { type: 'KeyEvent', down: true, keysym: 0x61, keycode: 0x1e },
    ]);
    await served.server.close();
  });

  it('the pointer mode is said when it is negotiated and when it changes', async () => {
    const served = small();
    const viewer = await served.session();
    viewer.send(setEncodings(Encoding.QemuPointerMotionChange));
    viewer.send(updateRequest(true));
    await viewer.receives('00 00 0001 0001 0000 0001 0001 fffffeff');
    served.display.setPointerMode('relative');
    await viewer.receives('00 00 0001 0000 0000 0001 0001 fffffeff');
    await served.server.close();
  });
});

describe('DesktopSize', () => {
  it('a new size is an update of its own, and all pixels follow', async () => {
    const served = small();
    const viewer = await served.session();
    viewer.send(setEncodings(Encoding.DesktopSize));
    viewer.send(updateRequest(true, '0000 0000 ffff ffff'));
    served.display.setSize(2, 1);
    await viewer.receives('00 00 0001 0000 0000 0002 0001 ffffff21');
    // The request was for the size it knew.
    await viewer.receives(`00 00 0001 ${onePixel}`);
    viewer.send(updateRequest(true, '0000 0000 ffff ffff'));
    await viewer.receives('00 00 0001 0001 0000 0001 0001 00000000 000000ff');
    await served.server.close();
  });

  it('a viewer that names it late learns the size then', async () => {
    const served = small();
    const viewer = await served.session();
    served.display.setSize(2, 1);
    viewer.send(setEncodings(Encoding.DesktopSize));
    viewer.send(updateRequest(true));
    await viewer.receives('00 00 0001 0000 0000 0002 0001 ffffff21');
    await served.server.close();
  });
});

/** An update with one ExtendedDesktopSize rectangle for a layout of one screen. */
const layout = (reason: string, status: string, size: string, id = '00000000'): string => `
  00 00 0001
  ${reason} ${status} ${size} fffffecc
  01 000000 ${id} 0000 0000 ${size} 00000000
`;
const ask = (size: string, id = '00000000'): string =>
  `fb 00 ${size} 01 00 ${id} 0000 0000 ${size} 00000000`;

describe('ExtendedDesktopSize', () => {
  it('is said after SetEncodings and at every full request, each time in an update of its own', async () => {
    const served = small();
    const viewer = await served.session();
    viewer.send(setEncodings(Encoding.ExtendedDesktopSize));
    viewer.send(updateRequest(true));
    await viewer.receives(layout('0000', '0000', '0001 0001'));
    viewer.send(updateRequest(false));
    await viewer.receives(layout('0000', '0000', '0001 0001'));
    await viewer.receives(`00 00 0001 ${onePixel}`);
    viewer.send(updateRequest(true));
    served.display.paint(0xffffff);
    await viewer.receives('00 00 0001 0000 0000 0001 0001 00000000 ffffffff');
    await served.server.close();
  });

  it('SetDesktopSize is passed on; the requester hears reason 1, others reason 2', async () => {
    const served = small();
    const one = await served.session();
    const two = await served.session();
    for (const viewer of [one, two]) {
      viewer.send(setEncodings(Encoding.ExtendedDesktopSize));
      viewer.send(updateRequest(true));
      await viewer.receives(layout('0000', '0000', '0001 0001'));
    }
    one.send(ask('0003 0002', '00000007'));
    await one.receives(layout('0001', '0000', '0003 0002', '00000007'));
    await two.receives(layout('0002', '0000', '0003 0002', '00000007'));
    // Once only: the next thing to come is the picture of the area that had been asked for.
    await one.receives(`00 00 0001 ${onePixel}`);
    await served.server.close();
  });

  it('a change by the display itself has reason 0', async () => {
    const served = small();
    const viewer = await served.session();
    viewer.send(setEncodings(Encoding.ExtendedDesktopSize));
    viewer.send(updateRequest(true));
    await viewer.receives(layout('0000', '0000', '0001 0001'));
    served.display.setSize(2, 2);
    await viewer.receives(layout('0000', '0000', '0002 0002'));
    await served.server.close();
  });

  const refusals = {
    'an empty size is an invalid layout': { request: ask('0000 0000'), status: '0003' },
    'a size above the limits is an invalid layout': { request: ask('ffff ffff'), status: '0003' },
    'no screens are an invalid layout': { request: 'fb 00 0002 0002 00 00', status: '0003' },
    '255 screens are read whole, and are an invalid layout': {
      request: `fb 00 0002 0002 ff 00 ${'00000000 0000 0000 0001 0001 00000000'.repeat(255)}`,
      status: '0003',
    },
    'a screen outside is an invalid layout': {
      request: 'fb 00 0002 0002 01 00 00000000 0001 0000 0002 0002 00000000',
      status: '0003',
    },
  };
  for (const [name, { request, status }] of Object.entries(refusals)) {
    it(name, async () => {
      const served = small();
      const viewer = await served.session();
      viewer.send(setEncodings(Encoding.ExtendedDesktopSize));
      viewer.send(updateRequest(true));
      await viewer.receives(layout('0000', '0000', '0001 0001'));
      viewer.send(request);
      await viewer.receives(layout('0001', status, '0001 0001'));
      await served.server.close();
    });
  }

  it('a display that cannot be resized, or a viewer without the right, is answered: prohibited', async () => {
    const fixed = new Served({ display: new FakeDisplay({ width: 1, height: 1 }) });
    const powerless = small();
    for (const [served, rights] of [
      [fixed, {}],
      [powerless, { resize: false }],
    ] as const) {
      const viewer = await served.session({ rights });
      viewer.send(setEncodings(Encoding.ExtendedDesktopSize));
      viewer.send(updateRequest(true));
      await viewer.receives(layout('0000', '0000', '0001 0001'));
      viewer.send(ask('0002 0002'));
      await viewer.receives(layout('0001', '0001', '0001 0001'));
      await served.server.close();
    }
  });

  it('the answer of the display is passed on', async () => {
    const served = small();
    served.display.resizeStatus = 4;
    const viewer = await served.session();
    viewer.send(setEncodings(Encoding.ExtendedDesktopSize));
    viewer.send(updateRequest(true));
    await viewer.receives(layout('0000', '0000', '0001 0001'));
    viewer.send(ask('0002 0002'));
    await viewer.receives(layout('0001', '0004', '0001 0001'));
    await served.server.close();
  });

  it('SetDesktopSize without the extension is ignored, and the stream stays in step', async () => {
    const served = small();
    const viewer = await served.session();
    viewer.send(ask('0002 0002'));
    viewer.send(updateRequest(false));
    await viewer.receives(`00 00 0001 ${onePixel}`);
    assert.equal(served.display.framebuffer.width, 1);
    await served.server.close();
  });

  it('while the display works on a size only the last of those behind it is kept', async () => {
    const sizes: string[] = [];
    const answers: Array<(status: number) => void> = [];
    const display = new FakeDisplay({ width: 1, height: 1 });
    Object.assign(display, {
      resize: (width: number, height: number) => {
        sizes.push(`${width}x${height}`);
        return new Promise<number>((resolve) => answers.push(resolve));
      },
    });
    const served = new Served({ display });
    const viewer = await served.session();
    viewer.send(setEncodings(Encoding.ExtendedDesktopSize));
    viewer.send(updateRequest(true));
    await viewer.receives(layout('0000', '0000', '0001 0001'));
    for (const size of ['0002 0002', '0003 0003', '0004 0004']) viewer.send(ask(size));
    viewer.send('06 000000 00000000');
    await until(() => display.clipboards.length === 1);
    answers[0]?.(2);
    await viewer.receives(layout('0001', '0002', '0001 0001'));
    answers[1]?.(2);
    await viewer.receives(layout('0001', '0002', '0001 0001'));
    assert.deepEqual(sizes, ['2x2', '4x4']);
    await served.server.close();
  });
});

describe('ExtendedMouseButtons', () => {
  it('is acknowledged once, after which bit 7 announces back and forward', async () => {
    const served = small();
    const viewer = await served.session();
    // Before, bit 7 is an eighth button.
    viewer.send('05 80 0000 0000');
    viewer.send(setEncodings(Encoding.ExtendedMouseButtons));
    viewer.send(updateRequest(false));
    await viewer.receives(`00 00 0002 0000 0000 0000 0000 fffffec4 ${onePixel}`);
    viewer.send('05 81 0000 0000 02');
    viewer.send('05 80 0000 0000 fd');
    viewer.send('05 01 0000 0000');
    viewer.send(updateRequest(false));
    await viewer.receives(`00 00 0001 ${onePixel}`);
    assert.deepEqual(
      served.display.pointers.map(({ buttonMask }) => buttonMask),
      [0x80, 0x101, 0x80, 0x01],
    );
    await served.server.close();
  });

  it('buttons beyond the eighth are let go when the viewer leaves', async () => {
    const served = small();
    const viewer = await served.session();
    viewer.send(setEncodings(Encoding.ExtendedMouseButtons));
    viewer.send(updateRequest(false));
    await viewer.receives(`00 00 0002 0000 0000 0000 0000 fffffec4 ${onePixel}`);
    viewer.send('05 80 0000 0000 02');
    viewer.stream.end();
    await viewer.gone;
    assert.deepEqual(
      served.display.pointers.map(({ buttonMask }) => buttonMask),
      [0x100, 0],
    );
    await served.server.close();
  });
});
