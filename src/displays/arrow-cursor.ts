/** The test card's pointer: an arrow, white with a dark edge and a soft shadow. */
import type { CursorImage } from '../pixels/cursor-image.ts';

/** `#` edge, `.` body, `-` shadow. */
const picture = [
  '#               ',
  '##              ',
  '#.#             ',
  '#..#            ',
  '#...#           ',
  '#....#          ',
  '#.....#         ',
  '#......#        ',
  '#.......#       ',
  '#........#      ',
  '#.........#     ',
  '#......#####    ',
  '#...#..#-----   ',
  '#..##...#-      ',
  '#.#- #..#-      ',
  '##-  #...#      ',
  '#-    #..#-     ',
  ' -     ##--     ',
];

const inks: Readonly<Record<string, number>> = {
  '#': 0xff0f172a,
  '.': 0xfff8fafc,
  '-': 0x50000000,
};

const width = picture[0]?.length ?? 0;

export const arrowCursor: CursorImage = Object.freeze({
  width,
  height: picture.length,
  hotX: 0,
  hotY: 0,
  pixels: Uint32Array.from(picture.join(''), (character) => inks[character] ?? 0),
});
