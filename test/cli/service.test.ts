import assert from 'node:assert/strict';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { connect } from '../../src/node/connect.ts';
import { startSallyport, type Sallyport } from '../support/sallyport.ts';
import { until } from '../support/until.ts';

const folder = mkdtempSync(join(tmpdir(), 'sallyport-service-'));
after(() => rmSync(folder, { recursive: true, force: true }));
let count = 0;
const fresh = (name: string): string => join(folder, `${++count}-${name}`);

const env = { XDG_DATA_HOME: folder };
const none = { security: 'None' } as const;

interface Open {
  readonly server: Sallyport;
  readonly target: string;
}

/** Serves the test card on a unix socket, to anyone. */
async function open(args: readonly string[], extra: Record<string, string> = {}): Promise<Open> {
  const target = `unix:${fresh('vnc.sock')}`;
  const base = ['serve', '--json', '--listen', target, '--security', 'None', '--share', 'ignore'];
  const server = startSallyport([...base, ...args], { ...env, ...extra });
  await server.event('listening');
  return { server, target };
}

type Line = Record<string, unknown>;
const linesOf = (file: string): Line[] =>
  readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Line);
const eventsOf = (file: string): unknown[] => linesOf(file).map(({ event }) => event);

describe('serve --audit', { concurrency: 2 }, () => {
  it('writes the whole life of a connection between started and stopped', async () => {
    const file = fresh('audit.jsonl');
    const { server, target } = await open(['--audit', file]);
    const vnc = await connect(target, none);
    await vnc.refresh(false);
    await vnc.close();
    await until('disconnected', () => eventsOf(file).includes('disconnected'));
    const { code } = await server.stop();
    assert.equal(code, 0);
    assert.equal(statSync(file).mode & 0o777, 0o600);
    assert.deepEqual(eventsOf(file), [
      'started',
      'connected',
      'initialized',
      'disconnected',
      'stopped',
    ]);
    const [started, , , disconnected, stopped] = linesOf(file);
    assert.deepEqual(started?.['addresses'], [target]);
    assert.ok(Number(disconnected?.['bytesOut']) > 1000);
    assert.equal(stopped?.['reason'], 'SIGTERM');
  });

  it('SIGHUP goes on in a new file after logrotate renamed the old one', async () => {
    const file = fresh('audit.jsonl');
    const { server } = await open(['--audit', file]);
    await until('started', () => existsSync(file) && eventsOf(file).length === 1);
    renameSync(file, `${file}.1`);
    server.child.kill('SIGHUP');
    await until('a new file', () => existsSync(file) && eventsOf(file).includes('reloaded'));
    await server.stop();
    assert.deepEqual(eventsOf(`${file}.1`), ['started']);
    assert.deepEqual(eventsOf(file), ['reloaded', 'stopped']);
  });

  it('- writes to stdout alone, and the box goes to stderr', async () => {
    const listen = `unix:${fresh('vnc.sock')}`;
    const args = ['serve', '--listen', listen, '--security', 'None', '--audit', '-'];
    const server = startSallyport(args, env);
    await until('started', () => server.stderr().includes('Sallyport'));
    const { stdout, stderr } = await server.stop();
    const events = stdout
      .trimEnd()
      .split('\n')
      .map((line) => (JSON.parse(line) as Line)['event']);
    assert.deepEqual(events, ['started', 'stopped']);
    assert.match(stderr, /Sallyport/);
  });

  it('does not start without its file, or with --json on the same stdout', async () => {
    const serve = ['serve', '--security', 'None', '--listen', `unix:${fresh('vnc.sock')}`];
    const file = join(folder, 'no', 'audit');
    const missing = await startSallyport([...serve, '--audit', file], env).ended;
    assert.equal(missing.code, 1);
    assert.match(
      missing.stderr,
      /^sallyport: --audit: .* cannot be written: its directory does not exist\n$/,
    );
    const both = await startSallyport([...serve, '--audit', '-', '--json'], env).ended;
    assert.equal(both.code, 2);
    assert.match(both.stderr, /both write to stdout/);
  });
});

describe('serve as a service', { concurrency: 2 }, () => {
  /** A listening socket, handed over as systemd does it: descriptor 3, and the process's own id. */
  async function activated(
    args: readonly string[],
    host: string,
  ): Promise<{ server: Sallyport; port: number }> {
    const listener = createServer();
    await new Promise<void>((resolve) => {
      listener.listen(0, host, resolve);
    });
    const { port } = listener.address() as AddressInfo;
    const handle = (listener as unknown as { _handle: { fd: number } })._handle;
    const server = startSallyport(
      args,
      { ...env, LISTEN_FDS: '1', LISTEN_FDNAMES: 'vnc' },
      {
        fd: handle.fd,
      },
    );
    // Ours is closed, the other end's stays: who connects from here on waits for it.
    listener.close();
    return { server, port };
  }

  it('takes sockets from systemd, and lets in who connected before it was ready', async () => {
    const { server, port } = await activated(
      ['serve', '--json', '--security', 'None'],
      '127.0.0.1',
    );
    const vnc = await connect(`127.0.0.1::${port}`, none);
    const listening = await server.event('listening');
    assert.equal((listening['addresses'] as string[]).length, 1, 'and listens nowhere else');
    await vnc.refresh(false);
    await vnc.close();
    assert.equal((await server.stop()).code, 0);
  });

  it('takes a socket from systemd for as public as its address says', async () => {
    const { server } = await activated(
      ['serve', '--listen', 'fd', '--security', 'None'],
      '0.0.0.0',
    );
    const { code, stderr } = await server.ended;
    assert.equal(code, 2);
    assert.match(stderr, /None lets anyone in.*--insecure-none/);
  });

  it('--listen fd ends with 4 when nothing was handed over', async () => {
    const { code, stderr } = await startSallyport(['serve', '--listen', 'fd'], env).ended;
    assert.equal(code, 4);
    assert.match(stderr, /no sockets were handed over/);
  });

  it('reads password and certificate from systemd’s credentials', async () => {
    // A first start makes a certificate to borrow.
    const first = startSallyport(['serve', '--json', '--listen', '127.0.0.1::0'], env);
    const { caFile } = await first.event('listening');
    await first.stop();
    const made = join(folder, 'sallyport', 'tls');
    const credentials = fresh('credentials');
    mkdirSync(credentials);
    for (const name of ['server-cert.pem', 'server-key.pem'])
      writeFileSync(join(credentials, name), readFileSync(join(made, name)), { mode: 0o400 });
    writeFileSync(join(credentials, 'vnc-password'), 'fromcred\n', { mode: 0o400 });
    const server = startSallyport(['serve', '--json', '--listen', '127.0.0.1::0'], {
      XDG_DATA_HOME: join(folder, 'untouched'),
      CREDENTIALS_DIRECTORY: credentials,
    });
    const { addresses, password } = await server.event('listening');
    assert.equal(password, undefined, 'none was made up');
    const vnc = await connect((addresses as [string])[0], {
      tls: { ca: readFileSync(String(caFile), 'utf8') },
      password: 'fromcred',
    });
    await vnc.close();
    await server.stop();
    assert.equal(existsSync(join(folder, 'untouched')), false);
  });

  it('tells systemd that it is ready, reads again, and stops', async () => {
    // Stands in for the command that systemd brings along.
    const bin = fresh('bin');
    mkdirSync(bin);
    const told = fresh('told');
    const script = `#!/bin/sh\necho "$@" >> '${told}'\n`;
    writeFileSync(join(bin, 'systemd-notify'), script);
    chmodSync(join(bin, 'systemd-notify'), 0o755);
    const path = `${bin}:${process.env['PATH'] ?? ''}`;
    const { server, target } = await open([], { PATH: path, NOTIFY_SOCKET: fresh('none') });
    await until('READY', () => existsSync(told));
    server.child.kill('SIGHUP');
    await until('READY again', () => readFileSync(told, 'utf8').match(/READY/g)?.length === 2);
    await server.stop();
    const lines = readFileSync(told, 'utf8').trimEnd().split('\n');
    assert.equal(lines[0], `READY=1 STATUS=Serving on ${target}`);
    assert.match(lines[1] ?? '', /^RELOADING=1 MONOTONIC_USEC=\d+$/);
    assert.equal(lines[2], 'READY=1');
    assert.equal(lines[3], 'STOPPING=1 EXTEND_TIMEOUT_USEC=10000000');
    assert.equal(lines.length, 4);
  });

  it('--drain lets viewers finish after SIGTERM, and nobody new in', async () => {
    const { server, target } = await open(['--drain', '60']);
    const vnc = await connect(target, none);
    await server.event('initialized');
    server.child.kill('SIGTERM');
    await until('closed socket', () => !existsSync(target.slice('unix:'.length)));
    await assert.rejects(connect(target, none));
    await vnc.refresh(false);
    await vnc.close();
    const { code, stderr } = await server.ended;
    assert.equal(code, 0);
    assert.match(stderr, /all viewers have left/);
  });

  it('--drain ends at once on the second SIGTERM, closing its viewers', async () => {
    const { server, target } = await open(['--drain', '60']);
    const vnc = await connect(target, none);
    await server.event('initialized');
    server.child.kill('SIGTERM');
    await until('closed socket', () => !existsSync(target.slice('unix:'.length)));
    const { code, stderr } = await server.stop('SIGTERM');
    assert.equal(code, 0);
    assert.match(stderr, /asked again/);
    await vnc.closed;
  });

  it('--drain ends when its seconds are over', async () => {
    const { server, target } = await open(['--drain', '1']);
    await connect(target, none);
    await server.event('initialized');
    const { code, stderr } = await server.stop('SIGTERM');
    assert.equal(code, 0);
    assert.match(stderr, /time is up, 1 still here/);
  });

  it('SIGINT closes at once, whatever --drain says', async () => {
    const { server, target } = await open(['--drain', '60']);
    const vnc = await connect(target, none);
    await server.event('initialized');
    const { code, stderr } = await server.stop('SIGINT');
    assert.equal(code, 0);
    assert.match(stderr, /stopped by SIGINT/);
    await vnc.closed;
  });

  it('--drain takes whole seconds only', async () => {
    const { code, stderr } = await startSallyport(['serve', '--drain', '1m'], env).ended;
    assert.equal(code, 2);
    assert.match(stderr, /--drain: "1m" is not a number of seconds/);
  });

  it('--pid-file holds its process id while it serves', async () => {
    const file = fresh('pid');
    const { server } = await open(['--pid-file', file]);
    assert.equal(readFileSync(file, 'utf8'), `${server.child.pid}\n`);
    const again = await startSallyport(
      ['serve', '--security', 'None', '--listen', `unix:${fresh('vnc.sock')}`, '--pid-file', file],
      env,
    ).ended;
    assert.equal(again.code, 1);
    assert.match(again.stderr, /names process \d+, which is running/);
    await server.stop();
    assert.equal(existsSync(file), false);
  });

  it('SIGHUP without a certificate or an audit file ends nobody', async () => {
    const { server, target } = await open([]);
    const vnc = await connect(target, none);
    server.child.kill('SIGHUP');
    await vnc.refresh(false);
    await vnc.refresh(true);
    await vnc.close();
    assert.equal((await server.stop()).code, 0);
  });
});
