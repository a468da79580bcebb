/**
 * A process of our own encoders: node encode-child.js OPTIONS, a line of JSON (EncodeJob). Prints one like that of
 * bench/peers/libvncserver-encode.c: processor and wall time of each pass's encoding in
 * seconds, the bytes of a pass; and the processor time of finding what changed.
 */
import { closeSync, openSync, writeSync } from 'node:fs';
import { createEncodePool } from '../../src/node/encode-pool.ts';
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
const pool = job.pool ? createEncodePool() : undefined;
await pool?.ready();
const cpu: number[] = [];
const wall: number[] = [];
const find: number[] = [];
let bytes = 0;
for (let pass = 0; pass < job.passes; pass++) {
  const framebuffer = new Framebuffer(width, height);
  const encoder = await createOurEncoder(framebuffer, job, pool);
  const keep = job.stream !== undefined && pass === job.passes - 1;
  const out = keep ? openSync(job.stream, 'w') : undefined;
  let [cpuSum, wallSum, findSum] = [0, 0, 0];
  bytes = 0;
  for (const { frame, damage } of plan) {
    framebuffer.pixels.set(frames[frame]!);
    const findStart = process.cpuUsage();
    const found = encoder.find(damage);
    if (found !== undefined) await found;
    findSum += microseconds(findStart);
    const cpuStart = process.cpuUsage();
    const start = performance.now();
    const made = encoder.update();
    const update = made instanceof Promise ? await made : made;
    wallSum += performance.now() - start;
    cpuSum += microseconds(cpuStart);
    bytes += update.length;
    if (out !== undefined) writeSync(out, update);
  }
  if (out !== undefined) closeSync(out);
  encoder.close();
  cpu.push(cpuSum / 1e6);
  wall.push(wallSum / 1e3);
  find.push(findSum / 1e6);
}
await pool?.close();
process.stdout.write(`${JSON.stringify({ cpu, wall, find, bytes })}\n`);

/** Of the processor, by all of the process's threads, since then. */
function microseconds(since: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(since);
  return user + system;
}
