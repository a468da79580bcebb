// The module's exports: every kernel of ../kernels.ts, and the end of its constants.
export { differ } from './compare';
// @ts-ignore: known to the compiler
export const constantsEnd: usize = __heap_base;
