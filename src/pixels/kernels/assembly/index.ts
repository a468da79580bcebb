// The module's exports: every kernel of ../kernels.ts, and the end of its constants.
export { differ } from './compare';
export { inflate } from './inflate';
// @ts-ignore: known to the compiler
export const constantsEnd: usize = __heap_base;
