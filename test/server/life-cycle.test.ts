import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Codec } from '../../src/codec/codec.ts';
import { codecs } from '../../src/codec/registry.ts';
import { AuthenticationError } from '../../src/core/errors.ts';
import { silentLogger, type LogFields } from '../../src/core/logger.ts';
import { Encoding } from '../../src/rfb/constants.ts';
import { allRights, viewOnlyRights } from '../../src/security/identity.ts';
import { fromHex } from '../../src/wire/hex.ts';
import { FakeDisplay } from '../support/fake-display.ts';
import { Served, setEncodings, until, updateRequest, type TestViewer } from '../support/served.ts';

/** Raw, with something done before each rectangle. */
function intrusiveRaw(intrude: () => void): readonly Codec[] {
  const raw = codecs.find((codec) => codec.encoding === Encoding.Raw)!;
  return [
    {
      ...raw,
      createEncoder: (options) => {
        const encoder = raw.createEncoder!(options);
        return {
          ...encoder,
          encode: (...args) => {
            intrude();
            encoder.encode(...args);
          },
        };
      },
    },
  ];
}

/** Everything that a viewer can set off. */
const everything = [
  setEncodings(Encoding.ExtendedDesktopSize, Encoding.CursorWithAlpha, Encoding.QemuLedState),
  updateRequest(false),
  '04 01 0000 00000061',
  '05 01 0001 0001',
  '06 000000 00000001 78',
  'fb 00 0002 0002 01 00 00000000 0000 0000 0002 0002 00000000',
].join('\n');

/** A callback in which something is done once, on the first connection. */
type Place = (served: Served, act: () => void) => void;

const once = (act: () => void): (() => void) => {
  let done = false;
  return () => {
    if (done) return;
    done = true;
    act();
  };
};

const places: Record<string, Place> = {
  'the event connected': (served, act) => served.server.events.on('connected', act),
  'the event initialized': (served, act) => served.server.events.on('initialized', act),
  ...Object.fromEntries(
    (['key', 'pointer', 'clipboard', 'resize', 'viewers'] as const).map(
      (method): [string, Place] => [
        `the display's ${method}`,
        (served, act) => {
          served.display.intrude = (called) => {
            if (called === method) act();
          };
        },
      ],
    ),
  ),
  ...Object.fromEntries(
    (['damage', 'resize', 'cursor', 'leds', 'bell', 'clipboard'] as const).map(
      (name): [string, Place] => [
        `the display's event ${name}, ahead of the session`,
        (served, act) => served.display.events.on(name, act),
      ],
    ),
  ),
};

/** What is done there: closing in all the ways there are. */
const acts: Record<string, (served: Served, id: number) => void> = {
  'kick() of itself': (served, id) => served.server.kick(id, 'kicked'),
  'kick() twice': (served, id) => {
    served.server.kick(id, 'kicked');
    served.server.kick(id, 'again');
  },
  'close() of the server': (served) => void served.server.close(),
  'close() of the display': (served) => void served.display.close(),
  'a change of rights and a kick': (served, id) => {
    served.server.setRights(id, viewOnlyRights);
    served.server.kick(id, 'kicked');
    served.server.setRights(id, allRights);
  },
};

async function exercise(served: Served, viewer: TestViewer): Promise<void> {
  viewer.send(everything);
  await until(() => served.server.viewers.length === 1 || served.log.length >= 2);
  for (let i = 0; i < 3; i++) await new Promise((resolve) => setImmediate(resolve));
  const { display } = served;
  display.paint(1);
  display.setSize(3, 3);
  display.setCursor({ width: 1, height: 1, hotX: 0, hotY: 0, pixels: Uint32Array.of(1) });
  display.setLeds(1);
  display.events.emit('bell', undefined);
  display.events.emit('clipboard', 'x');
  await viewer.gone;
}

function assertLife(log: readonly string[], id: number): void {
  const own = log.filter((line) => new RegExp(` ${id}(:|$)`).test(line));
  assert.equal(own[0], `connected ${id}`);
  assert.match(own.at(-1) ?? '', new RegExp(`^disconnected ${id}: `));
  assert.ok(own.length === 2 || (own.length === 3 && own[1] === `initialized ${id}`), own.join());
}

describe('closing inside a callback', () => {
  for (const [place, arrange] of Object.entries(places)) {
    for (const [name, act] of Object.entries(acts)) {
      it(`${name} in ${place} is safe`, async () => {
        const served = new Served({ display: new FakeDisplay({ resizable: true }) });
        arrange(
          served,
          once(() => act(served, 1)),
        );
        const viewer = served.connect();
        await exercise(served, viewer);
        assertLife(served.log, viewer.id);
        assert.deepEqual(served.server.viewers, []);
        const held = served.display.keys.reduce((sum, key) => sum + (key.down ? 1 : -1), 0);
        assert.equal(held, 0, 'no key is left down');
        assert.equal(served.display.pointers.at(-1)?.buttonMask ?? 0, 0, 'no button is left down');
        await served.server.close();
        assert.equal(
          served.display.events.listenerCount('damage'),
          place.includes('damage') ? 1 : 0,
        );
      });
    }
  }

  it('an encoder is never called again after the kick that came inside it', async () => {
    let calls = 0;
    const served: Served = new Served({
      display: new FakeDisplay({ width: 600, height: 600 }),
      codecs: intrusiveRaw(() => {
        calls += 1;
        served.server.kick(1, 'kicked');
      }),
    });
    const viewer = await served.session();
    viewer.send(updateRequest(false, '0000 0000 0258 0258'));
    assert.equal((await viewer.gone).message, 'kicked');
    assert.equal(calls, 1);
    assertLife(served.log, 1);
  });

  it('during the handshake a kick does not wait for it', async () => {
    const served: Served = new Served();
    const viewer = served.connect({
      before: () => {
        served.server.kick(1, 'kicked');
        return new Promise<never>(() => undefined);
      },
    });
    assert.equal((await viewer.gone).message, 'kicked');
    assert.deepEqual(served.log, ['connected 1', 'disconnected 1: kicked']);
  });

  it('a handshake that ends after its connection was closed changes nothing', async () => {
    const served: Served = new Served();
    let letIn: () => void = () => undefined;
    const viewer = served.connect({ before: () => new Promise<void>((r) => (letIn = r)) });
    await until(() => served.log.length === 1);
    served.server.kick(viewer.id);
    await viewer.gone;
    letIn();
    await new Promise((resolve) => setImmediate(resolve));
    assert.deepEqual(served.log, ['connected 1', 'disconnected 1: disconnected by the server']);
    assert.deepEqual(served.display.viewerLists, []);
  });

  it('a sibling that asks for the desktop alone closes one in the middle of its update', async () => {
    const served = new Served({
      display: new FakeDisplay({ width: 600, height: 600 }),
      share: 'allow-exclusive',
    });
    const victim = await served.session();
    victim.send('04 01 0000 00000061');
    victim.send(updateRequest(false, '0000 0000 0258 0258'));
    await victim.receives('00 00 000a');
    await served.session({ shared: false });
    assert.equal((await victim.gone).message, 'another viewer asked for the desktop alone');
    assert.deepEqual(
      served.display.keys.map((key) => key.down),
      [true, false],
    );
    await served.server.close();
    assertLife(served.log, 1);
    assertLife(served.log, 2);
  });

  it('a listener of disconnected may close the server', async () => {
    const served = new Served();
    let closed: Promise<void> | undefined;
    served.server.events.on('disconnected', () => {
      closed ??= served.server.close();
    });
    const first = await served.session();
    const second = await served.session();
    first.stream.end();
    await second.gone;
    await closed;
    assert.deepEqual(served.log.slice(-2), [
      'disconnected 1: the peer closed the connection',
      'disconnected 2: the server closed',
    ]);
  });
});

describe('a connection', () => {
  it('tells of its life in order, with the reason last', async () => {
    const served = new Served();
    const viewer = await served.session({ name: 'alice' });
    assert.deepEqual(served.display.viewerLists.at(-1), [
      {
        id: 1,
        address: 'memory',
        name: 'alice',
        version: '3.8',
        security: 'None',
        rights: allRights,
      },
    ]);
    viewer.stream.end();
    await viewer.gone;
    assert.deepEqual(served.log, [
      'connected 1',
      'initialized 1',
      'disconnected 1: the peer closed the connection',
    ]);
    assert.deepEqual(served.display.viewerLists.at(-1), []);
  });

  it('whose login failed says so once, and its stream is given time to deliver the answer', async () => {
    const served = new Served();
    const viewer = served.connect({
      before: () => Promise.reject(new AuthenticationError('wrong password')),
    });
    await until(() => served.log.length === 2);
    assert.deepEqual(served.log, ['connected 1', 'authenticationfailed 1: wrong password']);
    viewer.stream.destroy();
    served.server.kick(1, 'gone');
    await viewer.gone;
    assert.equal(served.log.length, 3);
  });

  it('that comes after the server closed is closed, and told of', async () => {
    const served = new Served();
    await served.server.close();
    const viewer = served.connect();
    assert.equal((await viewer.gone).message, 'the server closed');
    assert.deepEqual(served.log, ['connected 1', 'disconnected 1: the server closed']);
  });

  it('is closed with the reason of the display that closed', async () => {
    const served = new Served();
    const viewer = await served.session();
    await served.display.close();
    assert.equal((await viewer.gone).message, 'the display closed');
  });

  it('that fails through a bug of ours is closed and logged with its stack; others go on', async () => {
    const errors: Array<LogFields | undefined> = [];
    const served = new Served({
      logger: { ...silentLogger, error: (_, fields) => errors.push(fields) },
    });
    const other = await served.session();
    const viewer = await served.session();
    served.display.intrude = () => {
      throw new Error('display is broken');
    };
    viewer.send('04 01 0000 00000061');
    assert.equal((await viewer.gone).message, 'internal error');
    served.display.intrude = () => undefined;
    assert.match(String(errors[0]?.['stack']), /display is broken[^]*at /);
    other.send(updateRequest(false));
    await other.receives('00 00 0001');
    await served.server.close();
  });

  it('whose resize breaks the display is closed and logged', async () => {
    const errors: string[] = [];
    const display = new FakeDisplay({ resizable: true });
    const served = new Served({
      display,
      logger: { ...silentLogger, error: (event) => errors.push(event) },
    });
    display.intrude = (method) => {
      if (method === 'resize') throw new Error('display is broken');
    };
    const viewer = await served.session();
    viewer.send(everything);
    assert.equal((await viewer.gone).message, 'internal error');
    assert.deepEqual(errors, ['connection failed']);
  });

  it('goes on when the display fails to show the list of its viewers', async () => {
    const errors: string[] = [];
    const served = new Served({
      logger: { ...silentLogger, error: (event) => errors.push(event) },
    });
    served.display.intrude = () => {
      throw new Error('display is broken');
    };
    const viewer = await served.session();
    viewer.send(updateRequest(false));
    await viewer.receives('00 00 0001');
    assert.deepEqual(errors, ['display failed']);
    await served.server.close();
  });

  it('of a hostile peer is one line in the log', async () => {
    const lines: string[] = [];
    const log = (event: string) => lines.push(event);
    const served = new Served({ logger: { debug: log, info: log, warn: log, error: log } });
    const viewer = await served.session();
    viewer.send('07');
    await viewer.gone;
    assert.deepEqual(lines, ['initialized', 'disconnected']);
  });

  it('that ends after any number of bytes it sent is closed cleanly', async () => {
    const bytes = fromHex(everything);
    for (let length = 0; length <= bytes.length; length++) {
      const served = new Served({ display: new FakeDisplay({ resizable: true }) });
      const viewer = await served.session();
      viewer.stream.write(bytes.slice(0, length));
      viewer.stream.end();
      assert.equal((await viewer.gone).code, 'ERR_VNC_CLOSED');
      assertLife(served.log, 1);
      await served.server.close();
      assert.equal(served.display.events.listenerCount(), 0);
    }
  });

  it('that ends after any number of bytes it received is closed cleanly', async () => {
    for (let length = 0; length <= 96; length += 3) {
      const served = new Served({ display: new FakeDisplay({ resizable: true }) });
      const viewer = await served.session({ chunkBytes: 3 });
      viewer.send(everything);
      await viewer.reader.skip(length);
      viewer.stream.destroy();
      assert.equal((await viewer.gone).code, 'ERR_VNC_CLOSED');
      assertLife(served.log, 1);
      await served.server.close();
      assert.equal(served.display.events.listenerCount(), 0);
    }
  });

  it('leaves nothing behind in a thousand rounds', async () => {
    const served = new Served({ display: new FakeDisplay({ resizable: true }) });
    const before = process.getActiveResourcesInfo().toSorted();
    for (let round = 0; round < 1000; round++) {
      const viewer = await served.session();
      viewer.send(everything);
      if (round % 2 === 0) viewer.stream.end();
      else served.server.kick(viewer.id);
      await viewer.gone;
    }
    assert.deepEqual(process.getActiveResourcesInfo().toSorted(), before);
    // The server itself listens for the end of its display, and for its size.
    assert.equal(served.display.events.listenerCount(), 2);
    assert.deepEqual(served.server.viewers, []);
    assert.equal(served.log.length, 3000);
    await served.server.close();
    assert.equal(served.display.events.listenerCount(), 0);
  });
});
