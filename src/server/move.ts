/** Parts of a picture that moved: found by move-detection.ts, told to viewers as CopyRect by pending-moves.ts. */
import { intersect, isEmpty, type Rectangle } from '../rfb/rectangle.ts';

/** What stood at `from` (the top left corner) before stands at `to` now. The two may overlap. */
export interface Move {
  readonly from: { readonly x: number; readonly y: number };
  readonly to: Rectangle;
}

export const sourceOf = ({ from, to }: Move): Rectangle => ({ ...to, x: from.x, y: from.y });

/** The part of a move that ends inside `to`, which lies in its target. */
export const partOf = (move: Move, to: Rectangle): Move => ({
  from: { x: move.from.x + to.x - move.to.x, y: move.from.y + to.y - move.to.y },
  to,
});

/**
 * Parts of one motion, in an order in which none overwrites what another has yet to read. There is one, whatever the
 * motion, as the parts are disjoint: of rectangles that go the same way one is always in front.
 */
export function inMovingOrder(parts: readonly Move[]): Move[] {
  const left = Array.from(parts);
  const ordered: Move[] = [];
  while (left.length > 0) {
    const next = left.findIndex(({ to }) =>
      left.every((other) => other.to === to || isEmpty(intersect(sourceOf(other), to))),
    );
    ordered.push(...left.splice(Math.max(0, next), 1));
  }
  return ordered;
}
