/** Tiles of ZRLE in parts that are worth an effort of their own: where they are pixels as they are, and where they are not. */
import { kernelSet } from '../../pixels/kernels/kernels.ts';
import { type DataPart, DeflateEffort } from '../zlib-stream.ts';
import { tileLengths } from './encode-tile.ts';
import { Subencoding, TILE_SIDE } from './tile.ts';

/** Less is not worth a flush and another description of codes. Tuned on bench/corpus. */
const MIN_PART_BYTES = 16384;

export interface Parts {
  /** Looks at so many tiles, the last ones written, which start at an address. */
  readonly addTiles: (address: number, count: number) => void;
  /** All that were added. */
  readonly end: () => readonly DataPart[];
}

interface Part {
  bytes: number;
  /** Those of tiles that are pixels as they are. */
  raw: number;
}

/** `hasten`: photos are not worth much time. */
export function createParts(pixelSize: number, hasten: boolean): Parts {
  const parts: Part[] = [];
  let last: Part | undefined;
  /** Tiles behind the last part, all raw or none. */
  let run = 0;
  let runIsRaw = false;

  const endRun = (): void => {
    if (run === 0) return;
    const isSmall = last !== undefined && Math.min(last.bytes, run) < MIN_PART_BYTES;
    if (last === undefined || !(isSmall || isPixels(last) === runIsRaw)) {
      last = { bytes: 0, raw: 0 };
      parts.push(last);
    }
    last.bytes += run;
    if (runIsRaw) last.raw += run;
    run = 0;
  };

  return {
    addTiles: (address, count) => {
      const { bytes, words } = kernelSet().memory;
      const first = tileLengths() >>> 2;
      let at = address;
      for (let i = first; i < first + count; i++) {
        const isRaw = bytes[at] === Subencoding.Raw;
        if (isRaw !== runIsRaw) endRun();
        runIsRaw = isRaw;
        run += words[i]!;
        at += words[i]!;
      }
    },
    end: () => {
      endRun();
      return parts.map((part) => toData(part, pixelSize, hasten));
    },
  };
}

/** Where pixels are much of it, they are what repeats. */
const isPixels = ({ bytes, raw }: Part): boolean => 4 * raw > bytes;

function toData(part: Part, bytesPerPixel: number, hasten: boolean): DataPart {
  const size = part.bytes;
  // Runs of pixels too: they are of text with soft edges, and worth the effort that indexes are.
  if (!isPixels(part)) return { size, bytesPerPixel: 1, rowBytes: 0 };
  const shape = { size, bytesPerPixel, rowBytes: TILE_SIDE * bytesPerPixel };
  // Where they are all of it, it is a photo, and little repeats.
  return part.raw === part.bytes && hasten ? { ...shape, effort: DeflateEffort.Greedy } : shape;
}
