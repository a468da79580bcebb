import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { parseUsers, UserStore } from '../../src/access/users.ts';
import { Secret } from '../../src/core/secret.ts';
import { readAccessText } from '../../src/node/access-file.ts';
import { connect } from '../../src/node/connect.ts';
import { nodeScrypt } from '../../src/node/users-file.ts';

// From out/test/cli/ to the package.
const program = fileURLToPath(new URL('../../../bin/sallyport.js', import.meta.url));

let folder = '';
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sallyport-cli-access-'));
});
after(() => rm(folder, { recursive: true, force: true }));

const file = async (name: string, text: string): Promise<string> => {
  const path = join(folder, name);
  await writeFile(path, text, { mode: 0o600 });
  return path;
};

interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

function run(args: readonly string[], input: string | Uint8Array = ''): Promise<Ended> {
  const child = spawn(process.execPath, [program, ...args]);
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
  child.stdin.on('error', () => undefined).end(input);
  return new Promise((resolve) => {
    child.once('close', (code) => resolve({ code, stdout, stderr }));
  });
}

describe('sallyport passwd', { concurrency: 2 }, () => {
  const opens = async (line: string): Promise<string> => {
    const store = new UserStore(parseUsers(line), { scrypt: nodeScrypt });
    return (await store.verify('alice', new Secret('correct horse'))).reason;
  };

  it('prints a line of a users file for the first line of its input, without its end', async () => {
    for (const input of ['correct horse\n', 'correct horse', 'correct horse\r\nmore\n']) {
      const { stdout, code } = await run(['passwd', 'alice'], input);
      assert.equal(code, 0);
      assert.match(stdout, /^alice:\$scrypt\$\S+\n$/);
      assert.equal(await opens(stdout), 'full access');
    }
  });
  it('prints the hash alone without a name, another each time', async () => {
    const [one, two] = [await run(['passwd'], 'x'), await run(['passwd'], 'x')];
    assert.match(one.stdout, /^\$scrypt\$\S+\n$/);
    assert.notEqual(one.stdout, two.stdout);
  });
  it('prints a line of an access file, with quotes around names that need them', async () => {
    for (const name of ['alice', 'yes', '007', 'a b', "o'neil", 'x#y']) {
      const { stdout } = await run(['passwd', '--access', name], 'x');
      const { policy, problems } = readAccessText(`users:\n  ${stdout}`);
      assert.deepEqual(problems, []);
      assert.deepEqual(
        policy?.users.map((user) => user.name),
        [name],
      );
    }
  });
  it('ends with 2 for an empty password, one that is no text, and names that a file cannot have', async () => {
    for (const [args, input, why] of [
      [['passwd'], '\n', /password is empty/],
      [['passwd'], Uint8Array.of(0xff, 0xfe), /not UTF-8/],
      [['passwd'], 'a\0b', /has a NUL/],
      [['passwd', 'a:b'], 'x', /neither colons/],
      [['passwd', '#a'], 'x', /would be a comment/],
    ] as const) {
      const { code, stderr, stdout } = await run(args, input);
      assert.equal(code, 2);
      assert.match(stderr, why);
      assert.equal(stdout, '');
    }
  });
});

describe('sallyport check-config', { concurrency: 2 }, () => {
  it('says what a good file has, and ends with 0', async () => {
    const path = await file(
      'good.yaml',
      'passwords: [{ name: a, password: x }]\nproxies: ["::1"]\n',
    );
    const { code, stdout, stderr } = await run(['check-config', path]);
    assert.equal(
      stdout,
      `${path} is good: 0 users, 1 password, throttle on, proxies in 1 network\n`,
    );
    assert.equal(stderr, '');
    assert.equal(code, 0);
    await chmod(path, 0o644);
    assert.match((await run(['check-config', path])).stderr, /can be read by every user/);
  });
  it('prints every problem with file, line and column, and ends with 3', async () => {
    const path = await file('bad.yaml', 'usres: {}\nproxies: [lan]\n');
    const { code, stderr, stdout } = await run(['check-config', path]);
    assert.deepEqual(stderr.trim().split('\n'), [
      `${path}:1:1: unknown key "usres"; did you mean "users"?`,
      `${path}:2:11: proxies.0: network "lan" is no address, nor address/bits such as 10.0.0.0/8`,
      `sallyport: ${path} has 2 problems`,
    ]);
    assert.equal(stdout, '');
    assert.equal(code, 3);
  });
  it('ends with 3 for a file that is not there', async () =>
    assert.equal((await run(['check-config', join(folder, 'none')])).code, 3));
});

describe('sallyport serve --access', () => {
  it('ends with 2 beside what it stands for, and with 3 for a file that is broken or lets nobody in', async () => {
    const good = await file('crew.yaml', 'passwords: [{ name: a, password: x }]');
    const nobody = await file('nobody.yaml', 'rules: []');
    for (const [code, why, ...args] of [
      [2, /stands in place of --users/, '--access', good, '--users', 'x'],
      [2, /has bits set/, '--proxy-protocol-from', '10.0.0.1/8'],
      [3, /none does not exist/, '--access', join(folder, 'none')],
      [3, /nobody could log in/, '--access', nobody],
    ] as const) {
      const result = await run(['serve', ...args]);
      assert.match(result.stderr, why);
      assert.equal(result.code, code);
    }
  });
  it('lets in by the file, and follows it', async () => {
    const path = await file('follow.yaml', 'passwords: [{ name: crew, password: crewword }]');
    const socket = `unix:${join(folder, 'vnc.sock')}`;
    const options = ['--json', '--listen', socket, '--security', 'VncAuth', '--access', path];
    const child = spawn(process.execPath, [program, 'serve', ...options]);
    const ended = new Promise((resolve) => child.once('close', resolve));
    try {
      const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
      assert.match(String((await lines.next()).value), /"listening"/);
      const vnc = await connect(socket, { security: 'VncAuth', password: 'crewword' });
      await writeFile(path, 'passwords: [{ name: others, password: x }]');
      await vnc.closed;
      const log: string[] = [];
      while (!log.join().includes('"disconnected"')) log.push(String((await lines.next()).value));
      assert.match(log.at(-1) ?? '', /the access policy changed: there is no password/);
    } finally {
      child.kill('SIGTERM');
      await ended;
    }
  });
});
