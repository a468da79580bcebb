/** Promises of ZRLE. */
import { zrle } from '../../src/codec/zrle/zrle.ts';
import { createNaiveZrle } from '../reference/naive-zrle.ts';
import { describeCodec } from './codec-suite.ts';

describeCodec(zrle, {
  createNaive: createNaiveZrle,
  encoderOptions: [{}, { compressionLevel: 0 }, { compressionLevel: 9 }],
});
