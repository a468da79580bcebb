// The module's exports: every kernel of ../kernels.ts, and the end of its constants.
export { clearBytes, copyBytes } from './bytes';
export { differ } from './compare';
export { deflate } from './deflate';
export { deflateUndo } from './deflate-chains';
export { deflatePrepare } from './deflate-block';
export { changedTiles, equalCells, moveBlock, takeChanges } from './changes';
export { indexFeatures, matchFeatures } from './features';
// @ts-ignore: known to the compiler
export const constantsEnd: usize = __heap_base;
