/** A film that is drawn, of which no two frames are alike, and how near a decoded one comes to it. */
import type { Rectangle } from '../../src/rfb/rectangle.ts';
import type { FakeDisplay } from './fake-display.ts';

/** Frame `n`, as 0xFFRRGGBB words: colours that drift, and a ball that jumps. */
export function filmFrame(n: number, width: number, height: number): Uint32Array {
  const pixels = new Uint32Array(width * height);
  const ball = { x: (n * 37) % width, y: (n * 23) % height };
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const near = (x - ball.x) ** 2 + (y - ball.y) ** 2 < 900;
      const red = near ? 240 : 128 + 100 * Math.sin((x + 9 * n) / 40);
      const green = near ? 240 : 128 + 100 * Math.sin((y - 7 * n) / 50);
      const blue = near ? 40 : 128 + 60 * Math.sin((x + y + 5 * n) / 60);
      pixels[y * width + x] = ((0xff << 24) | (red << 16) | (green << 8) | blue) >>> 0;
    }
  }
  return pixels;
}

/** Shows it on a display. */
export function showFrame(display: FakeDisplay, r: Rectangle, pixels: Uint32Array): void {
  display.framebuffer.put(r, pixels);
  display.events.emit('damage', [r]);
}

/** Peak signal to noise ratio in dB, over red, green and blue. */
export function psnr(a: Uint32Array, b: Uint32Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) {
    for (const shift of [0, 8, 16])
      sum += (((a[i]! >>> shift) & 255) - ((b[i]! >>> shift) & 255)) ** 2;
  }
  return 10 * Math.log10(255 ** 2 / (sum / (3 * a.length)));
}
