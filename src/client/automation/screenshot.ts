/**
 * Pictures of the screen to keep: of one moment, and a copy. Used by the library, `sallyport shot` and `sallyport
 * expect`.
 */
import type { CursorImage } from '../../pixels/cursor-image.ts';
import { OPAQUE, type Framebuffer } from '../../pixels/framebuffer.ts';
import { Region } from '../../pixels/region.ts';
import { contains, describeRectangle, isEmpty, type Rectangle } from '../../rfb/rectangle.ts';
import type { VncClient } from '../client.ts';
import { encodePng } from './picture-file.ts';
import { checkScale, scalePicture } from './scale.ts';
import { DEFAULT_TIMEOUT_MS, waitFor, type WaitLimits } from './wait-for.ts';

/** A picture that nobody else changes: words 0xAARRGGBB, row by row. What was on a screen is opaque. */
export interface Picture {
  /** Pixels. */
  readonly width: number;
  readonly height: number;
  /** width * height words. */
  readonly pixels: Uint32Array;
}

/** What a screenshot takes. */
export interface ScreenshotOptions extends WaitLimits {
  /**
   * Default true: the server sends all of it again, and the picture is of what arrived after the call; from servers that
   * know fences, of what was on the screen after the call. False: what the client has, at once.
   */
  readonly fresh?: boolean;
  /** Default: the whole screen. */
  readonly region?: Rectangle;
  /** Draws the pointer's shape, if the server sent one, pointing there on the screen: RFB does not tell where it is. */
  readonly cursor?: { readonly x: number; readonly y: number };
  /** `pixels` (default): a Picture. `png`: a PNG file of it, opaque. */
  readonly format?: 'pixels' | 'png';
  /** Above 0, up to 1 (default): both sides times this. New pixels are the mean of those that they cover. */
  readonly scale?: number;
}

/** Servers answer in many updates if they like; each pixel that is still to come is known. */
const MISSING_RECTANGLES = 1024;

/**
 * Lossless only if no JPEG was permitted (`connect` with `jpeg: false`). Rejects with RangeError when the region is not on
 * the screen or `scale` is none, and with TimeoutError when the server does not send it.
 */
export function screenshot(
  client: VncClient,
  options: ScreenshotOptions & { readonly format: 'png' },
): Promise<Uint8Array>;
/** As a Picture. */
export function screenshot(
  client: VncClient,
  options?: ScreenshotOptions & { readonly format?: 'pixels' },
): Promise<Picture>;
export async function screenshot(
  client: VncClient,
  options: ScreenshotOptions = {},
): Promise<Picture | Uint8Array> {
  const { scale = 1, format = 'pixels', ...rest } = options;
  checkScale(scale);
  const picture = scalePicture(await take(client, rest), scale);
  return format === 'png' ? encodePng(picture) : picture;
}

async function take(
  client: VncClient,
  options: Omit<ScreenshotOptions, 'scale' | 'format'>,
): Promise<Picture> {
  const { fresh = true, region, cursor, ...limits } = options;
  checkRegion(client.framebuffer, region);
  if (!fresh) return copy(client, region, cursor);
  return waitFor(
    client,
    `a fresh picture of ${region === undefined ? 'the screen' : describeRectangle(region)}`,
    { timeoutMs: DEFAULT_TIMEOUT_MS, ...limits },
    (resolve, reject) => {
      let stop = (): void => undefined;
      let isOver = false;
      const start = (): void => {
        if (isOver) return;
        stop = untilAllCame(client, region, reject, () => resolve(copy(client, region, cursor)));
        // The region may have left the screen meanwhile.
        if (isOver) stop();
      };
      // What a server pushes of itself may be older than this call: behind its answer nothing is. Its rejection is the
      // session's end, as the wait's own.
      client.sync().then(start, () => undefined);
      return () => {
        isOver = true;
        stop();
      };
    },
  );
}

/** Asks for all of it, again after a change of size, and calls `done` inside the event that brought the last pixel. */
function untilAllCame(
  client: VncClient,
  region: Rectangle | undefined,
  failed: (error: unknown) => void,
  done: () => void,
): () => void {
  const missing = new Region(MISSING_RECTANGLES);
  const ask = (): void => {
    try {
      checkRegion(client.framebuffer, region);
    } catch (error) {
      failed(error);
      return;
    }
    missing.clear();
    missing.add(region ?? client.framebuffer.bounds);
    // Its promise settles with any pixels at all, and rejects with the session, as the wait itself does.
    client.refresh(false, region).catch(() => undefined);
  };
  // Inside the event, so that no later update can mix in.
  const offDamage = client.events.on('damage', (rectangles) => {
    for (const rectangle of rectangles) missing.subtract(rectangle);
    if (missing.isEmpty) done();
  });
  const offResize = client.events.on('resize', ask);
  ask();
  return () => {
    offDamage();
    offResize();
  };
}

/** Throws RangeError for a region that is empty or not on the screen. */
export function checkRegion(framebuffer: Framebuffer, region: Rectangle | undefined): void {
  if (region === undefined) return;
  const whole = [region.x, region.y, region.width, region.height].every(Number.isInteger);
  if (whole && !isEmpty(region) && contains(framebuffer.bounds, region)) return;
  throw new RangeError(
    `region of ${describeRectangle(region)} is not on a screen of ${framebuffer.width}x${framebuffer.height}`,
  );
}

function copy(
  { framebuffer, cursor }: VncClient,
  region: Rectangle = framebuffer.bounds,
  at?: ScreenshotOptions['cursor'],
): Picture {
  const { width, height } = region;
  const pixels = framebuffer.get(region);
  // Decoders leave what they like in the byte that nobody looks at.
  for (let i = 0; i < pixels.length; i++) pixels[i] = (pixels[i]! | OPAQUE) >>> 0;
  const picture = { width, height, pixels };
  if (at !== undefined && cursor !== undefined)
    drawCursor(picture, cursor, at.x - cursor.hotX - region.x, at.y - cursor.hotY - region.y);
  return picture;
}

/** The part of it that lies in the picture, blended. */
function drawCursor(picture: Picture, cursor: CursorImage, left: number, top: number): void {
  for (let row = 0; row < cursor.height; row++) {
    for (let column = 0; column < cursor.width; column++) {
      const [x, y] = [left + column, top + row];
      if (x < 0 || y < 0 || x >= picture.width || y >= picture.height) continue;
      const at = y * picture.width + x;
      picture.pixels[at] = blend(cursor.pixels[row * cursor.width + column]!, picture.pixels[at]!);
    }
  }
}

function blend(over: number, under: number): number {
  const alpha = over >>> 24;
  const channel = (shift: number): number => {
    const [a, b] = [(over >>> shift) & 0xff, (under >>> shift) & 0xff];
    return Math.round((a * alpha + b * (255 - alpha)) / 255) << shift;
  };
  return (OPAQUE | channel(16) | channel(8) | channel(0)) >>> 0;
}
