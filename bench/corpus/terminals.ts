/** Two xterms on an Xvnc, one with a bitmap font and one with smooth text, in which coloured output scrolls. Used by make.ts. */
import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import {
  createWriteStream,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { waitForStable } from '../../src/client/automation/wait.ts';
import type { Picture } from '../../src/client/automation/screenshot.ts';
import { connect } from '../../src/node/connect.ts';
import { freePort, listening, stop } from '../support/process.ts';

const ESC = '\u001b[';
const colour = (code: number | string, text: string): string => `${ESC}${code}m${text}${ESC}0m`;

/** How many lines each terminal is given before each picture. */
const steps: ReadonlyArray<readonly [left: number, right: number]> = [
  [90, 60],
  [1, 0],
  [3, 1],
  [0, 12],
  [8, 2],
  [25, 0],
  [2, 40],
  [90, 4],
  [1, 1],
];

export async function photographTerminals(root: string): Promise<Picture[]> {
  const folder = mkdtempSync(join(tmpdir(), 'sallyport-corpus-'));
  const port = await freePort();
  const children: ChildProcess[] = [];
  const server = spawn(
    'Xtigervnc',
    [
      ...`-displayfd 3 -rfbport ${port} -localhost -nolisten tcp -SecurityTypes None`.split(' '),
      ...'-geometry 1920x1080 -depth 24'.split(' '),
    ],
    { stdio: ['ignore', 'ignore', 'ignore', 'pipe'] },
  );
  children.push(server);
  try {
    const display = new Promise<string>((resolve) => {
      (server.stdio[3] as NodeJS.ReadableStream).once('data', (text: Buffer) =>
        resolve(`:${text.toString().trim()}`),
      );
    });
    await listening(server, 'Xvnc', port);
    const open = async (name: string, args: readonly string[]): Promise<NodeJS.WritableStream> => {
      const pipe = join(folder, name);
      execFileSync('mkfifo', [pipe]);
      children.push(
        spawn(
          'xterm',
          ['-display', await display, '-b', '0', '-bw', '0', '+sb', ...args, '-e', 'cat', pipe],
          {
            stdio: 'ignore',
          },
        ),
      );
      return createWriteStream(pipe);
    };
    const left = await open(
      'build',
      '-fn 6x13 -fg #d0d0d0 -bg black -geometry 160x82+0+0'.split(' '),
    );
    const right = await open('list', [
      '-fa',
      'DejaVu Sans Mono',
      '-fs',
      '10',
      ...'-fg #e6e6e6 -bg #20242c -geometry 115x63+962+0'.split(' '),
    ]);
    const client = await connect(`127.0.0.1::${port}`, { security: 'None', jpeg: false });
    const [build, list] = [buildLines(root), listLines(root)];
    const pictures: Picture[] = [];
    for (const [inLeft, inRight] of steps) {
      left.write(take(build, inLeft));
      right.write(take(list, inRight));
      await waitForStable(client, { stableMs: 700, timeoutMs: 20_000 });
      const { width, height, pixels } = client.framebuffer;
      pictures.push({ width, height, pixels: pixels.slice() });
    }
    await client.close();
    left.end();
    right.end();
    return pictures;
  } finally {
    for (const child of children.reverse()) await stop(child);
    rmSync(folder, { recursive: true, force: true });
  }
}

function take(lines: Generator<string>, count: number): string {
  let text = '';
  for (let i = 0; i < count; i++) text += `${lines.next().value as string}\r\n`;
  return text;
}

const sourcesOf = (root: string): string[] =>
  readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .sort();

/** What a build says. */
function* buildLines(root: string): Generator<string> {
  for (let round = 0; ; round++) {
    for (const [i, name] of sourcesOf(root).entries()) {
      yield `${colour(90, `[${String(i + 1).padStart(3)}/251]`)} ${colour(32, 'CC')} ${name} ${colour(90, `${((i * 37 + round) % 90) + 3} ms`)}`;
      if (i % 9 === 4)
        yield `${colour('1;33', 'warning:')} ${colour(1, name)}:${i * 3 + 7}:12: unused value ${colour(36, `'limit${i}'`)}`;
      if (i % 31 === 17)
        yield `${colour('1;31', 'error:')} expected ${colour(35, '";"')} before ${colour(35, '"}"')}`;
      if (i % 14 === 9) yield `   ${colour(90, '|')} ${colour(34, '      ^~~~~~~~~~')}`;
    }
  }
}

/** What a listing says, and now and then a file. */
function* listLines(root: string): Generator<string> {
  for (;;) {
    for (const [i, name] of sourcesOf(root).entries()) {
      const { size } = statSync(join(root, 'src', name));
      yield `${colour(34, '-rw-r--r--')} ${colour(33, 'port')} ${String(size).padStart(7)} ${colour(90, `Nov ${(i % 28) + 1}`)} ${colour(name.includes('/tight/') ? '1;31' : '1;32', name)}`;
      if (i % 20 !== 11) continue;
      for (const line of readFileSync(join(root, 'src', name), 'utf8')
        .split('\n')
        .slice(0, 24))
        yield line
          .replaceAll(/\b(const|export|import|return|type)\b/g, colour(35, '$1'))
          .slice(0, 112);
    }
  }
}
