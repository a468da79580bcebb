/** A picture in a terminal, in the way that the terminal understands, as large as fits. Used by watch.ts. */
import { resample } from '../../client/automation/scale.ts';
import type { Picture } from '../../client/automation/screenshot.ts';
import { fitInto, type Cells, type CellSize } from './fit.ts';
import { halfBlocks } from './half-blocks.ts';
import { kittyPicture } from './kitty.ts';
import { sixelPicture } from './sixel.ts';

export const modes = ['kitty', 'sixel', 'blocks'] as const;
export type Mode = (typeof modes)[number];

export interface Canvas extends Cells {
  readonly mode: Mode;
  readonly cell: CellSize;
}

const HOME = '\u001b[H';

/** What a terminal is to be sent to show it at its top left. */
export function drawPicture(picture: Picture, { mode, columns, rows, cell }: Canvas): string {
  // A sixel that reaches the last row would scroll.
  const usable = mode === 'sixel' ? Math.max(1, rows - 1) : rows;
  const room =
    mode === 'blocks'
      ? { width: columns, height: rows * 2 }
      : { width: columns * cell.width, height: usable * cell.height };
  const { width, height } = fitInto(picture, room);
  const fitting =
    width === picture.width && height === picture.height
      ? picture
      : resample(picture, width, height);
  switch (mode) {
    case 'blocks':
      return halfBlocks(fitting, { columns: 0, rows: 0 });
    case 'sixel':
      return HOME + sixelPicture(fitting);
    case 'kitty':
      return (
        HOME +
        kittyPicture(fitting, {
          columns: Math.min(columns, Math.ceil(width / cell.width)),
          rows: Math.min(rows, Math.ceil(height / cell.height)),
        })
      );
  }
}
