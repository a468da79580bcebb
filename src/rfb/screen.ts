/** Screens of ExtendedDesktopSize (-308) and SetDesktopSize (251): 16 bytes each. */
import { ProtocolError } from '../core/errors.ts';
import type { Limits } from '../core/limits.ts';
import type { Cursor } from '../wire/cursor.ts';
import type { ByteWriter } from '../wire/byte-writer.ts';
import type { Rectangle } from './rectangle.ts';

/** One screen of a layout (RFB 7.8.2). */
export interface Screen extends Rectangle {
  /** Any number, unique in a layout. */
  readonly id: number;
  /** Kept as it came; 0 in our own layouts. */
  readonly flags: number;
}

export const screenSize: number =
  4 /* id */ + 2 /* x */ + 2 /* y */ + 2 /* width */ + 2 /* height */ + 4; /* flags */

export function readScreen(c: Cursor): Screen {
  return { id: c.u32(), x: c.u16(), y: c.u16(), width: c.u16(), height: c.u16(), flags: c.u32() };
}

export function writeScreen(w: ByteWriter, s: Screen): void {
  w.u32(s.id).u16(s.x).u16(s.y).u16(s.width).u16(s.height).u32(s.flags);
}

/** The layout of a display with one screen. */
export const singleScreen = (width: number, height: number): readonly Screen[] => [
  { id: 0, x: 0, y: 0, width, height, flags: 0 },
];

/** Why a layout cannot be, or undefined when it can: 1..maxScreens screens, unique ids, all inside width x height. */
export function layoutFault(
  width: number,
  height: number,
  screens: readonly Screen[],
  limits: Limits,
): string | undefined {
  if (!(width >= 1 && height >= 1)) return `size ${width}x${height} is empty`;
  if (
    !(
      width <= limits.maxScreenSide &&
      height <= limits.maxScreenSide &&
      width * height <= limits.maxScreenPixels
    )
  )
    return `size ${width}x${height} is above the limit`;
  if (!(screens.length >= 1 && screens.length <= limits.maxScreens))
    return `${screens.length} screens`;
  const ids = new Set<number>();
  for (const s of screens) {
    if (ids.has(s.id)) return `screen id ${s.id} stands twice`;
    ids.add(s.id);
    if (s.width < 1 || s.height < 1 || s.x + s.width > width || s.y + s.height > height)
      return `screen ${s.id} lies outside ${width}x${height}`;
  }
  return undefined;
}

/** Throws ProtocolError unless a framebuffer of this size is within the limits. For sizes that a server states. */
export function checkScreenSize(width: number, height: number, limits: Limits): void {
  const fault = layoutFault(width, height, singleScreen(width, height), limits);
  if (fault !== undefined)
    throw new ProtocolError(`framebuffer ${fault}`, {
      field: 'framebufferSize',
      got: `${width}x${height}`,
    });
}
