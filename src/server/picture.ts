/**
 * The picture that one viewer sees: the display's shadow, clipped or padded with black to the size that the viewer
 * knows (one without DesktopSize keeps its first size for ever, as in QEMU), or all black for one that may not look.
 */
import type { Encoder, PixelBlock } from '../codec/codec.ts';
import { emptyBlock } from '../codec/pixel-block.ts';
import { OPAQUE } from '../pixels/framebuffer.ts';
import { kernelSet } from '../pixels/kernels/kernels.ts';
import type { PixelTranslator } from '../pixels/translate.ts';
import { contains, intersect, isEmpty, type Rectangle } from '../rfb/rectangle.ts';
import type { PlacedPicture } from './placed-picture.ts';
import { tilesAcross } from './tile-map.ts';

/**
 * `r` of the picture as values of the viewer's format, where it stands if it needs no other: then it stays for as long as the
 * picture. `source` undefined: black.
 */
export function pixelBlock(
  source: PlacedPicture | undefined,
  r: Rectangle,
  translator: PixelTranslator,
): PixelBlock {
  const { width, height } = r;
  const whole = source !== undefined && contains(source.bounds, r);
  if (whole && translator.identity)
    return {
      width,
      height,
      address: source.addressOf(r.x, r.y),
      stride: source.stride,
      stays: true,
      solid: { address: source.solid, columns: tilesAcross(source.width), x: r.x, y: r.y },
    };
  const block = emptyBlock(width, height);
  if (!whole) {
    const start = block.address >>> 2;
    const black = translator.toValue(OPAQUE);
    kernelSet().memory.words.fill(black, start, start + width * height);
  }
  if (source === undefined) return block;
  const inside = intersect(source.bounds, r);
  if (isEmpty(inside)) return block;
  const from = { address: source.addressOf(inside.x, inside.y), stride: source.stride };
  const offset = (inside.y - r.y) * block.stride + 4 * (inside.x - r.x);
  const to = { address: block.address + offset, stride: block.stride };
  translator.translate(from, inside.width, inside.height, to);
  return block;
}

/** No rectangle is larger than this, so that a 4K frame in Raw is never in memory whole. */
const MAX_PIECE_PIXELS = 1024 * 1024;
/** Tiles of ZRLE and of Hextile: cuts on their grids cost no extra tiles. */
const GRIDS = [64, 16] as const;

/** Where an encoder makes as many rectangles as it likes, it is given so much at a time: half a full HD picture. */
const MAX_PARTS_PIXELS = 1024 * 1024;

/**
 * Cuts a rectangle into what an encoder that cuts itself takes at a time: bands as wide as the rectangle, at heights that
 * depend on nothing else, so that viewers that are sent the same columns can be sent the same bytes.
 */
export function cutForParts(r: Rectangle): Rectangle[] {
  const fitting = Math.floor(MAX_PARTS_PIXELS / r.width);
  const rows = Math.max(GRIDS[0], fitting - (fitting % GRIDS[0]));
  const bands: Rectangle[] = [];
  const end = r.y + r.height;
  for (let y = r.y, next: number; y < end; y = next) {
    next = Math.min(y - (y % rows) + rows, end);
    bands.push({ ...r, y, height: next - y });
  }
  return bands;
}

/** Cuts a rectangle into pieces that an encoder takes, row by row of pieces. */
export function cutRectangle(
  r: Rectangle,
  encoder: Pick<Encoder, 'maxWidth' | 'maxHeight' | 'maxArea'>,
): Rectangle[] {
  const maxArea = Math.min(encoder.maxArea, MAX_PIECE_PIXELS);
  const columns = Math.min(r.width, encoder.maxWidth, maxArea);
  const fitting = Math.min(
    Math.max(1, Math.floor(maxArea / columns)),
    encoder.maxHeight ?? Number.POSITIVE_INFINITY,
  );
  const grid = GRIDS.find((each) => each <= fitting) ?? 1;
  const rows = fitting - (fitting % grid);
  const pieces: Rectangle[] = [];
  for (let y = 0; y < r.height; y += rows) {
    for (let x = 0; x < r.width; x += columns) {
      pieces.push({
        x: r.x + x,
        y: r.y + y,
        width: Math.min(columns, r.width - x),
        height: Math.min(rows, r.height - y),
      });
    }
  }
  return pieces;
}
