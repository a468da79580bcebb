import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { withoutPeers } from '../support/peers.ts';
import { until } from '../support/until.ts';

// From out/test/cli/ to the package.
const program = fileURLToPath(new URL('../../../bin/sallyport.js', import.meta.url));
const DEADLINE_MS = 60_000;

interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A process of the program; `input` is all that it can read. Without it standard input stays open. */
class Program {
  stdout = '';
  stderr = '';
  readonly ended: Promise<Ended>;
  readonly write: (text: string) => void;
  readonly kill: () => void;

  constructor(args: readonly string[], input?: string) {
    const child = spawn(process.execPath, [program, ...args], { stdio: 'pipe' });
    const timer = setTimeout(() => child.kill('SIGKILL'), DEADLINE_MS);
    child.stdout.on('data', (chunk: Buffer) => (this.stdout += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => (this.stderr += chunk.toString()));
    child.stdin.on('error', () => undefined);
    if (input !== undefined) child.stdin.end(input);
    this.write = (text) => void child.stdin.write(text);
    this.kill = () => void child.kill('SIGTERM');
    this.ended = once(child, 'close').then(([code]) => {
      clearTimeout(timer);
      return { code: code as number | null, stdout: this.stdout, stderr: this.stderr };
    });
  }
}

describe('sallyport monitor', () => {
  let folder = '';
  let path = '';
  let server: Program;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'sallyport-monitor-cli-'));
    path = join(folder, 'monitor');
    const listen = ['--listen', `unix:${folder}/vnc`, '--security', 'VncAuth'];
    server = new Program(['serve', ...listen, '--monitor', `unix:${path}`, '--json', '--verbose']);
    await until('the server', () => server.stdout.includes('listening'));
  });
  after(async () => {
    server.kill();
    await server.ended;
    await rm(folder, { recursive: true, force: true });
  });
  const run = (words: readonly string[], input = ''): Promise<Ended> =>
    new Program(['monitor', path, ...words], input).ended;

  it('runs one command, in one word or in several, and prints its answer', async () => {
    const [one, several, json] = await Promise.all([
      run(['info vnc']),
      run(['info', 'vnc']),
      run(['info', 'vnc', '--json']),
    ]);
    assert.match(one.stdout, /^default:\n {2}Server: :.*\/vnc \(unix\)\n/);
    assert.deepEqual(several, one);
    const [first] = JSON.parse(json.stdout) as { id: string }[];
    assert.equal(first?.id, 'default');
    assert.deepEqual([one.code, one.stderr], [0, '']);
  });

  it('tells refusals, slips and absence apart by exit codes', async () => {
    const [refused, slip, absent] = await Promise.all([
      run(['kick', '77']),
      run(['kick']),
      new Program(['monitor', join(folder, 'nobody'), 'info', 'vnc'], '').ended,
    ]);
    assert.deepEqual(refused, {
      code: 1,
      stdout: '',
      stderr: 'sallyport: Session 77 not found\n',
    });
    assert.deepEqual(slip, { code: 2, stdout: '', stderr: 'sallyport: usage: kick ID [REASON]\n' });
    assert.equal(absent.code, 1);
    assert.match(
      absent.stderr,
      /^sallyport: no monitor at .*nobody: [^\n]*\n  what to do: see that [^\n]*\n$/,
    );
  });

  it('reads a password from standard input, and shows it nowhere', async () => {
    const changed = await run(['change', 'vnc', 'password'], 'hunter2\n');
    assert.deepEqual(changed, { code: 0, stdout: '', stderr: '' });
    const inline = await run(['set_password', 'vnc', 'hunter2', '-d', 'default']);
    assert.deepEqual(inline, { code: 0, stdout: '', stderr: '' });
    await until('the log', () => server.stderr.includes('set_password'));
    assert.doesNotMatch(server.stdout + server.stderr, /hunter2/);
  });

  it('takes one command after the other from a pipe, and goes on after a refusal', async () => {
    const talked = await run([], 'info status\nkick 77\ninfo security\nexit\ninfo status\n');
    assert.equal(talked.stdout.split('\n')[0], 'VM status: running');
    assert.match(talked.stdout, /VncAuth {2}no/);
    assert.equal(talked.stderr, 'Error: Session 77 not found\n');
    assert.equal(talked.stdout.match(/VM status/g)?.length, 1);
    assert.equal(talked.code, 0);
  });

  it('keeps passwords off a terminal and out of the history', {
    skip: withoutPeers('script'),
  }, async () => {
    const log = join(folder, 'typescript');
    const command = `'${process.execPath}' '${program}' monitor '${path}'`;
    const terminal = spawn('script', ['-qfec', command, log], { stdio: 'pipe' });
    let shown = '';
    terminal.stdout.on('data', (chunk: Buffer) => (shown += chunk.toString()));
    const timer = setTimeout(() => terminal.kill('SIGKILL'), DEADLINE_MS);
    await until('the prompt', () => shown.includes('(sallyport)'));
    terminal.stdin.write('change vnc password\r');
    await until('the question', () => shown.includes('Password: '));
    terminal.stdin.write('hunter2\r');
    await until('the next prompt', () => /Password:[^]*\(sallyport\)/.test(shown));
    // Up, up: were it in the history, it would be shown.
    terminal.stdin.write('\u001b[A\u001b[A\u0015exit\r');
    await once(terminal, 'close');
    clearTimeout(timer);
    assert.doesNotMatch(await readFile(log, 'utf8'), /hunter2/);
  });

  it('ends the server when told to quit', async () => {
    assert.equal((await run(['quit'])).code, 0);
    const { code } = await server.ended;
    assert.equal(code, 0);
  });
});

describe('sallyport serve --monitor', () => {
  it('goes on without a listener, even when its input has ended', async () => {
    const server = new Program(
      ['serve', '-vnc', 'none', '--monitor', 'stdio'],
      '{"execute": "qmp_capabilities"}\n',
    );
    await until('answer', () => server.stdout.includes('"return"'));
    server.kill();
    const { code, stderr } = await server.ended;
    assert.match(stderr, /stopped by SIGTERM/);
    assert.equal(code, 0);
  });

  it('refuses a TCP port, and standard output that is taken', async () => {
    const [tcp, taken, audited] = await Promise.all([
      new Program(['serve', '--monitor', ':1'], '').ended,
      new Program(['serve', '--monitor', 'stdio', '--json'], '').ended,
      new Program(['serve', '--monitor', 'stdio', '--audit', '-'], '').ended,
    ]);
    assert.match(tcp.stderr, /neither unix:\/path nor stdio/);
    assert.match(taken.stderr, /--monitor stdio and --json exclude each other/);
    assert.match(audited.stderr, /--monitor stdio and --audit - exclude each other/);
    assert.deepEqual([tcp.code, taken.code, audited.code], [2, 2, 2]);
  });

  it('speaks QMP on standard input and output', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'sallyport-stdio-'));
    try {
      const listen = ['--listen', `unix:${folder}/vnc`, '--security', 'VncAuth'];
      const server = new Program(['serve', ...listen, '--monitor', 'stdio']);
      await until('the greeting', () => server.stdout.includes('\n'));
      server.write('{"execute": "qmp_capabilities"}{"execute": "quit"}\n');
      const { code, stdout } = await server.ended;
      const lines = stdout
        .trim()
        .split('\r\n')
        .map((line) => JSON.parse(line) as object);
      assert.deepEqual(
        lines.map((line) => Object.keys(line)[0]),
        ['QMP', 'return', 'timestamp', 'return'],
      );
      assert.equal(code, 0);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });

  it("stands in front of a guest's monitor", {
    skip: withoutPeers('qemu-system-x86_64'),
  }, async () => {
    const folder = await mkdtemp(join(tmpdir(), 'sallyport-guest-'));
    const path = join(folder, 'monitor');
    const listen = ['--listen', `unix:${folder}/vnc`, '--security', 'VncAuth', '--json'];
    const guest = [
      'qemu-system-x86_64',
      '-nodefaults',
      '-accel',
      'tcg',
      '-m',
      '16',
      '-vga',
      'std',
      '-S',
    ];
    const server = new Program([
      'serve',
      ...listen,
      '--monitor',
      `unix:${path}`,
      '--qemu',
      '--',
      ...guest,
    ]);
    try {
      await until('the server', () => server.stdout.includes('listening'));
      const say = new Program(
        ['monitor', path, '--json'],
        [
          'info status',
          '{"execute": "cont"}',
          'info status',
          'info vnc',
          '{"execute": "no-such"}',
          'sendkey a',
          '{"execute": "query-commands"}',
          'quit',
        ].join('\n'),
      );
      const { stdout, stderr } = await say.ended;
      const [before, , later, vnc, , commands] = stdout.trim().split('\n');
      assert.match(before ?? '', /"prelaunch"/);
      assert.match(later ?? '', /"running"/);
      assert.match(vnc ?? '', new RegExp(`"service":"${folder}/vnc"`));
      assert.match(stderr, /The command no-such has not been found/);
      for (const name of ['device_add', 'x-kick', 'set_password'])
        assert.equal(commands?.split(`"${name}"`).length, 2, name);
      assert.equal((await server.ended).code, 0);
    } finally {
      server.kill();
      await server.ended;
      await rm(folder, { recursive: true, force: true });
    }
  });
});
