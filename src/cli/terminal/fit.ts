/** How large a picture can be in a terminal. Used by draw.ts. */

/** A part of a terminal, or the whole. */
export interface Cells {
  readonly columns: number;
  readonly rows: number;
}

/** One cell of a terminal in pixels. */
export interface CellSize {
  readonly width: number;
  readonly height: number;
}

/** As large as there is room for, never larger than it is, sides in proportion, at least one pixel each. */
export function fitInto(
  picture: { readonly width: number; readonly height: number },
  room: { readonly width: number; readonly height: number },
): { readonly width: number; readonly height: number } {
  const scale = Math.min(1, room.width / picture.width, room.height / picture.height);
  return {
    width: Math.max(1, Math.round(picture.width * scale)),
    height: Math.max(1, Math.round(picture.height * scale)),
  };
}
