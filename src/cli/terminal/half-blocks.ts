/** Pictures for any terminal with 24-bit colours: each cell is two pixels, an upper half block before a background. */
import type { Picture } from '../../client/automation/screenshot.ts';
import type { Cells } from './fit.ts';

/** At the top left, or `at` (from 0). The cursor is left behind it, and colours are as before. */
export function halfBlocks(picture: Picture, at: Pick<Cells, 'columns' | 'rows'>): string {
  const { width, height, pixels } = picture;
  let text = '';
  for (let y = 0; y < height; y += 2) {
    text += `\u001b[${at.rows + y / 2 + 1};${at.columns + 1}H`;
    let [upper, lower] = [-1, -1];
    for (let x = 0; x < width; x++) {
      const over = pixels[y * width + x]! & 0xffffff;
      // The last row of an odd height has nothing below it but the terminal's own background.
      const under = y + 1 < height ? pixels[(y + 1) * width + x]! & 0xffffff : undefined;
      if (over !== upper) text += `\u001b[38;2;${rgb(over)}m`;
      if (under !== undefined && under !== lower) text += `\u001b[48;2;${rgb(under)}m`;
      [upper, lower] = [over, under ?? -1];
      text += '▀';
    }
    text += '\u001b[0m';
  }
  return text;
}

const rgb = (colour: number): string =>
  `${(colour >>> 16) & 0xff};${(colour >>> 8) & 0xff};${colour & 0xff}`;
