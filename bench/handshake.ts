/**
 * How many logins a second, and how much processor time of the server each takes, against QEMU and Xvnc.
 *
 * One generator logs in to all of them, up to ServerInit, four at a time; the servers take turns within each mode, several
 * rounds; medians are printed. Processor time is the server process's own, all threads, user and system.
 * Options: --json, --rounds N (default 5), --logins N per round (default 400), --key P-256 | RSA-2048, --mode LIST.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { makeCredentials, type KeyType } from './support/credentials.ts';
import { connectorFor, login } from './support/login.ts';
import { cpuSeconds, type Server } from './support/process.ts';
import { startServer, type ServerName } from './support/servers.ts';
import { fixed, median, printTable } from './support/table.ts';

const MODES = ['None', 'VncAuth', 'TLSNone', 'TLSVnc', 'X509None', 'X509Vnc', 'X509Plain'];
const NAMES: readonly ServerName[] = ['sallyport', 'qemu', 'xvnc'];
const CONCURRENCY = 4;

const { values: flags } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    rounds: { type: 'string', default: '5' },
    logins: { type: 'string', default: '400' },
    key: { type: 'string', default: 'P-256' },
    mode: { type: 'string', default: MODES.join(',') },
  },
});
const rounds = Number(flags.rounds);
const logins = Number(flags.logins);
const say = (text: string): void => {
  if (!flags.json) process.stderr.write(text);
};

interface Sample {
  readonly loginsPerSecond: number;
  readonly cpuMs: number;
}

interface Row {
  readonly mode: string;
  readonly server: ServerName;
  readonly cipher: string;
  readonly loginsPerSecond: number;
  /** Processor time of the server for one login, milliseconds. */
  readonly cpuMs: number;
}

const credentials = makeCredentials(flags.key as KeyType);
const ca = readFileSync(join(credentials.dir, 'ca-cert.pem'), 'utf8');
const tls = connectorFor(ca);
let cipher = '';

async function once(server: Server, mode: string): Promise<void> {
  const established = await login({
    port: server.port,
    mode,
    username: 'bench',
    password: credentials.password,
    tls,
  });
  const info = established.security.tlsInfo;
  cipher = info === undefined ? '-' : `${info.protocol} ${info.cipher}`;
  established.reader.stream.destroy();
}

/** `count` logins, CONCURRENCY at a time. */
async function measure(server: Server, mode: string, count: number): Promise<Sample> {
  let left = count;
  const cpu = cpuSeconds(server.pid);
  const begin = performance.now();
  await Promise.all(
    Array.from({ length: CONCURRENCY }, async () => {
      while (left-- > 0) await once(server, mode);
    }),
  );
  const seconds = (performance.now() - begin) / 1000;
  return {
    loginsPerSecond: count / seconds,
    cpuMs: ((cpuSeconds(server.pid) - cpu) * 1000) / count,
  };
}

async function measureMode(mode: string): Promise<Row[]> {
  const servers: Server[] = [];
  const rows: Row[] = [];
  try {
    for (const name of NAMES) {
      const server = await startServer(name, mode, credentials);
      if (server !== undefined) servers.push(server);
    }
    // A login with a password hash is a hundred times dearer than one without: fewer of them say as much.
    const count = mode.endsWith('Plain') ? Math.max(8, Math.round(logins / 20)) : logins;
    const samples = new Map<Server, Sample[]>(servers.map((server) => [server, []]));
    const ciphers = new Map<Server, string>();
    for (const server of servers) {
      await measure(server, mode, Math.min(count, 200));
      ciphers.set(server, cipher);
    }
    for (let round = 0; round < rounds; round++) {
      say(`\r${mode}: round ${round + 1} of ${rounds}   `);
      for (const server of servers) samples.get(server)!.push(await measure(server, mode, count));
    }
    say('\r                                   \r');
    for (const [server, list] of samples) {
      rows.push({
        mode,
        server: server.name as ServerName,
        cipher: ciphers.get(server)!,
        loginsPerSecond: median(list.map((sample) => sample.loginsPerSecond)),
        cpuMs: median(list.map((sample) => sample.cpuMs)),
      });
    }
  } finally {
    for (const server of servers) await server.stop();
  }
  return rows;
}

const all: Row[] = [];
try {
  for (const mode of flags.mode.split(',')) all.push(...(await measureMode(mode)));
} finally {
  credentials.remove();
}

/** Ours over the better of the others: logins for one second of the server's processor time. */
function ratio(mode: string): number | undefined {
  const ours = all.find((row) => row.mode === mode && row.server === 'sallyport');
  const others = all
    .filter((row) => row.mode === mode && row.server !== 'sallyport')
    .map((row) => row.cpuMs);
  return ours === undefined || others.length === 0 ? undefined : Math.min(...others) / ours.cpuMs;
}

if (flags.json) {
  console.log(
    JSON.stringify({
      key: flags.key,
      rounds,
      logins,
      rows: all.map((row) => ({ ...row, ratio: ratio(row.mode) })),
    }),
  );
} else {
  console.log(
    `\nLogins up to ServerInit, ${flags.key} keys, medians of ${rounds} rounds of ${logins}, ${CONCURRENCY} at a time\n`,
  );
  printTable([
    [
      'mode',
      'server',
      'logins/s',
      'server CPU ms/login',
      'logins per CPU s',
      'ours / best other',
      'TLS',
    ],
    ...all.map((row) => [
      row.mode,
      row.server,
      fixed(row.loginsPerSecond, 0),
      fixed(row.cpuMs, 2),
      fixed(1000 / row.cpuMs, 0),
      row.server === 'sallyport' ? `${fixed(ratio(row.mode), 2)}x` : '',
      row.cipher,
    ]),
  ]);
}
process.exit(0);
