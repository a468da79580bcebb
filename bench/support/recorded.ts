/**
 * TigerVNC's encoders as they were measured once, in process, on the whole of the recordings that bench/corpus shows a part
 * of, beside libvncserver in the same run. What is compared with is its ratio to libvncserver, which any machine can measure
 * again: ours to TigerVNC = ours to libvncserver, here and now, times libvncserver to TigerVNC, then.
 */
import type { Mode } from './corpora.ts';

/** MPix/s and bytes of each of the two. */
type Pair = readonly [
  tigerSpeed: number,
  tigerBytes: number,
  libvncserverSpeed: number,
  libvncserverBytes: number,
];

const figures: Readonly<Record<string, Pair>> = {
  'desktop full Tight L1': [68, 8.19e6, 72, 8.11e6],
  'desktop full Tight L2': [63, 7.98e6, 69, 8.11e6],
  'desktop full Tight L6': [42, 7.47e6, 73, 8.11e6],
  'desktop full Tight q8': [245, 5.53e6, 274, 5.29e6],
  'desktop full Tight q5': [302, 3.62e6, 363, 3.36e6],
  'desktop full ZRLE L1': [68, 8.05e6, 38, 7.06e6],
  'desktop full ZRLE L2': [65, 7.81e6, 38, 7.06e6],
  'desktop full ZRLE L6': [38, 7.24e6, 38, 7.06e6],
  // libvncserver's time on the console's full frames was 4 ms: between 1091 and 1803, and 834 and 1443 MPix/s.
  'vm full Tight L1': [265, 28.5e3, 1447, 22.2e3],
  'vm full Tight L2': [260, 27.2e3, 1447, 22.2e3],
  'vm full Tight L6': [239, 24.5e3, 1447, 22.2e3],
  'vm full ZRLE L1': [260, 30.3e3, 1140, 19.8e3],
  'vm full ZRLE L2': [260, 29.9e3, 1140, 19.8e3],
  'vm full ZRLE L6': [260, 27.2e3, 1140, 19.8e3],
  'video full Tight L1': [22, 22.0e6, 23, 22.0e6],
  'video full Tight L2': [21, 21.9e6, 23, 22.0e6],
  'video full Tight L6': [16, 21.4e6, 23, 22.0e6],
  'video full Tight q8': [222, 4.73e6, 217, 4.73e6],
  'video full Tight q5': [341, 2.41e6, 343, 2.41e6],
  'video full ZRLE L1': [22, 21.0e6, 15, 20.1e6],
  'video full ZRLE L2': [20, 20.8e6, 15, 20.1e6],
  'video full ZRLE L6': [13, 20.3e6, 15, 20.1e6],
  'desktop damage Tight L1': [61, 21.0e6, 77, 23.0e6],
  'desktop damage Tight L2': [58, 20.5e6, 77, 23.0e6],
  'desktop damage Tight L6': [39, 19.9e6, 77, 23.0e6],
  'desktop damage Tight q8': [161, 22.3e6, 230, 24.6e6],
  'desktop damage Tight q5': [193, 14.8e6, 284, 15.8e6],
  'desktop damage ZRLE L1': [61, 22.3e6, 46, 20.3e6],
  'desktop damage ZRLE L2': [61, 21.6e6, 46, 20.3e6],
  'desktop damage ZRLE L6': [36, 20.7e6, 46, 20.3e6],
  'vm damage Tight L1': [283, 105e3, 1050, 98.3e3],
  'vm damage Tight L2': [279, 99.7e3, 1050, 98.3e3],
  'vm damage Tight L6': [230, 90.0e3, 1050, 98.3e3],
  'vm damage ZRLE L1': [292, 108e3, 835, 75.2e3],
  'vm damage ZRLE L2': [283, 106e3, 835, 75.2e3],
  'vm damage ZRLE L6': [251, 96.4e3, 835, 75.2e3],
  'video damage Tight L1': [22, 154e6, 24, 158e6],
  'video damage Tight L2': [21, 153e6, 24, 158e6],
  'video damage Tight L6': [16, 150e6, 24, 158e6],
  'video damage Tight q8': [163, 34.2e6, 185, 34.1e6],
  'video damage Tight q5': [227, 18.3e6, 259, 17.7e6],
  'video damage ZRLE L1': [22, 147e6, 16, 144e6],
  'video damage ZRLE L2': [22, 146e6, 16, 144e6],
  'video damage ZRLE L6': [15, 143e6, 16, 144e6],
};

export interface RecordedRatio {
  /** TigerVNC's speed in libvncserver's. */
  readonly speed: number;
  readonly bytes: number;
}

/** `setting`: `Tight L2`, `Tight q8`. Undefined where nothing was measured. */
export function tigerVnc(corpus: string, mode: Mode, setting: string): RecordedRatio | undefined {
  const pair = figures[`${corpus} ${mode} ${setting}`];
  return pair && { speed: pair[0] / pair[2], bytes: pair[1] / pair[3] };
}
