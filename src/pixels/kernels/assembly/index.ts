// The module's exports: every kernel of ../kernel-interface.ts, and the end of its constants.
export { changedTiles, equalCells, moveBlock, takeChanges } from './changes';
export { indexFeatures, matchFeatures } from './features';
export { adler32 } from './adler';
export { clearBytes, copyBytes } from './bytes';
export { differ } from './compare';
export { crc32, crcPrepare } from './crc';
export { filterGradient } from './filter';
export { writeHextileTiles } from './hextile';
export { moveChannels, packPixels, translatePixels } from './pack';
export { filterRows, unfilterRows } from './png';
export {
  addColours,
  clearPalette,
  copyColours,
  dropColours,
  mapBits,
  mapIndexes,
  remapIndexes,
  scanPalette,
} from './palette';
export {
  indexRunBytes,
  packIndexes,
  pixelRunBytes,
  writeIndexRuns,
  writePixelRuns,
} from './runs';
export {
  countRepeats,
  countTransitions,
  equalLeft,
  equalRight,
  equalRows,
  solidSquares,
  solidSquaresIn,
} from './survey';
export { deflate } from './deflate';
export { deflateUndo } from './deflate-chains';
export { deflatePrepare } from './deflate-symbols';
export { inflate } from './inflate';
export { unpackGradient, unpackIndexes, unpackPixels } from './unpack';
export { unpackZrleTile } from './zrle-tile';
export { writeZrleTiles } from './zrle-write';
// @ts-ignore: known to the compiler
export const constantsEnd: usize = __heap_base;
