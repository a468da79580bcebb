/** GRUB's prompt in a QEMU guest of its own, with a VNC server and a monitor to reach; and its text screen, read back as text. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Picture } from '../../src/client/automation/screenshot.ts';
import type { VncClient } from '../../src/client/client.ts';
import { pressKeys } from '../../src/client/automation/keys.ts';
import { openQmpClient, type QmpClient } from '../../src/control/qmp-client.ts';
import { startGuestProcess } from '../../src/displays/guest-process.ts';
import { connect } from '../../src/node/connect.ts';
import { dial } from '../../src/node/dial.ts';
import { grubMachine, grubPrompt, grubTitle, lit, qemuCommand } from './grub.ts';
import { until } from './until.ts';

export interface GrubGuest {
  /** Where its VNC server listens, without a password. */
  readonly url: string;
  /** At the prompt, lossless. */
  readonly client: VncClient;
  readonly monitor: QmpClient;
  readonly folder: string;
  readonly stop: () => Promise<void>;
}

export async function startGrub(): Promise<GrubGuest> {
  const folder = await mkdtemp(join(tmpdir(), 'grub-'));
  const [vnc, qmp] = [join(folder, 'vnc'), join(folder, 'qmp')];
  const guest = await startGuestProcess(qemuCommand, [
    ...grubMachine,
    '-vnc',
    `unix:${vnc}`,
    '-qmp',
    `unix:${qmp},server=on,wait=off`,
  ]);
  const url = `unix:${vnc}`;
  let client: VncClient | undefined;
  let monitor: QmpClient | undefined;
  const stop = async (): Promise<void> => {
    monitor?.close();
    await client?.close();
    await guest.end();
    await rm(folder, { recursive: true });
  };
  try {
    await until('QEMU', async () => {
      client = await connect(url, { security: 'None', jpeg: false }).catch(() => undefined);
      return client !== undefined;
    });
    monitor = await openQmpClient(await dial({ kind: 'unix', path: qmp }));
    const viewer = client as unknown as VncClient;
    await until('the menu of GRUB', () => lit(viewer.framebuffer, grubTitle), 20_000);
    await until('the prompt of GRUB', async () => {
      if (!lit(viewer.framebuffer, grubPrompt)) await pressKeys(viewer, 'c');
      return lit(viewer.framebuffer, grubPrompt);
    });
    // It may have been pressed again before the prompt was seen.
    await pressKeys(viewer, 'ctrl-u');
    return { url, client: viewer, monitor, folder, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

const COLUMNS = 80;
const CELL = { width: 9, height: 16 };
/** Row of the first prompt, and where behind `grub> ` the text begins. */
const FIRST = 8 * COLUMNS + 6;

/** The shape in one cell of a text screen of 720x400, counted from the first that is typed into. */
export function shapeAt(picture: Picture, index: number): string {
  const cell = FIRST + index;
  const [left, top] = [(cell % COLUMNS) * CELL.width, Math.floor(cell / COLUMNS) * CELL.height];
  let shape = '';
  for (let y = 0; y < CELL.height; y++) {
    for (let x = 0; x < CELL.width; x++) {
      const pixel = picture.pixels[(top + y) * picture.width + left + x] ?? 0;
      shape += (pixel & 0xffffff) === 0 ? '.' : '#';
    }
  }
  return shape;
}
