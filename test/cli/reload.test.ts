import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { after, before, describe, it, type TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import {
  createAuthority,
  issueServerCertificate,
  type CertifiedKey,
} from '../../src/node/certificate-authority.ts';
import { connect } from '../../src/node/connect.ts';
import { hashPassword } from '../../src/node/users-file.ts';
import { temporaryDirectory } from '../node/command.ts';

// From out/test/cli/ to the package.
const program = fileURLToPath(new URL('../../../bin/sallyport.js', import.meta.url));
const DEADLINE_MS = 20_000;

let authority: CertifiedKey;
let server: CertifiedKey;
let locked: CertifiedKey;
before(async () => {
  authority = await createAuthority();
  server = await issueServerCertificate(authority, ['127.0.0.1', 'localhost']);
  const key = createPrivateKey(server.key).export({
    type: 'pkcs8',
    format: 'pem',
    cipher: 'aes-256-cbc',
    passphrase: 'lock',
  });
  locked = { cert: server.cert, key: key.toString() };
});

const children: ChildProcess[] = [];
after(() => {
  for (const child of children) child.kill('SIGKILL');
});

interface Line {
  readonly event?: string;
  readonly msg?: string;
  readonly addresses?: readonly string[];
  readonly fingerprint256?: string;
}

/** A server with --json, its lines of either stream in the order of their coming. */
class Running {
  readonly child: ChildProcess;
  readonly lines: Line[] = [];
  readonly #waiting = new Set<() => void>();

  constructor(args: readonly string[], env: Readonly<Record<string, string>> = {}) {
    this.child = spawn(
      process.execPath,
      [program, 'serve', '--json', '-l', '127.0.0.1::0', ...args],
      {
        env: { ...process.env, ...env },
        stdio: ['ignore', 'pipe', 'pipe'],
      },
    );
    children.push(this.child);
    for (const stream of [this.child.stdout, this.child.stderr]) {
      assert.ok(stream !== null);
      createInterface({ input: stream }).on('line', (text) => {
        this.lines.push(text.startsWith('{') ? (JSON.parse(text) as Line) : { msg: text });
        for (const look of Array.from(this.#waiting)) look();
      });
    }
  }

  async line(what: (line: Line) => boolean): Promise<Line> {
    let look: () => void = () => undefined;
    let timer: NodeJS.Timeout | undefined;
    try {
      return await new Promise<Line>((resolve, reject) => {
        look = () => {
          const found = this.lines.find(what);
          if (found !== undefined) resolve(found);
        };
        this.#waiting.add(look);
        timer = setTimeout(
          () => reject(new Error(`not among ${JSON.stringify(this.lines)}`)),
          DEADLINE_MS,
        );
        look();
      });
    } finally {
      clearTimeout(timer);
      this.#waiting.delete(look);
    }
  }

  says(pattern: RegExp): Promise<Line> {
    return this.line(({ msg }) => pattern.test(msg ?? ''));
  }

  async address(): Promise<string> {
    const { addresses } = await this.line(({ event }) => event === 'listening');
    return addresses?.[0] ?? '';
  }

  async stop(): Promise<number | null> {
    const closed = once(this.child, 'close') as Promise<[number | null]>;
    this.child.kill('SIGTERM');
    return (await closed)[0];
  }
}

function files(t: TestContext, list: Readonly<Record<string, string>>): string {
  const dir = temporaryDirectory(t);
  for (const [name, text] of Object.entries(list))
    writeFileSync(join(dir, name), text, { mode: 0o600 });
  return dir;
}

describe('sallyport serve: SIGHUP', { concurrency: 2 }, () => {
  it('reads certificates, users and passwords again, and goes on', async (t) => {
    const line = async (password: string): Promise<string> =>
      `ann:${await hashPassword(password)}\n`;
    const dir = files(t, {
      'tls.crt': server.cert,
      'tls.key': server.key,
      users: await line('first'),
      password: 'oldpass\n',
    });
    const secrets = ['--users', join(dir, 'users'), '--password-file', join(dir, 'password')];
    const running = new Running(['--tls-dir', dir, '--security', 'X509Plain,X509Vnc', ...secrets]);
    const address = await running.address();
    const tls = { ca: authority.cert };
    const plain = { tls, security: 'X509Plain', username: 'ann' };
    const session = await connect(address, { ...plain, password: 'first' });

    writeFileSync(join(dir, 'users'), await line('second'));
    running.child.kill('SIGHUP');
    await running.says(/^users: reloaded$/);
    await running.says(/^password: unchanged$/);
    await running.says(/^credentials: unchanged$/);
    await session.refresh(false);
    await session.close();
    await assert.rejects(connect(address, { ...plain, password: 'first' }));
    await (await connect(address, { ...plain, password: 'second' })).close();

    writeFileSync(join(dir, 'password'), 'newpass\n');
    writeFileSync(join(dir, 'users'), 'ann:not a hash\n');
    running.child.kill('SIGHUP');
    await running.says(/^password: reloaded$/);
    await running.says(/^users: not reloaded, the old stay in use: .*users, line 1/);
    const vnc = { tls, security: 'X509Vnc' };
    await (await connect(address, { ...vnc, password: 'newpass' })).close();
    await (await connect(address, { ...plain, password: 'second' })).close();
    assert.equal(await running.stop(), 0);
  });

  it('reads the access file again, and says what became of it', async (t) => {
    const rules = 'rules: [{ match: { anyone: true }, rights: full }]\n';
    const dir = files(t, { 'access.yaml': rules });
    const file = join(dir, 'access.yaml');
    const running = new Running(['--access', file, '--security', 'None', '--insecure-none']);
    await running.address();
    running.child.kill('SIGHUP');
    await running.says(/^access: unchanged$/);
    writeFileSync(file, rules.replace('full', 'view'));
    // Whether or not a signal comes.
    await running.says(/^access file read$/);
    writeFileSync(file, 'rules: {}\n');
    running.child.kill('SIGHUP');
    await running.says(/^access: not reloaded: the access file is broken, and what it said before/);
    rmSync(file);
    running.child.kill('SIGHUP');
    await running.says(/^access: not reloaded: the access file is missing, and nobody new gets in/);
    assert.equal(await running.stop(), 0);
  });

  it('has its monitor do the same, answer with what is wrong, and put it into the audit', async (t) => {
    const dir = files(t, { password: 'oldpass\n' });
    const [file, audit, path] = ['password', 'audit', 'monitor'].map((name) => join(dir, name));
    assert.ok(file !== undefined && audit !== undefined && path !== undefined);
    const more = ['--password-file', file, '--audit', audit, '--monitor', `unix:${path}`];
    const running = new Running(['--security', 'VncAuth', ...more]);
    await running.address();
    const reload = async (): Promise<string> => {
      const child = spawn(process.execPath, [program, 'monitor', path, 'reload']);
      let text = '';
      child.stderr.on('data', (chunk: Buffer) => (text += chunk.toString()));
      await once(child, 'close');
      return text;
    };
    assert.equal(await reload(), '');
    await running.says(/^password: unchanged$/);
    writeFileSync(file, '');
    assert.match(await reload(), /^sallyport: password: .*password/);
    await running.says(/^password: not reloaded, the old stay in use/);
    assert.equal(await running.stop(), 0);
    const reloads = readFileSync(audit, 'utf8').match(/"event":"reloaded","ok":\w+/g);
    assert.deepEqual(reloads, ['"event":"reloaded","ok":true', '"event":"reloaded","ok":false']);
  });

  it('says so when nothing can be read again', async () => {
    const running = new Running(['--security', 'None', '--insecure-none']);
    await running.address();
    running.child.kill('SIGHUP');
    await running.says(/^nothing to reload/);
    assert.equal(await running.stop(), 0);
  });

  it('ends a server whose terminal is gone', {
    skip: existsSync('/usr/bin/python3')
      ? false
      : 'python3, which makes the terminal, is not installed',
  }, async () => {
    // A session of its own with a terminal, which is closed once the server is there.
    const script = `
import os, pty, sys, time
pid, fd = pty.fork()
if pid == 0:
    os.execv(sys.argv[1], sys.argv[1:])
seen = b''
while b'listening' not in seen:
    seen += os.read(fd, 4096)
os.close(fd)
_, status = os.waitpid(pid, 0)
print(os.WEXITSTATUS(status) if os.WIFEXITED(status) else -os.WTERMSIG(status))
`;
    const args = ['serve', '--json', '-l', '127.0.0.1::0', '--security', 'None', '--insecure-none'];
    const child = spawn('python3', ['-c', script, process.execPath, program, ...args], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    children.push(child);
    let output = '';
    child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
    await once(child, 'close');
    assert.equal(output, '-1\n', 'by SIGHUP');
  });
});

describe('sallyport serve: certificates', { concurrency: 2 }, () => {
  const password = ['--security', 'X509Vnc'];

  it('takes several, each with its key', async (t) => {
    const rsa = await issueServerCertificate(authority, ['127.0.0.1', 'localhost'], {
      keyType: 'RSA-3072',
    });
    const dir = files(t, {
      ec: server.cert,
      'ec.key': server.key,
      rsa: rsa.cert,
      'rsa.key': rsa.key,
    });
    const at = (name: string): string => join(dir, name);
    const pairs = ['--tls-cert', at('ec'), '--tls-key', at('ec.key'), '--tls-cert', at('rsa')];
    const running = new Running([...password, ...pairs, '--tls-key', at('rsa.key')]);
    const { fingerprint256 } = await running.line(({ event }) => event === 'listening');
    assert.equal(fingerprint256, new X509Certificate(server.cert).fingerprint256);
    await running.stop();

    const odd = new Running([...password, ...pairs]);
    const [code] = (await once(odd.child, 'close')) as [number | null];
    assert.equal(code, 2);
    await odd.says(/--tls-cert and --tls-key belong together, one key for each certificate/);
  });

  it('opens encrypted keys with a password from a file', async (t) => {
    const dir = files(t, { 'tls.crt': locked.cert, 'tls.key': locked.key, lock: 'lock\n' });
    const options = ['--tls-dir', dir, '--tls-key-password-file', join(dir, 'lock')];
    const running = new Running([...password, ...options]);
    await running.address();
    await running.stop();
  });

  it("opens them with systemd's credential tls-key-password", async (t) => {
    const dir = files(t, { 'tls.crt': locked.cert, 'tls.key': locked.key });
    const credentials = files(t, { 'tls-key-password': 'lock' });
    const running = new Running([...password, '--tls-dir', dir], {
      CREDENTIALS_DIRECTORY: credentials,
    });
    await running.address();
    await running.stop();

    const without = new Running([...password, '--tls-dir', dir]);
    const [code] = (await once(without.child, 'close')) as [number | null];
    assert.equal(code, 3);
    await without.says(/tls\.key is encrypted and no password was given/);
  });
});
