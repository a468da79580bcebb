import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { VncClient } from '../../src/client/client.ts';
import { isTransient, reconnecting, type ReconnectOptions } from '../../src/client/reconnect.ts';
import {
  AuthenticationError,
  ClosedError,
  ErrorCode,
  ProtocolError,
  SecurityError,
  TimeoutError,
  type VncError,
} from '../../src/core/errors.ts';
import { scriptedServer, type ScriptedServer } from './scripted-server.ts';

const lost = new ClosedError('connection refused');
const refused = new AuthenticationError('wrong password');

/** Answers each try with the next of these: a session, or why there is none. */
function scripted(
  answers: ReadonlyArray<'session' | Error>,
  options: ReconnectOptions = {},
): {
  readonly reconnecting: ReturnType<typeof reconnecting>;
  readonly servers: ScriptedServer[];
  readonly log: string[];
} {
  const servers: ScriptedServer[] = [];
  const left = [...answers];
  const log: string[] = [];
  const it = reconnecting(
    async (): Promise<VncClient> => {
      const answer = left.shift() ?? refused;
      log.push('try');
      if (answer instanceof Error) throw answer;
      const server = scriptedServer();
      servers.push(server);
      return server.client;
    },
    { initialMs: 1, ...options },
  );
  it.events.on('connected', () => log.push('connected'));
  it.events.on('lost', ({ message }) => log.push(`lost: ${message}`));
  it.events.on('waiting', ({ attempt }) => log.push(`waiting ${attempt}`));
  it.events.on('closed', ({ message }) => log.push(`closed: ${message}`));
  return { reconnecting: it, servers, log };
}

describe('reconnecting', () => {
  it('connects again after a loss and after failures, and stops once it is refused', async () => {
    const { reconnecting: it, servers, log } = scripted(['session', lost, 'session', refused]);
    const first = await it.session();
    assert.equal(it.client, first);
    servers[0]?.stream.end();
    const second = await it.events.once('connected');
    assert.notEqual(second, first);
    assert.equal(await it.session(), second);
    servers[1]?.stream.end();
    assert.equal(await it.closed, refused);
    assert.equal(it.client, undefined);
    assert.deepEqual(log, [
      'try',
      'connected',
      'lost: the peer closed the connection',
      'waiting 1',
      'try',
      'waiting 2',
      'try',
      'connected',
      'lost: the peer closed the connection',
      'waiting 3',
      'try',
      'closed: wrong password',
    ]);
    await assert.rejects(it.session(), refused);
  });

  it('waits twice as long each time, with jitter, up to a bound', async () => {
    const tries = 8;
    const { reconnecting: it } = scripted(
      Array.from({ length: tries }, () => lost),
      { initialMs: 2, maxMs: 16 },
    );
    const delays: number[] = [];
    it.events.on('waiting', ({ delayMs }) => delays.push(delayMs));
    await it.closed;
    assert.equal(delays.length, tries);
    for (const [i, delayMs] of delays.entries()) {
      const full = Math.min(16, 2 * 2 ** i);
      assert.ok(delayMs >= full / 2 && delayMs <= full, `${delayMs} of ${full}`);
    }
  });

  it('starts over with the waits after a session that lasted', async () => {
    const {
      reconnecting: it,
      servers,
      log,
    } = scripted([lost, lost, 'session', lost], {
      stableMs: 0,
    });
    await it.session();
    servers[0]?.stream.end();
    await it.closed;
    assert.deepEqual(
      log.filter((line) => line.startsWith('waiting')),
      ['waiting 1', 'waiting 2', 'waiting 1', 'waiting 2'],
    );
  });

  it('gives up after maxAttempts retries', async () => {
    const { reconnecting: it, log } = scripted([lost, lost, lost, lost], { maxAttempts: 2 });
    assert.equal(await it.closed, lost);
    assert.equal(log.filter((line) => line === 'try').length, 3);
  });

  it('never replays input: what is sent into a lost session is lost', async () => {
    const { reconnecting: it, servers } = scripted(['session', 'session']);
    const first = await it.session();
    servers[0]?.stream.end();
    const next = it.events.once('connected');
    await first.closed;
    first.key({ down: true, keysym: 0x61 });
    first.clipboard('text');
    const second = await next;
    second.key({ down: true, keysym: 0x62 });
    assert.equal((await servers[1]?.nextOf('KeyEvent'))?.keysym, 0x62);
    servers[1]?.stream.end();
    await it.closed;
  });

  it('close ends the session and everything else, inside any callback too', async () => {
    const { reconnecting: it, servers, log } = scripted(['session', 'session']);
    it.events.on('connected', () => void it.close());
    const closed = it.closed;
    await it.session().catch(() => undefined);
    servers[0]?.stream.end();
    assert.ok((await closed) instanceof ClosedError);
    assert.equal(log.filter((line) => line === 'try').length, 1);
    assert.ok((await servers[0]?.client.closed) instanceof ClosedError);
    assert.equal(await it.close(), await closed);
  });

  it('a signal stops it: before it starts, while it dials and while it waits', async () => {
    const early = scripted(['session'], { signal: AbortSignal.abort() });
    await early.reconnecting.closed;
    assert.deepEqual(early.log, ['closed: reconnecting was stopped']);

    const dialling = new AbortController();
    const it = reconnecting(
      (signal) =>
        new Promise((_, reject) => {
          signal.addEventListener('abort', () => reject(new ClosedError('cancelled')));
          dialling.abort();
        }),
      { signal: dialling.signal },
    );
    assert.match((await it.closed).message, /stopped/);

    const waiting = new AbortController();
    const late = scripted([lost], { signal: waiting.signal, initialMs: 1_000_000, maxMs: 1e9 });
    late.reconnecting.events.on('waiting', () => waiting.abort());
    assert.match((await late.reconnecting.closed).message, /stopped/);
  });

  it('ends with the mistake when the caller made one', async () => {
    const mistake = new TypeError('no such option');
    const { reconnecting: it } = scripted([mistake, 'session']);
    await assert.rejects(it.session(), mistake);
    assert.equal(await it.closed, mistake);
  });
});

describe('isTransient', () => {
  it('is what was lost or silent, and nothing that was refused', () => {
    const reset = Object.assign(new Error('x'), { code: 'ECONNRESET' });
    const transient: VncError[] = [
      new ClosedError(),
      new TimeoutError('x', 1),
      new SecurityError('x', { code: ErrorCode.tls, cause: reset }),
      new SecurityError('x', { code: ErrorCode.tls, cause: new ClosedError() }),
      new ProtocolError('x', { code: ErrorCode.version, got: 502 }),
    ];
    for (const error of transient) assert.equal(isTransient(error), true, error.code);
    const final: VncError[] = [
      new AuthenticationError('x'),
      new AuthenticationError('x', { code: ErrorCode.notAllowed }),
      new ProtocolError('x'),
      new ProtocolError('x', { code: ErrorCode.version, got: 404 }),
      ...[
        ErrorCode.certificate,
        ErrorCode.noCommonType,
        ErrorCode.policy,
        ErrorCode.refused,
        ErrorCode.tls,
        ErrorCode.tlsConfiguration,
        ErrorCode.bytesBeforeTls,
      ].map((code) => new SecurityError('x', { code })),
    ];
    for (const error of final) assert.equal(isTransient(error), false, error.code);
  });
});
