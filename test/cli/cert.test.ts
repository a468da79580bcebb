import assert from 'node:assert/strict';
import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { initStore } from '../../src/node/certificate-store.ts';
import { loadTlsCredentials } from '../../src/node/credential-files.ts';
import { serve, type Serving } from '../../src/node/serve.ts';
import { createTestCard } from '../../src/displays/testcard.ts';
import { withoutPeers } from '../support/peers.ts';
import { run as runTool } from '../node/command.ts';
import type { CommandEnd, CommandRequest } from './command-loop.ts';

// From out/test/cli/ to the package.
const root = new URL('../../../', import.meta.url);

let home = '';
let loop: ChildProcess | undefined;
before(async () => {
  home = await mkdtemp(join(tmpdir(), 'sallyport-cert-'));
  loop = fork(new URL('command-loop.js', import.meta.url), {
    env: { ...process.env, LANG: 'C.UTF-8', NO_COLOR: '1' },
  });
});
after(async () => {
  loop?.disconnect();
  await rm(home, { recursive: true, force: true });
});

/** Runs `sallyport cert …` in a directory of the test's own. */
async function cert(cwd: string, ...args: readonly string[]): Promise<CommandEnd> {
  assert.ok(loop !== undefined);
  const request: CommandRequest = { cwd, args: ['cert', ...args] };
  loop.send(request);
  const [end] = (await once(loop, 'message')) as [CommandEnd];
  return end;
}

async function good(cwd: string, ...args: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await cert(cwd, ...args);
  assert.equal(stderr, '');
  assert.equal(code, 0, stdout);
  return stdout;
}

async function fails(
  code: number,
  sentence: RegExp,
  cwd: string,
  ...args: readonly string[]
): Promise<void> {
  const ended = await cert(cwd, ...args);
  assert.match(ended.stderr, sentence);
  assert.match(
    ended.stderr,
    /^sallyport: [^\n]+\n(  what to do: [^\n]+\n)?$/,
    'one sentence, what to do, and no stack',
  );
  assert.equal(ended.stdout, '');
  assert.equal(ended.code, code);
}

let places = 0;
const place = async (): Promise<string> => {
  const path = join(home, String(places++));
  await mkdir(path);
  return path;
};

describe('sallyport cert', () => {
  it('is a command of the program', () => {
    const program = fileURLToPath(new URL('bin/sallyport.js', root));
    const { status, output } = runTool(process.execPath, [program, 'cert', '--help']);
    assert.equal(status, 0, output);
    for (const word of ['init', 'issue', 'renew', 'revoke', 'list', 'show', 'check', 'export'])
      assert.match(output, new RegExp(`^ {2}${word} `, 'm'));
  });

  it('makes an authority and says how to serve, and how viewers get to trust it', async () => {
    const cwd = await place();
    const args = ['--dir', 'pki', '--host', 'console.lab', '--ip', '10.0.0.5', '--client', 'alice'];
    const text = await good(cwd, 'init', ...args);
    assert.match(text, /covers +console\.lab 10\.0\.0\.5 localhost 127\.0\.0\.1 ::1\n/);
    assert.match(text, /valid until +\d{4}-\d\d-\d\d\n/);
    assert.match(text, /\n {2}sallyport serve --tls-dir pki\n/);
    assert.match(text, /--verify-client require --security X509None --allow-name CN=alice\n/);
    for (const word of ['TigerVNC', 'gtk-vnc', 'virt-viewer', '-X509CA pki/ca-cert.pem', 'SHA-256'])
      assert.ok(text.includes(word), word);
    assert.doesNotMatch(text, /PRIVATE KEY/);
    if (process.platform !== 'win32')
      assert.equal((await stat(join(cwd, 'pki', 'ca-key.pem'))).mode & 0o777, 0o600);
    await fails(3, /pki\/ca-cert\.pem exists already, and nothing/, cwd, 'init', '--dir', 'pki');
  });

  it("works on serve's own directory without --dir, and does not name it then", async () => {
    const cwd = await place();
    assert.match(await good(cwd, 'init'), /\n {2}sallyport serve\n/);
    await good(cwd, 'issue', 'client', 'bob');
    await stat(join(cwd, 'data', 'sallyport', 'tls', 'clients', 'bob', 'client-key.pem'));
    assert.match(await good(cwd, 'check'), /: good\n$/);
  });

  it('lists names, kinds, serial numbers, dates and states, also for programs', async () => {
    const cwd = await place();
    await good(cwd, 'init', '--dir', 'pki', '--host', 'a.lab', '--client', 'alice');
    await good(cwd, 'renew', '--dir', 'pki');
    const revoked = await good(cwd, 'revoke', 'alice', '--dir', 'pki', '--reason', 'keyCompromise');
    assert.match(
      revoked,
      /^revoked +client +alice +[0-9A-F]{32}\nList number \d+ is in pki\/ca-crl/,
    );
    const lines = (await good(cwd, 'list', '--dir', 'pki')).trimEnd().split('\n');
    assert.match(lines[0] ?? '', /^NAME +KIND +SERIAL NUMBER +VALID UNTIL +STATE +COVERS$/);
    assert.match(lines[1] ?? '', /^O=Sallyport,CN=Sallyport CA +authority +\w{32} +\S+ +valid$/);
    assert.match(lines[2] ?? '', /^a\.lab +server +\w{32} +\S+ +replaced +a\.lab localhost/);
    assert.match(lines[3] ?? '', /^alice +client +\w{32} +\S+ +revoked: keyCompromise$/);
    assert.match(lines[4] ?? '', /^a\.lab +server +\w{32} +\S+ +valid /);
    const json = JSON.parse(await good(cwd, 'list', '--dir', 'pki', '--json')) as {
      certificates: Array<{ name: string; state: string }>;
    };
    assert.deepEqual(
      json.certificates.map(({ name, state }) => `${name} ${state}`),
      ['a.lab replaced', 'alice revoked', 'a.lab valid'],
    );
  });

  it('shows what a certificate says, with the rule for its name', async () => {
    const cwd = await place();
    await good(cwd, 'init', '--dir', 'pki', '--client', "C=GB,O=Lab's,CN=alice");
    const text = await good(cwd, 'show', 'pki/client-cert.pem');
    assert.match(text, /^subject +C=GB,O=Lab's,CN=alice\nother order +CN=alice,O=Lab's,C=GB\n/);
    assert.match(text, /\nrule +--allow-name 'C=GB,O=Lab'\\''s,CN=alice'\n$/);
    const json = JSON.parse(await good(cwd, 'show', 'pki/server-cert.pem', '--json')) as {
      certificates: Array<{ kind: string; keyType: string }>;
    };
    assert.deepEqual(
      json.certificates.map(({ kind, keyType }) => [kind, keyType]),
      [['server', 'P-256']],
    );
    await fails(
      3,
      /client-key\.pem holds a private key, not a cert/,
      cwd,
      'show',
      'pki/client-key.pem',
    );
    await fails(3, /nothing\.pem does not exist/, cwd, 'show', 'nothing.pem');
  });

  it('checks a directory: 0 when it is good, 3 and every problem when not', async () => {
    const cwd = await place();
    await good(cwd, 'init', '--dir', 'pki', '--host', 'a.lab');
    assert.match(await good(cwd, 'check', 'pki', '--host', 'a.lab'), /\npki: good\n$/);
    await rm(join(cwd, 'pki', 'client-key.pem'));
    const bad = await cert(cwd, 'check', 'pki', '--host', 'b.lab', '--ip', '10.1.1.1');
    assert.equal(bad.code, 3);
    assert.equal(bad.stderr, '');
    assert.equal(bad.stdout.match(/^problem: /gm)?.length, 3);
    assert.match(
      bad.stdout,
      /what to do: sallyport cert renew server --dir pki --ip 10\.1\.1\.1\n/,
    );
    assert.match(bad.stdout, /\npki: 3 problems\n$/);
    const json = await cert(cwd, 'check', 'pki', '--json');
    assert.equal(json.code, 3);
    const told = JSON.parse(json.stdout) as { ok: boolean; problems: Array<{ level: string }> };
    assert.equal(told.ok, false);
    assert.deepEqual(
      told.problems.map(({ level }) => level),
      ['note', 'error'],
    );
  });

  it('checks a server that runs, through VeNCrypt, with its authority or without', async (t) => {
    const cwd = await place();
    const dir = join(cwd, 'pki');
    await initStore(dir, { hosts: ['127.0.0.1', 'console.lab'], client: 'alice' });
    await initStore(join(cwd, 'other'), { hosts: ['x'], client: 'y' });
    const credentials = await loadTlsCredentials({ dir }, { needCa: true });
    const start = (security: string): Promise<Serving> =>
      serve({
        display: createTestCard(),
        listen: '127.0.0.1::0',
        security,
        tls: { credentials },
        access: { password: 'secret' },
      });
    const serving = await start('X509Vnc');
    t.after(() => serving.close());
    const [address] = serving.addresses;
    assert.ok(address?.kind === 'tcp');
    const url = `vnc://127.0.0.1:${address.port}`;
    const text = await good(cwd, 'check', url, '--ca', 'pki/ca-cert.pem');
    assert.match(text, /^subject +CN=127\.0\.0\.1\n/);
    assert.ok(text.includes(credentials.summary.fingerprint));
    assert.ok(text.endsWith(`${url}: good\n`), text);
    assert.match(await good(cwd, 'check', url), /note: no authority was named/);
    assert.match(await good(cwd, 'check', url, '--host', 'console.lab'), /good\n$/);
    const wrong = await cert(cwd, 'check', url, '--ca', 'other/ca-cert.pem', '--host', 'b.lab');
    assert.equal(wrong.code, 3);
    assert.match(wrong.stdout, /does not cover b\.lab/);
    assert.match(wrong.stdout, /does not lead to other\/ca-cert\.pem/);
    assert.match(wrong.stdout, /: 2 problems\n$/);
    await serving.close();
    await fails(5, /connection refused/, cwd, 'check', url);
    const clear = await start('None');
    t.after(() => clear.close());
    const [weak] = clear.addresses;
    assert.ok(weak?.kind === 'tcp');
    const none = await cert(cwd, 'check', `vnc://127.0.0.1:${weak.port}`);
    assert.equal(none.code, 3);
    assert.match(
      none.stdout,
      /the server offers no authentication \(None, 1\).*\n +what to do: offer X509Vnc/,
    );
  });

  it('packs a pair for a browser under a password that it makes and shows once', {
    skip: withoutPeers('openssl'),
  }, async () => {
    const cwd = await place();
    await good(cwd, 'init', '--dir', 'pki', '--client', 'alice');
    const text = await good(cwd, 'export', 'alice', '--dir', 'pki', '--p12', 'alice.p12');
    const password = /password {2}(\S{20})\n/.exec(text)?.[1] ?? '';
    const unpack = (file: string, words: string) =>
      runTool('openssl', ['pkcs12', '-in', join(cwd, file), '-nodes', '-passin', `pass:${words}`]);
    assert.equal(unpack('alice.p12', password).status, 0);
    await writeFile(join(cwd, 'pw'), 'my own words\n', { mode: 0o600 });
    await good(cwd, 'export', 'alice', '--dir', 'pki', '--p12', 'b.p12', '--password-file', 'pw');
    assert.equal(unpack('b.p12', 'my own words').status, 0);
    const args = ['--dir', 'pki', '--p12', 'alice.p12'];
    await fails(3, /alice\.p12 exists already/, cwd, 'export', 'alice', ...args);
    await fails(3, /named eve/, cwd, 'export', 'eve', '--dir', 'pki', '--p12', 'eve.p12');
  });

  const usage: readonly (readonly [number, RegExp, ...string[]])[] = [
    [2, /--ip: "x" is not an IP address; --host takes names/, 'init', '--ip', 'x'],
    [2, /--days: 0 is not a number of days/, 'init', '--days', '0'],
    [2, /--key-type: rsa1024 is none of p256, p384/, 'init', '--key-type', 'rsa1024'],
    [2, /"a b" is neither a host name nor an IP address/, 'init', '--host', 'a b'],
    [2, /FOO is none of CN/, 'init', '--client', 'FOO=x'],
    [2, /Allowed choices are server, client/, 'issue', 'person', 'x'],
    [2, /missing required argument 'NAME'/, 'issue', 'client'],
    [2, /--host and --ip are for servers/, 'issue', 'client', 'x', '--host', 'y'],
    [2, /Allowed choices are keyCompromise/, 'revoke', 'x', '--reason', 'boredom'],
    [2, /--ca is for a URL/, 'check', '--ca', 'x'],
    [2, /a server is written vnc:/, 'check', 'console.lab:5901'],
    [2, /address "vnc:.*" has a malformed host/, 'check', 'vnc://a b'],
    [2, /required option '--p12 <FILE>'/, 'export', 'alice'],
    [2, /unknown command 'frob'/, 'frob'],
    [3, /does not exist; "sallyport cert init"/, 'issue', 'client', 'x', '--dir', 'none'],
    [3, /has no authority/, 'list', '--dir', 'none'],
  ];
  for (const [code, sentence, ...args] of usage)
    it(`ends with ${code} for ${args.join(' ')}`, async () =>
      fails(code, sentence, await place(), ...args));
});

describe('docs/certificates.md', () => {
  it('has only commands that work, in their order', async () => {
    const page = await readFile(new URL('docs/certificates.md', root), 'utf8');
    const commands = [...page.matchAll(/^\$ sallyport cert (.*)$/gm)].map(([, args = '']) => args);
    assert.ok(commands.length >= 15, `${commands.length} commands`);
    const cwd = await place();
    for (const command of commands) {
      const args = command.match(/'[^']*'|\S+/g) ?? [];
      await good(cwd, ...args.map((word) => word.replace(/^'(.*)'$/, '$1')));
    }
  });
  it('names every subcommand and every option', async () => {
    const page = await readFile(new URL('docs/certificates.md', root), 'utf8');
    const help = await good(home, '--help');
    const names = [...help.matchAll(/^ {2}(\w+) \[options\]/gm)].map(([, name = '']) => name);
    assert.equal(names.length, 8);
    for (const name of names) {
      assert.match(page, new RegExp(`sallyport cert ${name}\\b`));
      const options = (await good(home, name, '--help')).match(/--[a-z][a-z0-9-]+/g) ?? [];
      for (const option of options)
        if (!['--help', '--subject'].includes(option))
          assert.ok(page.includes(option), `${name} ${option}`);
    }
  });
});
