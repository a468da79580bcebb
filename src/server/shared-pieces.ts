/**
 * One encode, many viewers: what was encoded for one viewer of a display is sent to every other one that wants the same
 * pixels the same way, until the picture changes there. Each Shadow has one of these; viewer-pixels.ts asks it.
 *
 * Encodings without streams mean the same to everybody. Tight is made to: each piece begins with new streams, for which it
 * finds nothing that was sent before, so that it has to be worth it. What a viewer's own encoder makes next begins with new
 * streams as well (ViewerEncoders.interrupted). ZRLE and Zlib cannot begin anew, and are made for each viewer alone.
 */
import type { JpegEncoder } from '../codec/codec.ts';
import type { PixelFormat } from '../rfb/pixel-format.ts';
import { intersect, isEmpty, type Rectangle } from '../rfb/rectangle.ts';
import type { Negotiated } from './negotiated.ts';
import { ViewerEncoders } from './viewer-encoders.ts';

/** Whole rectangles, headers and all. */
export interface SharedPiece {
  readonly bytes: Uint8Array;
  /** Which of it is not exact. */
  readonly lossy: readonly Rectangle[];
  /** What it took. It counts for all that are sent it, so that they choose the same level next time. */
  readonly encodeMs: number;
}

/** A part of the picture, exact or as lossy as is allowed. */
type Place = Rectangle & { readonly exact: boolean };

/** How a viewer wants pixels, all of which its bytes depend on. */
export interface SharedManner {
  readonly negotiated: Negotiated;
  readonly format: PixelFormat;
  readonly inParts: boolean;
}

/** From so many on it pays. That Tight begins anew costs 2 to 3 % more bytes, measured on recorded desktops. */
const LEAST_VIEWERS = 2;
/** What is kept for a display; what was made first goes first. A full-HD film in Tight is about 1 MB a frame. */
const MAX_BYTES = 8 * 1024 * 1024;
const MAX_PIECES = 512;

/** Viewers that want the same. */
export class SharingGroup {
  readonly manner: SharedManner;
  /** The manner in words. */
  readonly key: string;
  readonly encoders: ViewerEncoders;
  viewers = 0;
  /** By where they begin, one for each place. */
  readonly pieces: Map<number, Kept> = new Map();

  constructor(manner: SharedManner, key: string, jpeg: JpegEncoder | undefined) {
    this.manner = manner;
    this.key = key;
    this.encoders = new ViewerEncoders(jpeg, true);
  }

  /** There are enough of them. */
  get shares(): boolean {
    return this.viewers >= LEAST_VIEWERS;
  }
}

interface Kept {
  readonly group: SharingGroup;
  readonly place: Place;
  readonly piece: SharedPiece;
}

export class SharedPieces {
  readonly #groups = new Map<string, SharingGroup>();
  /** In the order in which they were made. */
  readonly #kept = new Set<Kept>();
  #bytes = 0;

  /** A viewer comes in that wants pixels so; undefined: what it wants is never shared. It leaves once. */
  join(manner: SharedManner, jpeg: JpegEncoder | undefined): SharingGroup | undefined {
    if (manner.negotiated.codec.sharing === undefined) return undefined;
    const key = keyOf(manner);
    const group = this.#groups.get(key) ?? new SharingGroup(manner, key, jpeg);
    this.#groups.set(key, group);
    group.viewers += 1;
    return group;
  }

  leave(group: SharingGroup): void {
    group.viewers -= 1;
    if (group.viewers > 0) return;
    this.#groups.delete(group.key);
    for (const kept of group.pieces.values()) this.#drop(kept);
  }

  /** The piece as the picture is now, if some viewer was sent it already. */
  find(group: SharingGroup, place: Place): SharedPiece | undefined {
    const kept = group.pieces.get(beginOf(place));
    const isSame = kept?.place.width === place.width && kept.place.height === place.height;
    return isSame ? kept.piece : undefined;
  }

  /** For the others, who may come for it. */
  keep(group: SharingGroup, place: Place, piece: SharedPiece): void {
    if (piece.bytes.length > MAX_BYTES) return;
    const begin = beginOf(place);
    const before = group.pieces.get(begin);
    if (before !== undefined) this.#drop(before);
    const kept = { group, place, piece };
    group.pieces.set(begin, kept);
    this.#kept.add(kept);
    this.#bytes += piece.bytes.length;
    for (const oldest of this.#kept) {
      if (this.#bytes <= MAX_BYTES && this.#kept.size <= MAX_PIECES) break;
      this.#drop(oldest);
    }
  }

  /** The picture is another one there. */
  changed(rectangles: readonly Rectangle[]): void {
    for (const kept of this.#kept)
      if (rectangles.some((r) => !isEmpty(intersect(r, kept.place)))) this.#drop(kept);
  }

  clear(): void {
    for (const kept of this.#kept) this.#drop(kept);
  }

  /** What is kept, for tests and measurements. */
  get keptBytes(): number {
    return this.#bytes;
  }

  #drop(kept: Kept): void {
    this.#kept.delete(kept);
    kept.group.pieces.delete(beginOf(kept.place));
    this.#bytes -= kept.piece.bytes.length;
  }
}

/** A number for each corner; exact pieces have their own. */
const beginOf = ({ x, y, exact }: Place): number => (y * 65536 + x) * 2 + (exact ? 1 : 0);

const keyOf = ({ negotiated, format, inParts }: SharedManner): string => {
  const { encoding, sharing } = negotiated.codec;
  const { compressionLevel, gradient, lossy } = negotiated.wishes;
  // What has no streams has no levels either.
  const wishes = sharing === 'always' ? {} : { compressionLevel, gradient, lossy };
  return JSON.stringify({ encoding, wishes, inParts, format });
};
