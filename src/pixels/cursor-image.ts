/** The shape of a pointer. */
export interface CursorImage {
  /** 0 to hide the pointer (both), else 1..maxCursorSide. */
  readonly width: number;
  readonly height: number;
  /** The pixel that points. */
  readonly hotX: number;
  readonly hotY: number;
  /** width * height words 0xAARRGGBB, alpha not premultiplied. */
  readonly pixels: Uint32Array;
}

/** A pointer that is not seen. */
export const hiddenCursor: CursorImage = Object.freeze({
  width: 0,
  height: 0,
  hotX: 0,
  hotY: 0,
  pixels: new Uint32Array(0),
});
