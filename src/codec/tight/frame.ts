/** Tight: finds a rectangle's extent (RFB 7.7.7), in the order of the wire. Everything is looked at again by decode. */
import { ProtocolError } from '../../core/errors.ts';
import { checkLimit, type Limits } from '../../core/limits.ts';
import type { Rectangle } from '../../rfb/rectangle.ts';
import type { ByteReader } from '../../wire/byte-reader.ts';
import {
  checkColours,
  checkWidth,
  compactLengthBytes,
  Filter,
  indexedRowBytes,
  MIN_COMPRESSED_BYTES,
  readCompactLength,
  readControl,
} from './control.ts';

export async function frameTight(
  reader: ByteReader,
  r: Rectangle,
  pixelSize: number,
  limits: Limits,
): Promise<Uint8Array> {
  await reader.need(1);
  const control = readControl(reader.byteAt(0));
  if (control.kind === 'fill') return reader.view(1 + pixelSize);
  checkWidth(r);
  if (control.kind === 'jpeg') return withLength(reader, 1, limits);

  let head = 1;
  let rowBytes = r.width * pixelSize;
  if (control.explicitFilter) {
    head = 2;
    await reader.need(head);
    const filter = checkFilter(reader.byteAt(1));
    if (filter === Filter.Palette) {
      await reader.need(3);
      const colours = checkColours(reader.byteAt(2));
      head = 3 + colours * pixelSize;
      rowBytes = indexedRowBytes(r.width, colours);
    }
  }
  const dataBytes = rowBytes * r.height;
  return dataBytes < MIN_COMPRESSED_BYTES
    ? reader.view(head + dataBytes)
    : withLength(reader, head, limits);
}

export function checkFilter(filter: number): number {
  if (!(filter <= Filter.Gradient))
    throw new ProtocolError(`Tight filter ${filter} does not exist`, {
      field: 'filter',
      got: filter,
    });
  return filter;
}

/** `head` bytes, then a compact length, then so much data. */
export async function withLength(
  reader: ByteReader,
  head: number,
  limits: Limits,
): Promise<Uint8Array> {
  await reader.need(head + 1);
  const first = reader.byteAt(head);
  if (first >= 128) await reader.need(head + 2);
  const second = first >= 128 ? reader.byteAt(head + 1) : 0;
  const size = compactLengthBytes(first, second);
  const lengthBytes = (await reader.peek(head + size)).subarray(head);
  const length = checkLimit(limits, 'maxRectBytes', readCompactLength(lengthBytes));
  return reader.view(head + size + length);
}
