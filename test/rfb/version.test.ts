import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { ProtocolError } from '../../src/core/errors.ts';
import { parseVersion, versionBytes, versionSize } from '../../src/rfb/version.ts';
import { latin1, utf8 } from '../../src/wire/text.ts';

describe('RFB version', () => {
  for (const [line, version] of [
    ['RFB 003.003\n', '3.3'],
    ['RFB 003.004\n', '3.3'], // never released
    ['RFB 003.005\n', '3.3'], // never released
    ['RFB 003.006\n', '3.3'], // UltraVNC's viewers
    ['RFB 003.007\n', '3.7'],
    ['RFB 003.008\n', '3.8'],
    ['RFB 003.009\n', '3.8'],
    ['RFB 003.889\n', '3.8'], // Apple Remote Desktop
    ['RFB 004.000\n', '3.8'], // RealVNC
    ['RFB 004.001\n', '3.8'],
    ['RFB 005.000\n', '3.8'],
    ['RFB 999.999\n', '3.8'],
  ] as const) {
    it(`answers ${JSON.stringify(line)} as ${version}`, () => {
      assert.equal(parseVersion(utf8(line)), version);
    });
  }

  for (const line of [
    'RFB 003.002\n',
    'RFB 003.000\n',
    'RFB 002.008\n',
    'RFB 000.000\n',
    // QEMU's sscanf accepts these four.
    'RFB 003.008X',
    'RFB 3.8\n\0\0\0\0',
    'RFB +03.+08\n',
    'RFB   3.  8\n',
    'RFB -03.008\n',
    'RFB 003.-08\n',
    'RFB 003 008\n',
    'RFB 003.008\r',
    'RFB 003.008\0',
    'rfb 003.008\n',
    'RFB003.0008\n',
    'GET / HTTP/1',
    'RFB 0x3.008\n',
    'RFB 003.8e2\n',
    'RFB ٣٠٣.008\n',
    '\nRFB 003.008',
  ]) {
    it(`refuses ${JSON.stringify(line)}`, () => {
      assert.throws(
        () => parseVersion(latin1(line)),
        (error) =>
          error instanceof ProtocolError &&
          error.code === 'ERR_VNC_VERSION' &&
          error.phase === 'version',
      );
    });
  }

  it('refuses more and fewer than twelve bytes', () => {
    for (const line of ['RFB 003.008', 'RFB 003.008\n\n', 'RFB 003.0080\n', ''])
      assert.throws(() => parseVersion(utf8(line)), ProtocolError);
  });

  it('refuses all other bytes, and names them without control characters', () => {
    const line = fc.uint8Array({ minLength: versionSize, maxLength: versionSize });
    fc.assert(
      fc.property(line, (bytes) => {
        assert.throws(
          () => parseVersion(bytes),
          (error) => error instanceof ProtocolError && !/\p{Cc}/u.test(error.message),
        );
      }),
    );
  });

  it('is written as twelve bytes that read as themselves', () => {
    for (const version of ['3.3', '3.7', '3.8'] as const) {
      assert.equal(versionBytes(version).length, versionSize);
      assert.equal(parseVersion(versionBytes(version)), version);
    }
    assert.deepEqual(versionBytes('3.8'), utf8('RFB 003.008\n'));
  });
});
