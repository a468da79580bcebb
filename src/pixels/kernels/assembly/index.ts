// The module's exports: every kernel of ../kernels.ts, and the end of its constants.
export { changedTiles, equalCells, moveBlock, takeChanges } from './changes';
export { differ } from './compare';
export { indexFeatures, matchFeatures } from './features';
// @ts-ignore: known to the compiler
export const constantsEnd: usize = __heap_base;
