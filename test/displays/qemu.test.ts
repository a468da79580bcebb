import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { ClosedError } from '../../src/core/errors.ts';
import { startQemuDisplay } from '../../src/displays/qemu.ts';
import type { Display } from '../../src/server/display.ts';
import {
  bareMachine,
  grubImage,
  grubMachine,
  grubPrompt,
  grubTitle,
  lit,
  qemuCommand,
} from '../support/grub.ts';
import { withoutPeers } from '../support/peers.ts';
import { isRunning } from '../support/processes.ts';
import { until } from '../support/until.ts';

/** Where the display makes its folders: one that no other test uses. */
const temporary = mkdtempSync(join(tmpdir(), 'qemu-test-'));
process.env['TMPDIR'] = temporary;
after(() => rmSync(temporary, { recursive: true }));
const leftovers = (): string[] => readdirSync(temporary);

const hasSize =
  (display: Display, width: number, height: number): (() => boolean) =>
  () =>
    display.framebuffer.width === width && display.framebuffer.height === height;

/** Resolves once the picture differs from the one given. */
const untilChanged = (display: Display, before: Uint32Array): Promise<void> =>
  until('a change', () => display.framebuffer.pixels.some((pixel, i) => pixel !== before[i]));

const colours = (display: Display): number => new Set(display.framebuffer.pixels).size;

const SHIFT = 0xffe1;

/** QEMU passes on 50 letters a second, and GRUB may read a font meanwhile. */
const RETYPE_MS = 10_000;

function press(display: Display, keysym: number): void {
  display.key({ type: 'KeyEvent', down: true, keysym });
  display.key({ type: 'KeyEvent', down: false, keysym });
}

function type(display: Display, text: string): void {
  for (const letter of text) {
    const shifted = letter === '_';
    if (shifted) display.key({ type: 'KeyEvent', down: true, keysym: SHIFT });
    press(display, letter === '\n' ? 0xff0d : letter.charCodeAt(0));
    if (shifted) display.key({ type: 'KeyEvent', down: false, keysym: SHIFT });
  }
}

/** One line, and again if nothing came of it: a guest that is busy loses keys. So what belongs together is one line. */
async function typeUntil(display: Display, line: string, holds: () => boolean): Promise<void> {
  let typedAt = Number.NEGATIVE_INFINITY;
  const hasWorked = (): boolean => {
    if (holds()) return true;
    if (performance.now() - typedAt > RETYPE_MS) {
      type(display, `\n${line}\n`);
      typedAt = performance.now();
    }
    return false;
  };
  await until(`what comes of ${line}`, hasWorked, 3 * RETYPE_MS);
}

describe('QEMU display, arguments', () => {
  it('refuses arguments that would take its VNC server or its life out of our hands', async () => {
    for (const args of [['-vnc', ':1'], ['--vnc', 'none'], ['-display', 'vnc=:1'], ['-daemonize']])
      await assert.rejects(startQemuDisplay({ command: qemuCommand, args }), TypeError);
    await assert.rejects(
      startQemuDisplay({ command: qemuCommand, args: ['-vnc', ':1'] }),
      /-vnc cannot be given/,
    );
  });

  it('says so when the program is not there', async () => {
    await assert.rejects(
      startQemuDisplay({ command: 'no-such-qemu', args: [] }),
      /cannot start no-such-qemu: no such program/,
    );
  });
});

describe('QEMU display', { skip: withoutPeers(qemuCommand) }, () => {
  it("quotes QEMU's own words when it does not start", async () => {
    await assert.rejects(
      startQemuDisplay({ command: qemuCommand, args: ['-machine', 'abacus'] }),
      (error) =>
        error instanceof ClosedError &&
        /exit code 1: .*unsupported machine type/.test(error.message),
    );
    assert.deepEqual(leftovers(), []);
  });

  it('leaves nothing in the file system, and no process when closed', async () => {
    const display = await startQemuDisplay({
      command: qemuCommand,
      args: [...bareMachine, '-m', '16', '-S'],
    });
    assert.deepEqual(leftovers(), []);
    const closed = display.events.once('closed');
    await Promise.all([display.close(), display.close()]);
    assert.ok((await closed) instanceof ClosedError);
    assert.ok(!isRunning(display.process.pid));
  });

  it('closes with the exit as the reason when the guest ends', async () => {
    const display = await startQemuDisplay({
      command: qemuCommand,
      args: [...bareMachine, '-m', '16', '-S'],
    });
    const closed = display.events.once('closed');
    process.kill(display.process.pid, 'SIGKILL');
    assert.match((await closed).message, /qemu-system-x86_64 ended with signal SIGKILL/);
    assert.deepEqual(await display.process.exited, { code: null, signal: 'SIGKILL' });
  });

  it('dies with a Node that is killed', { skip: withoutPeers('setpriv') }, async () => {
    const node = spawn(
      process.execPath,
      [fileURLToPath(new URL('./start-guest.js', import.meta.url))],
      { stdio: ['ignore', 'pipe', 'inherit'] },
    );
    const [line] = (await once(node.stdout, 'data')) as [Buffer];
    const pid = Number(line.toString());
    assert.ok(isRunning(pid));
    const exited = once(node, 'exit');
    node.kill('SIGKILL');
    await exited;
    await until('the end of QEMU', () => !isRunning(pid));
    assert.deepEqual(leftovers(), []);
  });
});

describe('QEMU display, a real guest', { skip: withoutPeers(qemuCommand, grubImage) }, () => {
  it('shows the picture, follows each resolution, and passes keys', async () => {
    const display = await startQemuDisplay({
      command: qemuCommand,
      args: grubMachine,
      name: 'grub',
    });
    try {
      assert.equal(display.name, 'grub');
      await until('text mode', hasSize(display, 720, 400));
      // The title stands in GRUB's menu and over its prompt; "c" leads from the one to the other.
      await until('the menu of GRUB', () => lit(display.framebuffer, grubTitle));
      await until('the prompt of GRUB', () => {
        if (!lit(display.framebuffer, grubPrompt)) press(display, 'c'.charCodeAt(0));
        return lit(display.framebuffer, grubPrompt);
      });

      const before = display.framebuffer.pixels.slice();
      type(display, 'echo');
      await untilChanged(display, before);
      type(display, '\n');

      let first = 'insmod all_video; insmod gfxterm; loadfont unicode; ';
      for (const [width, height] of [
        [800, 600],
        [1024, 768],
        [1280, 1024],
      ] as const) {
        const line = `${first}set gfxmode=${width}x${height}; terminal_output gfxterm`;
        first = '';
        await typeUntil(display, line, hasSize(display, width, height));
        await until('text', () => colours(display) > 1);
        await typeUntil(display, 'terminal_output console', hasSize(display, 720, 400));
      }
    } finally {
      await display.close();
    }
  });
});
