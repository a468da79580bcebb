/**
 * A process of our own encoders: node encode-child.js OPTIONS, a line of JSON (EncodeJob). Prints one like that of
 * bench/peers/libvncserver-encode.c: processor and wall time of each pass in seconds, the bytes of a pass.
 */
import { closeSync, openSync, writeSync } from 'node:fs';
import { Framebuffer } from '../../src/pixels/framebuffer.ts';
import { readFrames, readPlan } from './corpora.ts';
import { createOurEncoder, type EncoderSettings } from './our-encoder.ts';

export interface EncodeJob extends EncoderSettings {
  readonly frames: string;
  readonly width: number;
  readonly height: number;
  readonly plan: string;
  readonly passes: number;
  /** Where the last pass is kept. */
  readonly stream?: string;
}

const job = JSON.parse(process.argv[2]!) as EncodeJob;
const { width, height } = job;
const frames = readFrames(job.frames, width, height);
const plan = readPlan(job.plan);
const cpu: number[] = [];
const wall: number[] = [];
let bytes = 0;
for (let pass = 0; pass < job.passes; pass++) {
  const framebuffer = new Framebuffer(width, height);
  const encoder = await createOurEncoder(framebuffer, job);
  const keep = job.stream !== undefined && pass === job.passes - 1;
  const out = keep ? openSync(job.stream, 'w') : undefined;
  let [cpuSum, wallSum] = [0, 0];
  bytes = 0;
  for (const { frame, damage } of plan) {
    framebuffer.pixels.set(frames[frame]!);
    const cpuStart = process.cpuUsage();
    const start = performance.now();
    const made = encoder.update(damage);
    const update = made instanceof Promise ? await made : made;
    wallSum += performance.now() - start;
    const { user, system } = process.cpuUsage(cpuStart);
    cpuSum += user + system;
    bytes += update.length;
    if (out !== undefined) writeSync(out, update);
  }
  if (out !== undefined) closeSync(out);
  await encoder.close();
  cpu.push(cpuSum / 1e6);
  wall.push(wallSum / 1e3);
}
process.stdout.write(`${JSON.stringify({ cpu, wall, bytes })}\n`);
