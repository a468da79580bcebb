/** What a viewer of bench/live.ts reads from the picture: which frame it sees, and when a key has had its effect. */
import { pressKeys } from '../../src/client/automation/keys.ts';
import type { VncClient } from '../../src/client/client.ts';
import type { Scene } from './live-scenes.ts';

/** A key without an effect by then is lost. */
const LATEST_MS = 5000;

export interface Viewer {
  readonly scene: Scene;
  readonly client: VncClient;
  /** Bytes that came from the network. */
  readonly bytes: () => number;
}

/** The number that x-content writes into each frame. */
export function frameNumber({ client }: Viewer): number {
  const { framebuffer } = client;
  let number = 0;
  for (let bit = 0; bit < 16; bit++)
    if ((framebuffer.pixels[framebuffer.at(100 + bit * 8 + 4, 12)]! & 0x80) !== 0)
      number |= 1 << bit;
  return number;
}

/** The pixels that a key changes: x-content's square, or the next cell at GRUB's prompt. */
function effect({ scene, client }: Viewer): string {
  const { framebuffer } = client;
  const where =
    scene.rate === undefined
      ? { x: 54, y: 128, width: 640, height: 12 }
      : { x: 40, y: 40, width: 1, height: 1 };
  return Buffer.from(framebuffer.get(where).buffer).toString('latin1');
}

/** Milliseconds from a key to its effect; undefined when none was seen. */
export async function keyToPixel(viewer: Viewer, keysym: number): Promise<number | undefined> {
  const { client } = viewer;
  const before = effect(viewer);
  const begin = performance.now();
  const changed = new Promise<number | undefined>((resolve) => {
    const timer = setTimeout(() => {
      forget();
      resolve(undefined);
    }, LATEST_MS);
    const forget = client.events.on('damage', () => {
      if (effect(viewer) === before) return;
      clearTimeout(timer);
      forget();
      resolve(performance.now() - begin);
    });
  });
  client.key({ down: true, keysym });
  client.key({ down: false, keysym });
  return changed;
}

/** GRUB's prompt, after its menu. */
export async function enterGrub({ client }: Viewer): Promise<void> {
  const prompt = { x: 0, y: 128, width: 8, height: 16 };
  for (let tries = 0; tries < 60; tries++) {
    const { framebuffer } = client;
    const sized = framebuffer.width === 720 && framebuffer.height === 400;
    if (sized && framebuffer.get(prompt).some((pixel) => pixel !== 0xff000000)) break;
    if (sized) await pressKeys(client, 'c');
    await new Promise((resolve) => setTimeout(resolve, 400));
  }
  await pressKeys(client, 'ctrl-u');
}
