/**
 * How much memory an idle viewer costs, ours against QEMU's and Xvnc's, and whether that stays flat.
 *
 * Opens viewers in steps; each logs in, asks for pictures in ZRLE, receives one whole picture and then waits with a request
 * open, as a viewer that looks at a quiet desktop does. `login` rows stop after ServerInit. Memory is the server process's
 * resident set. Options: --json, --viewers N (default 1000), --mode LIST (default None,X509None),
 * --server LIST (default sallyport,qemu,xvnc).
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { Encoding } from '../src/rfb/constants.ts';
import { writeFramebufferUpdateRequest } from '../src/rfb/messages/framebuffer-update-request.ts';
import { writeSetEncodings } from '../src/rfb/messages/set-encodings.ts';
import { ByteWriter } from '../src/wire/byte-writer.ts';
import type { ByteReader } from '../src/wire/byte-reader.ts';
import { makeCredentials } from './support/credentials.ts';
import { connectorFor, login } from './support/login.ts';
import { residentKilobytes, type Server } from './support/process.ts';
import { startServer, type ServerName } from './support/servers.ts';
import { fixed, printTable } from './support/table.ts';

const STEPS = 4;
const SHARED = 100;
const { values: flags } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    viewers: { type: 'string', default: '1000' },
    mode: { type: 'string', default: 'None,X509None' },
    server: { type: 'string', default: 'sallyport,qemu,xvnc' },
  },
});
const viewers = Number(flags.viewers);

interface Row {
  readonly server: ServerName;
  readonly mode: string;
  readonly viewer: 'login' | 'picture';
  /** Kilobytes a viewer, over all of them. */
  readonly perViewer: number;
  /** The same for each quarter of the viewers: flat, or not. */
  readonly perStep: readonly number[];
}

const credentials = makeCredentials('P-256');
const tls = connectorFor(readFileSync(join(credentials.dir, 'ca-cert.pem'), 'utf8'));

/** Asks for a whole picture in ZRLE, reads all of it, and asks for the next change. */
async function watch(reader: ByteReader, width: number, height: number): Promise<void> {
  const writer = new ByteWriter();
  writeSetEncodings(writer, { type: 'SetEncodings', encodings: [Encoding.ZRLE] });
  const whole = { type: 'FramebufferUpdateRequest', x: 0, y: 0, width, height } as const;
  writeFramebufferUpdateRequest(writer, { ...whole, incremental: false });
  writer.send(reader.stream);
  let pixels = 0;
  while (pixels < width * height) {
    const head = await reader.cursor(4);
    head.skip(2);
    for (let left = head.u16(); left > 0; left--) {
      const rectangle = await reader.cursor(12);
      rectangle.skip(4);
      pixels += rectangle.u16() * rectangle.u16();
      await reader.skip(await reader.u32());
    }
  }
  writeFramebufferUpdateRequest(writer, { ...whole, incremental: true });
  writer.send(reader.stream);
}

/** The server's memory once it has settled, kilobytes. Ours is asked to collect first, so that garbage is not counted. */
async function settled(server: Server): Promise<number> {
  if (server.name === 'sallyport') process.kill(server.pid, 'SIGUSR2');
  await new Promise((resolve) => setTimeout(resolve, 700));
  return residentKilobytes(server.pid);
}

async function measure(
  name: ServerName,
  mode: string,
  viewer: Row['viewer'],
): Promise<Row | undefined> {
  const server = await startServer(name, mode, credentials);
  if (server === undefined) return undefined;
  const open: ByteReader[] = [];
  try {
    const add = async (count: number): Promise<void> => {
      for (let i = 0; i < count; i++) {
        const { reader, init } = await login({
          port: server.port,
          mode,
          username: '',
          password: credentials.password,
          tls,
        });
        open.push(reader);
        if (viewer === 'picture') await watch(reader, init.width, init.height);
        if (!flags.json)
          process.stderr.write(`\r${name} ${mode} ${viewer}: ${open.length} of ${viewers}   `);
      }
    };
    // The first pay for code and buffers that all share.
    await add(SHARED);
    const marks = [await settled(server)];
    const each = Math.floor((viewers - SHARED) / STEPS);
    for (let step = 0; step < STEPS; step++) {
      await add(each);
      marks.push(await settled(server));
    }
    const perStep = marks.slice(1).map((mark, i) => (mark - marks[i]!) / each);
    return {
      server: name,
      mode,
      viewer,
      perViewer: (marks.at(-1)! - marks[0]!) / (each * STEPS),
      perStep,
    };
  } finally {
    for (const reader of open) reader.stream.destroy();
    await server.stop();
  }
}

const rows: Row[] = [];
try {
  for (const mode of flags.mode.split(',')) {
    for (const viewer of ['login', 'picture'] as const) {
      for (const name of flags.server.split(',') as ServerName[]) {
        try {
          const row = await measure(name, mode, viewer);
          if (row !== undefined) rows.push(row);
        } catch (error) {
          process.stderr.write(`\r${name} ${mode} ${viewer}: ${String(error)}\n`);
        }
      }
    }
  }
} finally {
  credentials.remove();
}

if (flags.json) {
  console.log(JSON.stringify({ viewers, rows }));
} else {
  process.stderr.write('\r                                                  \r');
  console.log(`\nMemory of the server for each of ${viewers} idle viewers, kB resident\n`);
  printTable([
    ['mode', 'viewer', 'server', 'kB/viewer', 'by quarters'],
    ...rows.map((row) => [
      row.mode,
      row.viewer,
      row.server,
      fixed(row.perViewer, 0),
      row.perStep.map((step) => step.toFixed(0)).join(' '),
    ]),
  ]);
}
process.exit(0);
