import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { chmod, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import {
  generatePassword,
  PASSWORD_ALPHABET,
  PASSWORD_LENGTH,
} from '../../src/cli/generated-password.ts';
import { ExitCode, toFailure } from '../../src/cli/failure.ts';
import { AuthenticationError } from '../../src/core/errors.ts';
import { issueServerCertificate } from '../../src/node/certificate-authority.ts';
import { connect } from '../../src/node/connect.ts';
import { ensureFirstRunCredentials } from '../../src/node/first-run-credentials.ts';

// From out/test/cli/ to the package.
const program = fileURLToPath(new URL('../../../bin/sallyport.js', import.meta.url));
const DEADLINE_MS = 20_000;

let home = '';
before(async () => {
  home = await mkdtemp(join(tmpdir(), 'sallyport-cli-'));
});
after(() => rm(home, { recursive: true, force: true }));

function start(args: readonly string[], environment: NodeJS.ProcessEnv = {}): ChildProcess {
  const child = spawn(process.execPath, [program, ...args], {
    env: { ...process.env, XDG_DATA_HOME: home, LANG: 'C.UTF-8', NO_COLOR: '1', ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const timer = setTimeout(() => child.kill('SIGKILL'), DEADLINE_MS);
  child.once('close', () => clearTimeout(timer));
  return child;
}

interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

function ended(child: ChildProcess): Promise<Ended> {
  let stdout = '';
  let stderr = '';
  child.stdout?.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
  child.stderr?.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
  return new Promise((resolve) => {
    child.once('close', (code) => resolve({ code, stdout, stderr }));
  });
}

const run = (...args: readonly string[]): Promise<Ended> => ended(start(args));

async function fails(code: number, sentence: RegExp, args: readonly string[]): Promise<void> {
  const result = await run(...args);
  assert.match(result.stderr, sentence);
  assert.match(
    result.stderr,
    /^sallyport: [^\n]+\n(  what to do: [^\n]+\n)?$/,
    'one sentence, what to do, and no stack',
  );
  assert.equal(result.code, code, result.stderr);
  assert.equal(result.stdout, '');
}

/** A server with --json: its events one by one. */
class Running {
  readonly #child: ChildProcess;
  readonly #ended: Promise<Ended>;
  readonly #lines: AsyncIterator<string>;

  constructor(args: readonly string[], environment: NodeJS.ProcessEnv = {}) {
    this.#child = start(['serve', '--json', ...args], environment);
    const { stdout } = this.#child;
    assert.ok(stdout !== null);
    this.#lines = createInterface({ input: stdout })[Symbol.asyncIterator]();
    this.#ended = ended(this.#child);
  }

  async next(): Promise<Record<string, unknown>> {
    const { value, done } = await this.#lines.next();
    if (done === true) throw new Error(`ended: ${(await this.#ended).stderr}`);
    return JSON.parse(value) as Record<string, unknown>;
  }

  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<Ended> {
    this.#child.kill(signal);
    return this.#ended;
  }
}

describe('generated password', () => {
  it('has eight characters that are not taken for each other', () => {
    assert.equal(PASSWORD_LENGTH, 8);
    assert.doesNotMatch(PASSWORD_ALPHABET, /[0o1il]/i);
    assert.equal(new Set(PASSWORD_ALPHABET).size, PASSWORD_ALPHABET.length);
    for (let i = 0; i < 100; i++)
      for (const character of generatePassword()) assert.ok(PASSWORD_ALPHABET.includes(character));
    assert.equal(new Set(Array.from({ length: 100 }, generatePassword)).size, 100);
  });
});

describe('sallyport', { concurrency: 2 }, () => {
  it('prints its version and its help, and ends with 0', async () => {
    const version = await run('--version');
    assert.match(version.stdout, /^\d+\.\d+\.\d+\n$/);
    assert.equal(version.code, 0);
    const help = await run('serve', '--help');
    assert.equal(help.code, 0);
    for (const word of ['Examples', 'Exit codes', '--verify-client', 'testcard'])
      assert.ok(help.stdout.includes(word), word);
  });

  const usage: readonly (readonly [RegExp, ...string[]])[] = [
    [/unknown option '--bogus'/, 'serve', '--bogus'],
    [/unknown command 'frob'/, 'frob'],
    [/^sallyport: unknown command 'serv'; did you mean serve\?\n$/, 'serv'],
    [/--listen: address "a:b"/, 'serve', '--listen', 'a:b'],
    [/--security: unknown security type "Foo"/, 'serve', '--security', 'X509Vnc,Foo'],
    [/unknown display "foo"/, 'serve', 'foo'],
    [/--tls-cert and --tls-key belong together/, 'serve', '--tls-cert', 'x.pem'],
    [/--allow-name needs --verify-client require/, 'serve', '--allow-name', 'CN=*'],
    [/X509Plain needs --users FILE/, 'serve', '--security', 'X509Plain'],
    [/--insecure-none/, 'serve', '--listen', '*:1', '--security', 'None'],
    [/--insecure-vnc-auth/, 'serve', '--listen', '*:1', '--security', 'VncAuth'],
    [/--qemu needs the command/, 'serve', '--qemu'],
    [/behind `--` needs --qemu/, 'serve', '--', 'qemu-system-x86_64'],
    [/--video-encoder: "x264" is neither ffmpeg/, 'serve', '--video-encoder', 'x264'],
    [/cannot run \/nowhere/, 'serve', '--video-encoder', 'ffmpeg:/nowhere/ffmpeg'],
    [/not for the test card/, 'serve', '--upstream-password-file', 'x'],
  ];
  for (const [sentence, ...args] of usage)
    it(`ends with 2 for ${args.join(' ')}`, () => fails(2, sentence, args));

  it('ends with 3 when a certificate directory is not there', () =>
    fails(3, /does not exist; it must hold a certificate and its key/, [
      'serve',
      '--tls-dir',
      join(home, 'none'),
    ]));

  it('ends with 3 when the password is too long for VNC, and does not show it', async () => {
    const file = join(home, 'long');
    await writeFile(file, 'correct horse battery\n');
    const args = ['serve', '--password-file', file];
    await fails(3, /21 bytes/, args);
    assert.doesNotMatch((await run(...args)).stderr, /horse/);
  });

  it('ends with 4 for a host to listen on that nobody knows', () => {
    const cause = Object.assign(new Error('getaddrinfo ENOTFOUND x'), { syscall: 'getaddrinfo' });
    const error = new Error('cannot listen on x:0: no such host', { cause });
    assert.equal(toFailure(error, ExitCode.Runtime).exitCode, 4);
  });

  it('ends with 4 when somebody listens on the address already', async () => {
    const other = createServer();
    await new Promise<void>((resolve) => {
      other.listen(0, '127.0.0.1', resolve);
    });
    const { port } = other.address() as AddressInfo;
    try {
      await fails(4, /something listens there already/, [
        'serve',
        '--listen',
        `127.0.0.1::${port}`,
      ]);
    } finally {
      other.close();
    }
  });

  it('ends with 5 when the display is a server that is not there', () =>
    fails(5, /no such socket/, ['serve', `unix:${join(home, 'no.sock')}`]));
});

describe('sallyport serve', () => {
  it('is encrypted and usable from its first start: makes credentials, lets a viewer in, stops cleanly', async () => {
    const server = new Running(['--listen', '127.0.0.1::0']);
    const listening = await server.next();
    assert.equal(listening['event'], 'listening');
    assert.deepEqual(listening['security'], ['X509Vnc']);
    const { caFile, password, addresses } = listening as {
      caFile: string;
      password: string;
      addresses: [string];
    };
    const directory = join(home, 'sallyport', 'tls');
    assert.equal(caFile, join(directory, 'ca-cert.pem'));
    assert.equal((await stat(directory)).mode & 0o777, 0o700);
    assert.ok((await readdir(directory)).includes('server-key.pem'));

    const tls = { ca: await readFile(caFile, 'utf8') };
    const vnc = await connect(addresses[0], { tls, password });
    assert.equal(vnc.security.name, 'X509Vnc');
    assert.equal(vnc.framebuffer.width, 1280);
    await vnc.refresh(false);
    assert.equal((await server.next())['event'], 'connected');
    const initialized = await server.next();
    assert.equal(initialized['event'], 'initialized');
    assert.match(String(initialized['tls']), /^TLSv1\.2 ECDHE/);
    await vnc.close();
    assert.equal((await server.next())['event'], 'disconnected');

    await assert.rejects(connect(addresses[0], { tls, password: 'wrong' }), AuthenticationError);
    assert.equal((await server.next())['event'], 'connected');
    const refused = await server.next();
    assert.equal(refused['event'], 'authenticationfailed');
    assert.match(String(refused['reason']), /wrong password/);

    const { code, stderr } = await server.stop();
    assert.equal(code, 0);
    assert.match(stderr, /stopped by SIGTERM/);
    assert.ok(!stderr.includes(password), 'the password is in no log');
  });

  it('makes one set of credentials when two are started at the same moment', async () => {
    const XDG_DATA_HOME = join(home, 'two');
    const both = [1, 2].map(() => new Running(['--listen', '127.0.0.1::0'], { XDG_DATA_HOME }));
    const prints = await Promise.all(
      both.map(async (server) => (await server.next())['fingerprint256']),
    );
    assert.equal(prints[0], prints[1]);
    for (const server of both) assert.equal((await server.stop()).code, 0);
  });

  it('closes its viewers and removes its socket when told to stop', async () => {
    const path = join(home, 'vnc.sock');
    const server = new Running(['--listen', `unix:${path}`, '--security', 'None']);
    assert.deepEqual((await server.next())['addresses'], [`unix:${path}`]);
    const vnc = await connect(`unix:${path}`, { security: 'None' });
    const { code } = await server.stop('SIGINT');
    assert.equal(code, 0);
    await vnc.closed;
    await assert.rejects(stat(path), { code: 'ENOENT' });
  });

  it('reads a renewed certificate on SIGHUP without dropping its viewers, and survives a broken one', async () => {
    const directory = join(home, 'renewed');
    const first = await ensureFirstRunCredentials(directory, ['localhost', '127.0.0.1']);
    const password = join(home, 'renewed-password');
    await writeFile(password, 'secret12', { mode: 0o600 });
    const args = ['--tls-dir', directory, '--password-file', password, '--listen', '127.0.0.1::0'];
    const server = new Running(args);
    const { addresses } = (await server.next()) as { addresses: [string] };
    const tls = { ca: await readFile(first.caFile, 'utf8') };
    const before = await connect(addresses[0], { tls, password: 'secret12' });

    const authority = {
      cert: tls.ca,
      key: await readFile(join(directory, 'ca-key.pem'), 'utf8'),
    };
    const renewed = await issueServerCertificate(authority, ['127.0.0.1']);
    await writeFile(first.certFile, renewed.cert);
    await writeFile(first.keyFile, renewed.key);
    server.signal('SIGHUP');
    let event = await server.next();
    while (event['event'] !== 'reloaded') event = await server.next();
    assert.deepEqual(event['failed'], []);
    const now = await connect(addresses[0], { tls, password: 'secret12' });
    assert.notEqual(
      now.security.tlsInfo?.peerCertificate?.fingerprint256,
      before.security.tlsInfo?.peerCertificate?.fingerprint256,
    );
    await before.refresh(true);
    await writeFile(first.keyFile, 'broken');
    server.signal('SIGHUP');
    event = await server.next();
    while (event['event'] !== 'reloaded') event = await server.next();
    assert.deepEqual(event['failed'], ['credentials']);
    await before.refresh(true);
    await before.close();
    await now.close();
    const { code, stderr } = await server.stop();
    assert.equal(code, 0);
    assert.match(stderr, /server-key\.pem is not PEM.*the old ones stay in use/);
  });

  it('shows people a box with address, fingerprint and password', async () => {
    const file = join(home, 'password');
    await writeFile(file, 'secret12\n');
    await chmod(file, 0o600);
    const child = start(['serve', '--listen', '127.0.0.1::0', '--password-file', file]);
    const result = ended(child);
    await new Promise((resolve) => child.stdout?.once('data', resolve));
    child.kill('SIGTERM');
    const { stdout, code } = await result;
    assert.equal(code, 0);
    assert.match(stdout, /^╭─ Sallyport ─+╮\n/);
    assert.match(stdout, /SHA-256 ([0-9A-F]{2}:){15}/);
    assert.match(stdout, /vncviewer -SecurityTypes X509Vnc/);
    assert.doesNotMatch(stdout, /secret12|Password/, 'a password of one’s own is not shown');
  });
});
