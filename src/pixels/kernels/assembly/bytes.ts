// Moving bytes; the readable twin is ../plain/bytes.ts.

/** From and to may overlap. */
export function copyBytes(from: usize, to: usize, size: u32): void {
  memory.copy(to, from, size);
}

export function clearBytes(address: usize, size: u32): void {
  memory.fill(address, 0, size);
}
