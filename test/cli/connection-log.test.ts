import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { describeDuration, logConnections } from '../../src/cli/connection-log.ts';
import type { Logs } from '../../src/cli/log.ts';
import { printable } from '../../src/cli/terminal-text.ts';
import { Emitter } from '../../src/core/emitter.ts';
import { AuthenticationError, ClosedError, TimeoutError } from '../../src/core/errors.ts';
import { silentLogger } from '../../src/core/logger.ts';
import { allRights, type Peer } from '../../src/security/identity.ts';
import type { ServerEvents } from '../../src/server/server.ts';

const peer: Peer = { address: '10.0.0.7:40112', host: '10.0.0.7', local: false };
const ending = { durationMs: 0, bytesIn: 0, bytesOut: 0, updates: 0 };

function recorder(): { logs: Logs; lines: string[]; events: Record<string, unknown>[] } {
  const lines: string[] = [];
  const events: Record<string, unknown>[] = [];
  const write =
    (level: string) =>
    (text: string): void => {
      lines.push(`${level} ${text}`);
    };
  const log = { ...silentLogger, info: write('info'), warn: write('warn') };
  return {
    logs: {
      log,
      inner: silentLogger,
      event: (name, fields) => events.push({ event: name, ...fields }),
    },
    lines,
    events,
  };
}

describe('connection log', () => {
  it('tells a whole life in three lines, and in three objects', () => {
    const { logs, lines, events } = recorder();
    const emitter = new Emitter<ServerEvents>();
    logConnections(emitter, logs);
    emitter.emit('connected', { id: 1, peer });
    const viewer = {
      id: 1,
      address: peer.address,
      name: 'alice',
      version: '3.8',
      security: 'X509Plain',
      tls: 'TLSv1.2 ECDHE-ECDSA-AES256-GCM-SHA384',
      rights: allRights,
    };
    emitter.emit('initialized', viewer);
    const reason = new ClosedError();
    emitter.emit('disconnected', { ...ending, durationMs: 65_000, id: 1, peer, reason, viewer });
    assert.deepEqual(lines, [
      'info #1 connected from 10.0.0.7:40112',
      'info #1 authenticated as alice: X509Plain, TLSv1.2 ECDHE-ECDSA-AES256-GCM-SHA384, RFB 3.8',
      'info #1 disconnected after 1 min 5 s: connection closed',
    ]);
    assert.deepEqual(
      events.map(({ event }) => event),
      ['connected', 'initialized', 'disconnected'],
    );
    assert.equal(events[2]?.['durationMs'], 65_000);
  });

  it('gives the real reason of a refusal', () => {
    const { logs, lines } = recorder();
    const emitter = new Emitter<ServerEvents>();
    logConnections(emitter, logs);
    const error = new AuthenticationError('the password has expired');
    emitter.emit('authenticationfailed', { id: 2, peer, reason: error.message, error });
    assert.deepEqual(lines, ['warn #2 refused: the password has expired']);
  });

  it('warns of a connection that never got in, with the code of what went wrong', () => {
    const { logs, lines } = recorder();
    const emitter = new Emitter<ServerEvents>();
    logConnections(emitter, logs);
    emitter.emit('connected', { id: 3, peer });
    emitter.emit('disconnected', {
      ...ending,
      id: 3,
      peer,
      reason: new TimeoutError('the tls stage', 20_000),
    });
    assert.equal(
      lines[1],
      'warn #3 disconnected after 0.0 s: the tls stage took longer than 20000 ms (ERR_VNC_TIMEOUT)',
    );
  });

  it('says that nothing is encrypted where it is so', () => {
    const { logs, lines } = recorder();
    const emitter = new Emitter<ServerEvents>();
    logConnections(emitter, logs);
    emitter.emit('initialized', {
      id: 4,
      address: 'unix',
      name: 'anyone',
      version: '3.3',
      security: 'None',
      rights: allRights,
    });
    assert.deepEqual(lines, ['info #4 authenticated as anyone: None, NOT ENCRYPTED, RFB 3.3']);
  });

  it('counts time in the two units that matter', () => {
    const texts = [400, 12_000, 185_000, 7_620_000].map(describeDuration);
    assert.deepEqual(texts, ['0.4 s', '12 s', '3 min 5 s', '2 h 7 min']);
  });

  it('shows control characters of a peer as what they are', () => {
    assert.equal(printable('a\u001b[2Jb\nc\u202ed'), 'a\\x1b[2Jb\\x0ac\\x202ed');
    assert.equal(printable('Zoë, O=Lab'), 'Zoë, O=Lab');
  });
});
