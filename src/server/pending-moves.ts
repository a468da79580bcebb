/**
 * What moved on the display and is yet to be told to one viewer, as CopyRect: in front of the pixels of its next update.
 *
 * INVARIANT: let V be the picture that the viewer will have once it has all that was written, and the rest of the update that
 * is being written. Doing the pending moves to V, in their order, gives the shadow, but for the viewer's damage. So a move
 * is taken only as far as its source is neither damaged nor in the rest of the update under way, which will be encoded from
 * a later shadow; the rest of its target becomes damage, and what it does bring is damage no more. Moves that cannot be
 * sent after all are forgotten by damaging their targets.
 */
import { Region } from '../pixels/region.ts';
import { area, contains, intersect, isEmpty, type Rectangle } from '../rfb/rectangle.ts';
import { inMovingOrder, partOf, sourceOf, type Move } from './move.ts';

/** A viewer so far behind is better served with pixels. */
const MAX_PENDING = 32;
/** Into more parts no move is cut. */
const MAX_PARTS = 8;
/** Where so much of the source is not what it was, little would be left. */
const MAX_DIRTY = 64;

export class PendingMoves {
  readonly #damage: Region;
  #moves: Move[] = [];

  /** With the damage of the same viewer. */
  constructor(damage: Region) {
    this.#damage = damage;
  }

  /** The shadow did a move. `known`: what viewer and shadow both have; `unsent`: of the update that is being written. */
  add(move: Move, known: Rectangle, unsent: readonly Rectangle[]): void {
    const target = intersect(move.to, known);
    const parts = this.#movable(move, target, known, unsent);
    const rest = new Region(Number.MAX_SAFE_INTEGER);
    rest.add(target);
    for (const { to } of parts) {
      rest.subtract(to);
      this.#damage.subtract(to);
    }
    for (const r of rest.rectangles) this.#damage.add(r);
    this.#moves.push(...parts);
  }

  /** Whether one of them ends where the viewer wants to know of changes. */
  isDue(wanted: readonly Rectangle[]): boolean {
    return this.#moves.some(({ to }) => wanted.some((r) => !isEmpty(intersect(r, to))));
  }

  /** All, to be written now. None when one ends elsewhere: then all is damage. */
  take(wanted: readonly Rectangle[]): Move[] {
    const isWanted = ({ to }: Move): boolean => wanted.some((r) => contains(r, to));
    if (!this.#moves.every(isWanted)) this.forget();
    const taken = this.#moves;
    this.#moves = [];
    return taken;
  }

  /** What moved is sent as pixels instead. */
  forget(): void {
    for (const { to } of this.#moves) this.#damage.add(to);
    this.#moves = [];
  }

  /** The parts of a move whose source the viewer has, the largest ones. */
  #movable(
    move: Move,
    target: Rectangle,
    known: Rectangle,
    unsent: readonly Rectangle[],
  ): readonly Move[] {
    if (isEmpty(target)) return [];
    const source = intersect(sourceOf(partOf(move, target)), known);
    const dirty = this.#damage.intersected(source);
    for (const r of unsent) if (!isEmpty(intersect(r, source))) dirty.push(r);
    if (dirty.length > MAX_DIRTY) return [];
    const clean = new Region(Number.MAX_SAFE_INTEGER);
    clean.add(source);
    for (const r of dirty) clean.subtract(r);
    const [dx, dy] = [move.to.x - move.from.x, move.to.y - move.from.y];
    const parts = Array.from(clean.rectangles)
      .sort((a, b) => area(b) - area(a))
      .slice(0, Math.min(MAX_PARTS, MAX_PENDING - this.#moves.length))
      .map((r) => ({ from: { x: r.x, y: r.y }, to: { ...r, x: r.x + dx, y: r.y + dy } }));
    return inMovingOrder(parts);
  }
}
