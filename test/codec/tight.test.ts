/** Promises of Tight. */
import { tight } from '../../src/codec/tight/tight.ts';
import { createNaiveTight } from '../reference/naive-tight.ts';
import { describeCodec } from './codec-suite.ts';

describeCodec(tight, {
  createNaive: createNaiveTight,
  encoderOptions: [{}, { compressionLevel: 0 }, { compressionLevel: 9 }],
});
