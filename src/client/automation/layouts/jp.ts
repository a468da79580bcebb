/** The Japanese keyboard (JIS), without its input method: what it types directly. */
import { Codes, type LayoutTable } from './layout.ts';

/** Two keys more than elsewhere: ¥ left of Backspace, and \ right of /. */
const YEN = 0x7d;
const RO = 0x73;

export const jp: LayoutTable = {
  name: 'jp',
  rows: [
    { codes: [...Codes.rowE, YEN], plain: ' 1234567890-^¥', shift: ' !"#$%&\'() =~|' },
    { codes: Codes.rowD, plain: 'qwertyuiop@[', shift: 'QWERTYUIOP`{' },
    { codes: Codes.rowC, plain: 'asdfghjkl;:]', shift: 'ASDFGHJKL+*}' },
    { codes: [...Codes.rowB, RO], plain: ' zxcvbnm,./\\', shift: ' ZXCVBNM<>?_' },
  ],
};
