/** What the encoders must reach against libvncserver and TigerVNC, as conditions on a measured line. */
import type { Mode } from './corpora.ts';

/** A line of the table, as ratios: speed above 1 is faster, bytes below 1 are fewer. */
export interface Ratios {
  readonly corpus: string;
  readonly mode: Mode;
  /** `Tight L2`, `Tight q8 pool`, `Tight L2 moves`. */
  readonly setting: string;
  readonly speed: number;
  readonly bytes: number;
  /** Our PSNR less theirs, decibels; 0 when both are without loss. */
  readonly psnr: number;
  /** To TigerVNC's recorded figures. */
  readonly tigerSpeed: number | undefined;
}

export interface Gate {
  readonly text: string;
  readonly met: boolean;
}

const atLeast = (what: string, value: number, bound: number): Gate => ({
  text: `${what} ${value.toFixed(2)} >= ${bound}`,
  met: value >= bound,
});

const atMost = (what: string, value: number, bound: number): Gate => ({
  text: `${what} ${value.toFixed(2)} <= ${bound}`,
  met: value <= bound,
});

const TIGER_SPEED: Readonly<Record<string, number>> = { desktop: 2, vm: 5, video: 5 };

/** Only the corpora that the targets were set for have gates; the others show whether those were luck. */
export function gatesOf(row: Ratios): Gate[] {
  const { corpus, setting, speed, bytes, psnr, tigerSpeed } = row;
  if (!(corpus in TIGER_SPEED)) return [];
  switch (setting) {
    case 'Tight L2':
      return [
        atLeast('speed', speed, corpus === 'vm' ? 1 : 1.6),
        atMost('bytes', bytes, corpus === 'vm' ? 1 : 0.85),
        ...(tigerSpeed === undefined
          ? []
          : [atLeast('speed to TigerVNC', tigerSpeed, TIGER_SPEED[corpus]!)]),
      ];
    case 'ZRLE L2':
      return [atLeast('speed', speed, 2), atMost('bytes', bytes, 1.05)];
    case 'Tight q8':
    case 'Tight q8 pool':
      return [
        atLeast('speed', speed, setting === 'Tight q8' ? 0.9 : 1.2),
        // Means of squares over millions of pixels: the hundredth of a decibel is rounding.
        atLeast('PSNR less theirs', psnr, -0.01),
        ...(corpus === 'desktop' ? [atMost('bytes', bytes, 0.85)] : []),
      ];
    case 'Tight L2 moves':
      return corpus === 'desktop' && row.mode === 'damage' ? [atMost('bytes', bytes, 0.3)] : [];
    default:
      return [];
  }
}
