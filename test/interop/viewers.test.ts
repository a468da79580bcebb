/** Real viewers, each in every mode it speaks: the picture is on their screen, keys and clicks arrive, sizes change. */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { parseUsers, UserStore } from '../../src/access/users.ts';
import { hashPassword, nodeScrypt } from '../../src/node/users-file.ts';
import { serve, type ServeOptions, type Serving } from '../../src/node/serve.ts';
import { Encoding } from '../../src/rfb/constants.ts';
import type { ViewerInfo } from '../../src/server/display.ts';
import type { ServerEvents } from '../../src/server/server.ts';
import { endProcess } from '../support/child.ts';
import { withoutPeers } from '../support/peers.ts';
import { makeTestPki, type TestCredentials, type TestPki } from '../support/test-pki.ts';
import { until } from '../support/until.ts';
import { EchoDisplay } from './echo-display.ts';
import { findPicture, type Found } from './find-picture.ts';
import { gvncviewer, tigervnc, type Mode, type Viewer, type ViewerTarget } from './viewers.ts';
import { saveScreenshot, startXServer, type XServer } from './x-server.ts';

const USERNAME = 'alice';
const PASSWORD = 'pass1234';
const PICTURE_MS = 20_000;

/** A viewer at work: the server's and the screen's side of it. */
type Told = 'connected' | 'authenticationfailed' | 'initialized' | 'disconnected';

interface Run {
  readonly display: EchoDisplay;
  readonly serving: Serving;
  readonly x: XServer;
  readonly events: { readonly [Name in Told]: ServerEvents[Name][] };
  /** Waits until the screen shows the display's picture, exactly (but for a pointer on it). */
  readonly picture: () => Promise<Found>;
  readonly output: () => string;
}

let pki: TestPki;
let users: UserStore;

before(async () => {
  pki = makeTestPki();
  users = new UserStore(parseUsers(`${USERNAME}:${await hashPassword(PASSWORD)}\n`), {
    scrypt: nodeScrypt,
  });
});
after(() => pki.remove());

const pem = (name: string, text: string): string => {
  const path = join(pki.directory, name);
  writeFileSync(path, text, { mode: 0o600 });
  return path;
};

async function withViewer(
  viewer: Viewer,
  mode: Mode,
  options: {
    readonly serve?: Partial<ServeOptions>;
    readonly password?: string;
    readonly ca?: string;
    readonly client?: TestCredentials;
  },
  check: (run: Run) => Promise<void>,
): Promise<void> {
  const display = new EchoDisplay();
  const serving = await serve({
    display,
    listen: '127.0.0.1::0',
    security: mode,
    allowInsecure: ['none', 'vnc', 'plain'],
    tls: { credentials: { ...pki.server, ca: pki.ca, crls: [pki.crl] } },
    access: { password: PASSWORD, users },
    // Both viewers name a quality, and pictures are compared pixel by pixel.
    jpeg: false,
    ...options.serve,
  });
  const events: Run['events'] = {
    connected: [],
    authenticationfailed: [],
    initialized: [],
    disconnected: [],
  };
  serving.on('connected', (event) => events.connected.push(event));
  serving.on('authenticationfailed', (event) => events.authenticationfailed.push(event));
  serving.on('initialized', (event) => events.initialized.push(event));
  serving.on('disconnected', (event) => events.disconnected.push(event));
  const address = serving.addresses[0];
  assert.ok(address?.kind === 'tcp');
  const { port } = address;
  const x = await startXServer();
  const target: ViewerTarget = {
    port,
    mode,
    username: USERNAME,
    password: options.password ?? PASSWORD,
    ca: pem('trusted.pem', options.ca ?? pki.ca),
    ...(options.client === undefined
      ? {}
      : {
          cert: pem('client-cert.pem', options.client.cert),
          key: pem('client-key.pem', options.client.key),
        }),
  };
  const started = viewer.start(x, target);
  const asked = new Set<string>();
  const run: Run = {
    display,
    serving,
    x,
    events,
    output: started.output,
    picture: async () => {
      let found: Found | undefined;
      const what = () =>
        `${viewer.name} ${mode}: the picture (${JSON.stringify(found)})\n${started.output()}`;
      const end = performance.now() + PICTURE_MS;
      for (;;) {
        found = findPicture(await x.screenshot(), display.framebuffer);
        // A viewer draws its own pointer over some of the pixels.
        if (found !== undefined && found.match > 0.995) return found;
        if (performance.now() > end) {
          const folder = process.env['SALLYPORT_SCREENSHOTS'];
          if (folder !== undefined)
            await saveScreenshot(
              await x.screenshot(),
              join(folder, `${viewer.program}-${mode}.png`),
            );
          assert.fail(what());
        }
        await new Promise((resolve) => setTimeout(resolve, 60));
      }
    },
  };
  // One answer at a time: two would type into each other.
  let over = false;
  const answering = (async () => {
    while (!over) {
      await viewer.answer?.(x, target, asked);
      await new Promise((resolve) => setTimeout(resolve, 150));
    }
  })();
  try {
    await check(run);
  } finally {
    over = true;
    await answering;
    await endProcess(started.child);
    await serving.close();
    await x.close();
  }
}

/** Looks, clicks and types; what the viewer sends arrives, and what comes back shows. */
async function useDesktop(run: Run): Promise<void> {
  const { x, display } = run;
  const found = await run.picture();
  await x.xdotool('mousemove', String(found.x + 200), String(found.y + 150), 'click', '1');
  await until('the click', () => display.clicks.length > 0);
  assert.deepEqual(display.clicks[0], { x: 200, y: 150 });
  await x.xdotool('type', '--delay', '40', 'aZ7');
  await until('the typed keys', () =>
    ['a', 'Z', '7'].every((key) => display.pressed.includes(key.charCodeAt(0))),
  );
  await until('all keys to be lifted', () => display.held.size === 0);
  await run.picture();
}

for (const viewer of [tigervnc, gvncviewer]) {
  const skip = withoutPeers(viewer.program, 'Xvfb', 'xdotool', 'openbox');
  describe(`${viewer.name}`, () => {
    for (const mode of viewer.modes) {
      it(`sees, types and points over ${mode}`, { skip }, () =>
        withViewer(viewer, mode, {}, async (run) => {
          await useDesktop(run);
          assert.equal(run.events.initialized[0]?.security, mode);
          const encrypted = !['None', 'VncAuth', 'Plain'].includes(mode);
          assert.equal(run.events.initialized[0]?.tls !== undefined, encrypted);
        }),
      );
    }

    it('takes the strongest of several types on offer', { skip }, () =>
      withViewer(
        viewer,
        'X509Vnc',
        { serve: { security: 'None,VncAuth,TLSVnc,X509Vnc' } },
        async (run) => {
          await run.picture();
          assert.equal(run.events.initialized[0]?.security, 'X509Vnc');
        },
      ),
    );

    it('shows what was scrolled and dragged', { skip }, () =>
      withViewer(viewer, 'VncAuth', {}, async (run) => {
        await run.picture();
        const [{ id }] = run.serving.server.viewers as [ViewerInfo];
        assert.ok(run.serving.server.encodings(id).includes(Encoding.CopyRect));
        const part = { x: 40, y: 60, width: 270, height: 250 };
        for (const [dx, dy] of [
          [0, -20],
          [0, 35],
          [90, 0],
          [-33, 14],
          [60, -40],
        ] as const) {
          run.display.slide(part, dx, dy);
          await run.picture();
        }
        // Faster than any viewer asks.
        for (let i = 0; i < 40; i++) {
          run.display.slide(part, i % 7, 3);
          await new Promise((resolve) => setTimeout(resolve, 3));
        }
        await run.picture();
      }),
    );

    for (const mode of (['VncAuth', 'TLSVnc', 'X509Vnc', 'X509SASL'] as const).filter((each) =>
      viewer.modes.includes(each),
    )) {
      it(`is refused over ${mode} with a wrong password`, { skip }, () =>
        withViewer(viewer, mode, { password: 'wrong123' }, async (run) => {
          await until('the refusal', () => run.events.authenticationfailed.length > 0, PICTURE_MS);
          assert.equal(run.events.initialized.length, 0);
        }),
      );
    }

    it(
      'does not enter a server whose certificate is of an authority it does not trust',
      { skip },
      () =>
        withViewer(viewer, 'X509Vnc', { ca: pki.evilCa }, async (run) => {
          // TigerVNC asks a person, gvncviewer leaves.
          await until(
            'the viewer to stop short',
            async () => {
              const search = ['search', '--onlyvisible', '--name', '[Cc]ertificate'];
              const dialog = await run.x.xdotool(...search);
              return (dialog !== undefined && dialog !== '') || run.events.disconnected.length > 0;
            },
            PICTURE_MS,
          );
          assert.equal(run.events.connected.length, 1);
          assert.equal(run.events.initialized.length, 0);
        }),
    );
  });
}

describe('TigerVNC viewer, resizing', () => {
  const skip = withoutPeers(tigervnc.program, 'Xvfb', 'xdotool', 'openbox');
  it('changes the size of the display with its window, and shows the new picture', { skip }, () =>
    withViewer(tigervnc, 'X509Vnc', {}, async (run) => {
      await run.picture();
      const before = run.display.framebuffer;
      const window = await run.x.xdotool('search', '--onlyvisible', '--name', 'interop');
      assert.ok(window !== undefined && window !== '', 'a window with the name of the desktop');
      await run.x.xdotool('windowsize', window.split('\n')[0]!, '800', '600');
      await until('another size', () => run.display.framebuffer !== before);
      await run.picture();
    }),
  );

  it('is shown a size that the display changed itself', { skip }, () =>
    withViewer(tigervnc, 'X509Vnc', {}, async (run) => {
      await run.picture();
      await run.display.resize(720, 450, [
        { id: 0, x: 0, y: 0, width: 720, height: 450, flags: 0 },
      ]);
      await run.picture();
    }),
  );
});

describe('gvncviewer over TLS 1.3', () => {
  const skip = withoutPeers(gvncviewer.program, 'Xvfb', 'xdotool', 'openbox');
  it('sees, types and points when the server may go so high', { skip }, () => {
    const credentials = { ...pki.server, ca: pki.ca, crls: [pki.crl] };
    const tls = { credentials, maxVersion: 'TLSv1.3' } as const;
    return withViewer(gvncviewer, 'X509Vnc', { serve: { tls } }, async (run) => {
      await useDesktop(run);
      assert.match(run.events.initialized[0]?.tls ?? '', /^TLSv1\.3 /);
    });
  });
});

describe('gvncviewer with client certificates', () => {
  const skip = withoutPeers(gvncviewer.program, 'Xvfb', 'xdotool', 'openbox');
  const required = (allowNames?: readonly string[]): Partial<ServeOptions> => ({
    tls: { credentials: { ...pki.server, ca: pki.ca, crls: [pki.crl] }, verifyClient: 'require' },
    access: { password: PASSWORD, users, ...(allowNames === undefined ? {} : { allowNames }) },
  });
  const refused = (reason: RegExp) => async (run: Run) => {
    await until('the refusal', () => run.events.authenticationfailed.length > 0, PICTURE_MS);
    assert.match(run.events.authenticationfailed[0]!.reason, reason);
    assert.equal(run.events.initialized.length, 0);
  };

  it('enters with a certificate of the authority', { skip }, () =>
    withViewer(gvncviewer, 'X509None', { serve: required(), client: pki.alice }, async (run) => {
      await useDesktop(run);
      assert.match(run.events.initialized[0]?.distinguishedName ?? '', /CN=alice/);
    }),
  );

  it('enters by a rule on its name, and with a password besides', { skip }, () =>
    withViewer(
      gvncviewer,
      'X509Vnc',
      { serve: required(['CN=alice*', '*CN=alice']), client: pki.alice },
      async (run) => {
        await run.picture();
      },
    ),
  );

  it('is refused when no rule has its name, and the log has the name', { skip }, () =>
    withViewer(
      gvncviewer,
      'X509None',
      { serve: required(['CN=somebody']), client: pki.alice },
      refused(/CN=alice/),
    ),
  );

  it('is refused without a certificate', { skip }, () =>
    withViewer(gvncviewer, 'X509None', { serve: required() }, refused(/certificate/)),
  );

  it('is refused with a revoked certificate', { skip }, () =>
    withViewer(gvncviewer, 'X509None', { serve: required(), client: pki.bob }, refused(/revoked/i)),
  );
});
