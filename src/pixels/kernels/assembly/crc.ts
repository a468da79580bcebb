// The checksum of PNG's chunks (the CRC of ISO 3309), 8 bytes at a time; the readable twin is ../plain/crc.ts.

/** The polynomial, its highest power lowest. */
const POLYNOMIAL: u32 = 0xedb88320;
/** Bytes of one of the eight tables. */
const TABLE: usize = 1024;

/** Table n has, for each byte, what it does to the checksum n bytes later. */
export function crcPrepare(tables: usize): void {
  for (let byte: u32 = 0; byte < 256; byte++) {
    let sum = byte;
    for (let bit = 0; bit < 8; bit++) sum = (sum >>> 1) ^ (POLYNOMIAL & -(sum & 1));
    store<u32>(tables + (byte << 2), sum);
  }
  for (let at = tables + TABLE; at < tables + 8 * TABLE; at += 4) {
    const before = load<u32>(at - TABLE);
    store<u32>(at, (before >>> 8) ^ entry(tables, before & 255));
  }
}

function entry(table: usize, byte: u32): u32 {
  return load<u32>(table + (byte << 2));
}

export function crc32(tables: usize, checksum: u32, address: usize, size: u32): u32 {
  let sum = ~checksum;
  let left = size;
  for (; left >= 8; left -= 8, address += 8) {
    const low = load<u32>(address) ^ sum;
    const high = load<u32>(address, 4);
    sum =
      entry(tables + 7 * TABLE, low & 255) ^
      entry(tables + 6 * TABLE, (low >>> 8) & 255) ^
      entry(tables + 5 * TABLE, (low >>> 16) & 255) ^
      entry(tables + 4 * TABLE, low >>> 24) ^
      entry(tables + 3 * TABLE, high & 255) ^
      entry(tables + 2 * TABLE, (high >>> 8) & 255) ^
      entry(tables + TABLE, (high >>> 16) & 255) ^
      entry(tables, high >>> 24);
  }
  for (; left > 0; left--, address++)
    sum = (sum >>> 8) ^ entry(tables, (sum ^ load<u8>(address)) & 255);
  return ~sum;
}
