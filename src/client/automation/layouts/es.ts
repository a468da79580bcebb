/** The Spanish keyboard. Windows has a dead key where X11, and this table, have ~ with AltGr. */
import { Codes, type LayoutTable } from './layout.ts';

export const es: LayoutTable = {
  name: 'es',
  rows: [
    {
      codes: Codes.rowE,
      plain: "º1234567890'¡",
      shift: 'ª!"·$%&/()=?¿',
      altGr: '\\|@#~ ¬      ',
    },
    {
      codes: Codes.rowD,
      plain: 'qwertyuiop\u0300+',
      shift: 'QWERTYUIOP\u0302*',
      altGr: '  €       []',
    },
    {
      codes: Codes.rowC,
      plain: 'asdfghjklñ\u0301ç',
      shift: 'ASDFGHJKLÑ\u0308Ç',
      altGr: '          {}',
    },
    { codes: Codes.rowB, plain: '<zxcvbnm,.-', shift: '>ZXCVBNM;:_' },
  ],
};
