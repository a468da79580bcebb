import assert from 'node:assert/strict';
import { once } from 'node:events';
import net from 'node:net';
import { Duplex } from 'node:stream';
import { after, describe, it } from 'node:test';
import { ClosedError } from '../../src/core/errors.ts';
import { socketStream, streamDuplex, takeSocket } from '../../src/node/socket-stream.ts';
import { createTlsAcceptor } from '../../src/node/tls-acceptor.ts';
import { createTlsConnector } from '../../src/node/tls-connector.ts';
import type { ByteStream } from '../../src/wire/byte-stream.ts';
import { memoryPair } from '../../src/wire/memory-pair.ts';
import { describeByteStream } from '../conformance/byte-stream.ts';
import { secure, tcpPair, unixPair, type Pair } from '../support/socket-pair.ts';
import { makeTestPki } from '../support/test-pki.ts';

const pki = makeTestPki();
after(() => pki.remove());

const acceptor = createTlsAcceptor({ x509: pki.server, anonymous: true, maxVersion: 'TLSv1.3' });
const connector = createTlsConnector({ serverName: 'localhost', ca: pki.ca });
const tls = async (pair: Pair, layer: 'x509' | 'anonymous'): Promise<Pair> => {
  const { client, server } = await secure(pair, connector, acceptor, layer);
  return [client, server];
};

describeByteStream('TCP', () => tcpPair());
describeByteStream('a unix socket', () => unixPair());
describeByteStream('TLS 1.3 over TCP', async () => tls(await tcpPair(), 'x509'));
describeByteStream('anonymous TLS 1.2 over TCP', async () => tls(await tcpPair(), 'anonymous'));
describeByteStream('TLS over a pair in memory', () => tls(memoryPair(), 'x509'));

/** A ByteStream and the raw socket at its other end. */
async function rawPair(lingerMs = 5000) {
  const server = net.createServer({ allowHalfOpen: true });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const raw = net.connect({
    port: (server.address() as net.AddressInfo).port,
    host: '127.0.0.1',
    allowHalfOpen: true,
  });
  const [socket] = (await once(server, 'connection')) as [net.Socket];
  // Ours is as net.createServer makes it by default.
  socket.allowHalfOpen = false;
  server.close();
  raw.on('error', () => undefined);
  return { raw, socket, stream: socketStream(socket, { lingerMs }) };
}

describe('socket stream', () => {
  it('hands out plain Uint8Arrays: the slice() of a Buffer would not copy', async () => {
    const { raw, stream } = await rawPair();
    raw.write('abc');
    const chunk = await stream.read();
    assert.equal(Buffer.isBuffer(chunk), false);
    raw.destroy();
    await stream.closed;
  });

  it('stops taking bytes while nobody reads, and goes on when somebody does', async () => {
    const { raw, socket, stream } = await rawPair();
    const total = 8 * 1024 * 1024;
    raw.write(Buffer.alloc(total));
    while (!socket.isPaused()) await once(socket, 'pause');
    assert.ok(socket.bytesRead <= 512 * 1024, `${socket.bytesRead} bytes were taken`);
    let got = 0;
    while (got < total) got += (await stream.read())?.length ?? total;
    assert.equal(got, total);
    stream.destroy();
    raw.destroy();
  });

  it('holds no more than 64 chunks of a peer that sends single bytes', async () => {
    const duplex = new Duplex({ read: () => undefined, write: () => undefined });
    const stream = socketStream(duplex);
    const pushOne = (): boolean => duplex.push(Buffer.of(7));
    for (let index = 0; index < 100; index += 1) {
      pushOne();
      await new Promise(setImmediate);
    }
    assert.equal(duplex.isPaused(), true);
    assert.equal(duplex.readableLength, 100 - 64);
    let got = 0;
    while (got < 100) got += (await stream.read())?.length ?? 100;
    assert.equal(got, 100);
    stream.destroy();
    await stream.closed;
  });

  it('takes a reset for an end', async () => {
    const { raw, stream } = await rawPair();
    const reading = stream.read();
    raw.resetAndDestroy();
    assert.equal(await reading, null);
    assert.equal(await stream.read(), null);
    await stream.closed;
  });

  it('hands out what came before a failure, then rejects with ClosedError', async () => {
    const duplex = new Duplex({ read: () => undefined, write: () => undefined });
    const stream = socketStream(duplex);
    duplex.push(Buffer.of(1));
    await new Promise(setImmediate);
    duplex.destroy(new Error('the cable was cut'));
    await stream.closed;
    assert.deepEqual(await stream.read(), Uint8Array.of(1));
    await assert.rejects(stream.read(), (error) => {
      assert.ok(error instanceof ClosedError);
      assert.match(error.message, /the cable was cut/);
      return true;
    });
  });

  it('cuts a peer off that does not close after our end()', async () => {
    const { raw, stream } = await rawPair(10);
    raw.resume();
    stream.write(Uint8Array.of(1));
    stream.end();
    await stream.closed;
    raw.destroy();
  });

  it('cuts a peer off that does not read after our end()', async () => {
    const { raw, stream } = await rawPair(20);
    raw.pause();
    for (let index = 0; index < 256; index += 1) stream.write(new Uint8Array(64 * 1024));
    stream.end();
    await stream.closed;
    assert.equal(stream.backlogBytes, 0);
    raw.destroy();
  });

  it('leaves no listener of its own on a socket that closed', async () => {
    const { raw, socket, stream } = await rawPair();
    raw.destroy();
    await stream.closed;
    for (const event of ['data', 'error', 'close']) {
      assert.equal(socket.listenerCount(event), 0, event);
    }
  });

  it('settles closed for a socket that was closed before', async () => {
    const duplex = new Duplex({ read: () => undefined });
    duplex.destroy();
    await once(duplex, 'close');
    const stream = socketStream(duplex);
    await stream.closed;
    assert.equal(await stream.read(), null);
  });

  it('takes a FIN without close_notify for an end of TLS', async () => {
    const [near, far] = await tcpPair();
    const { client, server } = await secure([near, far], connector, acceptor, 'x509');
    // The raw stream at the client's end: its socket is cut without a word from TLS.
    near.destroy();
    assert.equal(await server.read(), null);
    await Promise.all([client.closed, server.closed, near.closed, far.closed]);
  });
});

/** Passes everything on, with one bit changed in the first chunk after `tamper` was set. */
async function relay(from: ByteStream, to: ByteStream, state: { tamper: boolean }): Promise<void> {
  for (let chunk = await from.read(); chunk !== null; chunk = await from.read()) {
    const last = chunk.length - 1;
    if (state.tamper) chunk[last] = (chunk[last] ?? 0) ^ 1;
    state.tamper = false;
    to.write(chunk);
  }
  to.end();
}

describe('a TLS stream', () => {
  it('fails with ClosedError when a record was tampered with, and hands out none of it', async () => {
    for (const layer of ['x509', 'anonymous'] as const) {
      const [near, middleNear] = memoryPair();
      const [middleFar, far] = memoryPair();
      const state = { tamper: false };
      void relay(middleNear, middleFar, state);
      void relay(middleFar, middleNear, { tamper: false });
      const { client, server } = await secure([near, far], connector, acceptor, layer);
      client.write(Uint8Array.of(1));
      assert.deepEqual(await server.read(), Uint8Array.of(1));
      state.tamper = true;
      client.write(Uint8Array.of(2));
      await assert.rejects(server.read(), (error) => {
        assert.ok(error instanceof ClosedError);
        assert.match(error.message, /bad record mac|cipher operation failed/);
        return true;
      });
      await server.closed;
      client.destroy();
      await client.closed;
    }
  });

  it('counts a large write down in steps of 32 KiB while the peer reads', async () => {
    const { client, server } = await secure(await tcpPair(), connector, acceptor, 'x509');
    // More than the system's own buffers hold.
    const total = 16 * 1024 * 1024;
    try {
      client.write(new Uint8Array(total));
      assert.equal(client.backlogBytes, total);
      const seen = new Set<number>();
      let got = 0;
      while (got < total) {
        got += (await server.read())?.length ?? total;
        seen.add(client.backlogBytes);
      }
      assert.equal(got, total);
      // Written whole, it would be all or nothing.
      assert.ok(seen.size > 2, `only ${seen.size} steps`);
      for (const backlog of seen) assert.equal(backlog % (32 * 1024), 0);
    } finally {
      client.destroy();
      server.destroy();
    }
  });
});

describe('taking the socket', () => {
  it('gives back what was not read, in order', async () => {
    const duplex = new Duplex({ read: () => undefined, write: () => undefined });
    const stream = socketStream(duplex);
    for (const byte of [1, 2, 3]) {
      duplex.push(Buffer.of(byte));
      await new Promise(setImmediate);
    }
    assert.deepEqual(await stream.read(), Uint8Array.of(1));
    assert.equal(takeSocket(stream), duplex);
    duplex.push(Buffer.of(4));
    assert.deepEqual(duplex.read(), Buffer.of(2, 3, 4));
    assert.equal(await stream.read(), null);
    assert.equal(duplex.listenerCount('data'), 0);
    duplex.destroy();
    await stream.closed;
  });

  it('refuses while a read waits', async () => {
    const { raw, stream } = await rawPair();
    const reading = stream.read();
    assert.throws(() => takeSocket(stream), /invariant/);
    raw.destroy();
    assert.equal(await reading, null);
  });

  it('leaves the old stream able to end the connection, and nothing else', async () => {
    const { raw, socket, stream } = await rawPair();
    takeSocket(stream);
    stream.write(Uint8Array.of(1));
    stream.end();
    assert.equal(socket.writableEnded, false);
    assert.equal(socket.bytesWritten, 0);
    stream.destroy();
    await stream.closed;
    assert.equal(socket.destroyed, true);
    raw.destroy();
  });

  it('wraps a stream that has no socket', async () => {
    const [near, far] = memoryPair();
    const duplex = takeSocket(near);
    duplex.write('to far');
    assert.equal(Buffer.from((await far.read()) ?? []).toString(), 'to far');
    far.write(Uint8Array.of(9));
    const [chunk] = await once(duplex, 'data');
    assert.deepEqual(chunk, Buffer.of(9));
    far.end();
    await once(duplex, 'end');
    duplex.destroy();
    await near.closed;
  });
});

describe('a ByteStream as a Duplex', () => {
  it('finishes a write when the stream took it', async () => {
    const [near, far] = memoryPair();
    const duplex = streamDuplex(near);
    let done = false;
    duplex.write('abc', () => {
      done = true;
    });
    await new Promise(setImmediate);
    assert.equal(done, false);
    await far.read();
    await new Promise(setImmediate);
    assert.equal(done, true);
    duplex.destroy();
  });

  it('fails as the stream fails', async () => {
    const [near] = memoryPair();
    const duplex = streamDuplex(near).resume();
    near.destroy(new ClosedError('gone'));
    const [error] = await once(duplex, 'error');
    assert.match(String(error), /gone/);
  });
});
