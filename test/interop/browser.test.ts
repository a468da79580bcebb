/** The library itself in headless Chromium, as plain modules: over WebSockets to our own server. */
import assert from 'node:assert/strict';
import { createReadStream, existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join, normalize } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { serve, type ServeOptions } from '../../src/node/serve.ts';
import { endProcess } from '../support/child.ts';
import { browse } from '../support/chromium.ts';
import { withoutPeers } from '../support/peers.ts';
import { makeTestPki } from '../support/test-pki.ts';
import { urlOf } from '../support/websocket-pair.ts';
import { EchoDisplay } from './echo-display.ts';

const RESULT_MS = 30_000;

/** Looks, types and pastes, and tells what came of it. */
const PAGE = `<!DOCTYPE html><meta charset=utf-8>
<script type=module>
const tell = (path, body) => fetch(path, { method: 'POST', body });
try {
  const { connect } = await import('/out/src/browser.js');
  const q = new URLSearchParams(location.search);
  const options = JSON.parse(q.get('options'));
  const vnc = await connect(q.get('url'), options);
  let area = 0;
  for await (const damage of vnc.updates()) {
    const { pixels, width, height } = vnc.framebuffer;
    for (const r of damage) area += r.width * r.height;
    if (area >= width * height) {
      await tell('/pixels', pixels.slice());
      break;
    }
  }
  const echoed = vnc.events.once('clipboard');
  vnc.clipboard('h\\u20acllo');
  vnc.key({ down: true, keysym: 0x61 });
  vnc.key({ down: false, keysym: 0x61 });
  const text = await echoed;
  await vnc.close();
  await tell('/done', JSON.stringify({ text, security: vnc.security.name, closed: (await vnc.closed).code }));
} catch (error) {
  await tell('/done', JSON.stringify({ error: String(error), code: error.code, cure: error.cure }));
}
</script>`;

interface Result {
  readonly text?: string;
  readonly security?: string;
  readonly closed?: string;
  readonly error?: string;
  readonly code?: string;
  readonly cure?: string;
}

const pki = makeTestPki();
let folder = '';
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sallyport-browser-'));
});
after(async () => {
  pki.remove();
  await rm(folder, { recursive: true, force: true });
});

interface Site {
  readonly server: Server;
  readonly origin: string;
  readonly pixels: () => Buffer | undefined;
  readonly done: Promise<Result>;
}

async function startSite(): Promise<Site> {
  let pixels: Buffer | undefined;
  let finish: (result: Result) => void = () => undefined;
  const done = new Promise<Result>((resolve) => {
    finish = resolve;
  });
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url ?? '/', 'http://site');
    if (request.method === 'POST') {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        response.end();
        const body = Buffer.concat(chunks);
        if (pathname === '/pixels') pixels = body;
        else finish(JSON.parse(body.toString()) as Result);
      });
      return;
    }
    if (pathname === '/') {
      response.setHeader('Content-Type', 'text/html');
      response.end(PAGE);
      return;
    }
    const path = join(process.cwd(), normalize(pathname));
    if (!pathname.startsWith('/out/src/') || !existsSync(path)) {
      response.writeHead(404).end();
      return;
    }
    response.setHeader('Content-Type', 'text/javascript');
    createReadStream(path).pipe(response);
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;
  return { server, origin: `http://127.0.0.1:${port}`, pixels: () => pixels, done };
}

async function look(
  name: string,
  serveOptions: Partial<ServeOptions>,
  connectOptions: object,
): Promise<{
  readonly result: Result;
  readonly pressed: readonly number[];
  readonly wanted: Uint32Array;
  readonly pixels: Buffer | undefined;
}> {
  const display = new EchoDisplay();
  // Whatever is pasted comes back.
  display.clipboard = (text) => display.events.emit('clipboard', text);
  const site = await startSite();
  const serving = await serve({
    display,
    websocket: { listen: '127.0.0.1::0', origins: [site.origin] },
    access: { password: 'pass1234' },
    ...serveOptions,
  });
  // Keys leave their mark.
  const wanted = display.framebuffer.pixels.slice();
  const [address] = serving.websocketAddresses;
  assert.ok(address !== undefined);
  const url = new URL(site.origin);
  url.searchParams.set('url', urlOf(address, serving.websocketTls));
  url.searchParams.set('options', JSON.stringify(connectOptions));
  const browser = browse(url.href, folder, name);
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no result:\n${browser.output()}`)), RESULT_MS);
  });
  try {
    const result = await Promise.race([site.done, late]);
    return { result, pressed: display.pressed, wanted, pixels: site.pixels() };
  } finally {
    clearTimeout(timer);
    await endProcess(browser.child);
    await serving.close();
    site.server.closeAllConnections();
    site.server.close();
  }
}

describe('the library in Chromium', { skip: withoutPeers('chromium'), concurrency: 1 }, () => {
  const tls = { credentials: { ...pki.server, ca: pki.ca } };
  for (const [title, serveOptions, connectOptions, name] of [
    ['ws and None', { security: 'None' }, { security: 'None' }, 'None'],
    [
      'wss and X509Vnc, as it is',
      { security: 'X509Vnc', tls },
      { password: 'pass1234' },
      'VncAuth',
    ],
  ] as const)
    it(`sees every pixel, types and pastes over ${title}`, async () => {
      const { result, pressed, wanted, pixels } = await look(name, serveOptions, connectOptions);
      assert.deepEqual(result, {
        text: 'h\u20acllo',
        security: name,
        closed: 'ERR_VNC_CLOSED',
      });
      assert.ok(pixels !== undefined);
      assert.equal(pixels.length, 4 * wanted.length);
      const isRight = wanted.every(
        (pixel, i) => ((pixels.readUInt32LE(4 * i) ^ pixel) & 0xffffff) === 0,
      );
      assert.ok(isRight, 'every pixel is the one that was drawn');
      assert.deepEqual(pressed, [0x61]);
    });

  it('takes nothing in clear that was not named, and says the cure', async () => {
    const { result } = await look('refusal', { security: 'None' }, {});
    assert.equal(result.code, 'ERR_VNC_NO_COMMON_TYPE');
    assert.match(result.cure ?? '', /allow None/);
  });
});
