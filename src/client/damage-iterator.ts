/** A session's updates for `for await`: what changed since the loop last looked, merged while it is busy, never queued. */
import type { Emitter } from '../core/emitter.ts';
import type { VncError } from '../core/errors.ts';
import { Region } from '../pixels/region.ts';
import type { Rectangle } from '../rfb/rectangle.ts';
import type { ClientEvents } from './client.ts';

export interface DamageSource {
  readonly events: Emitter<ClientEvents>;
  /** The reason once the session is over. */
  readonly over: () => VncError | undefined;
  /** The program closed it: the loop then simply ends. */
  readonly closedHere: () => boolean;
}

/** Listens from the first `next` on. Throws the reason when the session ends by anything but the program's own close. */
export async function* damageIterator(
  source: DamageSource,
): AsyncGenerator<readonly Rectangle[], void, void> {
  const { events } = source;
  const damage = new Region();
  let wake: () => void = () => undefined;
  const subscriptions = [
    events.on('damage', (rectangles) => {
      for (const r of rectangles) damage.add(r);
      wake();
    }),
    // Another framebuffer: it comes whole, and what was of the old one means nothing.
    events.on('resize', () => damage.clear()),
    events.on('closed', () => wake()),
  ];
  try {
    for (;;) {
      const { rectangles } = damage;
      if (rectangles.length > 0) {
        damage.clear();
        yield rectangles;
        continue;
      }
      const reason = source.over();
      if (reason !== undefined) {
        if (source.closedHere()) return;
        throw reason;
      }
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
  } finally {
    for (const unsubscribe of subscriptions) unsubscribe();
  }
}
