/** All kernels in plain TypeScript: what they mean, and what runs where WebAssembly with SIMD is missing. */
import type { Kernels } from '../kernel-interface.ts';
import type { KernelMemory } from '../memory.ts';
import { adlerKernels } from './adler.ts';
import { bytesKernels } from './bytes.ts';
import { changeKernels } from './changes.ts';
import { compareKernels } from './compare.ts';
import { crcKernels } from './crc.ts';
import { deflateKernels } from './deflate.ts';
import { featureKernels } from './features.ts';
import { filterKernels } from './filter.ts';
import { packKernels } from './pack.ts';
import { paletteKernels } from './palette.ts';
import { pngKernels } from './png.ts';
import { runKernels } from './runs.ts';
import { surveyKernels } from './survey.ts';
import { hextileKernels } from './hextile.ts';
import { inflateKernels } from './inflate.ts';
import { unpackKernels } from './unpack.ts';
import { zrleTileKernels } from './zrle-tile.ts';
import { zrleWriteKernels } from './zrle-write.ts';

export const plainKernels = (memory: KernelMemory): Kernels => ({
  ...adlerKernels(memory),
  ...bytesKernels(memory),
  ...changeKernels(memory),
  ...compareKernels(memory),
  ...crcKernels(memory),
  ...deflateKernels(memory),
  ...featureKernels(memory),
  ...filterKernels(memory),
  ...packKernels(memory),
  ...paletteKernels(memory),
  ...pngKernels(memory),
  ...runKernels(memory),
  ...surveyKernels(memory),
  ...hextileKernels(memory),
  ...inflateKernels(memory),
  ...unpackKernels(memory),
  ...zrleTileKernels(memory, unpackKernels(memory)),
  ...zrleWriteKernels(memory, {
    ...paletteKernels(memory),
    ...runKernels(memory),
    ...packKernels(memory),
  }),
});
