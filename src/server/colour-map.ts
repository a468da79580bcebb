/** The one colour map that is ever sent: 3 bits of red, 3 of green, 2 of blue, as QEMU does. Values are bgr233Format's. */
import { writeSetColourMapEntries } from '../rfb/messages/set-colour-map-entries.ts';
import { bgr233Format as f } from '../rfb/pixel-format.ts';
import type { ByteWriter } from '../wire/byte-writer.ts';

const widen = (value: number, shift: number, max: number): number =>
  Math.round((((value >> shift) & max) * 65535) / max);

export function writeFixedColourMap(w: ByteWriter): void {
  writeSetColourMapEntries(w, {
    type: 'SetColourMapEntries',
    first: 0,
    colours: Array.from({ length: 256 }, (_, value) => ({
      red: widen(value, f.redShift, f.redMax),
      green: widen(value, f.greenShift, f.greenMax),
      blue: widen(value, f.blueShift, f.blueMax),
    })),
  });
}
