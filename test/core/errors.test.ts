import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  assertInvariant,
  AuthenticationError,
  ClosedError,
  describeError,
  ErrorCode,
  LimitError,
  ProtocolError,
  SecurityError,
  TimeoutError,
  VncError,
} from '../../src/core/errors.ts';

const cause = new Error('the cause');

describe('errors', () => {
  it('are told apart by class and by code', () => {
    for (const [error, code] of [
      [new ProtocolError('x'), 'ERR_VNC_PROTOCOL'],
      [new ProtocolError('x', { code: ErrorCode.version }), 'ERR_VNC_VERSION'],
      [new LimitError('maxRects', 1, 2), 'ERR_VNC_LIMIT'],
      [new SecurityError('x'), 'ERR_VNC_NO_COMMON_TYPE'],
      [new SecurityError('x', { code: ErrorCode.tls }), 'ERR_VNC_TLS'],
      [new AuthenticationError('x'), 'ERR_VNC_AUTHENTICATION'],
      [new AuthenticationError('x', { code: ErrorCode.notAllowed }), 'ERR_VNC_NOT_ALLOWED'],
      [new ClosedError(), 'ERR_VNC_CLOSED'],
      [new TimeoutError('x', 5), 'ERR_VNC_TIMEOUT'],
    ] as const) {
      assert.equal(error.code, code);
      assert.ok(error instanceof VncError && error instanceof Error);
      assert.equal(error.name, error.constructor.name);
    }
  });

  it('have codes that stand once each, all ERR_VNC_…', () => {
    const codes = Object.values(ErrorCode);
    assert.equal(new Set(codes).size, codes.length);
    for (const code of codes) assert.match(code, /^ERR_VNC_[A-Z_]+$/);
  });

  it('say what to do, in general by their code, or as whoever throws knows better', () => {
    for (const code of Object.values(ErrorCode)) {
      const { cure } = new SecurityError('x', { code });
      assert.match(cure, /^[a-z].*[^.]$/);
    }
    assert.equal(new ClosedError('x', { cure: 'start it' }).cure, 'start it');
  });

  it('carry phase and cause when given, and no cause at all when not', () => {
    const error = new ClosedError('gone', { phase: 'tls', cause });
    assert.equal(error.phase, 'tls');
    assert.equal(error.cause, cause);
    assert.equal('cause' in new ClosedError(), false);
    assert.equal(new ClosedError().phase, undefined);
  });

  it('name the field and the value of a protocol fault', () => {
    const error = new ProtocolError('bad', { field: 'SetPixelFormat.depth', got: 33 });
    assert.deepEqual([error.field, error.got], ['SetPixelFormat.depth', 33]);
  });

  it('name the limit, its bound and the value: a LimitError is a ProtocolError', () => {
    const error = new LimitError('maxRects', 7, 9);
    assert.ok(error instanceof ProtocolError);
    assert.deepEqual(
      [error.limit, error.max, error.got, error.field],
      ['maxRects', 7, 9, 'maxRects'],
    );
    assert.equal(error.message, 'maxRects is 9, more than the limit of 7');
  });

  it('keep what the peer is told apart from the real reason of a failed authentication', () => {
    const error = new AuthenticationError('password of alice expired');
    assert.equal(error.peerReason, 'Authentication failed');
    assert.equal(error.phase, 'authentication');
    assert.equal(error.tooMany, false);
  });

  it('say how long was waited for what', () => {
    const error = new TimeoutError('the tls stage', 20, { phase: 'tls' });
    assert.equal(error.message, 'the tls stage took longer than 20 ms');
    assert.deepEqual([error.afterMs, error.phase], [20, 'tls']);
  });
});

describe('describeError', () => {
  it('is one line about anything thrown, with the code of ours', () => {
    assert.equal(describeError(new ClosedError()), 'connection closed (ERR_VNC_CLOSED)');
    assert.equal(describeError(cause), 'the cause');
    assert.equal(describeError('text'), 'text');
    assert.equal(describeError(undefined), 'undefined');
  });
});

describe('assertInvariant', () => {
  it('throws a plain Error, which nobody catches by type', () => {
    assert.doesNotThrow(() => assertInvariant(true, 'fine'));
    assert.throws(
      () => assertInvariant(false, 'x stays y'),
      (error) => !(error instanceof VncError) && /invariant broken: x stays y/.test(String(error)),
    );
  });
});
