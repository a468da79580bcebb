import assert from 'node:assert/strict';
import { openSync, closeSync } from 'node:fs';
import { describe, it } from 'node:test';
import { inheritedSockets, inheritListeners } from '../../src/node/socket-activation.ts';

describe('inherited sockets', () => {
  const of = (env: Record<string, string>, pid = 42) => inheritedSockets({ ...env }, pid);

  it('are numbered from 3 and have the names that systemd gave them', () => {
    assert.deepEqual(of({ LISTEN_PID: '42', LISTEN_FDS: '2', LISTEN_FDNAMES: 'vnc:' }), [
      { fd: 3, name: 'vnc' },
      { fd: 4, name: 'unknown' },
    ]);
    assert.deepEqual(of({ LISTEN_PID: '42', LISTEN_FDS: '1' }), [{ fd: 3, name: 'unknown' }]);
  });

  it('are none without the variables, and none when they are for another process', () => {
    assert.deepEqual(of({}), []);
    assert.deepEqual(of({ LISTEN_FDS: '1' }), []);
    assert.deepEqual(of({ LISTEN_FDS: '1', LISTEN_PID: '41' }), []);
  });

  it('are taken once: the variables are removed, so that programs we start do not take them', () => {
    const env = { LISTEN_PID: '42', LISTEN_FDS: '1', LISTEN_FDNAMES: 'vnc', HOME: '/' };
    inheritedSockets(env, 42);
    assert.deepEqual(env, { HOME: '/' });
  });

  it('throws TypeError for a count that is no number', () =>
    assert.throws(() => of({ LISTEN_PID: '42', LISTEN_FDS: '-1' }), TypeError));

  it('rejects a descriptor that is no socket', async () => {
    const fd = openSync('/dev/null', 'r');
    try {
      await assert.rejects(inheritListeners([{ fd, name: 'vnc' }]), /\(vnc\) is no socket/);
    } finally {
      closeSync(fd);
    }
  });
});
