import assert from 'node:assert/strict';
import { createPrivateKey } from 'node:crypto';
import { mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { before, describe, it, type TestContext } from 'node:test';
import {
  createAuthority,
  issueServerCertificate,
  type CertifiedKey,
} from '../../src/node/certificate-authority.ts';
import {
  openCredentialStore,
  type CredentialStore,
  type CredentialStoreOptions,
} from '../../src/node/credential-store.ts';
import type { CredentialSource } from '../../src/node/credential-layout.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { LogRecorder } from '../support/log-recorder.ts';
import { temporaryDirectory } from './command.ts';

const DAY_MS = 86_400_000;
const inDays = (days: number): Date => new Date(Date.now() + days * DAY_MS);

let authority: CertifiedKey;
let one: CertifiedKey;
let two: CertifiedKey;
let expired: CertifiedKey;
before(async () => {
  authority = await createAuthority();
  one = await issueServerCertificate(authority, ['one.lab']);
  two = await issueServerCertificate(authority, ['two.lab']);
  const past = { notBefore: inDays(-9), notAfter: inDays(-1) };
  expired = await issueServerCertificate(authority, ['old.lab'], past);
});

/** Writes beside, then renames over: what careful writers do. */
function replace(file: string, text: string): void {
  writeFileSync(`${file}.new`, text, { mode: 0o600 });
  renameSync(`${file}.new`, file);
}

class Place {
  readonly dir: string;
  readonly log: LogRecorder = new LogRecorder();

  constructor(t: TestContext) {
    this.dir = temporaryDirectory(t);
    this.write(one);
    replace(this.at('ca-cert.pem'), authority.cert);
  }

  at(name: string): string {
    return join(this.dir, name);
  }

  write({ cert, key }: CertifiedKey): void {
    replace(this.at('server-cert.pem'), cert);
    replace(this.at('server-key.pem'), key);
  }

  async open(
    t: TestContext,
    options: Partial<CredentialStoreOptions> = {},
    source: CredentialSource = { dir: this.dir },
  ): Promise<CredentialStore> {
    const store = await openCredentialStore(source, {
      needCa: true,
      logger: this.log,
      ...options,
    });
    t.after(store.close);
    return store;
  }
}

const subject = (store: CredentialStore): string => store.current.summary.subject;

/** Keeps the process alive while something waits whose own timers do not. */
async function awake<T>(work: Promise<T>): Promise<T> {
  const timer = setTimeout(() => undefined, 10_000);
  try {
    return await work;
  } finally {
    clearTimeout(timer);
  }
}

describe('credential store: reload', () => {
  const still = { watch: false };

  it('reads the files again, and says whether anything changed', async (t) => {
    const place = new Place(t);
    const store = await place.open(t, still);
    assert.deepEqual(await store.reload(), { changed: false, warnings: [] });
    place.write(two);
    assert.deepEqual(await store.reload(), { changed: true, warnings: [] });
    assert.equal(subject(store), 'CN=two.lab');
    assert.deepEqual(place.log.lines, ['info credentials reloaded']);
  });

  it('keeps the old set when the key belongs to another certificate, and says why', async (t) => {
    const place = new Place(t);
    const store = await place.open(t, still);
    replace(place.at('server-cert.pem'), two.cert);
    await assert.rejects(awake(store.reload()), {
      code: 'ERR_VNC_TLS_CONFIGURATION',
      message: /server-key\.pem is not the key of .*server-cert\.pem/,
    });
    assert.equal(subject(store), 'CN=one.lab');
    assert.equal(store.current.cert, one.cert);
    assert.match(
      place.log.lines.join('\n'),
      /^error credentials not reloaded, the old ones stay in use: .*is not the key of/,
    );
  });

  it('keeps the old set when the new one has expired, is cut short or is not there', async (t) => {
    const place = new Place(t);
    const store = await place.open(t, still);
    place.write(expired);
    await assert.rejects(awake(store.reload()), /that expired on/);
    replace(place.at('server-cert.pem'), two.cert.slice(0, 300));
    await assert.rejects(awake(store.reload()), /server-cert\.pem/);
    rmSync(place.at('server-cert.pem'));
    await assert.rejects(awake(store.reload()), /server-cert\.pem does not exist/);
    assert.equal(subject(store), 'CN=one.lab');
    place.write(two);
    assert.equal((await store.reload()).changed, true);
  });

  it('waits for the key of a pair that is written one file after the other', async (t) => {
    const place = new Place(t);
    const store = await place.open(t, still);
    replace(place.at('server-cert.pem'), two.cert);
    const reload = store.reload();
    setTimeout(() => replace(place.at('server-key.pem'), two.key), 60);
    assert.equal((await awake(reload)).changed, true);
    assert.deepEqual([store.current.cert, store.current.key], [two.cert, two.key]);
    assert.deepEqual(place.log.lines, ['info credentials reloaded'], 'nobody heard of the half');
  });

  it('reads once more when files were replaced while the others were read', async (t) => {
    const place = new Place(t);
    let once = true;
    // Asked for between the certificates and the authority: the moment in which a test can step in.
    const hosts = Object.assign(['one.lab'], {
      filter: (): string[] => {
        if (subjects.length > 0 && once) {
          once = false;
          place.write(two);
        }
        return [];
      },
    });
    const subjects: string[] = [];
    const store = await place.open(t, { ...still, hosts });
    store.attach(({ summary }) => subjects.push(summary.subject));
    assert.equal((await awake(store.reload())).changed, true);
    assert.deepEqual(subjects, ['CN=one.lab', 'CN=two.lab']);
  });

  it('keeps the old set when whoever uses it cannot use the new one', async (t) => {
    const place = new Place(t);
    const store = await place.open(t, still);
    const used: string[] = [];
    store.attach(({ summary }) => used.push(summary.subject));
    store.attach(({ summary }) => {
      if (summary.subject === 'CN=two.lab') throw new TypeError('not this one');
    });
    place.write(two);
    await assert.rejects(store.reload(), /not this one/);
    assert.deepEqual(used, ['CN=one.lab', 'CN=two.lab', 'CN=one.lab']);
    assert.equal(subject(store), 'CN=one.lab');
  });

  it('hands the current set to whoever comes, and new ones until they leave', async (t) => {
    const place = new Place(t);
    const store = await place.open(t, still);
    const used: string[] = [];
    const detach = store.attach(({ summary }) => used.push(summary.subject));
    place.write(two);
    await store.reload();
    detach();
    place.write(one);
    await store.reload();
    assert.deepEqual(used, ['CN=one.lab', 'CN=two.lab']);
  });

  it('runs one reload after the other, and the last one wins', async (t) => {
    const place = new Place(t);
    const store = await place.open(t, still);
    place.write(two);
    const first = store.reload();
    const second = first.then(() => place.write(one));
    await second;
    const outcomes = await Promise.all([store.reload(), store.reload()]);
    assert.deepEqual(
      outcomes.map(({ changed }) => changed),
      [true, false],
    );
    assert.equal(subject(store), 'CN=one.lab');
  });

  it('reads the password of encrypted keys again, too', async (t) => {
    const place = new Place(t);
    const lock = ({ cert, key }: CertifiedKey, passphrase: string): CertifiedKey => {
      const format = { type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase } as const;
      return { cert, key: createPrivateKey(key).export(format).toString() };
    };
    place.write(lock(one, 'first'));
    replace(place.at('password'), 'first\n');
    const store = await place.open(t, { ...still, keyPasswordFile: place.at('password') });
    place.write(lock(two, 'second'));
    replace(place.at('password'), 'second\n');
    assert.equal((await store.reload()).changed, true);
    assert.equal(subject(store), 'CN=two.lab');
  });

  it('rejects at the start as loading does', async (t) => {
    const place = new Place(t);
    place.write(expired);
    await assert.rejects(place.open(t), /that expired on/);
  });
});

describe('credential store: watch', () => {
  it('follows files that are renamed over', async (t) => {
    const place = new Place(t);
    const store = await place.open(t);
    place.write(two);
    await place.log.line(/reloaded/);
    assert.equal(subject(store), 'CN=two.lab');
    place.write(one);
    const told = place.log.lines.length;
    await place.log.line(/reloaded/, told);
    assert.equal(subject(store), 'CN=one.lab');
  });

  it("follows Kubernetes's ..data, and reads certificate and key of one moment", async (t) => {
    const place = new Place(t);
    const dir = temporaryDirectory(t);
    const volume = (version: string, { cert, key }: CertifiedKey): void => {
      mkdirSync(join(dir, version));
      writeFileSync(join(dir, version, 'tls.crt'), cert);
      writeFileSync(join(dir, version, 'tls.key'), key, { mode: 0o600 });
      writeFileSync(join(dir, version, 'ca.crt'), authority.cert);
      symlinkSync(version, join(dir, '..data_tmp'));
      renameSync(join(dir, '..data_tmp'), join(dir, '..data'));
    };
    volume('..2026_01', one);
    for (const name of ['tls.crt', 'tls.key', 'ca.crt'])
      symlinkSync(join('..data', name), join(dir, name));
    const store = await place.open(t, {}, { dir });
    for (const [version, next] of [
      ['..2026_02', two],
      ['..2026_03', one],
    ] as const) {
      const told = place.log.lines.length;
      volume(version, next);
      await place.log.line(/reloaded/, told);
      assert.deepEqual([store.current.cert, store.current.key], [next.cert, next.key]);
    }
    assert.doesNotMatch(place.log.lines.join(), /error/);
  });

  it("follows files that are named one by one, Let's Encrypt's links among them", async (t) => {
    const place = new Place(t);
    const dir = temporaryDirectory(t);
    for (const [number, pair] of [one, two].entries()) {
      writeFileSync(join(dir, `cert${number}`), pair.cert);
      writeFileSync(join(dir, `key${number}`), pair.key, { mode: 0o600 });
    }
    const link = (number: number): void => {
      for (const name of ['cert', 'key']) {
        symlinkSync(`${name}${number}`, join(dir, 'new'));
        renameSync(join(dir, 'new'), join(dir, name));
      }
    };
    link(0);
    const files = { certFile: join(dir, 'cert'), keyFile: join(dir, 'key') };
    const store = await place.open(t, { needCa: false }, files);
    link(1);
    await place.log.line(/reloaded/);
    assert.equal(subject(store), 'CN=two.lab');
  });

  it('notices a file that was not there before', async (t) => {
    const place = new Place(t);
    const store = await place.open(t);
    replace(place.at('server-key-0.pem'), two.key);
    replace(place.at('server-cert-0.pem'), two.cert);
    await place.log.line(/reloaded/);
    assert.deepEqual(store.current.alternatives, [two]);
  });

  it('tells of a broken set, keeps the old one, and takes the next that is good', async (t) => {
    const place = new Place(t);
    const store = await place.open(t);
    replace(place.at('server-cert.pem'), two.cert);
    await place.log.line(/^error credentials not reloaded/);
    assert.equal(subject(store), 'CN=one.lab');
    replace(place.at('server-key.pem'), two.key);
    await place.log.line(/reloaded$/);
    assert.equal(subject(store), 'CN=two.lab');
  });

  it('ends with the store: nothing is loaded, told or waited for any more', async (t) => {
    const place = new Place(t);
    const clock = new FakeClock();
    const store = await place.open(t, { clock });
    assert.ok(clock.pending > 0);
    store.close();
    store.close();
    assert.equal(clock.pending, 0);
    place.write(two);
    clock.advance(3_600_000);
    assert.equal(subject(store), 'CN=one.lab');
    assert.deepEqual(place.log.lines, []);
  });
});

describe('credential store: expiry', () => {
  it('warns in time, once, and of the new certificate after a reload', async (t) => {
    const place = new Place(t);
    const clock = new FakeClock();
    const lasting = (days: number): Promise<CertifiedKey> =>
      issueServerCertificate(authority, ['brief.lab'], { notAfter: inDays(days) });
    place.write(await lasting(40));
    const store = await place.open(t, { clock, watch: false });
    clock.advance(11 * DAY_MS);
    assert.equal(place.log.lines.length, 1);
    assert.match(place.log.lines[0] ?? '', /^warn .*server-cert\.pem expires on .*Z; from then on/);
    clock.advance(10 * DAY_MS);
    assert.equal(place.log.lines.length, 1);

    place.write(await lasting(80));
    assert.deepEqual(await store.reload(), { changed: true, warnings: [] });
    const told = place.log.lines.length;
    clock.advance(21 * DAY_MS);
    assert.equal(place.log.lines.length, told, 'the old certificate is of no concern any more');
    clock.advance(9 * DAY_MS);
    assert.equal(place.log.lines.length, told + 1);
  });

  it('has what will expire soon among the warnings of a reload', async (t) => {
    const place = new Place(t);
    const store = await place.open(t, { watch: false });
    place.write(await issueServerCertificate(authority, ['a'], { notAfter: inDays(6) }));
    const { warnings } = await store.reload();
    assert.match(warnings.join(), /server-cert\.pem expires on/);
  });
});
