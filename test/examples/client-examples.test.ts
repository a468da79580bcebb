/** The examples of docs/client.md and docs/mcp.md, run as their readers would, against servers of ours. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { runLoop, typeAtCursor, type Step } from '../../examples/agent-loop.ts';
import { createTestCard } from '../../src/displays/testcard.ts';
import { createAuthority, issueServerCertificate } from '../../src/node/certificate-authority.ts';
import { connect } from '../../src/node/connect.ts';
import { decodePng } from '../../src/node/png.ts';
import { serve, type Serving } from '../../src/node/serve.ts';
import type { Display } from '../../src/server/display.ts';
import { FakeDisplay } from '../support/fake-display.ts';

const PASSWORD = 'secret12';
const folder = mkdtempSync(join(tmpdir(), 'sallyport-examples-'));
const caFile = join(folder, 'ca-cert.pem');
const servings: Serving[] = [];

before(async () => {
  const authority = await createAuthority();
  const { cert, key } = await issueServerCertificate(authority, ['127.0.0.1', 'localhost']);
  writeFileSync(caFile, authority.cert);
  writeFileSync(join(folder, 'server-cert.pem'), cert);
  writeFileSync(join(folder, 'server-key.pem'), key, { mode: 0o600 });
});
after(async () => {
  for (const serving of servings) await serving.close();
  rmSync(folder, { recursive: true, force: true });
});

/** Its URL. */
async function serveDisplay(display: Display): Promise<string> {
  const serving = await serve({
    display,
    listen: '127.0.0.1::0',
    security: 'X509Vnc',
    tls: { dir: folder },
    access: { password: PASSWORD },
  });
  servings.push(serving);
  const [address] = serving.addresses;
  assert.ok(address?.kind === 'tcp');
  return `vnc://127.0.0.1:${address.port}`;
}

async function run(example: string, ...args: string[]): Promise<string> {
  const file = fileURLToPath(new URL(`../../examples/${example}.js`, import.meta.url));
  const env = { ...process.env, VNC_PASSWORD: PASSWORD, XDG_CONFIG_HOME: folder };
  const { stdout } = await promisify(execFile)(process.execPath, [file, ...args], {
    env,
    timeout: 30_000,
  });
  return stdout;
}

describe('examples/connect', () => {
  it('logs in, types, and tells what protects the connection', async () => {
    const display = new FakeDisplay({ width: 64, height: 48 });
    display.intrude = () => display.paint(0x00ff00);
    const output = await run('connect', await serveDisplay(display), caFile);
    assert.match(output, /^fake: X509Vnc, TLSv1\.\d \S+\na picture of 64x48/);
    const typed = display.keys.filter(({ down }) => down).map(({ keysym }) => keysym);
    assert.equal(String.fromCharCode(...typed), 'hello');
  });
});

describe('examples/clipboard-and-power', () => {
  it('trusts a server from the first time on, copies there, and presses its switch', async () => {
    const display = new FakeDisplay({ power: async (action) => action === 'reset' });
    const url = `${await serveDisplay(display)}?VncUsername=alice`;
    for (const [action, outcome] of [
      ['reset', 'on its way'],
      ['reboot', 'not here'],
    ] as const)
      assert.match(
        await run('clipboard-and-power', url, 'h€llo', action),
        new RegExp(`^X509Vnc asks, behind TLSv1\\.\\d\nsent as it is\n${action}: ${outcome}\n$`),
      );
    assert.deepEqual(display.clipboards, ['h€llo', 'h€llo']);
    assert.match(
      readFileSync(join(folder, 'sallyport/known_servers'), 'utf8'),
      /^\S+ X509Vnc \w+\n$/,
    );
  });
});

describe('examples/automate', () => {
  it('types a command, waits for what comes of it, and saves the picture', async () => {
    const display = new FakeDisplay({ width: 64, height: 48 });
    display.intrude = () => display.paint(display.keys.length);
    const picture = join(folder, 'screen.png');
    await run('automate', await serveDisplay(display), caFile, picture);
    assert.deepEqual((await decodePng(readFileSync(picture))).pixels, display.framebuffer.pixels);
    const typed = display.keys.filter(({ down }) => down).map(({ keysym }) => keysym);
    assert.equal(String.fromCharCode(...typed.slice(2, -1)), 'uname -a');
  });
});

describe('examples/agent-loop', () => {
  it('finds the test card’s text cursor, types there, and sees that it has arrived', async () => {
    assert.match(
      await run('agent-loop', await serveDisplay(createTestCard()), caFile),
      /^typed at /,
    );
  });
  it('asks any function what to do, and gives it all that was seen and done', async () => {
    const display = new FakeDisplay({ width: 32, height: 32 });
    const vnc = await connect(await serveDisplay(display), {
      tls: { ca: readFileSync(caFile, 'utf8') },
      password: PASSWORD,
      jpeg: false,
    });
    const asked: Array<readonly Step[]> = [];
    const result = await runLoop(vnc, (_picture, steps) => {
      asked.push([...steps]);
      return steps.length === 0
        ? { kind: 'key', keys: 'ctrl-s' }
        : { kind: 'done', result: 'saved' };
    });
    assert.equal(result, 'saved');
    assert.deepEqual(
      asked.map((steps) => steps.map(({ action }) => action.kind)),
      [[], ['key']],
    );
    assert.equal(display.keys.length, 4);
    await assert.rejects(runLoop(vnc, typeAtCursor('x')), /no text cursor/);
    await vnc.close();
  });
});

describe('examples/stay-connected', () => {
  it('tells what changes, comes back after a loss, and gives up when it is not let in', async () => {
    const display = new FakeDisplay({ width: 64, height: 48 });
    const url = await serveDisplay(display);
    const serving = servings.at(-1) ?? assert.fail();
    serving.on('initialized', ({ id }) => {
      serving.passwords.set('full', 'another1');
      serving.server.kick(id, 'come back');
    });
    const file = fileURLToPath(new URL('../../examples/stay-connected.js', import.meta.url));
    const env = { ...process.env, VNC_PASSWORD: PASSWORD };
    const { stdout, stderr } = await promisify(execFile)(process.execPath, [file, url, caFile], {
      env,
      timeout: 30_000,
    });
    assert.match(stdout, /^fake, protected by X509Vnc$/m);
    assert.match(stdout, /; again in \d+ s$/m);
    assert.match(stderr, /refused the login: .*: check user name and password$/m);
    assert.deepEqual(display.keys, []);
  });
});
