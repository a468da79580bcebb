// Tables of words and of bytes in kernel memory, as deflate counts and codes with them.

// @ts-ignore: decorator
@inline
export function word(words: usize, index: u32): u32 {
  return load<u32>(words + ((<usize>index) << 2));
}

// @ts-ignore: decorator
@inline
export function setWord(words: usize, index: u32, value: u32): void {
  store<u32>(words + ((<usize>index) << 2), value);
}

// @ts-ignore: decorator
@inline
export function increment(words: usize, index: u32): void {
  const at = words + ((<usize>index) << 2);
  store<u32>(at, load<u32>(at) + 1);
}

/** Zeros, in sixteens of bytes: quicker than memory.fill for a few hundred. */
export function clearWords(from: usize, bytes: usize): void {
  for (const end = from + bytes; from < end; from += 16) v128.store(from, i32x4.splat(0));
}

/** A bit for each of 8 words, that is set where it is not 0. Words are below 2^31. */
// @ts-ignore: decorator
@inline
export function occupiedWords(at: usize): u32 {
  const eight = i16x8.narrow_i32x4_s(v128.load(at), v128.load(at, 16));
  return i16x8.bitmask(i16x8.ne(eight, i16x8.splat(0)));
}

/** A bit for each of 16 bytes, that is set where it is not 0. */
// @ts-ignore: decorator
@inline
export function occupied16(at: usize): u32 {
  return i8x16.bitmask(i8x16.ne(v128.load(at), i8x16.splat(0)));
}

/** The same of 32 bytes. */
// @ts-ignore: decorator
@inline
export function occupied32(at: usize): u32 {
  return occupied16(at) | (occupied16(at + 16) << 16);
}
