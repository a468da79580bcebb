/**
 * The screen as a model knows it: by the last picture that it was given, in whose pixels it points. Connects again when the
 * session has ended. Used by the tools.
 */
import { encodePng } from '../../client/automation/picture-file.ts';
import { screenshot, type Picture } from '../../client/automation/screenshot.ts';
import type { Point } from '../../client/automation/pointer.ts';
import type { VncClient } from '../../client/client.ts';
import { Framebuffer } from '../../pixels/framebuffer.ts';
import type { Rectangle } from '../../rfb/rectangle.ts';
import { pictureScale, shrink, toPicture, toScreen, type PictureScale } from './picture-scale.ts';
import { text, ToolFault, type Content } from './tool.ts';

export interface ScreenViewOptions {
  readonly connect: () => Promise<VncClient>;
  /** Of pictures, pixels. */
  readonly maxSide: number;
  /** Told of sessions that begin and end. */
  readonly log: (line: string) => void;
}

const LOOK_AGAIN = 'Take a screenshot, and point into that picture.';

export class ScreenView {
  readonly #options: ScreenViewOptions;
  #session: Promise<VncClient> | undefined;
  #last: { readonly picture: Picture; readonly scale: PictureScale } | undefined;
  /** Where these tools have left the pointer, on the screen: RFB does not tell where others have. */
  #pointer: Point | undefined;
  #input: Promise<unknown> = Promise.resolve();

  constructor(options: ScreenViewOptions) {
    this.#options = options;
  }

  /** Rejects as connecting does. */
  client(): Promise<VncClient> {
    this.#session ??= this.#connect();
    return this.#session;
  }

  async close(): Promise<void> {
    const client = await this.#session?.catch(() => undefined);
    await client?.close();
  }

  /** One after the other, since two hands on one keyboard only disturb each other. */
  input<T>(work: (client: VncClient) => Promise<T>): Promise<T> {
    const done = this.#input.then(async () => work(await this.client()));
    this.#input = done.catch(() => undefined);
    return done;
  }

  /** The whole screen as it is now, the pointer drawn in. From now on coordinates are those of this picture. */
  async picture(signal: AbortSignal): Promise<Content[]> {
    const client = await this.client();
    await screenshot(client, { signal });
    // Of one moment, both: the one to compare with has no pointer in it.
    const [plain, shown] = await Promise.all([
      screenshot(client, { fresh: false }),
      screenshot(client, { fresh: false, ...this.#cursor() }),
    ]);
    const scale = pictureScale(plain, this.#options.maxSide);
    this.#last = { picture: plain, scale };
    const { width, height, screenWidth, screenHeight } = scale;
    const shrunk = width === screenWidth ? '' : ` (the screen has ${screenWidth}x${screenHeight})`;
    return [
      imageOf(shrink(shown, width, height)),
      text(
        `${width}x${height}${shrunk}. Coordinates are pixels of this picture, from 0,0 at the top left.`,
      ),
    ];
  }

  /** A part of the last picture as it is now, as large as the screen has it. Coordinates stay those of the whole. */
  async closeUp(part: Rectangle, signal: AbortSignal): Promise<Content[]> {
    const client = await this.client();
    const region = this.region(client, part);
    const picture = await screenshot(client, { signal, region, ...this.#cursor() });
    const { width, height } = pictureScale(picture, this.#options.maxSide);
    return [
      imageOf(shrink(picture, width, height)),
      text(
        `A closer look at ${part.width}x${part.height} at ${part.x},${part.y}. Coordinates of other tools are still those of the whole screen's last picture.`,
      ),
    ];
  }

  /** What the model saw last of this part of the screen, if the screen is still of that size. */
  seen(client: VncClient, region: Rectangle | undefined): Picture | undefined {
    if (this.#last === undefined) return undefined;
    const { width, height, pixels } = this.#last.picture;
    if (region === undefined) return this.#last.picture;
    if (width !== client.framebuffer.width || height !== client.framebuffer.height)
      return undefined;
    const part = new Framebuffer(width, height, pixels).get(region);
    return { width: region.width, height: region.height, pixels: part };
  }

  /** The place on the screen. Throws ToolFault when it is not in the picture, or the screen is not as it was. */
  place(client: VncClient, point: Point): Point {
    const scale = this.#scale(client);
    if (!(point.x < scale.width && point.y < scale.height))
      throw new ToolFault(
        `${point.x},${point.y} is outside of the picture of ${scale.width}x${scale.height}`,
        LOOK_AGAIN,
      );
    return toScreen(scale, point);
  }

  /** The part of the screen. Throws ToolFault likewise. */
  region(client: VncClient, part: Rectangle): Rectangle {
    const { x, y, width, height } = part;
    const scale = this.#scale(client);
    this.place(client, { x: x + width - 1, y: y + height - 1 });
    const [factorX, factorY] = [scale.screenWidth / scale.width, scale.screenHeight / scale.height];
    const [left, top] = [Math.floor(x * factorX), Math.floor(y * factorY)];
    return {
      x: left,
      y: top,
      width: Math.min(scale.screenWidth, Math.ceil((x + width) * factorX)) - left,
      height: Math.min(scale.screenHeight, Math.ceil((y + height) * factorY)) - top,
    };
  }

  /** Remembers where the pointer was left, on the screen. */
  left(at: Point): void {
    this.#pointer = at;
  }

  /** In the last picture. */
  pointer(client: VncClient): Point | undefined {
    return this.#pointer === undefined ? undefined : toPicture(this.#scale(client), this.#pointer);
  }

  #scale({ framebuffer }: VncClient): PictureScale {
    const now = pictureScale(framebuffer, this.#options.maxSide);
    const { scale = now } = this.#last ?? {};
    if (scale.screenWidth !== now.screenWidth || scale.screenHeight !== now.screenHeight)
      throw new ToolFault(
        `the screen has ${now.screenWidth}x${now.screenHeight} now, and had ${scale.screenWidth}x${scale.screenHeight} in its last picture`,
        LOOK_AGAIN,
      );
    return scale;
  }

  #cursor(): { readonly cursor?: Point } {
    return this.#pointer === undefined ? {} : { cursor: this.#pointer };
  }

  async #connect(): Promise<VncClient> {
    try {
      const client = await this.#options.connect();
      const { name, security } = client;
      this.#options.log(`viewing ${JSON.stringify(name)} over ${security.name}`);
      this.#pointer = undefined;
      void client.closed.then((reason) => {
        this.#session = undefined;
        this.#options.log(`the session has ended: ${reason.message}`);
      });
      return client;
    } catch (error) {
      this.#session = undefined;
      throw error;
    }
  }
}

const imageOf = (picture: Picture): Content => ({
  type: 'image',
  data: Buffer.from(encodePng(picture)).toString('base64'),
  mimeType: 'image/png',
});
