/** A picture that never changes, and nobody at its keyboard: what is measured is the server. */
import { Emitter } from '../../src/core/emitter.ts';
import { Framebuffer } from '../../src/pixels/framebuffer.ts';
import { singleScreen } from '../../src/rfb/screen.ts';
import type { Display, DisplayEvents } from '../../src/server/display.ts';

export function staticDisplay(): Display {
  const framebuffer = new Framebuffer(1024, 768);
  for (let i = 0; i < framebuffer.pixels.length; i++)
    framebuffer.pixels[i] = (0xff000000 | (((i >> 4) % 97) * 0x20503)) >>> 0;
  return {
    events: new Emitter<DisplayEvents>(),
    name: 'bench',
    framebuffer,
    screens: singleScreen(1024, 768),
    cursor: undefined,
    pointerMode: 'absolute',
    leds: undefined,
    key: () => undefined,
    pointer: () => undefined,
    clipboard: () => undefined,
    close: () => Promise.resolve(),
  };
}
