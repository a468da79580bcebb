/** Debian's stock noVNC in headless Chromium, straight to our WebSocket: the picture comes out exactly, keys arrive. */
import assert from 'node:assert/strict';
import { createReadStream, existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { extname, join, normalize } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { parseUsers, UserStore } from '../../src/access/users.ts';
import { serve, type ServeOptions } from '../../src/node/serve.ts';
import { hashPassword, nodeScrypt } from '../../src/node/users-file.ts';
import { Encoding } from '../../src/rfb/constants.ts';
import type { ViewerInfo } from '../../src/server/display.ts';
import { endProcess } from '../support/child.ts';
import { browse } from '../support/chromium.ts';
import { withoutPeers } from '../support/peers.ts';
import { makeTestPki } from '../support/test-pki.ts';
import { urlOf } from '../support/websocket-pair.ts';
import { EchoDisplay } from './echo-display.ts';

const NOVNC = '/usr/share/novnc';
const PICTURE_MS = 30_000;

/** Tells what noVNC says and, until somebody is content, every pixel it shows. */
const PAGE = `<!DOCTYPE html><meta charset=utf-8><div id=screen style="width:800px;height:600px"></div>
<script type=module>
import RFB from './core/rfb.js';
import TightPNGDecoder from './core/decoders/tightpng.js';
const q = new URLSearchParams(location.search);
const post = (path, body) => fetch(path, { method: 'POST', body }).then((r) => r.text());
if (q.has('without')) {
  const { clientEncodings } = RFB.messages;
  RFB.messages.clientEncodings = (sock, encodings) =>
    clientEncodings(sock, encodings.filter((number) => number !== Number(q.get('without'))));
}
const { _pngRect } = TightPNGDecoder.prototype;
TightPNGDecoder.prototype._pngRect = function (...rectangle) {
  if (!this.told) post('/event', 'png');
  this.told = true;
  return _pngRect.apply(this, rectangle);
};
const rfb = new RFB(document.getElementById('screen'), q.get('url'), { shared: true,
  credentials: { username: q.get('username'), password: q.get('password') } });
for (const name of ['connect', 'disconnect', 'securityfailure', 'credentialsrequired'])
  rfb.addEventListener(name, (event) => post('/event', name + ' ' + JSON.stringify(event.detail)));
rfb.addEventListener('connect', async () => {
  for (;;) {
    const canvas = document.querySelector('canvas');
    const { width, height } = canvas;
    const { data } = canvas.getContext('2d').getImageData(0, 0, width, height);
    if (await post('/picture?' + width + 'x' + height, data) === 'good') break;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  rfb.sendKey(0x61, 'KeyA');
});
</script>`;

const TYPES: Readonly<Record<string, string>> = { '.js': 'text/javascript', '.html': 'text/html' };

const pki = makeTestPki();
let users: UserStore;
let folder = '';
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sallyport-novnc-'));
  users = new UserStore(parseUsers(`alice:${await hashPassword('pass1234')}\n`), {
    scrypt: nodeScrypt,
  });
});
after(async () => {
  pki.remove();
  await rm(folder, { recursive: true, force: true });
});

interface Site {
  readonly server: Server;
  readonly origin: string;
  readonly events: string[];
}

async function startSite(display: EchoDisplay): Promise<Site> {
  const events: string[] = [];
  const isRight = (pixels: Buffer): boolean => {
    const wanted = display.framebuffer.pixels;
    if (pixels.length !== 4 * wanted.length) return false;
    return wanted.every((pixel, i) => {
      const rgb = pixels.readUIntBE(4 * i, 3);
      return rgb === (pixel & 0xffffff);
    });
  };
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? '/', 'http://site');
    if (request.method === 'POST') {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        const body = Buffer.concat(chunks);
        if (url.pathname === '/event') events.push(body.toString());
        const good = url.pathname === '/picture' && isRight(body);
        if (good) events.push('picture');
        response.end(good ? 'good' : 'more');
      });
      return;
    }
    if (url.pathname === '/') {
      response.setHeader('Content-Type', 'text/html');
      response.end(PAGE);
      return;
    }
    const path = join(NOVNC, normalize(url.pathname));
    if (!existsSync(path)) {
      response.writeHead(404).end();
      return;
    }
    response.setHeader('Content-Type', TYPES[extname(path)] ?? 'text/plain');
    createReadStream(path).pipe(response);
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;
  return { server, origin: `http://127.0.0.1:${port}`, events };
}

async function look(
  name: string,
  options: Partial<ServeOptions>,
  { allowOrigin = true, without }: { allowOrigin?: boolean; without?: number } = {},
): Promise<{ readonly events: readonly string[]; readonly viewer: ViewerInfo | undefined }> {
  const display = new EchoDisplay();
  const site = await startSite(display);
  const serving = await serve({
    display,
    // noVNC names a quality, and pictures are compared pixel by pixel.
    jpeg: false,
    websocket: {
      listen: '127.0.0.1::0',
      origins: allowOrigin ? [site.origin] : ['http://other.example'],
    },
    access: { password: 'pass1234', users },
    tls: { credentials: { ...pki.server, ca: pki.ca } },
    ...options,
  });
  let viewer: ViewerInfo | undefined;
  serving.on('initialized', (info) => {
    viewer = info;
  });
  const [address] = serving.websocketAddresses;
  assert.ok(address !== undefined);
  const url = new URL(site.origin);
  url.searchParams.set('url', urlOf(address, serving.websocketTls));
  url.searchParams.set('username', 'alice');
  url.searchParams.set('password', 'pass1234');
  if (without !== undefined) url.searchParams.set('without', String(without));
  const browser = browse(url.href, folder, name);
  try {
    const deadline = performance.now() + PICTURE_MS;
    const isOver = (): boolean =>
      display.pressed.length > 0 || site.events.some((event) => event.startsWith('disconnect'));
    while (!isOver()) {
      const told = `${site.events.join('\n')}\n${browser.output()}`;
      assert.ok(performance.now() < deadline, told);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    if (allowOrigin) assert.deepEqual(display.pressed, [0x61], site.events.join('\n'));
    return { events: site.events, viewer };
  } finally {
    await endProcess(browser.child);
    await serving.close();
    site.server.closeAllConnections();
    site.server.close();
  }
}

describe('stock noVNC', {
  skip: withoutPeers('chromium', join(NOVNC, 'core/rfb.js')),
  concurrency: 1,
}, () => {
  for (const [title, options, security] of [
    ['ws and VncAuth', { security: 'VncAuth' }, 'VncAuth'],
    ['ws and None', { security: 'None' }, 'None'],
    ['wss and X509Vnc', { security: 'X509Vnc' }, 'VncAuth'],
    ['wss and X509Plain', { security: 'X509Plain' }, 'Plain'],
  ] as const)
    it(`shows the picture and sends keys over ${title}`, async () => {
      const { events, viewer } = await look(security + title.length, options);
      assert.ok(events.includes('picture'), events.join('\n'));
      assert.ok(!events.includes('png'), 'Tight, which it names first, is used');
      assert.equal(viewer?.security, security);
      assert.equal(viewer.websocket, true);
      if (title.startsWith('wss')) assert.match(viewer.tls ?? '', /^TLSv1\.3/);
    });

  it('shows the picture by TightPNG where it does not name Tight', async () => {
    const { events } = await look('png', { security: 'None' }, { without: Encoding.Tight });
    assert.ok(events.includes('picture') && events.includes('png'), events.join('\n'));
  });

  it('is refused from a page of another origin', async () => {
    const { events, viewer } = await look('origin', { security: 'None' }, { allowOrigin: false });
    assert.equal(viewer, undefined);
    assert.deepEqual(events, ['disconnect {"clean":false}']);
  });
});
