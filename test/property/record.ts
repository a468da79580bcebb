/** fast-check's record, as plain objects only: half of its own have no prototype, which deepEqual tells apart. */
import fc from 'fast-check';

export const record = <T>(model: { [K in keyof T]: fc.Arbitrary<T[K]> }): fc.Arbitrary<T> =>
  fc.record<T>(model, { noNullPrototype: true });
