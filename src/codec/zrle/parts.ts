/** Tiles of ZRLE in parts that are worth an effort of their own: where they are pixels as they are, and where they are not. */
import { kernelSet } from '../../pixels/kernels/kernels.ts';
import { type DataPart, DeflateEffort } from '../zlib-stream.ts';
import { tileLengths } from './encode-tile.ts';
import { Subencoding, TILE_SIDE } from './tile.ts';

/** Less is not worth the time that the thorough efforts take on it. Tuned on bench/corpus. */
const MIN_PART_BYTES = 65536;
/** Of indexes of one bit, and half of those of two. */
const PACKED_ROW_BYTES = 8;

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
  /** And those of tiles that are runs of pixels. */
  runs: number;
}

/** `isDefault`: of the level that viewers get who ask for none, whose effort is chosen with more care. */
export function createParts(pixelSize: number, isDefault: boolean): Parts {
  const parts: Part[] = [];
  let last: Part | undefined;
  /** Tiles behind the last part, all raw or none. */
  let next: Part = { bytes: 0, raw: 0, runs: 0 };
  let nextIsRaw = false;

  const endNext = (): void => {
    if (next.bytes === 0) return;
    const isSmall = last !== undefined && Math.min(last.bytes, next.bytes) < MIN_PART_BYTES;
    if (last !== undefined && (isSmall || isPixels(last) === nextIsRaw)) {
      last.bytes += next.bytes;
      last.raw += next.raw;
      last.runs += next.runs;
    } else {
      last = next;
      parts.push(last);
    }
    next = { bytes: 0, raw: 0, runs: 0 };
  };

  return {
    addTiles: (address, count) => {
      const { bytes, words } = kernelSet().memory;
      const first = tileLengths() >>> 2;
      let at = address;
      for (let i = first; i < first + count; i++) {
        const length = words[i]!;
        const subencoding = bytes[at];
        const isRaw = subencoding === Subencoding.Raw;
        if (isRaw !== nextIsRaw) endNext();
        nextIsRaw = isRaw;
        next.bytes += length;
        if (isRaw) next.raw += length;
        else if (subencoding === Subencoding.PlainRle) next.runs += length;
        at += length;
      }
    },
    end: () => {
      endNext();
      return parts.map((part) => toData(part, pixelSize, isDefault));
    },
  };
}

/** Where pixels are much of it, they are what repeats. */
const isPixels = ({ bytes, raw }: Part): boolean => 4 * raw > bytes;

function toData(part: Part, bytesPerPixel: number, isDefault: boolean): DataPart {
  const size = part.bytes;
  if (isPixels(part)) {
    const shape = { size, bytesPerPixel, rowBytes: TILE_SIDE * bytesPerPixel };
    // Where they are all of it, it is a photo, and little repeats.
    return part.raw === size && isDefault ? { ...shape, effort: DeflateEffort.Greedy } : shape;
  }
  // Runs of pixels are of text with soft edges, and worth the effort that indexes are.
  if (2 * part.runs > size && isDefault)
    return { size, bytesPerPixel, rowBytes: 0, effort: DeflateEffort.Chains };
  return { size, bytesPerPixel: 1, rowBytes: PACKED_ROW_BYTES };
}
