/** Typing, pointing, looking and waiting, with a server whose every answer is the test's. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { click, doubleClick, drag, move, scroll } from '../../src/client/automation/pointer.ts';
import { screenshot, type Picture } from '../../src/client/automation/screenshot.ts';
import { typeText } from '../../src/client/automation/type-text.ts';
import { waitForChange, waitForRegion, waitForStable } from '../../src/client/automation/wait.ts';
import { Encoding, FenceFlag } from '../../src/rfb/constants.ts';
import { toHex } from '../../src/wire/hex.ts';
import {
  pixels,
  rectangle,
  scriptedServer,
  update,
  type ScriptedServer,
} from './scripted-server.ts';

const fence = (flags: string, payload: string): string =>
  `f8 000000 ${flags} ${(payload.length / 2).toString(16).padStart(2, '0')} ${payload}`;

const paint = (colour: number, x = 0, y = 0, width = 4, height = 4): string =>
  `${update(1)} ${rectangle(x, y, width, height, Encoding.Raw)} ${pixels(width * height, colour)}`;

const uniform = (colour: number, width = 4, height = 4): Picture => ({
  width,
  height,
  pixels: new Uint32Array(width * height).fill(0xff000000 + colour),
});

/** Answers every request with this colour, and returns the messages that were none, as they came. */
function answering(server: ScriptedServer, colour = 0): object[] {
  const input: object[] = [];
  const loop = async (): Promise<void> => {
    for (;;) {
      const message = await server.next();
      if (message.type === 'FramebufferUpdateRequest') {
        if (!message.incremental) server.send(paint(colour));
      } else if (message.type !== 'SetEncodings') input.push(message);
    }
  };
  loop().catch(() => undefined);
  return input;
}

/** A session whose first request was answered with this colour. */
async function looking(colour: number): Promise<ScriptedServer> {
  const server = scriptedServer();
  await server.nextOf('FramebufferUpdateRequest');
  const damage = server.client.events.once('damage');
  server.send(paint(colour));
  await damage;
  // What follows it by itself.
  await server.nextOf('FramebufferUpdateRequest');
  return server;
}

describe('typeText', () => {
  const taps = (input: readonly object[]): string =>
    input
      .map((each) => {
        const { down, keysym } = each as { down: boolean; keysym: number };
        const name =
          keysym === 0xffe1
            ? 'Shift'
            : keysym > 0xff
              ? keysym.toString(16)
              : String.fromCharCode(keysym);
        return `${down ? '' : '-'}${name}`;
      })
      .join(' ');

  it('taps each character, with Shift around what a US keyboard needs it for', async () => {
    const server = scriptedServer();
    const input = answering(server);
    assert.deepEqual(await typeText(server.client, 'aB!\r\n\t€', { keyDelayMs: 0 }), {
      outcome: 'sent',
      sent: 6,
    });
    assert.equal(
      taps(input),
      'a -a Shift B -B -Shift Shift ! -! -Shift ff0d -ff0d ff09 -ff09 10020ac -10020ac',
    );
    await server.close();
  });
  it('names the characters that no key types, before anything is sent', async () => {
    const server = scriptedServer();
    const input = answering(server);
    await assert.rejects(typeText(server.client, 'a\u001bb\0\u001b'), {
      name: 'UntypableError',
      message: 'no key types U+001B, U+0000',
      characters: ['\u001b', '\0'],
      outcome: 'not started',
    });
    const many = Array.from({ length: 12 }, (_, i) => String.fromCharCode(0x80 + i)).join('');
    await assert.rejects(typeText(server.client, many), /U\+0089 and 2 more$/);
    await server.close();
    assert.deepEqual(input, []);
  });
  it('sends the next character when the screen has changed after the last, and not before', async () => {
    const server = await looking(0);
    const typed = typeText(server.client, 'ab', { keyDelayMs: 0 });
    const seen: string[] = [];
    for (;;) {
      const message = await server.next();
      if (message.type === 'KeyEvent') seen.push(`${message.down} ${message.keysym}`);
      if (seen.length === 2) break;
    }
    assert.deepEqual(seen, ['true 97', 'false 97']);
    server.send(paint(0x111111));
    assert.equal((await server.nextOf('KeyEvent')).keysym, 0x62);
    server.send(paint(0x222222));
    // The last question: one pixel, whole, to know that all was read.
    for (;;) if (!(await server.nextOf('FramebufferUpdateRequest')).incremental) break;
    server.send(paint(0x333333));
    assert.deepEqual(await typed, { outcome: 'sent', sent: 2 });
    await server.close();
  });
  it('goes on after a while when nothing is shown, as with passwords', async () => {
    const server = await looking(0);
    const typed = typeText(server.client, 'ab');
    assert.equal((await server.nextOf('KeyEvent')).keysym, 0x61);
    assert.equal((await server.nextOf('KeyEvent')).keysym, 0x61);
    assert.equal((await server.nextOf('KeyEvent')).keysym, 0x62);
    await server.close();
    await assert.rejects(typed, { code: 'ERR_VNC_CLOSED' });
  });
  it('stops between two characters when aborted', async () => {
    const server = scriptedServer();
    const input = answering(server);
    const abort = new AbortController();
    const typed = typeText(server.client, 'ab', { keyDelayMs: 60_000, signal: abort.signal });
    while (input.length < 2) await new Promise((resolve) => setImmediate(resolve));
    abort.abort(new Error('enough'));
    await assert.rejects(typed, /enough/);
    await server.close();
    assert.equal(taps(input), 'a -a');
    await assert.rejects(typeText(server.client, 'b'), { code: 'ERR_VNC_CLOSED' });
  });
});

describe('pointer', () => {
  const masks = (input: readonly object[]): string =>
    input
      .map((each) => {
        const { buttonMask, x, y } = each as { buttonMask: number; x: number; y: number };
        return `${buttonMask}@${x},${y}`;
      })
      .join(' ');
  const at = { x: 1, y: 2 };
  const quick = { holdMs: 0 };

  it('moves, presses and releases', async () => {
    for (const [act, sent] of [
      [(client) => move(client, at), '0@1,2'],
      [(client) => click(client, at, quick), '0@1,2 1@1,2 0@1,2'],
      [(client) => click(client, at, { ...quick, button: 3 }), '0@1,2 4@1,2 0@1,2'],
      [(client) => doubleClick(client, at, quick), '0@1,2 1@1,2 0@1,2 1@1,2 0@1,2'],
      [
        (client) => drag(client, at, { x: 3, y: 0 }, { ...quick, steps: 2 }),
        '0@1,2 1@1,2 1@2,1 1@3,0 0@3,0',
      ],
      [
        (client) => scroll(client, at, { dx: -1, dy: 2 }),
        '0@1,2 16@1,2 0@1,2 16@1,2 0@1,2 0@1,2 32@1,2 0@1,2',
      ],
    ] as ReadonlyArray<[(client: ScriptedServer['client']) => Promise<void>, string]>) {
      const server = scriptedServer();
      const input = answering(server);
      await act(server.client);
      assert.equal(masks(input), sent);
      await server.close();
    }
  });
  it('refuses places off the screen and buttons that are none, and sends nothing', async () => {
    const server = scriptedServer();
    const input = answering(server);
    const { client } = server;
    await assert.rejects(click(client, { x: 4, y: 0 }), {
      name: 'RangeError',
      message: '4,0 is not on a screen of 4x4',
    });
    await assert.rejects(move(client, { x: 0.5, y: 0 }), RangeError);
    await assert.rejects(click(client, at, { button: 9 }), RangeError);
    await assert.rejects(drag(client, at, { x: -1, y: 0 }), RangeError);
    await assert.rejects(drag(client, at, at, { steps: 0 }), RangeError);
    await assert.rejects(scroll(client, at, { dy: 0.5 }), RangeError);
    await server.close();
    assert.deepEqual(input, []);
  });
  it('refuses to point where the server takes motion only', async () => {
    const server = await looking(0);
    const told = server.client.events.once('pointerMode');
    server.send(`${update(1)} ${rectangle(0, 0, 0, 0, Encoding.QemuPointerMotionChange)}`);
    await told;
    await assert.rejects(click(server.client, at), /relative motion only/);
    await server.close();
  });
  it('releases the button when it is aborted', async () => {
    const server = scriptedServer();
    const input = answering(server);
    const abort = new AbortController();
    const dragged = drag(
      server.client,
      at,
      { x: 3, y: 3 },
      { holdMs: 60_000, signal: abort.signal },
    );
    abort.abort(new Error('enough'));
    await assert.rejects(dragged, /enough/);
    await server.close();
    assert.equal(masks(input), '0@1,2 1@1,2 0@1,2');
  });
});

describe('screenshot', () => {
  it('is of nothing that a server with fences pushed before it knew of the call', async () => {
    const server = await looking(0x111111);
    server.send(`${fence('80000000', '')} 96 # EndOfContinuousUpdates: the offer`);
    await server.nextOf('EnableContinuousUpdates');
    const shot = screenshot(server.client);
    const blocks = FenceFlag.Request | FenceFlag.BlockBefore;
    let asked = await server.nextOf('ClientFence');
    while (asked.flags !== blocks >>> 0) asked = await server.nextOf('ClientFence');
    // All of it, and half of it: both were on their way when the fence came.
    server.send(`${paint(0x222222)} ${paint(0x333333, 0, 0, 4, 2)}`);
    server.send(fence('00000001', toHex(asked.payload)));
    const request = await server.nextOf('FramebufferUpdateRequest');
    assert.equal(request.incremental, false);
    server.send(`${paint(0x444444, 0, 0, 4, 2)} ${paint(0x444444)} ${paint(0x555555, 0, 0, 4, 2)}`);
    assert.deepEqual(await shot, uniform(0x444444));
    await server.close();
  });

  it('asks for all of it again, and waits until every pixel has come', async () => {
    const server = await looking(0x111111);
    const shot = screenshot(server.client);
    const { incremental, width, height } = await server.nextOf('FramebufferUpdateRequest');
    assert.deepEqual([incremental, width, height], [false, 4, 4]);
    server.send(paint(0x222222, 0, 0, 4, 3));
    server.send(paint(0x222222, 1, 3, 3, 1));
    server.send(paint(0x333333, 0, 3, 1, 1));
    const expected = uniform(0x222222);
    expected.pixels[12] = 0xff333333;
    assert.deepEqual(await shot, expected);
    await server.close();
  });
  it('is a copy that later updates leave alone', async () => {
    const server = await looking(0x111111);
    const shot = screenshot(server.client);
    server.send(paint(0x222222));
    server.send(paint(0x333333));
    const changed = waitForChange(server.client, { since: uniform(0x222222) });
    assert.deepEqual(await shot, uniform(0x222222));
    await changed;
    await server.close();
  });
  it('takes what is there when it need not be fresh', async () => {
    const server = await looking(0x111111);
    assert.deepEqual(await screenshot(server.client, { fresh: false }), uniform(0x111111));
    await server.close();
  });
  it('takes a part, and refuses one that is not on the screen', async () => {
    const server = await looking(0x111111);
    const region = { x: 1, y: 1, width: 2, height: 1 };
    const shot = screenshot(server.client, { region });
    const asked = await server.nextOf('FramebufferUpdateRequest');
    assert.deepEqual([asked.x, asked.y, asked.width, asked.height], [1, 1, 2, 1]);
    server.send(paint(0x222222, 1, 1, 2, 1));
    assert.deepEqual(await shot, uniform(0x222222, 2, 1));
    for (const bad of [
      { x: 3, y: 0, width: 2, height: 1 },
      { x: 0, y: 0, width: 0, height: 1 },
      { x: 0.5, y: 0, width: 1, height: 1 },
    ])
      await assert.rejects(screenshot(server.client, { region: bad }), RangeError);
    await server.close();
  });
  it('begins again when the screen gets another size meanwhile', async () => {
    const server = await looking(0x111111);
    const shot = screenshot(server.client);
    server.send(paint(0x222222, 0, 0, 4, 3));
    server.send(`${update(1)} ${rectangle(0, 0, 2, 2, Encoding.DesktopSize)}`);
    server.send(paint(0x333333, 0, 0, 2, 2));
    assert.deepEqual(await shot, uniform(0x333333, 2, 2));
    await server.close();
  });
  it("rejects when a new size leaves its part out, when time is up, and with the session's end", async () => {
    const server = await looking(0x111111);
    const gone = screenshot(server.client, { region: { x: 3, y: 3, width: 1, height: 1 } });
    server.send(`${update(1)} ${rectangle(0, 0, 2, 2, Encoding.DesktopSize)}`);
    await assert.rejects(gone, RangeError);
    await assert.rejects(screenshot(server.client, { timeoutMs: 1 }), {
      code: 'ERR_VNC_TIMEOUT',
      message: 'a fresh picture of the screen took longer than 1 ms',
    });
    const cut = assert.rejects(screenshot(server.client), { code: 'ERR_VNC_CLOSED' });
    await server.close();
    await cut;
  });
  it("draws the pointer's shape where it is told to, blended, and only inside", async () => {
    const server = await looking(0x000000);
    const told = server.client.events.once('cursor');
    // CursorWithAlpha, hot spot 1,0: a red pixel of half opacity (premultiplied), and a white one.
    server.send(`${update(1)} ${rectangle(1, 0, 2, 1, Encoding.CursorWithAlpha)}
      00000000  # Raw
      80 00 00 80  ff ff ff ff`);
    await told;
    const draw = (x: number, y: number) =>
      screenshot(server.client, { fresh: false, cursor: { x, y } });
    const expected = uniform(0);
    expected.pixels[5] = 0xff800000;
    expected.pixels[6] = 0xffffffff;
    assert.deepEqual(await draw(2, 1), expected);
    const edge = uniform(0);
    edge.pixels[0] = 0xffffffff;
    assert.deepEqual(await draw(0, 0), edge);
    await server.close();
  });
});

describe('waitForChange', () => {
  it('waits for other pixels, not for the same ones drawn again', async () => {
    const server = await looking(0x111111);
    let changed = false;
    const wait = waitForChange(server.client).then(() => (changed = true));
    const damage = server.client.events.once('damage');
    server.send(paint(0x111111));
    await damage;
    assert.equal(changed, false);
    server.send(paint(0x111112, 3, 3, 1, 1));
    await wait;
    await server.close();
  });
  it('looks at its region only', async () => {
    const server = await looking(0x111111);
    const wait = waitForChange(server.client, {
      region: { x: 0, y: 0, width: 1, height: 1 },
      timeoutMs: 50,
    });
    server.send(paint(0x222222, 1, 1, 3, 3));
    await assert.rejects(wait, /a change on the screen took longer than 50 ms/);
    await server.close();
  });
  it('sees what changed since a picture that was taken before', async () => {
    const server = await looking(0x111111);
    await waitForChange(server.client, { since: uniform(0x222222) });
    await waitForChange(server.client, { since: uniform(0x111111, 2, 2) });
    await server.close();
  });
  it('takes another size of the screen for a change', async () => {
    const server = await looking(0x111111);
    const wait = waitForChange(server.client);
    server.send(`${update(1)} ${rectangle(0, 0, 2, 2, Encoding.DesktopSize)}`);
    await wait;
    await server.close();
  });
  it("rejects with a signal's reason, before or while it waits", async () => {
    const server = await looking(0x111111);
    const abort = new AbortController();
    const wait = waitForChange(server.client, { signal: abort.signal });
    abort.abort(new Error('enough'));
    await assert.rejects(wait, /enough/);
    await assert.rejects(waitForChange(server.client, { signal: abort.signal }), /enough/);
    assert.equal(server.client.events.listenerCount('damage'), 0);
    await server.close();
  });
});

describe('waitForStable', () => {
  it('resolves with the picture that stayed', async () => {
    const server = await looking(0x111111);
    const wait = waitForStable(server.client, { stableMs: 30 });
    server.send(paint(0x222222));
    server.send(paint(0x333333));
    assert.deepEqual(await wait, uniform(0x333333));
    await server.close();
  });
  it('rejects when the screen is never still for so long', async () => {
    const server = await looking(0x111111);
    const wait = waitForStable(server.client, { stableMs: 60_000, timeoutMs: 50 });
    server.send(paint(0x222222));
    await assert.rejects(wait, /a screen without changes took longer than 50 ms/);
    assert.equal(server.client.events.listenerCount('damage'), 0);
    await server.close();
  });
});

describe('waitForRegion', () => {
  const wanted = uniform(0x404040, 2, 2);

  it('resolves with the difference once the picture is there', async () => {
    const server = await looking(0x111111);
    const wait = waitForRegion(server.client, wanted, { x: 1, y: 1 });
    server.send(paint(0x111111));
    server.send(paint(0x404040, 1, 1, 2, 2));
    assert.equal(await wait, 0);
    await server.close();
  });
  it('takes what differs by no more than the tolerance', async () => {
    const server = await looking(0x111111);
    const wait = waitForRegion(server.client, wanted, { tolerance: 2 });
    server.send(paint(0x424242));
    assert.equal(await wait, 2);
    await server.close();
  });
  it('does not look at what is transparent', async () => {
    const server = await looking(0x111111);
    const holed = uniform(0x404040, 2, 1);
    holed.pixels[1] = 0x00ffffff;
    const wait = waitForRegion(server.client, holed);
    server.send(paint(0x404040, 0, 0, 1, 1));
    server.send(paint(0x999999, 1, 0, 3, 1));
    assert.equal(await wait, 0);
    await server.close();
  });
  it('says how near it came when time is up', async () => {
    const server = await looking(0x111111);
    const wait = waitForRegion(server.client, wanted, { timeoutMs: 50 });
    server.send(paint(0x434040));
    await assert.rejects(wait, /it differs by 1\.73, allowed 0\) took longer than 50 ms/);
    await server.close();
  });
  it('rejects a picture that does not fit on the screen', async () => {
    const server = await looking(0x111111);
    await assert.rejects(waitForRegion(server.client, wanted, { x: 3 }), RangeError);
    await server.close();
  });
});
