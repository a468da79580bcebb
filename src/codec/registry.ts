/** Every encoding that is spoken, in the order in which a client asks for them: the first that the server knows is used. */
import type { Codec } from './codec.ts';
import { corre } from './corre/corre.ts';
import { copyRect } from './copy-rect/copy-rect.ts';
import { hextile } from './hextile/hextile.ts';
import { raw } from './raw/raw.ts';
import { rre } from './rre/rre.ts';
import { tightPng } from './tight-png/tight-png.ts';
import { tight } from './tight/tight.ts';
import { trle } from './trle/trle.ts';
import { zlib } from './zlib/zlib.ts';
import { zrle } from './zrle/zrle.ts';
import { zywrle } from './zywrle/zywrle.ts';

/** All of them, best first. */
export const codecs: readonly Codec[] = [
  tight,
  zrle,
  zywrle,
  trle,
  hextile,
  zlib,
  tightPng,
  copyRect,
  rre,
  corre,
  raw,
];

const byEncoding = new Map(codecs.map((codec) => [codec.encoding, codec]));

/** The codec of a rectangle header's encoding; undefined when it is not spoken. */
export const findCodec = (encoding: number): Codec | undefined => byEncoding.get(encoding);
