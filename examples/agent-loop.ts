/**
 * A program that looks, decides and acts until it is done. What decides is a function: put a model behind it. The one here
 * needs none: it finds the text cursor of Sallyport's test card, clicks there, types, and looks whether it has arrived.
 *
 *     VNC_PASSWORD=… node out/examples/agent-loop.js vnc://127.0.0.1:5901 pki/ca-cert.pem 'Hello'
 */
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import {
  click,
  connect,
  pressKeys,
  screenshot,
  typeText,
  type Picture,
  type Point,
  type VncClient,
} from '../src/index.ts';

export type Action =
  | { readonly kind: 'click'; readonly at: Point }
  | { readonly kind: 'type'; readonly text: string }
  | { readonly kind: 'key'; readonly keys: string }
  | { readonly kind: 'done'; readonly result: string };

/** What was seen, and what was then done, oldest first. */
export type Step = { readonly picture: Picture; readonly action: Action };
export type Decide = (picture: Picture, steps: readonly Step[]) => Action | Promise<Action>;

const MAX_STEPS = 20;

/** Resolves with the result of `done`. Rejects when it does not come to that. */
export async function runLoop(vnc: VncClient, decide: Decide): Promise<string> {
  const steps: Step[] = [];
  while (steps.length < MAX_STEPS) {
    const picture = await screenshot(vnc);
    const action = await decide(picture, steps);
    steps.push({ picture, action });
    if (action.kind === 'done') return action.result;
    await act(vnc, action);
  }
  throw new Error(`not done after ${MAX_STEPS} steps`);
}

async function act(vnc: VncClient, action: Exclude<Action, { kind: 'done' }>): Promise<void> {
  switch (action.kind) {
    case 'click':
      return click(vnc, action.at);
    case 'type':
      await typeText(vnc, action.text);
      return;
    case 'key':
      await pressKeys(vnc, action.keys);
      return;
  }
}

/** Clicks where the text cursor is, types, and is done when the cursor has moved on. */
export function typeAtCursor(text: string): Decide {
  return (picture, steps) => {
    const cursor = findTextCursor(picture);
    if (cursor === undefined) throw new Error('there is no text cursor to be seen');
    const last = steps.at(-1);
    if (last === undefined) return { kind: 'click', at: cursor };
    if (last.action.kind === 'click') return { kind: 'type', text };
    const before = findTextCursor(last.picture);
    const moved = before !== undefined && (cursor.x !== before.x || cursor.y !== before.y);
    // A slow display may show it only in the next picture.
    return moved
      ? { kind: 'done', result: `typed at ${before.x},${before.y}` }
      : { kind: 'click', at: cursor };
  };
}

const ACCENT = 0x2dd4bf;
const PANEL = 0x1e293b;

/** The middle of the first block that is a letter's size, in the accent's colour and with the panel's on both sides. */
function findTextCursor({ width, height, pixels }: Picture): Point | undefined {
  const colourAt = (x: number, y: number): number => (pixels[y * width + x] ?? 0) & 0xffffff;
  for (let y = 0; y < height; y++) {
    for (let x = 1; x < width; x++) {
      if (colourAt(x, y) !== ACCENT || colourAt(x - 1, y) !== PANEL) continue;
      let [right, bottom] = [x, y];
      while (colourAt(right, y) === ACCENT) right++;
      while (colourAt(x, bottom) === ACCENT) bottom++;
      const [wide, high] = [right - x, bottom - y];
      const isBlock = wide >= 5 && high === 2 * wide && colourAt(right - 1, bottom - 1) === ACCENT;
      if (isBlock && colourAt(right, y) === PANEL)
        return { x: x + Math.floor(wide / 2), y: y + Math.floor(high / 2) };
    }
  }
  return undefined;
}

async function main(target: string, caFile: string, text: string): Promise<void> {
  const vnc = await connect(target, {
    tls: { ca: await readFile(caFile, 'utf8') },
    password: process.env['VNC_PASSWORD'] ?? '',
    jpeg: false,
  });
  try {
    console.log(await runLoop(vnc, typeAtCursor(text)));
  } finally {
    await vnc.close();
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [target = 'vnc://127.0.0.1:5901', caFile = 'pki/ca-cert.pem', text = 'Hello'] =
    process.argv.slice(2);
  await main(target, caFile, text);
}
