/**
 * How long a reload of certificates and revocation lists holds the event loop up, while a thousand X.509 viewers watch.
 *
 * Server and viewers are one process, so that the delay of its event loop is the server's; the viewers are idle, as on a
 * quiet desktop, and hold client certificates. Goal: below 50 ms. The last row ends a tenth of the sessions, each with a
 * certificate that the new list names. Options: --json, --viewers N (default 1000), --revoked N entries (default 5000).
 */
import { X509Certificate } from 'node:crypto';
import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { parseArgs } from 'node:util';
import {
  createAuthority,
  issueClientCertificate,
  issueRevocationList,
  issueServerCertificate,
} from '../src/node/certificate-authority.ts';
import { serve } from '../src/node/serve.ts';
import { createTlsConnector } from '../src/node/tls-connector.ts';
import { login } from './support/login.ts';
import { staticDisplay } from './support/static-display.ts';
import { fixed, printTable } from './support/table.ts';

const CLIENTS = 10;
const { values: flags } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    viewers: { type: 'string', default: '1000' },
    revoked: { type: 'string', default: '5000' },
  },
});
const viewers = Number(flags.viewers);

const dir = mkdtempSync(join(tmpdir(), 'sallyport-bench-'));
const write = (name: string, text: string): void => {
  writeFileSync(join(dir, 'new'), text, { mode: 0o600 });
  renameSync(join(dir, 'new'), join(dir, name));
};
const authority = await createAuthority();
const issueServer = async (): Promise<void> => {
  const { cert, key } = await issueServerCertificate(authority, ['127.0.0.1']);
  write('server-cert.pem', cert);
  write('server-key.pem', key);
};
const strangers = Array.from({ length: Number(flags.revoked) }, (_, i) => ({
  serialNumber: (0x80_0000 + i).toString(16),
}));
const clients = await Promise.all(
  Array.from({ length: CLIENTS }, (_, i) => issueClientCertificate(authority, `CN=viewer ${i}`)),
);
const serialOfFirst = new X509Certificate(clients[0]!.cert).serialNumber;
const longList = await issueRevocationList(authority, strangers, { number: 2n });
const endingList = await issueRevocationList(
  authority,
  [...strangers, { serialNumber: serialOfFirst }],
  { number: 3n },
);

await issueServer();
write('ca-cert.pem', authority.cert);
write('ca-crl.pem', await issueRevocationList(authority, [], { number: 1n }));
// Watching is left on: what it does is part of the cost.
const serving = await serve({
  display: staticDisplay(),
  listen: '127.0.0.1::0',
  security: 'X509None',
  tls: { dir, verifyClient: 'require' },
  limits: { maxSessions: 5000, maxUnauthenticated: 5000, maxUnauthenticatedPerAddress: 5000 },
});
const [address] = serving.addresses;
const port = address?.kind === 'tcp' ? address.port : 0;

interface Row {
  readonly what: string;
  readonly sessions: number;
  readonly wallMs: number;
  /** The longest that the event loop did nothing else. */
  readonly delayMs: number;
}

async function measure(what: string): Promise<Row> {
  globalThis.gc?.();
  const before = serving.server.viewers.length;
  const delay = monitorEventLoopDelay({ resolution: 1 });
  delay.enable();
  await new Promise((resolve) => setTimeout(resolve, 20));
  delay.reset();
  const startedAt = performance.now();
  const { parts } = await serving.reload();
  const wallMs = performance.now() - startedAt;
  await new Promise((resolve) => setTimeout(resolve, 100));
  delay.disable();
  const [part] = parts;
  if (part?.error !== undefined) throw part.error;
  return { what, sessions: before, wallMs, delayMs: delay.max / 1e6 };
}

const rows: Row[] = [];
try {
  const connectors = clients.map(({ cert, key }) =>
    createTlsConnector({ ca: authority.cert, serverName: '127.0.0.1', cert, key }),
  );
  for (let i = 0; i < viewers; i++) {
    const tls = connectors[i % CLIENTS]!;
    await login({ port, mode: 'X509None', username: '', password: '', tls });
    if (!flags.json && i % 100 === 99) process.stderr.write(`\r${i + 1} of ${viewers} viewers   `);
  }
  rows.push(await measure('nothing changed'));
  await issueServer();
  rows.push(await measure('new certificate'));
  write('ca-crl.pem', longList);
  rows.push(await measure(`new list, ${strangers.length} entries`));
  write('ca-crl.pem', endingList);
  rows.push(await measure('new list that ends a tenth'));
} finally {
  rmSync(dir, { recursive: true, force: true });
}
if (flags.json) {
  console.log(JSON.stringify({ viewers, rows }));
} else {
  process.stderr.write('\r                              \r');
  console.log(`\nReload with ${viewers} X.509 viewers: event-loop delay, milliseconds\n`);
  printTable([
    ['reload of', 'sessions', 'longest delay', 'whole reload'],
    ...rows.map((row) => [
      row.what,
      String(row.sessions),
      fixed(row.delayMs, 1),
      fixed(row.wallMs, 1),
    ]),
  ]);
}
process.exit(0);
