/**
 * SetDesktopSize (251), client to server, 8 + 16n bytes: asks for another size and screen layout.
 * @rfb client-message 251 SetDesktopSize | forwarded to displays that can be resized, answered with the reason otherwise
 */
import type { ByteReader } from '../../wire/byte-reader.ts';
import type { ByteWriter } from '../../wire/byte-writer.ts';
import { ClientMessageType } from '../constants.ts';
import { readScreen, screenSize, writeScreen, type Screen } from '../screen.ts';

export interface SetDesktopSize {
  readonly type: 'SetDesktopSize';
  readonly width: number;
  readonly height: number;
  readonly screens: readonly Screen[];
}

/** Fixed part after the type byte. */
const headSize = 1 /* padding */ + 2 /* width */ + 2 /* height */ + 1 /* count */ + 1; /* padding */

/** Reads all of it, whatever it says: the layout is judged later, and answered, so that the stream stays in step. */
export async function receiveSetDesktopSize(reader: ByteReader): Promise<SetDesktopSize> {
  const head = await reader.cursor(headSize);
  head.skip(1);
  const width = head.u16();
  const height = head.u16();
  const count = head.u8();
  const body = await reader.cursor(screenSize * count);
  return {
    type: 'SetDesktopSize',
    width,
    height,
    screens: Array.from({ length: count }, () => readScreen(body)),
  };
}

export function writeSetDesktopSize(w: ByteWriter, m: SetDesktopSize): void {
  w.u8(ClientMessageType.SetDesktopSize)
    .pad(1)
    .u16(m.width)
    .u16(m.height)
    .u8(m.screens.length)
    .pad(1);
  for (const screen of m.screens) writeScreen(w, screen);
}
