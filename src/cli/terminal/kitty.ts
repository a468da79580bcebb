/** Pictures for terminals with kitty's graphics protocol (kitty, WezTerm, Ghostty, Konsole). */
import { deflateSync } from 'node:zlib';
import type { Picture } from '../../client/automation/screenshot.ts';
import { rgbOf } from '../../node/png.ts';
import type { Cells } from './fit.ts';

/** What one escape sequence may carry, after base64. */
const CHUNK = 4096;
/** From here on the terminal is sent less when it has to unpack. */
const DEFLATED_BYTES = 4096;

/** Replaces the picture that was shown before; the terminal scales it to `cells`. The cursor stays where it is. */
export function kittyPicture(picture: Picture, cells: Cells): string {
  const { width, height, pixels } = picture;
  const rgb = rgbOf(pixels);
  const isDeflated = rgb.length >= DEFLATED_BYTES;
  const data = (isDeflated ? deflateSync(rgb, { level: 1 }) : rgb).toString('base64');
  const size = `s=${width},v=${height},c=${cells.columns},r=${cells.rows}`;
  // i and p: the same picture at the same place, so that nothing piles up. q: no answers. C: the cursor does not move.
  const head = `a=T,f=24,i=1,p=1,q=2,C=1,${size}${isDeflated ? ',o=z' : ''}`;
  let text = '';
  for (let at = 0; at < data.length; at += CHUNK) {
    const more = at + CHUNK < data.length ? 1 : 0;
    const keys = at === 0 ? `${head},m=${more}` : `m=${more}`;
    text += `\u001b_G${keys};${data.slice(at, at + CHUNK)}\u001b\\`;
  }
  return text;
}

/** Removes all of it from the terminal's memory. */
export const KITTY_FORGET = '\u001b_Ga=d,d=A,q=2\u001b\\';
