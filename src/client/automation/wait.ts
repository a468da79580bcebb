/** Waiting for the screen: until it changes, until it is still, until it shows a picture. */
import type { Framebuffer } from '../../pixels/framebuffer.ts';
import { hashPicture, type PictureHash } from './picture-hash.ts';
import { TimeoutError } from '../../core/errors.ts';
import type { Rectangle } from '../../rfb/rectangle.ts';
import type { VncClient } from '../client.ts';
import { difference } from './compare.ts';
import { checkRegion, screenshot, type Picture } from './screenshot.ts';
import { DEFAULT_TIMEOUT_MS, waitFor, type WaitLimits } from './wait-for.ts';

/** What waiting for a change takes. */
export interface WaitForChangeOptions extends WaitLimits {
  /** Default: the whole screen. */
  readonly region?: Rectangle;
  /**
   * A screenshot of the same region, taken before what should change it was done, so that a change is seen however fast it
   * comes. Default: what the client has at the call.
   */
  readonly since?: Picture;
}

/** Resolves once a pixel is another one, or the screen has another size. That a server draws the same again is no change. */
export async function waitForChange(
  client: VncClient,
  options: WaitForChangeOptions = {},
): Promise<void> {
  const { region, since, ...limits } = options;
  const before = since ?? (await screenshot(client, { fresh: false, ...inRegion(region) }));
  const area = region ?? client.framebuffer.bounds;
  if (area.width !== before.width || area.height !== before.height) return undefined;
  return waitFor(client, 'a change on the screen', limits, (resolve) => {
    const look = (): void => {
      if (!shows(client, area, before)) resolve();
    };
    const offs = [client.events.on('damage', look), client.events.on('resize', () => resolve())];
    look();
    return () => offs.forEach((off) => off());
  });
}

/** What waiting for stillness takes. */
export interface WaitForStableOptions extends WaitLimits {
  /** How long nothing may change, milliseconds. */
  readonly stableMs: number;
  /** Default: the whole screen. A clock or a blinking cursor elsewhere then does not matter. */
  readonly region?: Rectangle;
}

/** Resolves with the picture that has not changed for `stableMs`. Starts with a fresh one. */
export async function waitForStable(
  client: VncClient,
  options: WaitForStableOptions,
): Promise<Picture> {
  const { stableMs, region, ...limits } = options;
  let current = await screenshot(client, { ...limits, ...inRegion(region) });
  return waitFor(client, 'a screen without changes', limits, (resolve, reject) => {
    let timer: TimerHandle | undefined;
    const restart = (): void => {
      clearTimeout(timer);
      timer = setTimeout(() => resolve(current), stableMs);
    };
    const look = async (): Promise<void> => {
      const area = region ?? client.framebuffer.bounds;
      const isSame = area.width === current.width && area.height === current.height;
      if (isSame && shows(client, area, current)) return;
      restart();
      // Of what the client has: made before anything is awaited.
      current = await screenshot(client, { fresh: false, ...inRegion(region) });
    };
    const watch = (): void => void look().catch(reject);
    const offs = [client.events.on('damage', watch), client.events.on('resize', watch)];
    restart();
    return () => {
      clearTimeout(timer);
      offs.forEach((off) => off());
    };
  });
}

/** What waiting for a picture takes. */
export interface WaitForRegionOptions extends WaitLimits {
  /** Where the picture should be. Default 0, 0. */
  readonly x?: number;
  readonly y?: number;
  /** The difference that is allowed, 0 to 255 (root mean square over the colours). Default 0: exactly the picture. */
  readonly tolerance?: number;
}

/**
 * Resolves with the difference once the screen shows the picture there, or one with that hash (then the difference is 0, or
 * all that there can be). Transparent pixels of a picture match anything. Starts with a fresh picture. Its TimeoutError says how near the screen came last.
 */
export async function waitForRegion(
  client: VncClient,
  picture: Picture | PictureHash,
  options: WaitForRegionOptions = {},
): Promise<number> {
  const { x = 0, y = 0, tolerance = 0, ...limits } = options;
  const { timeoutMs = DEFAULT_TIMEOUT_MS } = limits;
  const region = { x, y, width: picture.width, height: picture.height };
  await screenshot(client, { ...limits, region });
  let apart = Number.POSITIVE_INFINITY;
  try {
    return await waitFor(client, 'the picture', limits, (resolve, reject) => {
      const look = (): void => {
        try {
          checkRegion(client.framebuffer, region);
          apart = apartFrom(client.framebuffer, picture, region);
          if (apart <= tolerance) resolve(apart);
        } catch (error) {
          reject(error);
        }
      };
      const off = client.events.on('damage', look);
      look();
      return off;
    });
  } catch (error) {
    if (!(error instanceof TimeoutError)) throw error;
    const what = `the picture at ${x},${y} (it differs by ${apart.toFixed(2)}, allowed ${tolerance})`;
    throw new TimeoutError(what, timeoutMs, { phase: 'session', cause: error });
  }
}

/** A hash tells only whether it is the same. */
function apartFrom(screen: Framebuffer, wanted: Picture | PictureHash, region: Rectangle): number {
  if ('pixels' in wanted) return difference(screen, wanted, region.x, region.y);
  const { width, height } = region;
  return hashPicture({ width, height, pixels: screen.get(region) }).hash === wanted.hash ? 0 : 255;
}

const inRegion = (region: Rectangle | undefined) => (region === undefined ? {} : { region });

/** Whether exactly this picture is there. */
function shows({ framebuffer }: VncClient, area: Rectangle, picture: Picture): boolean {
  const { bounds } = framebuffer;
  const isOn = area.x + area.width <= bounds.width && area.y + area.height <= bounds.height;
  return isOn && difference(framebuffer, picture, area.x, area.y) === 0;
}
