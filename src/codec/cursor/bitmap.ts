/** Bitmaps of the cursor pseudo-encodings: one bit a pixel, the most significant first, every row padded to whole bytes. */

interface Size {
  readonly width: number;
  readonly height: number;
}

export const bitmapBytes = (size: Size): number => Math.ceil(size.width / 8) * size.height;

export const bitAt = (bitmap: Uint8Array, size: Size, x: number, y: number): boolean =>
  (bitmap[y * Math.ceil(size.width / 8) + (x >> 3)]! & (0x80 >> (x & 7))) !== 0;

/** `isSet` is asked for each pixel by its index. */
export function makeBitmap(size: Size, isSet: (index: number) => boolean): Uint8Array {
  const bitmap = new Uint8Array(bitmapBytes(size));
  const stride = Math.ceil(size.width / 8);
  for (let i = 0; i < size.width * size.height; i++) {
    const x = i % size.width;
    if (isSet(i)) bitmap[Math.floor(i / size.width) * stride + (x >> 3)]! |= 0x80 >> (x & 7);
  }
  return bitmap;
}

/** Whether a pixel with alpha is shown where there is only shown and hidden. */
export const isShown = (pixel: number): boolean => pixel >>> 24 >= 128;
