/**
 * Port: encoding on other threads. node/ has worker threads behind it; tests have promises. A viewer with much to encode has
 * one RemoteEncoder, always on the same thread, since zlib streams do not move while they are in use.
 */
import type { PixelFormat } from '../rfb/pixel-format.ts';
import type { Rectangle } from '../rfb/rectangle.ts';
import type { EncodingWishes } from './encoding-wishes.ts';

export interface EncodePool {
  readonly threshold: PoolThreshold;
  /**
   * Another viewer's encoder. `lossy`: it is sent JPEG, whose files have threads of their own. Undefined: there is none now,
   * because threads have yet to start, or cannot; whoever has much to encode asks again.
   */
  readonly encoder: (lossy: boolean) => RemoteEncoder | undefined;
}

/** For which updates another thread pays, and how they are cut. */
export interface PoolThreshold {
  /** A viewer with an update of so many pixels gets an encoder. */
  readonly manyPixels: number;
  /** After so many updates in a row, each of fewer pixels than these, it gives it back. */
  readonly fewPixels: number;
  readonly fewUpdates: number;
  /** Small pieces make one job until they are so many pixels. */
  readonly jobPixels: number;
}

export interface RemoteEncoder {
  /**
   * Encodes one job after the other, in the order of the calls. Rejects with ClosedError when the thread ended, and with
   * what was thrown there.
   */
  readonly encode: (job: EncodeJob) => Promise<EncodedJob>;
  /** The viewer needs it no more. Jobs under way come to their end. */
  readonly release: () => void;
}

/** How to encode. Where nothing is other than before, it is the same object. */
export interface EncodeSettings {
  /** Number of the encoding. */
  readonly encoding: number;
  readonly wishes: EncodingWishes;
  readonly format: PixelFormat;
  /** As many rectangles as suit the picture. */
  readonly inParts: boolean;
}

/** A part of an update; `exact`: without loss, whatever the viewer allows. */
export interface Piece extends Rectangle {
  readonly exact: boolean;
}

/** Where a picture stands in the kernels' memory. */
export interface PicturePlace {
  readonly width: number;
  readonly height: number;
  /** Of the first pixel, in bytes. */
  readonly address: number;
  /** Bytes from a row to the next. */
  readonly stride: number;
  /** Of a byte for each tile of 64 x 64, row by row: 1 when all of the tile is of one value, else 0. */
  readonly solid: number;
}

/** Structured clone takes all of it to another thread. */
export interface EncodeJob {
  readonly settings: EncodeSettings;
  /** Nobody changes it until the job is done. Undefined: the pieces are black. */
  readonly picture: PicturePlace | undefined;
  readonly pieces: readonly Piece[];
  /** The encoder goes on with streams that were used elsewhere: how they stand (Encoder.resume). */
  readonly streams?: number;
}

export interface EncodedJob {
  /** Rectangles with their headers. */
  readonly bytes: Uint8Array;
  readonly rectangles: number;
  /** For each piece, which parts of it are not exact. */
  readonly lossy: readonly (readonly Rectangle[])[];
  /** How the streams stand behind it. */
  readonly streams: number;
  /** So long did the thread work on it. */
  readonly encodeMs: number;
}
