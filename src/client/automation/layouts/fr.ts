/** The French keyboard (AZERTY). Windows has dead keys where X11, and this table, have ~ and ` with AltGr. */
import { Codes, type LayoutTable } from './layout.ts';

export const fr: LayoutTable = {
  name: 'fr',
  rows: [
    {
      codes: Codes.rowE,
      plain: '²&é"\'(-è_çà)=',
      shift: ' 1234567890°+',
      altGr: '  ~#{[|`\\^@]}',
    },
    {
      codes: Codes.rowD,
      plain: 'azertyuiop\u0302$',
      shift: 'AZERTYUIOP\u0308£',
      altGr: '  €        ¤',
    },
    { codes: Codes.rowC, plain: 'qsdfghjklmù*', shift: 'QSDFGHJKLM%µ' },
    { codes: Codes.rowB, plain: '<wxcvbn,;:!', shift: '>WXCVBN?./§' },
  ],
};
