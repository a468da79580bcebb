/**
 * A process of decoders, ours or noVNC's, on a recorded stream: node decode-child.js OPTIONS, a line of JSON (DecodeJob).
 * Prints one like that of bench/peers/libvncclient-decode.c. The first pass compares after every update.
 */
import { readFileSync } from 'node:fs';
import { readFrames, readPlan } from './corpora.ts';
import { createNoVncDecoder } from './novnc-decoder.ts';
import { createOurDecoder } from './our-decoder.ts';
import { addDifference, difference, noDifference } from './statistics.ts';

export interface DecodeJob {
  readonly decoder: 'ours' | 'novnc';
  readonly stream: string;
  readonly width: number;
  readonly height: number;
  readonly passes: number;
  readonly frames: string;
  readonly plan: string;
}

interface Decoder {
  readonly next: () => Promise<void> | void;
  readonly framebuffer: { readonly pixels: Uint32Array };
  readonly left: () => number;
}

const job = JSON.parse(process.argv[2]!) as DecodeJob;
const { width, height } = job;
const stream = new Uint8Array(readFileSync(job.stream));
const frames = readFrames(job.frames, width, height);
const plan = readPlan(job.plan);
const create = job.decoder === 'ours' ? createOurDecoder : createNoVncDecoder;
const cpu: number[] = [];
const wall: number[] = [];
let sum = noDifference;
for (let pass = 0; pass < job.passes; pass++) {
  const decoder: Decoder = await create(stream, width, height);
  let [cpuSum, wallSum] = [0, 0];
  for (const { frame } of plan) {
    const cpuStart = process.cpuUsage();
    const start = performance.now();
    await decoder.next();
    wallSum += performance.now() - start;
    const { user, system } = process.cpuUsage(cpuStart);
    cpuSum += user + system;
    if (pass === 0)
      sum = addDifference(sum, difference(decoder.framebuffer.pixels, frames[frame]!));
  }
  if (decoder.left() !== 0) throw new Error('bytes are left behind the last update');
  cpu.push(cpuSum / 1e6);
  wall.push(wallSum / 1e3);
}
process.stdout.write(`${JSON.stringify({ cpu, wall, ...sum })}\n`);
