/** The American keyboard. */
import { Codes, type LayoutTable } from './layout.ts';

export const us: LayoutTable = {
  name: 'us',
  rows: [
    { codes: Codes.rowE, plain: '`1234567890-=', shift: '~!@#$%^&*()_+' },
    { codes: Codes.rowD, plain: 'qwertyuiop[]', shift: 'QWERTYUIOP{}' },
    { codes: Codes.rowC, plain: "asdfghjkl;'\\", shift: 'ASDFGHJKL:"|' },
    { codes: Codes.rowB, plain: ' zxcvbnm,./', shift: ' ZXCVBNM<>?' },
  ],
};
