import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { barChart, escapeXml, lineChart, ticks, wrapped } from '../../bench/support/svg.ts';

/** Values of an attribute, in order. */
const attribute = (svg: string, element: string, name: string): string[] =>
  [...svg.matchAll(new RegExp(`<${element} [^>]*?\\b${name}="([^"]*)"`, 'g'))].map((m) => m[1]!);

describe('charts', () => {
  it('marks an axis from 0 in round steps, up to the highest value or just above', () => {
    assert.deepEqual(ticks(10), [0, 2, 4, 6, 8, 10]);
    assert.deepEqual(ticks(0.7), [0, 0.2, 0.4, 0.6, 0.8]);
    assert.deepEqual(ticks(23), [0, 5, 10, 15, 20, 25]);
  });

  it('has an axis when there is nothing to show', () => {
    assert.deepEqual(ticks(0), [0, 1]);
    assert.deepEqual(ticks(Number.NaN), [0, 1]);
  });

  it('draws a line through its points, higher values higher up', () => {
    const svg = lineChart({
      title: 'rate',
      x: 'viewers',
      y: 'updates',
      series: [
        {
          name: 'ours',
          points: [
            [0, 0],
            [5, 5],
            [10, 10],
          ],
        },
      ],
    });
    const [points] = attribute(svg, 'polyline', 'points');
    const places = points!.split(' ').map((each) => each.split(',').map(Number));
    assert.deepEqual(places, [
      [64, 344],
      [380, 214],
      [696, 84],
    ]);
  });

  it('draws bars from the axis up, and none where nothing was measured', () => {
    const svg = barChart({
      title: 'speed',
      y: 'times',
      series: ['a', 'b'],
      groups: [{ name: 'vm', values: [2, Number.NaN] }],
      mark: 1,
    });
    const heights = attribute(svg, 'rect', 'height').slice(1).map(Number);
    // The legend's two squares, then the one bar: all of the plot.
    assert.deepEqual(heights, [12, 12, 260]);
    assert.equal(attribute(svg, 'line', 'stroke-dasharray').length, 1);
  });

  it('breaks the name of a group at spaces where it is too long', () => {
    assert.deepEqual(wrapped('ours before Xvnc, raw', 15), ['ours before', 'Xvnc, raw']);
    assert.deepEqual(wrapped('x11vnc', 3), ['x11vnc']);
  });

  it('begins a second line of names where the first is full', () => {
    const series = ['first', 'second'].map((name) => ({ name: name.repeat(10), points: [] }));
    const svg = lineChart({ title: '', x: '', y: '', series });
    assert.deepEqual(attribute(svg, 'rect', 'y'), ['34', '52']);
  });

  it('has colours for dark pages too', () => {
    assert.match(
      barChart({ title: '', y: '', series: [], groups: [] }),
      /prefers-color-scheme: dark/,
    );
  });

  it('shows names as they are, whatever is in them', () => {
    assert.equal(escapeXml('<a & "b">'), '&lt;a &amp; &quot;b&quot;&gt;');
    const svg = lineChart({ title: 'a < b', x: '&', y: '', series: [] });
    assert.match(svg, /a &lt; b/);
    assert.doesNotMatch(svg, /a < b/);
  });
});
