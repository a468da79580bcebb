/** Looks for a display's picture on a screen. */
import type { Framebuffer } from '../../src/pixels/framebuffer.ts';
import { MARK, MARK_WIDTH } from './echo-display.ts';
import type { Screenshot } from './x-server.ts';

export interface Found {
  readonly x: number;
  readonly y: number;
  /** Fraction of the picture's pixels (those on the screen) that are exactly right. */
  readonly match: number;
}

export function findPicture(screen: Screenshot, picture: Framebuffer): Found | undefined {
  const span = MARK.length * MARK_WIDTH;
  for (let y = 0; y < screen.height; y++) {
    const row = y * screen.width;
    for (let x = 0; x + span <= screen.width; x++) {
      if (screen.pixels[row + x] !== MARK[0]) continue;
      if (MARK.every((colour, i) => screen.pixels[row + x + i * MARK_WIDTH + 5] === colour)) {
        return { x, y, match: matchAt(screen, picture, x, y) };
      }
    }
  }
  return undefined;
}

function matchAt(screen: Screenshot, picture: Framebuffer, atX: number, atY: number): number {
  const width = Math.min(picture.width, screen.width - atX);
  const height = Math.min(picture.height, screen.height - atY);
  let right = 0;
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const shown = screen.pixels[(atY + y) * screen.width + atX + x]!;
      if (shown === (picture.pixels[y * picture.width + x]! & 0xffffff)) right++;
    }
  }
  return right / (width * height);
}
