/**
 * noVNC's decoders (Debian's package novnc) in Node: its receive queue as it is, and a display that draws into memory, row by
 * row, where noVNC would draw on a canvas. Its JPEG is the browser's work and is not here.
 */
import { cpSync, existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

export const noVncFolder = '/usr/share/novnc';

export interface NoVncDecoder {
  readonly next: () => void;
  readonly framebuffer: { readonly pixels: Uint32Array };
  readonly left: () => number;
}

/** The receive queue: what decoders see of noVNC's Websock. */
interface Queue {
  _rQ: Uint8Array;
  _rQi: number;
  _rQlen: number;
  readonly rQlen: number;
  readonly rQshift8: () => number;
  readonly rQshift16: () => number;
  readonly rQshift32: () => number;
}

interface RectangleDecoder {
  readonly decodeRect: (
    ...args: [
      x: number,
      y: number,
      width: number,
      height: number,
      queue: Queue,
      display: object,
      depth: number,
    ]
  ) => boolean;
}

/** x, y, width and height, then pixels and where in them to begin. */
type Blit = [number, number, number, number, Uint8Array, number];
/** From x, y to x, y; width and height. */
type Copy = [number, number, number, number, number, number];

/** Rectangles by the number of their encoding; noVNC 1.3 has no ZRLE. */
const files: Readonly<Record<number, string>> = {
  0: 'raw',
  1: 'copyrect',
  2: 'rre',
  5: 'hextile',
  7: 'tight',
};

export const noVncEncodings: readonly string[] = ['Tight', 'Hextile'];

let loaded: Promise<Map<number, new () => RectangleDecoder>> | undefined;
let Websock: new () => Queue;

/** Debian ships the modules without a package.json that says so: Node is given a copy with one. */
async function load(): Promise<Map<number, new () => RectangleDecoder>> {
  if (!existsSync(noVncFolder)) throw new Error(`no noVNC in ${noVncFolder}`);
  const copy = mkdtempSync(join(tmpdir(), 'sallyport-novnc-'));
  try {
    for (const part of ['core', 'vendor'])
      cpSync(join(noVncFolder, part), join(copy, part), { recursive: true, dereference: true });
    writeFileSync(join(copy, 'package.json'), '{"type":"module"}');
    const scope = globalThis as unknown as Record<string, unknown>;
    scope['WebSocket'] ??= { CONNECTING: 0, OPEN: 1, CLOSING: 2, CLOSED: 3 };
    scope['window'] ??= globalThis;
    const from = async <T>(path: string): Promise<T> => {
      const module: unknown = await import(pathToFileURL(join(copy, 'core', path)).href);
      return (module as { readonly default: T }).default;
    };
    Websock = await from('websock.js');
    const decoders = new Map<number, new () => RectangleDecoder>();
    for (const [number, file] of Object.entries(files))
      decoders.set(Number(number), await from(`decoders/${file}.js`));
    return decoders;
  } finally {
    rmSync(copy, { recursive: true });
  }
}

export async function createNoVncDecoder(
  recorded: Uint8Array,
  width: number,
  height: number,
): Promise<NoVncDecoder> {
  loaded ??= load();
  const classes = await loaded;
  const decoders = new Map<number, RectangleDecoder>();
  const queue = new Websock();
  queue._rQ = recorded;
  queue._rQi = 0;
  queue._rQlen = recorded.length;
  const screen = drawInto(width, height);
  // noVNC asks for red in the first byte, and Hextile's pixels are as asked for; ours were recorded with blue there. Tight's
  // are red, green, blue for everybody.
  let blueFirst = false;

  return {
    next: () => {
      if (queue.rQshift8() !== 0) throw new Error('no FramebufferUpdate');
      queue.rQshift8();
      const count = queue.rQshift16();
      for (let i = 0; i < count; i++) {
        const [x, y] = [queue.rQshift16(), queue.rQshift16()];
        const [w, h] = [queue.rQshift16(), queue.rQshift16()];
        const encoding = queue.rQshift32() | 0;
        if (encoding === -224) return;
        if (encoding === 5) blueFirst = true;
        let decoder = decoders.get(encoding);
        if (decoder === undefined) {
          const Decoder = classes.get(encoding);
          if (Decoder === undefined) throw new Error(`noVNC has no decoder for ${encoding}`);
          decoder = new Decoder();
          decoders.set(encoding, decoder);
        }
        if (!decoder.decodeRect(x, y, w, h, queue, screen.display, 24))
          throw new Error('noVNC waits for more');
      }
    },
    framebuffer: {
      get pixels() {
        return blueFirst ? screen.pixels : screen.words();
      },
    },
    left: () => queue.rQlen,
  };
}

/** A display of R, G, B, A, as a canvas has it. */
function drawInto(
  width: number,
  height: number,
): {
  readonly display: object;
  readonly pixels: Uint32Array;
  /** The same with red and blue exchanged. */
  readonly words: () => Uint32Array;
} {
  const pixels = new Uint32Array(width * height);
  const bytes = new Uint8Array(pixels.buffer);
  const display = {
    fillRect: (x: number, y: number, w: number, h: number, [r, g, b]: number[]) => {
      const word = (0xff000000 | (b! << 16) | (g! << 8) | r!) >>> 0;
      for (let row = y; row < y + h; row++) pixels.fill(word, row * width + x, row * width + x + w);
    },
    blitImage: (...[x, y, w, h, image, offset]: Blit) => {
      for (let row = 0; row < h; row++) {
        const from = offset + row * w * 4;
        bytes.set(image.subarray(from, from + w * 4), ((y + row) * width + x) * 4);
      }
    },
    copyImage: (...[fromX, fromY, x, y, w, h]: Copy) => {
      for (let i = 0; i < h; i++) {
        const row = fromY < y ? h - 1 - i : i;
        const from = (fromY + row) * width + fromX;
        pixels.copyWithin((y + row) * width + x, from, from + w);
      }
    },
    imageRect: () => {
      throw new Error('JPEG is the browser’s work');
    },
  };
  const words = (): Uint32Array =>
    pixels.map((p) => ((p & 0xff00) | ((p & 0xff) << 16) | ((p >>> 16) & 0xff) | 0xff000000) >>> 0);
  return { display, pixels, words };
}
