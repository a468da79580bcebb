/**
 * Everything that can change under a viewer's feet, changed while one is attached: the password, the certificate, the
 * revocation list, the rules on names, rights. Says what each change did, checks that it is so, and saves what the viewer
 * shows:
 *
 *     node out/examples/live-changes.js pictures/
 */
import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect, VncError, type ConnectOptions, type VncClient } from '../src/index.ts';
import {
  createAuthority,
  issueClientCertificate,
  issueRevocationList,
  issueServerCertificate,
} from '../src/node/certificate-authority.ts';
import {
  allRights,
  createTestCard,
  openAccessPolicy,
  openAudit,
  serve,
  viewOnlyRights,
} from '../src/server.ts';
import { attachViewer } from './attached-viewer.ts';

const pictures = process.argv[2] ?? 'pictures';
mkdirSync(pictures, { recursive: true });
const dir = mkdtempSync(join(tmpdir(), 'sallyport-live-'));
process.once('exit', () => rmSync(dir, { recursive: true, force: true }));
/** By another name first: whoever follows the file sees the old one or the new one, and never half of it. */
const save = (name: string, text: string): void => {
  writeFileSync(join(dir, `${name}.new`), text, { mode: 0o600 });
  renameSync(join(dir, `${name}.new`), join(dir, name));
};
const say = (text: string): void => console.log(`   ${text}`);
let steps = 0;
const step = (title: string): void => console.log(`\n${(steps += 1)}. ${title}`);

// An authority, a certificate for us, some for programs, and an empty list of revoked ones.
const authority = await createAuthority();
const client = (name: string) => issueClientCertificate(authority, `O=Lab,CN=${name}`);
const [backup, archive, tablet] = [
  await client('backup'),
  await client('archive'),
  await client('tablet'),
];
const renewServer = async (): Promise<void> => {
  const { cert, key } = await issueServerCertificate(authority, ['127.0.0.1', 'localhost']);
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

/** People have a password; programs have one too, and a certificate of a name that a rule knows. */
const accessText = ({ crew = 'second', expires = 'never', rights = 'full', program = 'backup' }) =>
  `passwords:
  - { name: crew, password: ${crew}, expires: ${expires} }
  - { name: programs, password: machine }
rules:
  - { match: { password: crew }, rights: ${rights} }
  - { match: { password: programs, dn: ["O=Lab,CN=${program}", "O=Lab,CN=tablet"] }, rights: full }
`;
save('access.yaml', accessText({ crew: 'first' }));
const policy = await openAccessPolicy(join(dir, 'access.yaml'), { verifyClient: 'request' });
/** Nobody is told: the server sees for itself that the file is another one. */
async function rewriteAccess(changes: Parameters<typeof accessText>[0]): Promise<void> {
  const seen = policy.events.once('review');
  save('access.yaml', accessText(changes));
  await seen;
}

const display = createTestCard();
const serving = await serve({
  display,
  listen: '127.0.0.1::0',
  security: 'X509Vnc',
  tls: { dir, verifyClient: 'request' },
  access: { policy },
});
const audit = await openAudit(join(pictures, 'audit.jsonl'));
audit.follow(serving.server.events);
const [address] = serving.addresses;
assert.ok(address?.kind === 'tcp');
const { port } = address;

type Certificate = ConnectOptions['tls'];
const login = (password: string, certificate: Certificate = {}): Promise<VncClient> =>
  connect(`127.0.0.1::${port}`, { tls: { ca: authority.cert, ...certificate }, password });

/** One login of a program, and how it went, in words. */
async function tryLogin(
  password: string,
  certificate?: Certificate,
): Promise<{ readonly letIn: boolean; readonly fingerprint: string; readonly why: string }> {
  let why: string | undefined;
  const off = serving.on('authenticationfailed', ({ reason }) => {
    why = `refused: ${reason}`;
  });
  try {
    const vnc = await login(password, certificate);
    const fingerprint = vnc.security.tlsInfo?.peerCertificate?.fingerprint256 ?? '';
    await vnc.close();
    return { letIn: true, fingerprint, why: 'let in' };
  } catch (error) {
    if (!(error instanceof VncError)) throw error;
    return { letIn: false, fingerprint: '', why: why ?? error.message };
  } finally {
    off();
  }
}

/** A program that stays. Its id. */
async function stay(certificate: Certificate): Promise<number> {
  const arrived = serving.server.events.once('initialized');
  await login('machine', certificate);
  return (await arrived).id;
}
/** What the server will say of the end of a session. */
const endOf = (id: number): Promise<string> =>
  new Promise((resolve) => {
    const off = serving.on('disconnected', (event) => {
      if (event.id !== id) return;
      off();
      resolve(event.reason.message);
    });
  });

step('A viewer logs in with the password "first"');
const arrived = serving.server.events.once('initialized');
const caFile = join(dir, 'ca-cert.pem');
const viewer = await attachViewer({ port, password: 'first', caFile, ca: authority.cert });
const { id } = await arrived;

/** The viewer that came first is still there, and shows the picture. */
async function stillThere(picture: string): Promise<void> {
  const file = `${steps}-${picture}.png`;
  // Give the viewer a moment to draw what it was just sent.
  await new Promise((resolve) => setTimeout(resolve, 500));
  await viewer.screenshot(join(pictures, file));
  const info = serving.server.viewers.find((each) => each.id === id);
  assert.ok(info !== undefined, 'the attached viewer must stay');
  const may = info.rights.keyboard ? 'may do everything' : 'may only look on';
  if (steps === 1) say(`the ${viewer.name} is in: ${info.security}, ${info.tls}`);
  say(`the ${viewer.name} is there, and ${may}: ${file}`);
}
await stillThere('attached');

step('The password becomes "second": access.yaml is rewritten');
await rewriteAccess({});
const [withOld, withNew] = [await tryLogin('first'), await tryLogin('second')];
assert.ok(!withOld.letIn && withNew.letIn);
say(`a login with the old one: ${withOld.why}`);
say(`a login with the new one: ${withNew.why}`);
await stillThere('password-changed');

step('The password expires, then never does: access.yaml is rewritten twice');
await rewriteAccess({ expires: '2020-01-31' });
const late = await tryLogin('second');
await rewriteAccess({});
const again = await tryLogin('second');
assert.ok(!late.letIn && again.letIn);
say(`a login after it expired: ${late.why}`);
say(`a login once it is valid again: ${again.why}`);

step('The server’s certificate is renewed: new files, reload()');
const before = await tryLogin('second');
await renewServer();
await serving.reload();
const renewed = await tryLogin('second');
assert.ok(renewed.letIn && renewed.fingerprint !== before.fingerprint);
say(`logins before: SHA-256 ${before.fingerprint.slice(0, 23)}…`);
say(`logins after:  SHA-256 ${renewed.fingerprint.slice(0, 23)}…`);
await stillThere('certificate-renewed');

step('The certificate of CN=tablet is revoked: a new list, reload()');
const tabletEnd = endOf(await stay(tablet));
await revoke(2n, tablet.cert);
await serving.reload();
const revoked = await tryLogin('machine', tablet);
assert.ok(!revoked.letIn);
say(`its session, which was let in before: closed: ${await tabletEnd}`);
say(`a login with it after: ${revoked.why}`);
await stillThere('revoked');

step('The rule that lets CN=backup in becomes one for CN=archive: access.yaml is rewritten');
const backupEnd = endOf(await stay(backup));
const early = await tryLogin('machine', archive);
await rewriteAccess({ program: 'archive' });
const [forgotten, known] = [await tryLogin('machine', backup), await tryLogin('machine', archive)];
assert.ok(!early.letIn && !forgotten.letIn && known.letIn);
say(`a login of CN=archive before: ${early.why}`);
say(`the session of CN=backup, which was let in before: closed: ${await backupEnd}`);
say(`a login of CN=backup after: ${forgotten.why}`);
say(`a login of CN=archive after: ${known.why}`);
await stillThere('rules-changed');

step(
  'The rule of the attached viewer gives it less, then all again: access.yaml is rewritten twice',
);
await rewriteAccess({ program: 'archive', rights: 'view' });
await stillThere('rule-lowered');
await rewriteAccess({ program: 'archive' });
await stillThere('rule-raised');

step('Somebody breaks access.yaml: what it said before stays in force');
save('access.yaml', accessText({ rights: 'everything' }));
say(`the file is ${await policy.reload()}`);
const spared = await tryLogin('machine', archive);
assert.ok(spared.letIn);
say(`a login of CN=archive: ${spared.why}`);

step('The attached viewer may only look on, then do everything again, by hand: setRights()');
assert.ok(serving.server.setRights(id, viewOnlyRights, 'example'));
await stillThere('looking-on');
assert.ok(serving.server.setRights(id, allRights, 'example'));
await stillThere('all-rights');

step('The viewer is sent away: kick()');
const end = endOf(id);
serving.server.kick(id, 'the example is over', 'example');
say(`it is gone: ${await end}`);

await viewer.close();
await serving.close();
await display.close();
await audit.close();
console.log(
  `\nAll of it was as it should be. Pictures, and who came and went (audit.jsonl): ${pictures}`,
);
