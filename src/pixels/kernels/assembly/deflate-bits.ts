// The bits that deflate writes, the first lowest; the readable twin is ../plain/deflate-bits.ts. Globals belong to one
// instance of the module, hence to one thread, and mean nothing between two calls from outside.

/** Bits that wait, how many of them, and where they go. Hot loops keep copies of their own. */
export let pending: u64 = 0;
export let pendingBits: u64 = 0;
export let output: usize = 0;

/** Starts at a whole byte. */
export function startBits(address: usize): void {
  output = address;
  pending = 0;
  pendingBits = 0;
}

/** Takes back what a hot loop had copied, and writes whole bytes. */
export function resumeBits(bits: u64, count: u64, address: usize): void {
  pending = bits;
  pendingBits = count;
  output = address;
  writeBytes();
}

/** At most 32 bits, after which fewer than 8 wait. Writes up to 8 bytes past the end. */
export function putBits(value: u32, count: u32): void {
  pending |= (<u64>value) << pendingBits;
  pendingBits += count;
  writeBytes();
}

/** Fills the last byte with zeros. */
export function alignBits(): void {
  putBits(0, <u32>(-pendingBits & 7));
}

/** Bytes as they are, after alignBits. */
export function putBytes(from: usize, size: u32): void {
  memory.copy(output, from, size);
  output += size;
}

function writeBytes(): void {
  store<u64>(output, pending);
  const bytes = pendingBits >> 3;
  output += <usize>bytes;
  pending >>= bytes << 3;
  pendingBits &= 7;
}
