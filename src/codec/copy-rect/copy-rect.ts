/**
 * RFB 7.7.2 CopyRect: the rectangle's pixels stand elsewhere in the framebuffer already. 4 bytes. There is no encoder of pixels:
 * whoever knows that something moved writes it with `writeCopyRect`.
 * @rfb encoding 1 CopyRect | both ends; the server finds by itself what scrolled or was dragged
 */
import { ProtocolError } from '../../core/errors.ts';
import { Encoding } from '../../rfb/constants.ts';
import { contains, describeRectangle } from '../../rfb/rectangle.ts';
import { Cursor } from '../../wire/cursor.ts';
import type { ByteWriter } from '../../wire/byte-writer.ts';
import type { Codec, Decoder } from '../codec.ts';

const payloadSize = 2 /* fromX */ + 2; /* fromY */

/** The payload behind a header that names the target. Source and target may overlap. */
export function writeCopyRect(w: ByteWriter, fromX: number, fromY: number): void {
  w.u16(fromX).u16(fromY);
}

const decoder: Decoder = {
  frame: (reader) => reader.view(payloadSize),
  decode: (payload, r, _format, target) => {
    const c = new Cursor(payload);
    const from = { ...r, x: c.u16(), y: c.u16() };
    // CVE-2019-15692: TigerVNC's viewer checked the target only.
    if (!contains(target.bounds, from)) {
      throw new ProtocolError(
        `CopyRect source ${describeRectangle(from)} exceeds ${target.width}x${target.height}`,
        { field: 'CopyRect.source', got: describeRectangle(from) },
      );
    }
    target.move(from.x, from.y, r);
  },
};

export const copyRect: Codec = {
  encoding: Encoding.CopyRect,
  name: 'CopyRect',
  createDecoder: () => decoder,
};
