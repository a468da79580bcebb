/** The desktop's name as it goes out in ServerInit and DesktopName: bounded, because gtk-vnc refuses long ones. */
import { utf8 } from '../wire/text.ts';

/** The longest start of `text` that is at most `maxBytes` in UTF-8; never half a character. */
export function limitedName(text: string, maxBytes: number): string {
  if (utf8(text).length <= maxBytes) return text;
  let kept = '';
  let bytes = 0;
  for (const character of text) {
    bytes += utf8(character).length;
    if (bytes > maxBytes) break;
    kept += character;
  }
  return kept;
}
