/** The German keyboard, with its dead keys. */
import { Codes, type LayoutTable } from './layout.ts';

export const de: LayoutTable = {
  name: 'de',
  rows: [
    {
      codes: Codes.rowE,
      plain: '\u03021234567890ß\u0301',
      shift: '°!"§$%&/()=?\u0300',
      altGr: '  ²³   {[]}\\ ',
    },
    {
      codes: Codes.rowD,
      plain: 'qwertzuiopü+',
      shift: 'QWERTZUIOPÜ*',
      altGr: '@ €        ~',
    },
    { codes: Codes.rowC, plain: 'asdfghjklöä#', shift: "ASDFGHJKLÖÄ'" },
    {
      codes: Codes.rowB,
      plain: '<yxcvbnm,.-',
      shift: '>YXCVBNM;:_',
      altGr: '|      µ   ',
    },
  ],
};
