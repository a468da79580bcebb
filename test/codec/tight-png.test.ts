import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { tightPng } from '../../src/codec/tight-png/tight-png.ts';
import { createNaiveTightPng } from '../reference/naive-tight-png.ts';
import { describeCodec } from './codec-suite.ts';

describeCodec(tightPng, {
  createNaive: createNaiveTightPng,
  encoderOptions: [{}, { compressionLevel: 0 }, { compressionLevel: 9 }],
});
