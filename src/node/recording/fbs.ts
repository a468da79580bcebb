/**
 * FBS, the framebuffer stream of rfbproxy, TightVNC's and others' recorders: what a server sent, in blocks of length, bytes
 * padded to four, and milliseconds since the start. Written by record.ts, read by playback.ts.
 */
import { constants } from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';
import { readFault, writeFault } from '../file-access.ts';

/** Some readers (fbsutils) take this number alone; 001.001 has the same blocks. */
const SIGNATURE = 'FBS 001.000\n';
const KNOWN = /^FBS 001\.00[01]\n$/;

/** No recorder keeps as much before it writes: what claims more is damaged. */
const MAX_BLOCK_BYTES = 64 * 1024 * 1024;
/** Bytes that a file reader asks the system for at a time. */
const READ_BYTES = 256 * 1024;

export interface FbsBlock {
  readonly bytes: Uint8Array;
  /** Milliseconds since the recording began. */
  readonly atMs: number;
}

const padding = (length: number): number => (4 - (length % 4)) % 4;

/** One block as it stands in a file. */
export function fbsBlock({ bytes, atMs }: FbsBlock): Uint8Array {
  const block = new Uint8Array(4 + bytes.length + padding(bytes.length) + 4);
  const view = new DataView(block.buffer);
  view.setUint32(0, bytes.length);
  block.set(bytes, 4);
  view.setUint32(block.length - 4, atMs);
  return block;
}

export interface FbsWriter {
  /** Resolves once the file has it, so that who records waits for a slow disk. */
  readonly write: (block: FbsBlock) => Promise<void>;
  readonly close: () => Promise<void>;
}

/** A file for its user alone, begun anew. Rejects with TypeError that names it. */
export async function createFbsFile(file: string): Promise<FbsWriter> {
  let handle: FileHandle;
  try {
    handle = await open(file, 'w', 0o600);
  } catch (cause) {
    throw new TypeError(`${file} ${writeFault(cause)}`, { cause });
  }
  await handle.writeFile(SIGNATURE);
  return {
    write: async (block) => handle.writeFile(fbsBlock(block)),
    close: () => handle.close(),
  };
}

export interface FbsReader {
  /** Undefined at the end, also where the last block was cut short because its recorder died. Rejects with TypeError. */
  readonly next: () => Promise<FbsBlock | undefined>;
  /** Idempotent. */
  readonly close: () => Promise<void>;
}

/** Rejects with TypeError that names the file when it is no recording. */
export async function openFbsFile(file: string): Promise<FbsReader> {
  let handle: FileHandle;
  try {
    handle = await open(file, constants.O_RDONLY);
  } catch (cause) {
    throw new TypeError(`${file} ${readFault(cause, 'a recording')}`, { cause });
  }
  try {
    return await readerOf(handle, file);
  } catch (error) {
    await handle.close();
    throw error;
  }
}

async function readerOf(handle: FileHandle, file: string): Promise<FbsReader> {
  const take = fileBytes(handle);
  const signature = await take(SIGNATURE.length);
  if (signature === undefined || !KNOWN.test(Buffer.from(signature).toString('latin1')))
    throw new TypeError(`${file} is no recording: it does not begin with "FBS 001.000"`);
  let lastMs = 0;
  let isOpen = true;
  return {
    next: async () => {
      const head = isOpen ? await take(4) : undefined;
      if (head === undefined) return undefined;
      const length = viewOf(head).getUint32(0);
      if (length > MAX_BLOCK_BYTES)
        throw new TypeError(`${file} is damaged: a block claims ${length} bytes`);
      const body = await take(length + padding(length) + 4);
      if (body === undefined) return undefined;
      // Time does not go back, whatever a recorder's clock did.
      lastMs = Math.max(lastMs, viewOf(body).getUint32(body.length - 4));
      return { bytes: body.subarray(0, length), atMs: lastMs };
    },
    close: async () => {
      if (!isOpen) return;
      isOpen = false;
      await handle.close();
    },
  };
}

const viewOf = (bytes: Uint8Array): DataView =>
  new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);

/** Takes exactly so many bytes from the file, or undefined when it has no more that many. The caller owns them. */
function fileBytes(handle: FileHandle): (count: number) => Promise<Uint8Array | undefined> {
  let buffered = new Uint8Array(0);
  return async (count) => {
    while (buffered.length < count) {
      const chunk = new Uint8Array(Math.max(READ_BYTES, count - buffered.length));
      const { bytesRead } = await handle.read(chunk, 0, chunk.length, null);
      if (bytesRead === 0) return undefined;
      const joined = new Uint8Array(buffered.length + bytesRead);
      joined.set(buffered);
      joined.set(chunk.subarray(0, bytesRead), buffered.length);
      buffered = joined;
    }
    const taken = buffered.slice(0, count);
    buffered = buffered.subarray(count);
    return taken;
  };
}
