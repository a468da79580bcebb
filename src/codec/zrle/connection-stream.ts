/** The zlib streams that ZRLE and ZYWRLE have in common on a connection, one each way: most programs know only one such stream. */
import { createInflater, type Inflater } from '../inflate-stream.ts';
import { createDeflater, type Deflater } from '../zlib-stream.ts';

const inflaters = new WeakMap<object, Inflater>();
const deflaters = new WeakMap<object, Deflater>();

/** Without a connection: a new one. */
export function inflaterOf(connection: object | undefined): Inflater {
  const known = connection && inflaters.get(connection);
  if (known !== undefined) return known;
  const inflater = createInflater();
  if (connection !== undefined) inflaters.set(connection, inflater);
  return inflater;
}

/** The level is that of who comes first. Without a connection: a new one. */
export function deflaterOf(connection: object | undefined, level: number): Deflater {
  const known = connection && deflaters.get(connection);
  if (known !== undefined) return known;
  const deflater = createDeflater(level);
  if (connection !== undefined) deflaters.set(connection, deflater);
  return deflater;
}
