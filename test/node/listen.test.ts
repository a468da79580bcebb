import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { formatAddress, parseAddress, type Address } from '../../src/node/address.ts';
import { dial } from '../../src/node/dial.ts';
import { listen } from '../../src/node/listen.ts';
import type { Peer } from '../../src/security/identity.ts';

const directory = mkdtempSync(join(tmpdir(), 'sallyport-listen-'));
after(() => rmSync(directory, { recursive: true, force: true }));

let paths = 0;
const freePath = (): string => join(directory, `socket-${(paths += 1)}`);
const unix = (path: string): Address => ({ kind: 'unix', path });
const nobody = (): void => undefined;
const tcpAny = (host: string) => ({ kind: 'tcp', host, port: 0 }) as const;

/** Who a listener says that we are. */
async function peerAt(listenOn: Address, host?: string): Promise<Peer> {
  let tell: (peer: Peer) => void = () => undefined;
  const told = new Promise<Peer>((resolve) => {
    tell = resolve;
  });
  const listener = await listen(listenOn, (stream, peer) => {
    stream.destroy();
    tell(peer);
  });
  const { address } = listener;
  const target = address.kind === 'tcp' && host !== undefined ? { ...address, host } : address;
  const stream = await dial(target);
  const peer = await told;
  stream.destroy();
  await listener.close();
  return peer;
}

describe('listening on TCP', () => {
  it('takes a free port for port 0, and tells which', async () => {
    const listener = await listen(parseAddress('127.0.0.1::0', 'listen'), nobody);
    assert.ok(listener.address.kind === 'tcp' && listener.address.port > 0);
    await listener.close();
  });

  it('takes the first port of a range that is free, and says so when none is', async () => {
    const first = await listen(parseAddress('127.0.0.1::0', 'listen'), nobody);
    assert.ok(first.address.kind === 'tcp');
    const { port } = first.address;
    const range = { kind: 'tcp', host: '127.0.0.1', port, lastPort: port + 200 } as const;
    const second = await listen(range, nobody);
    assert.ok(second.address.kind === 'tcp');
    assert.ok(second.address.port > port && second.address.port <= port + 200);
    await assert.rejects(
      listen({ ...range, lastPort: port }, nobody),
      /nor on the next ports up to \d+: something listens there already/,
    );
    await first.close();
    await second.close();
  });

  it('keeps to the family that is wanted', async () => {
    const four = await listen({ ...tcpAny('localhost'), family: 4 }, nobody);
    assert.ok(four.address.kind === 'tcp');
    await dial({ ...four.address, host: '127.0.0.1' }).then((stream) => stream.destroy());
    await four.close();
    const six = await listen({ ...tcpAny('::'), family: 6 }, nobody);
    assert.ok(six.address.kind === 'tcp');
    await assert.rejects(dial({ ...six.address, host: '127.0.0.1' }), /refused/);
    await six.close();
  });

  it('describes an IPv4 peer the same way on both kinds of socket', async () => {
    for (const text of ['127.0.0.1::0', '*::0']) {
      const peer = await peerAt(parseAddress(text, 'listen'), '127.0.0.1');
      assert.match(peer.address, /^127\.0\.0\.1:\d+$/);
      assert.equal(peer.host, '127.0.0.1');
      assert.equal(peer.local, true);
    }
  });

  it('is heard no more after close(), while its connections stay', async () => {
    const streams: Array<{ write: (bytes: Uint8Array) => void; destroy: () => void }> = [];
    const listener = await listen(parseAddress('127.0.0.1::0', 'listen'), (stream) => {
      streams.push(stream);
    });
    const stream = await dial(listener.address);
    while (streams.length === 0) await new Promise(setImmediate);
    await Promise.all([listener.close(), listener.close()]);
    await assert.rejects(dial(listener.address), /connection refused by 127\.0\.0\.1/);
    streams[0]?.write(Uint8Array.of(1));
    assert.deepEqual(await stream.read(), Uint8Array.of(1));
    stream.destroy();
    streams[0]?.destroy();
  });

  it('says what is wrong in one sentence', async () => {
    const first = await listen(parseAddress('127.0.0.1::0', 'listen'), nobody);
    const name = formatAddress(first.address);
    await assert.rejects(listen(first.address, nobody), {
      message: `cannot listen on ${name}: something listens there already`,
    });
    await first.close();
    await assert.rejects(listen(parseAddress('192.0.2.1:1', 'listen'), nobody), {
      message: 'cannot listen on 192.0.2.1:1: this machine does not have that address',
    });
  });
});

describe('listening on a unix socket', () => {
  it('makes it for its user alone, and removes it', async () => {
    const path = freePath();
    const mask = process.umask();
    const listener = await listen(unix(path), nobody);
    assert.equal(statSync(path).mode & 0o777, 0o600);
    assert.equal(process.umask(), mask);
    await listener.close();
    assert.equal(existsSync(path), false);
  });

  it('calls its peers unix, and local', async () => {
    assert.deepEqual(await peerAt(unix(freePath())), { address: 'unix', host: '', local: true });
  });

  it('replaces one that a dead process left', async () => {
    const path = freePath();
    const leave = `require('net').createServer().listen(process.argv[1], () => process.kill(process.pid, 'SIGKILL'))`;
    assert.throws(() => execFileSync(process.execPath, ['-e', leave, path]));
    assert.equal(statSync(path).isSocket(), true);
    const listener = await listen(unix(path), nobody);
    (await dial(listener.address)).destroy();
    await listener.close();
  });

  it('leaves one alone on which somebody listens', async () => {
    const path = freePath();
    const first = await listen(unix(path), nobody);
    await assert.rejects(listen(unix(path), nobody), /something listens there already/);
    (await dial(first.address)).destroy();
    await first.close();
  });

  it('leaves a file alone that is no socket', async () => {
    const path = freePath();
    writeFileSync(path, 'precious');
    await assert.rejects(listen(unix(path), nobody), /something listens there already/);
    assert.equal(statSync(path).isFile(), true);
  });

  it('names a directory that is missing', () =>
    assert.rejects(listen(unix(join(directory, 'no', 'socket')), nobody), {
      message: `cannot listen on unix:${directory}/no/socket: its directory does not exist`,
    }));
});

describe('dialling', () => {
  it('names the address that refused, does not exist, or is no host', async () => {
    const listener = await listen(parseAddress('127.0.0.1::0', 'listen'), nobody);
    await listener.close();
    const name = formatAddress(listener.address);
    await assert.rejects(dial(listener.address), {
      name: 'ClosedError',
      phase: 'connect',
      message: `connection refused by ${name}`,
    });
    const path = freePath();
    await assert.rejects(dial(unix(path)), { message: `no such socket: unix:${path}` });
  });

  it('gives up when it is told to, before or meanwhile', async () => {
    const address = parseAddress('127.0.0.1::9', 'connect');
    const cancelled = { name: 'ClosedError', message: 'connecting to 127.0.0.1::9 was cancelled' };
    await assert.rejects(dial(address, { signal: AbortSignal.abort() }), cancelled);
    const controller = new AbortController();
    const dialling = dial(address, { signal: controller.signal });
    controller.abort();
    await assert.rejects(dialling, cancelled);
  });

  it('gives up after its time', async () => {
    const listener = await listen(parseAddress('127.0.0.1::0', 'listen'), (stream) => stream.end());
    const dialling = dial(listener.address, { timeoutMs: 1 });
    // Busy past the deadline: timers come before sockets in the next turn of the loop.
    for (const until = performance.now() + 3; performance.now() < until; );
    await assert.rejects(dialling, { name: 'TimeoutError', phase: 'connect' });
    await listener.close();
  });

  it('leaves no timer and no listener behind', async () => {
    const timers = (): number =>
      process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout').length;
    const before = timers();
    const listener = await listen(parseAddress('127.0.0.1::0', 'listen'), (stream) => stream.end());
    const stream = await dial(listener.address, { signal: new AbortController().signal });
    assert.equal(timers(), before);
    stream.end();
    await stream.closed;
    await listener.close();
  });
});

describe('a listener', () => {
  it('may be closed inside the callback of its own connection', async () => {
    let closed: Promise<void> | undefined;
    const listener = await listen(parseAddress('127.0.0.1::0', 'listen'), (stream) => {
      closed = listener.close();
      stream.destroy();
    });
    const stream = await dial(listener.address);
    assert.equal(await stream.read(), null);
    assert.ok(closed !== undefined);
    await Promise.all([closed, listener.close(), stream.closed]);
    await assert.rejects(dial(listener.address), /refused/);
  });
});
