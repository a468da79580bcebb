/**
 * A machine without hands: types a command at a guest's prompt, waits until the screen is still, and saves it.
 *
 *     VNC_PASSWORD=… node out/examples/automate.js vnc://127.0.0.1:5901 pki/ca-cert.pem screen.png
 */
import { readFile, writeFile } from 'node:fs/promises';
import {
  click,
  connect,
  decodePng,
  encodePng,
  pressKeys,
  screenshot,
  typeText,
  waitForChange,
  waitForRegion,
  waitForStable,
  type VncClient,
} from '../src/index.ts';

const [target = 'vnc://127.0.0.1:5901', caFile = 'pki/ca-cert.pem', pictureFile = 'screen.png'] =
  process.argv.slice(2);

const vnc = await connect(target, {
  tls: { ca: await readFile(caFile, 'utf8') },
  password: process.env['VNC_PASSWORD'] ?? '',
  jpeg: false,
});

const before = await screenshot(vnc);
await pressKeys(vnc, 'ctrl-u');
await typeText(vnc, 'uname -a\n');
await waitForChange(vnc, { since: before, timeoutMs: 10_000 });
const after = await waitForStable(vnc, { stableMs: 500 });
await writeFile(pictureFile, encodePng(after));
await vnc.close();

/** Clicks a button that is known by its picture, where it stands in a layout that is known. */
export async function clickWhenShown(client: VncClient, file: string): Promise<void> {
  const button = await decodePng(await readFile(file));
  await waitForRegion(client, button, { x: 300, y: 420, tolerance: 5, timeoutMs: 60_000 });
  await click(client, { x: 310, y: 430 });
}
