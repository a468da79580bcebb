/**
 * Everything that can change under a viewer's feet, changed while one is attached: the password, the certificate, the
 * revocation list and rights. Says what each change did, checks that it is so, and saves what the viewer shows:
 *
 *     node out/examples/live-changes.js pictures/
 */
import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  createAuthority,
  issueClientCertificate,
  issueRevocationList,
  issueServerCertificate,
} from '../src/node/certificate-authority.ts';
import { connect, VncError, type ConnectOptions } from '../src/index.ts';
import {
  allRights,
  createTestCard,
  openAudit,
  PasswordStore,
  serve,
  viewOnlyRights,
} from '../src/server.ts';
import { attachViewer } from './attached-viewer.ts';

const pictures = process.argv[2] ?? 'pictures';
mkdirSync(pictures, { recursive: true });
const dir = mkdtempSync(join(tmpdir(), 'sallyport-live-'));
const save = (name: string, text: string): void =>
  writeFileSync(join(dir, name), text, { mode: 0o600 });
const say = (text: string): void => console.log(text);
let steps = 0;
const step = (title: string): void => say(`\n${++steps}. ${title}`);

// An authority, a certificate for us, one for a program called backup, and an empty list of revoked ones.
const hosts = ['127.0.0.1', 'localhost'];
const authority = await createAuthority();
const backup = await issueClientCertificate(authority, 'O=Lab,CN=backup');
const renewServer = async (): Promise<void> => {
  const { cert, key } = await issueServerCertificate(authority, hosts);
  save('server-cert.pem', cert);
  save('server-key.pem', key);
};
const revoke = async (number: bigint, ...certificates: readonly string[]): Promise<void> => {
  const entries = certificates.map((pem) => ({
    serialNumber: new X509Certificate(pem).serialNumber,
  }));
  save('ca-crl.pem', await issueRevocationList(authority, entries, { number }));
};
save('ca-cert.pem', authority.cert);
await renewServer();
await revoke(1n);

const passwords = new PasswordStore();
passwords.set('full', 'first');
const display = createTestCard();
const serving = await serve({
  display,
  listen: '127.0.0.1::0',
  tls: { dir, verifyClient: 'request' },
  access: { password: passwords },
});
const audit = await openAudit(join(pictures, 'audit.jsonl'));
audit.follow(serving.server.events);
const [address] = serving.addresses;
assert.ok(address?.kind === 'tcp');
const { port } = address;

/** One login of a program, and how it went, in words. */
async function tryLogin(
  password: string,
  tls: ConnectOptions['tls'] = {},
): Promise<{ readonly letIn: boolean; readonly fingerprint: string; readonly why: string }> {
  let why = 'let in';
  const off = serving.on('authenticationfailed', ({ reason }) => {
    why = `refused: ${reason}`;
  });
  try {
    const options = { tls: { ca: authority.cert, ...tls }, password };
    const vnc = await connect(`127.0.0.1::${port}`, options);
    const fingerprint = vnc.security.tlsInfo?.peerCertificate?.fingerprint256 ?? '';
    await vnc.close();
    return { letIn: true, fingerprint, why };
  } catch (error) {
    if (!(error instanceof VncError)) throw error;
    return { letIn: false, fingerprint: '', why: why === 'let in' ? error.message : why };
  } finally {
    off();
  }
}

step('A viewer logs in with the password "first"');
const arrived = new Promise<number>((resolve) => {
  const off = serving.on('initialized', ({ id }) => {
    off();
    resolve(id);
  });
});
const caFile = join(dir, 'ca-cert.pem');
const viewer = await attachViewer({ port, password: 'first', caFile, ca: authority.cert });
const id = await arrived;

/** The viewer that came first is still there, and shows the picture. */
async function stillThere(picture: string): Promise<void> {
  const file = join(pictures, `${steps}-${picture}.png`);
  // Give the viewer a moment to draw what it was just sent.
  await new Promise((resolve) => setTimeout(resolve, 500));
  await viewer.screenshot(file);
  const info = serving.server.viewers.find((each) => each.id === id);
  assert.ok(info !== undefined, 'the attached viewer must stay');
  say(`   the ${viewer.name} is in: ${info.security}, ${info.tls}; it shows ${file}`);
}
await stillThere('attached');

step('The password becomes "second": PasswordStore.set()');
passwords.set('full', 'second');
const [withOld, withNew] = [await tryLogin('first'), await tryLogin('second')];
assert.ok(!withOld.letIn && withNew.letIn);
say(`   a login with the old one: ${withOld.why}`);
say(`   a login with the new one: ${withNew.why}`);
await stillThere('password-changed');

step('The password expires: PasswordStore.expire("now"), then "never"');
passwords.expire('now');
const late = await tryLogin('second');
passwords.expire('never');
const again = await tryLogin('second');
assert.ok(!late.letIn && again.letIn);
say(`   a login after it expired: ${late.why}`);
say(`   a login once it is valid again: ${again.why}`);

step('The server’s certificate is renewed: new files, read again');
const before = await tryLogin('second');
await renewServer();
await serving.reload();
const renewed = await tryLogin('second');
assert.ok(renewed.letIn && renewed.fingerprint !== before.fingerprint);
say(`   logins before: SHA-256 ${before.fingerprint.slice(0, 16)}…`);
say(`   logins after:  SHA-256 ${renewed.fingerprint.slice(0, 16)}…`);
await stillThere('certificate-renewed');

step('The certificate of CN=backup is revoked: a new list, read again');
const trusted = await tryLogin('second', backup);
await revoke(2n, backup.cert);
await serving.reload();
const revoked = await tryLogin('second', backup);
assert.ok(trusted.letIn && !revoked.letIn);
say(`   a login with it before: ${trusted.why}`);
say(`   a login with it after:  ${revoked.why}`);
await stillThere('revoked');

step('The attached viewer may only look on, then do everything again: setRights()');
assert.ok(serving.server.setRights(id, viewOnlyRights, 'example'));
await stillThere('looking-on');
assert.ok(serving.server.setRights(id, allRights, 'example'));
await stillThere('all-rights');

step('The viewer is sent away: kick()');
const gone = new Promise<string>((resolve) => {
  serving.on('disconnected', (event) => {
    if (event.id !== id) return;
    const { reason, updates, bytesOut } = event;
    resolve(`${reason.message}, after ${updates} updates and ${bytesOut} bytes`);
  });
});
serving.server.kick(id, 'the example is over', 'example');
say(`   ${await gone}`);

await viewer.close();
await serving.close();
await display.close();
await audit.close();
rmSync(dir, { recursive: true });
say(`\nAll of it was as it should be. Who came and went: ${join(pictures, 'audit.jsonl')}`);
