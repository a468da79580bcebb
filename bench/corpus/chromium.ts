/** Pictures of a page in a headless chromium, 1920x1080, one for each scene. Used by make.ts. */
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { once } from 'node:events';
import { pathToFileURL } from 'node:url';
import { WebSocket } from 'ws';
import { stop } from '../support/process.ts';

/** Runs each scene, a statement of JavaScript, and then takes a picture, PNG. */
export async function photographPage(html: string, scenes: readonly string[]): Promise<Buffer[]> {
  const folder = mkdtempSync(join(tmpdir(), 'sallyport-corpus-'));
  const page = join(folder, 'page.html');
  writeFileSync(page, html);
  const browser = spawn(
    'chromium',
    [
      ...'--headless=new --no-sandbox --disable-gpu --hide-scrollbars --no-first-run'.split(' '),
      ...'--force-device-scale-factor=1 --window-size=1920,1080 --disable-lcd-text'.split(' '),
      '--remote-debugging-port=0',
      `--user-data-dir=${join(folder, 'profile')}`,
      'about:blank',
    ],
    { stdio: ['ignore', 'ignore', 'pipe'] },
  );
  try {
    let said = '';
    let address: string | undefined;
    for await (const chunk of browser.stderr) {
      said += String(chunk);
      address = /DevTools listening on ws:\/\/([^/\s]+)/.exec(said)?.[1];
      if (address !== undefined) break;
    }
    if (address === undefined) throw new Error(`chromium does not start: ${said}`);
    const targets = (await (await fetch(`http://${address}/json/list`)).json()) as ReadonlyArray<{
      readonly type: string;
      readonly webSocketDebuggerUrl: string;
    }>;
    const target = targets.find((each) => each.type === 'page')!;
    const tools = await openTools(target.webSocketDebuggerUrl);
    await tools.call('Emulation.setDeviceMetricsOverride', {
      width: 1920,
      height: 1080,
      deviceScaleFactor: 1,
      mobile: false,
    });
    await tools.call('Page.navigate', { url: pathToFileURL(page).href });
    await tools.evaluate(
      'new Promise((done) => document.readyState === "complete" ? done() : addEventListener("load", done))',
    );
    const pictures: Buffer[] = [];
    for (const scene of scenes) {
      await tools.evaluate(scene);
      const { data } = await tools.call('Page.captureScreenshot', { format: 'png' });
      pictures.push(Buffer.from(data!, 'base64'));
    }
    tools.close();
    return pictures;
  } finally {
    await stop(browser);
    rmSync(folder, { recursive: true, force: true });
  }
}

interface Answer {
  readonly id?: number;
  readonly error?: { readonly message: string };
  readonly result?: { readonly data?: string; readonly exceptionDetails?: unknown };
}

interface Tools {
  readonly call: (method: string, params: object) => Promise<{ readonly data?: string }>;
  readonly evaluate: (expression: string) => Promise<void>;
  readonly close: () => void;
}

async function openTools(url: string): Promise<Tools> {
  const socket = new WebSocket(url, { maxPayload: 1 << 28 });
  await once(socket, 'open');
  const waiting = new Map<number, (answer: Answer) => void>();
  socket.on('message', (text: Buffer) => {
    const answer = JSON.parse(text.toString()) as Answer;
    if (answer.id === undefined) return;
    waiting.get(answer.id)?.(answer);
    waiting.delete(answer.id);
  });
  let nextId = 1;
  const call = async (method: string, params: object): Promise<NonNullable<Answer['result']>> => {
    const id = nextId++;
    const answered = new Promise<Answer>((resolve) => {
      waiting.set(id, resolve);
    });
    socket.send(JSON.stringify({ id, method, params }));
    const { error, result = {} } = await answered;
    if (error !== undefined) throw new Error(`${method}: ${error.message}`);
    if (result.exceptionDetails !== undefined)
      throw new Error(`${method}: ${JSON.stringify(result.exceptionDetails)}`);
    return result;
  };
  return {
    call,
    evaluate: async (expression) => {
      await call('Runtime.evaluate', { expression, awaitPromise: true });
    },
    close: () => socket.close(),
  };
}
