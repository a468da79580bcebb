import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Rectangle } from '../../src/rfb/rectangle.ts';
import type { ShadowChange } from '../../src/server/take-over.ts';
import { VideoRegions } from '../../src/server/video-regions.ts';

const SCREEN = { width: 1920, height: 1080 };
const FILM: Rectangle = { x: 100, y: 90, width: 640, height: 360 };

const pixels = (...changed: readonly Rectangle[]): ShadowChange => ({ moves: [], changed });

/** Time that passes frame by frame. */
class Screen {
  readonly regions = new VideoRegions(SCREEN);
  now = 1000;

  /** Shows so many frames, and returns the rectangles that were a film on the way. */
  play(
    frames: number,
    change: (frame: number) => ShadowChange,
    frameMs = 33,
  ): (Rectangle | undefined)[] {
    return Array.from({ length: frames }, (_, i) => {
      this.now += frameMs;
      this.regions.changed(change(i), this.now);
      return this.regions.rectangle(this.now);
    });
  }

  wait(ms: number): Rectangle | undefined {
    this.now += ms;
    return this.regions.rectangle(this.now);
  }
}

const assertNoFilm = (found: readonly (Rectangle | undefined)[]): void =>
  assert.ok(found.every((r) => r === undefined));

describe('VideoRegions', () => {
  it('finds a film, with its own edges, once it ran for a third of a second', () => {
    const screen = new Screen();
    const found = screen.play(30, () => pixels(FILM));
    assertNoFilm(found.slice(0, 9));
    for (const r of found.slice(11)) assert.deepEqual(r, FILM);
  });

  it('finds one of ten frames a second as well', () => {
    assert.deepEqual(new Screen().play(5, () => pixels(FILM), 100).at(-1), FILM);
  });

  it('has even sides: the last row and column are left to others', () => {
    const odd = { ...FILM, width: 641, height: 361 };
    assert.deepEqual(new Screen().play(20, () => pixels(odd)).at(-1), FILM);
  });

  it('typing, a cursor that blinks and a clock are no film', () => {
    const letter = (i: number) => ({ x: 200 + 9 * (i % 80), y: 300, width: 9, height: 18 });
    const clock = { x: 1800, y: 1050, width: 100, height: 20 };
    assertNoFilm(new Screen().play(200, (i) => pixels(letter(i), clock)));
  });

  it('text that scrolls is no film: it moves, and little of it is new', () => {
    const { x, y, width } = FILM;
    const scroll = (): ShadowChange => ({
      moves: [{ from: { x, y: y + 18 }, to: { ...FILM, height: 342 } }],
      changed: [{ x, y: y + 342, width, height: 18 }],
    });
    assertNoFilm(new Screen().play(100, scroll));
  });

  it('text that scrolls is none either where the moves were overlooked for 15 frames', () => {
    const { x, y } = FILM;
    const move: ShadowChange = {
      moves: [{ from: { x, y: y + 18 }, to: { ...FILM, height: 342 } }],
      changed: [],
    };
    assertNoFilm(new Screen().play(96, (i) => (i % 16 === 0 ? move : pixels(FILM)), 16));
  });

  it('a film is one although some of its rows seem to have moved', () => {
    const { x, y } = FILM;
    const pan = (i: number): ShadowChange => ({
      moves: [{ from: { x: x + 9, y: y + i }, to: { x, y: y + 4 + i, width: 391, height: 11 } }],
      changed: [FILM],
    });
    assert.deepEqual(new Screen().play(40, pan).at(-1), FILM);
  });

  it('a window that opens, a page that is turned now and then are none', () => {
    const screen = new Screen();
    assertNoFilm(screen.play(2, () => pixels(FILM)));
    assertNoFilm(screen.play(20, () => pixels(FILM), 400));
  });

  it('a small animation is none', () => {
    assertNoFilm(new Screen().play(60, () => pixels({ x: 64, y: 64, width: 192, height: 128 })));
  });

  it('what changes here and there on the whole screen is none', () => {
    const scattered = Array.from({ length: 40 }, (_, i) => ({
      x: (i % 8) * 240,
      y: Math.floor(i / 8) * 210,
      width: 64,
      height: 64,
    }));
    assertNoFilm(new Screen().play(60, () => pixels(...scattered)));
  });

  it('stays where it is, whatever part of it moves and whatever changes beside it', () => {
    const screen = new Screen();
    screen.play(20, () => pixels(FILM));
    const face = { x: 300, y: 150, width: 200, height: 200 };
    const beside = { x: 740, y: 90, width: 128, height: 64 };
    for (const r of screen.play(60, () => pixels(face, beside))) assert.deepEqual(r, FILM);
  });

  it('is over half a second after it stopped, and tells when', () => {
    const screen = new Screen();
    screen.play(20, () => pixels(FILM));
    assert.equal(screen.regions.calmInMs(screen.now), 500);
    assert.deepEqual(screen.wait(499), FILM);
    assert.equal(screen.regions.calmInMs(screen.now), 1);
    assert.equal(screen.wait(1), undefined);
    assert.equal(screen.regions.calmInMs(screen.now), undefined);
  });

  it('is over as well when only a control blinks in it', () => {
    const screen = new Screen();
    screen.play(20, () => pixels(FILM));
    const blink = { x: 120, y: 400, width: 20, height: 20 };
    assert.equal(screen.play(20, () => pixels(blink)).at(-1), undefined);
  });

  it('has to run again for a while after it stopped', () => {
    const screen = new Screen();
    screen.play(20, () => pixels(FILM));
    assert.equal(screen.wait(600), undefined);
    assertNoFilm(screen.play(5, () => pixels(FILM)));
  });

  it('grows when the film does', () => {
    const screen = new Screen();
    screen.play(20, () => pixels(FILM));
    const whole = { x: 0, y: 0, ...SCREEN };
    assert.deepEqual(screen.play(20, () => pixels(whole)).at(-1), whole);
  });

  it('is the larger one of two', () => {
    const second = { x: 1000, y: 400, width: 800, height: 600 };
    assert.deepEqual(new Screen().play(20, () => pixels(FILM, second)).at(-1), second);
  });

  it('is nowhere outside the picture', () => {
    const beyond = { x: 1500, y: 800, width: 2000, height: 2000 };
    const inside = { x: 1500, y: 800, width: 420, height: 280 };
    assert.deepEqual(new Screen().play(20, () => pixels(beyond)).at(-1), inside);
  });
});
