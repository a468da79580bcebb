/** TightPNG: what a control byte may say where it is negotiated in place of Tight. */
import { ProtocolError } from '../../core/errors.ts';
import { Compression } from '../tight/control.ts';

/** The upper four bits of the control byte: a compact length and a PNG file follow. */
export const PNG = 10;

/** Whether a PNG file follows rather than a fill or a JPEG. Basic compression is refused: QEMU uses it with 8 bits a pixel. */
export function isPicture(control: number): boolean {
  const compression = control >> 4;
  if (compression === PNG) return true;
  if (compression === Compression.Fill || compression === Compression.Jpeg) return false;
  throw new ProtocolError(`TightPNG has no compression ${compression}`, {
    field: 'compressionControl',
    got: control,
  });
}
