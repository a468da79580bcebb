/** The comparison of encoders as two charts: speed and size of ours in libvncserver's, corpus by corpus. */
import type { Ratios } from './encode-gates.ts';
import { barChart, saveImage } from './svg.ts';

const SHOWN = ['Tight L2', 'ZRLE L2', 'Tight q8'];

export function drawEncoders(rows: readonly Ratios[]): void {
  const corpora = [...new Set(rows.map((row) => row.corpus))];
  const draw = (name: string, title: string, y: string, value: (row: Ratios) => number): void => {
    const groups = corpora.map((corpus) => ({
      name: corpus,
      values: SHOWN.map((setting) => {
        const row = rows.find(
          (each) => each.corpus === corpus && each.mode === 'damage' && each.setting === setting,
        );
        return row === undefined ? Number.NaN : value(row);
      }),
    }));
    saveImage(name, barChart({ title, y, series: SHOWN, groups, mark: 1 }));
  };
  draw(
    'encode-speed',
    'Encoding damage: speed, libvncserver = 1',
    'times as fast',
    (row) => row.speed,
  );
  draw(
    'encode-bytes',
    'Encoding damage: bytes, libvncserver = 1',
    'of its bytes',
    (row) => row.bytes,
  );
}
