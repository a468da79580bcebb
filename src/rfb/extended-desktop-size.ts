/**
 * Body of an ExtendedDesktopSize rectangle (-308): the screen layout. The header's x is the reason, its y the status
 * (DesktopSizeReason, DesktopSizeStatus), its width and height the framebuffer's.
 * @rfb pseudo-encoding -308 ExtendedDesktopSize | size and screens; answers SetDesktopSize
 */
import { checkLimit, type Limits } from '../core/limits.ts';
import type { ByteReader } from '../wire/byte-reader.ts';
import type { ByteWriter } from '../wire/byte-writer.ts';
import { readScreen, screenSize, writeScreen, type Screen } from './screen.ts';

export async function receiveScreens(
  reader: ByteReader,
  limits: Limits,
): Promise<readonly Screen[]> {
  const head = await reader.cursor(1 /* count */ + 3 /* padding */);
  const count = checkLimit(limits, 'maxScreens', head.u8());
  const body = await reader.cursor(screenSize * count);
  return Array.from({ length: count }, () => readScreen(body));
}

export function writeScreens(w: ByteWriter, screens: readonly Screen[]): void {
  w.u8(screens.length).pad(3);
  for (const screen of screens) writeScreen(w, screen);
}
