import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect as connectSocket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { connect } from '../../src/node/connect.ts';
import { hashPassword } from '../../src/node/users-file.ts';
import { fromHex } from '../../src/wire/hex.ts';
import { startSallyport, type Sallyport } from '../support/sallyport.ts';
import { makeTestPki, type TestPki } from '../support/test-pki.ts';
import { until } from '../support/until.ts';

/** What must never be in a trail, a log or a message. Each is found nowhere else. */
const SECRET = {
  vncRight: 'cnryVNC1',
  vncView: 'cnryVNC2',
  vncWrong: 'cnryVNC3',
  plainRight: 'canary-plain-right',
  plainWrong: 'canary-plain-wrong',
  plainUnknown: 'canary-plain-unknown',
  clipboardIn: 'canary clipboard in',
  tooLong: 'canary-too-long-for-vnc',
  notAHash: 'canary-not-a-hash',
  notAKey: 'Y2FuYXJ5IGtleSBmaWxl',
} as const;
/** As a keysym: a character that nothing else prints, in each way a number is written. */
const TYPED = 0x0101f4a9;
const TYPED_FORMS = ['101f4a9', String(TYPED), String.fromCodePoint(0x1f4a9)];
/** A name is no secret, but must not steer a terminal or forge a line. */
const ODD_NAME = 'mal\nlory\u001b[2J{"event":"forged"}\u202e';

let pki: TestPki;
let folder = '';
before(() => {
  pki = makeTestPki();
  folder = mkdtempSync(join(tmpdir(), 'sallyport-secrets-'));
});
after(() => {
  pki.remove();
  rmSync(folder, { recursive: true, force: true });
});

function file(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text, { mode: 0o600 });
  return path;
}

/** Lines of PEM, which a message about a key might quote. */
const keyLines = (pem: string): string[] =>
  pem.split('\n').filter((line) => line.length > 20 && !line.startsWith('-'));

function assertHoldsNone(what: string, text: string, more: readonly string[] = []): void {
  for (const secret of [...Object.values(SECRET), ...TYPED_FORMS, ...more])
    assert.ok(!text.includes(secret), `${what} holds ${secret}:\n${text}`);
}

/** Bytes to a server, one after another; resolves when it hangs up. */
function blurt(path: string, ...messages: string[]): Promise<void> {
  return new Promise((resolve) => {
    const socket = connectSocket(path, () => {
      for (const hex of messages) socket.write(fromHex(hex));
    });
    socket.on('data', () => undefined);
    socket.on('error', () => undefined);
    socket.once('close', () => resolve());
    socket.once('end', () => socket.end());
  });
}

const hexOf = (text: string): string => Buffer.from(text).toString('hex');

describe('secrets', () => {
  for (const mode of ['--json', 'text'] as const)
    it(`are in no audit trail and in no verbose log (${mode}), whatever goes right or wrong`, async () => {
      const audit = join(folder, `audit-${mode}.jsonl`);
      const path = join(folder, `${mode}.sock`);
      const target = `unix:${path}`;
      const password = file(`${mode}.password`, `${SECRET.vncRight}\n${SECRET.vncView}\n`);
      const users = file(`${mode}.users`, `alice:${await hashPassword(SECRET.plainRight)}\n`);
      const args = ['serve', '--listen', target, '--audit', audit, '--verbose'];
      args.push('--security', 'X509Plain,X509Vnc,TLSPlain,VncAuth', '--share', 'allow-exclusive');
      args.push('--password-file', password, '--users', users, '--verify-client', 'request');
      args.push(
        '--tls-cert',
        file('cert', pki.server.cert),
        '--tls-key',
        file('key', pki.server.key),
      );
      args.push('--tls-ca', file('ca', pki.ca), '--tls-crl', file('crl', pki.crl));
      const server = startSallyport([...args, ...(mode === '--json' ? [mode] : [])], {
        HOME: folder,
      });
      const told = (): string => {
        try {
          return readFileSync(audit, 'utf8');
        } catch {
          return '';
        }
      };
      await until('started', () => told().includes('"started"'));

      await useAll(target);
      await abuse(path, target);
      const ends = (): number => told().match(/"event":"disconnected"/g)?.length ?? 0;
      const starts = (): number => told().match(/"event":"connected"/g)?.length ?? 0;
      await until('all ends', () => starts() >= 14 && ends() === starts());
      const { stdout, stderr, code } = await server.stop();
      assert.equal(code, 0);

      const keys = [pki.server.key, pki.alice.key, pki.bob.key].flatMap(keyLines);
      const hash = readFileSync(users, 'utf8').trim().split('$').slice(-2);
      assertHoldsNone('the audit trail', told(), [...keys, ...hash]);
      assertHoldsNone('stdout', stdout, [...keys, ...hash]);
      assertHoldsNone('stderr', stderr, [...keys, ...hash]);
      assertLinesAreWhole(told());
      // What is meant to be there is.
      for (const event of ['authentication-failed', 'initialized', 'clipboard', 'disconnected'])
        assert.ok(told().includes(`"event":"${event}"`), event);
      for (const kind of ['credentials', 'certificate'])
        assert.ok(told().includes(`"kind":"${kind}"`), kind);
      assert.ok(told().includes('mal'), 'names are told');
    });

  /** Logs in by each type, types, copies. */
  async function useAll(target: string): Promise<void> {
    const tls = { ca: pki.ca, serverName: 'localhost' };
    const logins = [
      { security: 'X509Plain', tls, username: 'alice', password: SECRET.plainRight },
      { security: 'X509Vnc', tls: { ...tls, ...pki.alice }, password: SECRET.vncRight },
      { security: 'X509Vnc', tls, password: SECRET.vncView },
      { security: 'VncAuth', password: SECRET.vncRight },
    ];
    for (const login of logins) {
      const vnc = await connect(target, login);
      vnc.key({ down: true, keysym: TYPED });
      vnc.key({ down: false, keysym: TYPED });
      vnc.pointer(1, 10, 10);
      vnc.clipboard(SECRET.clipboardIn);
      await vnc.refresh(false);
      await vnc.close();
    }
  }

  /** Fails in each way there is. */
  async function abuse(path: string, target: string): Promise<void> {
    const tls = { ca: pki.ca, serverName: 'localhost' };
    const plain = { security: 'X509Plain', tls };
    const attempts = [
      { ...plain, username: 'alice', password: SECRET.plainWrong },
      { ...plain, username: 'nobody', password: SECRET.plainUnknown },
      { ...plain, username: ODD_NAME, password: SECRET.plainUnknown },
      { security: 'X509Vnc', tls, password: SECRET.vncWrong },
      { security: 'VncAuth', password: SECRET.vncWrong },
      { security: 'X509Vnc', tls: { ...tls, ...pki.bob }, password: SECRET.vncRight },
    ];
    for (const attempt of attempts) await assert.rejects(connect(target, attempt));
    const version = hexOf('RFB 003.008\n');
    await blurt(path, hexOf('GET / HTTP/1.1\r\n\r\n'));
    await blurt(path, version, '63');
    // VeNCrypt 0.2, a sub-type that is not offered.
    await blurt(path, version, '13', '00 02', '00000100', hexOf(SECRET.plainWrong));
    // Clear bytes behind the word that starts TLS: a password that came too early.
    await blurt(path, version, '13', '00 02', '00000104', hexOf(SECRET.plainWrong));
  }

  function assertLinesAreWhole(trail: string): void {
    for (const line of trail.trimEnd().split('\n')) {
      const { schema, event } = JSON.parse(line) as { schema: unknown; event: unknown };
      assert.equal(schema, 1);
      assert.notEqual(event, 'forged');
    }
  }

  it('are in no message about a file that cannot be used', async () => {
    const key = `-----BEGIN PRIVATE KEY-----\n${SECRET.notAKey}\n-----END PRIVATE KEY-----\n`;
    const cert = file('good-cert', pki.server.cert);
    const cases: string[][] = [
      ['--password-file', file('long', `${SECRET.tooLong}\n`)],
      ['--password-file', file('three', `${SECRET.vncRight}\n${SECRET.vncView}\nx\n`)],
      ['--users', file('no-hash', `alice:${SECRET.notAHash}\n`)],
      ['--tls-cert', cert, '--tls-key', file('bad-key', key)],
      ['--tls-cert', file('swapped-cert', pki.server.key), '--tls-key', cert],
      ['--tls-cert', cert, '--tls-key', file('other-key', pki.otherServer.key)],
      ['--upstream-password-file', file('up', `${SECRET.vncRight}\n`), `unix:${folder}/none`],
    ];
    const keys = [pki.server.key, pki.otherServer.key].flatMap(keyLines);
    const servers = cases.map(
      (args): Sallyport =>
        startSallyport(
          ['serve', '--verbose', '--json', '--listen', `unix:${folder}/bad.sock`, ...args],
          { HOME: folder },
        ),
    );
    for (const { ended } of servers) {
      const { code, stdout, stderr } = await ended;
      assert.ok(code === 3 || code === 5, `${code}: ${stderr}`);
      assertHoldsNone('stdout', stdout, keys);
      assertHoldsNone('stderr', stderr, keys);
    }
  });
});
