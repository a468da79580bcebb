/**
 * Our encoders as the server drives them, for one viewer without a network. The one file that knows how the server makes an
 * update: whatever the benchmarks of encoders measure as ours goes through it.
 */
import { availableParallelism } from 'node:os';
import { codecs } from '../../src/codec/registry.ts';
import { defaultLimits } from '../../src/core/limits.ts';
import { Emitter } from '../../src/core/emitter.ts';
import type { EncodePool } from '../../src/server/encode-pool.ts';
import { loadJpegEncoder } from '../../src/node/jpeg.ts';
import type { Framebuffer } from '../../src/pixels/framebuffer.ts';
import { Encoding } from '../../src/rfb/constants.ts';
import type { Rectangle } from '../../src/rfb/rectangle.ts';
import { singleScreen } from '../../src/rfb/screen.ts';
import { allRights } from '../../src/security/identity.ts';
import type { Display, DisplayEvents } from '../../src/server/display.ts';
import { Shadow } from '../../src/server/shadow.ts';
import { ViewerUpdates } from '../../src/server/viewer-updates.ts';
import { ByteWriter } from '../../src/wire/byte-writer.ts';

/** An encoding and what a viewer says with it. */
export interface EncoderSettings {
  /** `Tight`, `ZRLE`. */
  readonly encoding: string;
  /** 0..9, or undefined: not named. */
  readonly level: number | undefined;
  /** JPEG quality 0..9, or undefined: without loss. */
  readonly quality: number | undefined;
  /** The viewer knows CopyRect, so that moves may be found and sent as such. */
  readonly copyRect: boolean;
  /** With the threads of a worker pool. */
  readonly pool: boolean;
}

export interface OurEncoder {
  /** Finds what has changed in the framebuffer, and moved if the viewer knows CopyRect, where `damage` says that it may have. */
  readonly find: (damage: readonly Rectangle[]) => Promise<void> | undefined;
  /** The FramebufferUpdate for what was found: valid until the next. */
  readonly update: () => Uint8Array | Promise<Uint8Array>;
  readonly close: () => void;
}

/** The server can spread one viewer's update over threads. */
export const havePool: boolean = availableParallelism() > 1;

/** `pool`: whose threads help; a server has one for all of its viewers. */
export async function createOurEncoder(
  framebuffer: Framebuffer,
  settings: Omit<EncoderSettings, 'pool'>,
  pool?: EncodePool,
): Promise<OurEncoder> {
  const { width, height } = framebuffer;
  const display = still(framebuffer);
  const shadow = new Shadow(display);
  const jpeg = await loadJpegEncoder();
  const updates = new ViewerUpdates({
    display,
    shadow,
    ...(jpeg === undefined ? {} : { jpeg }),
    ...(pool === undefined ? {} : { pool }),
    limits: defaultLimits,
    codecs,
    rights: allRights,
    width,
    height,
  });
  updates.setEncodings([
    Encoding[settings.encoding as 'Tight'],
    ...(settings.copyRect ? [Encoding.CopyRect] : []),
    Encoding.LastRect,
    ...(settings.level === undefined ? [] : [Encoding.CompressionLevel0 + settings.level]),
    ...(settings.quality === undefined ? [] : [Encoding.JpegQualityLevel0 + settings.quality]),
  ]);
  const leave = shadow.join({
    takesMoves: updates.takesMoves,
    published: (change) => updates.published(change),
    stale: () => undefined,
  });
  const writer = new ByteWriter();
  const everything = { type: 'FramebufferUpdateRequest', x: 0, y: 0, width, height } as const;
  const writeWaiting = async (): Promise<Uint8Array> => {
    for (const ready of updates.write(writer)) if (ready !== undefined) await ready;
    return writer.written();
  };
  return {
    find: (damage) => {
      display.events.emit('damage', damage);
      // The whole screen is to be sent whole, whatever of it is the same as before.
      const whole = damage.some((r) => r.width === width && r.height === height);
      updates.request({ ...everything, incremental: !whole });
      return shadow.refresh();
    },
    update: () => {
      writer.truncate(0);
      if (pool !== undefined) return writeWaiting();
      for (const _ of updates.write(writer));
      return writer.written();
    },
    close: () => {
      updates.leave();
      leave();
    },
  };
}

function still(framebuffer: Framebuffer): Display {
  return {
    events: new Emitter<DisplayEvents>(),
    name: 'bench',
    framebuffer,
    screens: singleScreen(framebuffer.width, framebuffer.height),
    cursor: undefined,
    pointerMode: 'absolute',
    leds: undefined,
    key: () => undefined,
    pointer: () => undefined,
    clipboard: () => undefined,
    close: () => Promise.resolve(),
  };
}
