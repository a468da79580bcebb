/** Tight: what the quality levels 0..9 mean to JPEG: TigerVNC's and TurboVNC's table, so that pictures look alike. */
import type { LossyOptions } from '../codec.ts';

const levels: readonly LossyOptions[] = [
  { quality: 15, subsampling: '4:2:0' },
  { quality: 29, subsampling: '4:2:0' },
  { quality: 41, subsampling: '4:2:0' },
  { quality: 42, subsampling: '4:2:2' },
  { quality: 62, subsampling: '4:2:2' },
  { quality: 77, subsampling: '4:2:2' },
  { quality: 79, subsampling: '4:4:4' },
  { quality: 86, subsampling: '4:4:4' },
  { quality: 92, subsampling: '4:4:4' },
  { quality: 100, subsampling: '4:4:4' },
];

/** Of a level 0..9. */
export const lossyOptionsOf = (level: number): LossyOptions => levels[level]!;
