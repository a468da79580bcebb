/** A display that plays a corpus to and fro: each frame's damage is the same in both directions. */
import { Emitter } from '../../src/core/emitter.ts';
import { Framebuffer } from '../../src/pixels/framebuffer.ts';
import { singleScreen } from '../../src/rfb/screen.ts';
import type { Display, DisplayEvents } from '../../src/server/display.ts';
import { readFrames, readPlan } from './corpora.ts';

export interface PlayOptions {
  readonly frames: string;
  readonly plan: string;
  readonly width: number;
  readonly height: number;
  readonly framesPerSecond: number;
}

export function playingDisplay(options: PlayOptions): Display {
  const { width, height } = options;
  const frames = readFrames(options.frames, width, height);
  const updates = readPlan(options.plan);
  const framebuffer = new Framebuffer(width, height);
  framebuffer.pixels.set(frames[updates[0]!.frame]!);
  const events = new Emitter<DisplayEvents>();
  let at = 0;
  let step = 1;
  const timer = setInterval(() => {
    if (at + step < 0 || at + step >= updates.length) step = -step;
    // Between the frames k - 1 and k lies the damage of update k.
    const between = updates[step > 0 ? at + 1 : at]!;
    at += step;
    framebuffer.pixels.set(frames[updates[at]!.frame]!);
    events.emit('damage', between.damage);
  }, 1000 / options.framesPerSecond);
  return {
    events,
    name: 'bench',
    framebuffer,
    screens: singleScreen(width, height),
    cursor: undefined,
    pointerMode: 'absolute',
    leds: undefined,
    key: () => undefined,
    pointer: () => undefined,
    clipboard: () => undefined,
    close: async () => clearInterval(timer),
  };
}
