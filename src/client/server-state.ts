/** What a server has said so far, as one record: the update receiver writes it, the session shows it. */
import type { CursorImage } from '../pixels/cursor-image.ts';
import type { Framebuffer } from '../pixels/framebuffer.ts';
import type { ServerInit } from '../rfb/messages/init.ts';
import { singleScreen, type Screen } from '../rfb/screen.ts';

export interface ServerState {
  name: string;
  framebuffer: Framebuffer;
  screens: readonly Screen[];
  /** Undefined until the server sent a shape: it draws the pointer into the picture, or cannot say. */
  cursor: CursorImage | undefined;
  pointerMode: 'absolute' | 'relative';
  /** Bits of Led; undefined until the server told. */
  leds: number | undefined;
  /** An ExtendedDesktopSize has come: SetDesktopSize is understood. */
  resizable: boolean;
  /** QemuExtendedKeyEvent was acknowledged: scan codes are understood. */
  extendedKeys: boolean;
  /** ExtendedMouseButtons was acknowledged: back and forward are understood. */
  moreButtons: boolean;
}

/** `init` was checked against the limits when it was received. */
export const initialState = (
  init: ServerInit,
  createFramebuffer: (width: number, height: number) => Framebuffer,
): ServerState => ({
  name: init.name,
  framebuffer: createFramebuffer(init.width, init.height),
  screens: singleScreen(init.width, init.height),
  cursor: undefined,
  pointerMode: 'absolute',
  leds: undefined,
  resizable: false,
  extendedKeys: false,
  moreButtons: false,
});
