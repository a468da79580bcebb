/** The British keyboard. */
import { Codes, type LayoutTable } from './layout.ts';

export const uk: LayoutTable = {
  name: 'uk',
  rows: [
    {
      codes: Codes.rowE,
      plain: '`1234567890-=',
      shift: '¬!"£$%^&*()_+',
      altGr: '    €        ',
    },
    { codes: Codes.rowD, plain: 'qwertyuiop[]', shift: 'QWERTYUIOP{}' },
    { codes: Codes.rowC, plain: "asdfghjkl;'#", shift: 'ASDFGHJKL:@~' },
    { codes: Codes.rowB, plain: '\\zxcvbnm,./', shift: '|ZXCVBNM<>?' },
  ],
};
