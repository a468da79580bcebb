/**
 * How many logins a second, and how much processor time of the server each takes, against QEMU and Xvnc.
 *
 * One generator logs in to all of them, up to ServerInit, four at a time; the servers take turns within each mode, several
 * rounds; medians are printed. Processor time is the server process's own, all threads, user and system. `cold` is the first
 * 200 logins of a new process; the rounds begin after --warm more, since a server runs for months and its compiler is done
 * within seconds.
 * Options: --json, --rounds N (default 5), --logins N per round (default 400), --warm N (default 2000),
 * --key P-256 | RSA-2048, --mode LIST, --tls 1.2 | 1.3: all with that version. By default each as it ships: ours stops at
 * 1.2, the others speak 1.3.
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
const COLD_LOGINS = 200;

const { values: flags } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    rounds: { type: 'string', default: '5' },
    logins: { type: 'string', default: '400' },
    warm: { type: 'string', default: '2000' },
    tls: { type: 'string' },
    key: { type: 'string', default: 'P-256' },
    mode: { type: 'string', default: MODES.join(',') },
  },
});
const rounds = Number(flags.rounds);
const logins = Number(flags.logins);
const warm = Number(flags.warm);
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
  /** The same for the first logins of a process. */
  readonly coldCpuMs: number;
}

const credentials = makeCredentials(flags.key as KeyType);
const ca = readFileSync(join(credentials.dir, 'ca-cert.pem'), 'utf8');
const tls = connectorFor(ca, flags.tls === '1.2' ? 'TLSv1.2' : 'TLSv1.3');
const ours = flags.tls === '1.3' ? ({ maxVersion: 'TLSv1.3' } as const) : {};
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
      const server = await startServer(name, mode, credentials, ours);
      if (server !== undefined) servers.push(server);
    }
    // A login with a password hash is a hundred times dearer than one without: fewer of them say as much.
    const share = mode.endsWith('Plain') ? 1 / 20 : 1;
    const count = Math.max(8, Math.round(logins * share));
    const samples = new Map<Server, Sample[]>(servers.map((server) => [server, []]));
    const ciphers = new Map<Server, string>();
    const cold = new Map<Server, number>();
    for (const server of servers) {
      say(`\r${mode}: warming ${server.name}   `);
      cold.set(server, (await measure(server, mode, Math.round(COLD_LOGINS * share))).cpuMs);
      ciphers.set(server, cipher);
      await measure(server, mode, Math.round(warm * share));
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
        coldCpuMs: cold.get(server)!,
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
      tls: flags.tls,
      rounds,
      logins,
      warm,
      rows: all.map((row) => ({ ...row, ratio: ratio(row.mode) })),
    }),
  );
} else {
  console.log(
    `\nLogins up to ServerInit, ${flags.key} keys, medians of ${rounds} rounds of ${logins}, ${CONCURRENCY} at a time, warm after ${warm}\n`,
  );
  printTable([
    [
      'mode',
      'server',
      'logins/s',
      'server CPU ms/login',
      'cold',
      'logins per CPU s',
      'ours / best other',
      'TLS',
    ],
    ...all.map((row) => [
      row.mode,
      row.server,
      fixed(row.loginsPerSecond, 0),
      fixed(row.cpuMs, 2),
      fixed(row.coldCpuMs, 2),
      fixed(1000 / row.cpuMs, 0),
      row.server === 'sallyport' ? `${fixed(ratio(row.mode), 2)}x` : '',
      row.cipher,
    ]),
  ]);
}
process.exit(0);
