import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { after, describe, it } from 'node:test';
import { zlib } from '../../src/codec/zlib/zlib.ts';
import { ClosedError } from '../../src/core/errors.ts';
import { createEncodePool, encodePoolOf, type WorkerPool } from '../../src/node/encode-pool.ts';
import { Framebuffer } from '../../src/pixels/framebuffer.ts';
import { createKernels, kernelSet, useKernels } from '../../src/pixels/kernels/kernels.ts';
import { Encoding } from '../../src/rfb/constants.ts';
import { nativeFormat } from '../../src/rfb/pixel-format.ts';
import type { EncodedJob, EncodeJob, RemoteEncoder } from '../../src/server/encode-pool.ts';
import { JobEncoder } from '../../src/server/job-encoder.ts';
import { ShadowPicture } from '../../src/server/shadow-picture.ts';
import { Shadow } from '../../src/server/shadow.ts';
import { Random } from '../pixels/kernels/twins.ts';
import { SimulatedViewer } from '../server/simulated-viewer.ts';
import { FakeDisplay } from '../support/fake-display.ts';
import { LogRecorder } from '../support/log-recorder.ts';

const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

const settingsFor = (encoding: number, lossy = false): EncodeJob['settings'] => ({
  encoding,
  format: nativeFormat,
  inParts: encoding === Encoding.Tight,
  wishes: {
    compressionLevel: 2,
    gradient: true,
    ...(lossy ? { lossy: { quality: 80, subsampling: '4:2:0' } } : {}),
  },
});

/** Of windows and a photo. */
function picture(width: number, height: number, seed = 1): ShadowPicture {
  const random = new Random(seed);
  const framebuffer = new Framebuffer(width, height);
  for (let i = 0; i < 20; i++)
    framebuffer.fill(
      {
        x: random.between(0, width - 60),
        y: random.between(0, height - 60),
        width: 60,
        height: 60,
      },
      random.next() & 0xffffff,
    );
  for (let y = 0; y < height / 2; y++)
    for (let x = 0; x < width / 2; x++)
      framebuffer.pixels[y * width + x] =
        (0xff000000 | (x * 65536 + y * 256 + (random.next() & 15))) >>> 0;
  return new ShadowPicture(framebuffer);
}

const whole = ({ width, height }: ShadowPicture) => [{ x: 0, y: 0, width, height, exact: false }];

describe('the pool of encoding threads', () => {
  const pools: WorkerPool[] = [];
  const poolOf = (...args: Parameters<typeof createEncodePool>): WorkerPool => {
    const pool = createEncodePool(...args);
    assert.ok(pool !== undefined);
    pools.push(pool);
    return pool;
  };
  after(() => Promise.all(pools.map((pool) => pool.close())));

  async function encoderOf(pool: WorkerPool): Promise<RemoteEncoder> {
    await pool.ready();
    const encoder = pool.encoder(false);
    assert.ok(encoder !== undefined, 'a thread is ready');
    return encoder;
  }

  it('lends nothing before a thread is ready, so that nobody waits for one', async () => {
    const pool = poolOf({ workers: 1 });
    assert.equal(pool.encoder(false), undefined);
    await pool.ready();
    assert.notEqual(pool.encoder(false), undefined);
  });

  it('encodes what would be encoded here, one job after the other', async () => {
    const shown = picture(320, 256);
    for (const encoding of [Encoding.Zlib, Encoding.ZRLE, Encoding.Tight]) {
      const encoder = await encoderOf(poolOf({ workers: 1 }));
      const here = new JobEncoder(undefined);
      const settings = settingsFor(encoding);
      const wanted: (EncodedJob | Promise<EncodedJob>)[] = [];
      const made: Promise<EncodedJob>[] = [];
      for (let i = 0; i < 5; i++) {
        const pieces = [{ x: 3 * i, y: i, width: 100, height: 120, exact: false }];
        const job = { settings, picture: shown.place, pieces };
        wanted.push(here.encode(job));
        made.push(encoder.encode(job));
      }
      for (const [i, job] of (await Promise.all(made)).entries()) {
        const { encodeMs: _here, bytes: expected, ...rest } = await wanted[i]!;
        const { encodeMs: _there, bytes, ...others } = job;
        assert.deepEqual(Buffer.from(bytes), Buffer.from(expected));
        assert.deepEqual(others, rest);
      }
      encoder.release();
    }
    shown.release();
  });

  it('sees pictures in memory that grew after it started', async () => {
    const encoder = await encoderOf(poolOf({ workers: 1 }));
    const { memory } = kernelSet();
    const grown = memory.allocate(100 * 1024 * 1024);
    const shown = picture(400, 300, 2);
    const settings = settingsFor(Encoding.Zlib);
    const pieces = [{ x: 0, y: 0, width: 400, height: 150, exact: false }];
    const { bytes } = await encoder.encode({ settings, picture: shown.place, pieces });
    const seen = new Framebuffer(400, 300);
    const area = { x: 0, y: 0, width: 400, height: 150 };
    zlib.createDecoder({}).decode(bytes.subarray(16), area, nativeFormat, seen);
    assert.deepEqual(seen.get(area), shown.framebuffer.get(area));
    shown.release();
    memory.release(grown);
  });

  it('makes JPEG with the threads that Node has besides', async () => {
    const encoder = await encoderOf(poolOf({ workers: 1 }));
    const shown = picture(512, 512);
    const settings = settingsFor(Encoding.Tight, true);
    const job = { settings, picture: shown.place, pieces: whole(shown) };
    const [first, second] = await Promise.all([encoder.encode(job), encoder.encode(job)]);
    const exact = await encoder.encode({ ...job, pieces: [{ ...whole(shown)[0]!, exact: true }] });
    assert.ok(first.lossy[0]!.length > 0);
    assert.equal(exact.lossy[0]!.length, 0);
    assert.ok(exact.bytes.length > first.bytes.length);
    assert.equal(second.rectangles, first.rectangles);
    shown.release();
  });

  it('with one thread encodes here what is sent as JPEG, the files on Node’s threads, with turns for others between', async () => {
    const pool = poolOf({ workers: 1 });
    const thread = await encoderOf(pool);
    const encoder = pool.encoder(true)!;
    const shown = picture(512, 512);
    const settings = settingsFor(Encoding.Tight, true);
    const jobs = [0, 128, 256].map((y) => ({
      settings,
      picture: shown.place,
      pieces: [{ x: 0, y, width: 512, height: 256, exact: false }],
    }));
    const order: string[] = [];
    const made = jobs.map(async (job, i) => {
      const encoded = await encoder.encode(job);
      order.push(`job ${i}`);
      return encoded;
    });
    let turns = 0;
    const count = (): void => {
      turns += 1;
      if (order.length < jobs.length) setImmediate(count);
    };
    setImmediate(count);
    const here = await Promise.all(made);
    assert.ok(turns >= jobs.length, `${turns} turns`);
    for (const [i, job] of jobs.entries()) {
      const there = await thread.encode(job);
      assert.deepEqual(Buffer.from(here[i]!.bytes), Buffer.from(there.bytes));
      assert.deepEqual(here[i]!.lossy, there.lossy);
    }
    assert.ok(here.some(({ lossy }) => lossy[0]!.length > 0));
    encoder.release();
    await assert.rejects(encoder.encode(jobs[0]!), ClosedError);
    shown.release();
  });

  it('shows a viewer the display, large and small changes, across the threads', async () => {
    const pool = poolOf({ workers: 1 });
    await pool.ready();
    const display = new FakeDisplay({ width: 800, height: 600 });
    const viewer = new SimulatedViewer(display, new Shadow(display), { pool });
    const random = new Random(5);
    viewer.encodings(Encoding.Zlib, Encoding.CopyRect);
    viewer.request(false);
    for (let round = 0; round < 3; round++) {
      for (let i = 0; i < 6; i++) {
        for (let at = 0; at < 800 * 600; at += random.between(1, 40))
          display.framebuffer.pixels[at] = (0xff000000 | random.next()) >>> 0;
        display.events.emit('damage', [display.framebuffer.bounds]);
        await viewer.catchUpWith(nextTurnWithWork);
        viewer.assertRight();
      }
      for (let i = 0; i < 70; i++) {
        display.paint(random.next() & 0xffffff, { x: 8 * i, y: i, width: 30, height: 30 });
        await viewer.catchUpWith(nextTurnWithWork);
      }
      viewer.assertRight();
    }
    viewer.leave();
  });

  it('lets a thread that ends fail its jobs alone, and starts another', async () => {
    const recorder = new LogRecorder();
    const script = new URL(
      `data:text/javascript,${encodeURIComponent(`
        import { parentPort } from 'node:worker_threads';
        parentPort.postMessage({ kind: 'ready' });
        parentPort.on('message', ({ kind }) => { if (kind === 'encode') process.exit(3); });`)}`,
    );
    const pool = poolOf({ workers: 1, script, logger: recorder });
    const encoder = await encoderOf(pool);
    const shown = picture(64, 64);
    const settings = settingsFor(Encoding.Zlib);
    const job = { settings, picture: shown.place, pieces: whole(shown) };
    const jobs = [encoder.encode(job), encoder.encode(job)];
    for (const each of jobs)
      await assert.rejects(each, { code: 'ERR_VNC_CLOSED', message: 'the encoding thread ended' });
    await assert.rejects(encoder.encode(job), { code: 'ERR_VNC_CLOSED' });
    encoder.release();
    assert.deepEqual(recorder.lines, ['error encoding thread ended: exit code 3']);
    await encoderOf(pool);
    shown.release();
  });

  it('tells what was thrown in a thread, which goes on', async () => {
    const encoder = await encoderOf(poolOf({ workers: 1 }));
    const shown = picture(64, 64);
    const job = {
      settings: settingsFor(Encoding.Zlib),
      picture: shown.place,
      pieces: whole(shown),
    };
    const unknown = { ...job, settings: settingsFor(Encoding.CopyRect) };
    await assert.rejects(encoder.encode(unknown), /encoding 1 can be encoded/);
    assert.equal((await encoder.encode(job)).rectangles, 1);
    shown.release();
  });

  it('ends with jobs under way, and gives its memory back', async () => {
    const { memory } = kernelSet();
    const before = memory.used;
    const pool = poolOf({ workers: 1 });
    const encoder = await encoderOf(pool);
    assert.ok(memory.used > before);
    const shown = picture(256, 256);
    const job = {
      settings: settingsFor(Encoding.Zlib),
      picture: shown.place,
      pieces: whole(shown),
    };
    // More than a second's work, so that the last cannot be done by then.
    const jobs = Array.from({ length: 400 }, () => encoder.encode(job));
    const ends = Promise.allSettled(jobs);
    const last = assert.rejects(jobs.at(-1)!, { code: 'ERR_VNC_CLOSED' });
    await pool.close();
    await last;
    for (const end of await ends)
      assert.ok(end.status === 'fulfilled' || /CLOSED/.test((end.reason as { code: string }).code));
    shown.release();
    assert.equal(memory.used, before);
    assert.equal(pool.encoder(false), undefined);
  });

  it('is none without threads, or without kernels in WebAssembly', () => {
    assert.equal(createEncodePool({ workers: 0 }), undefined);
    const before = useKernels(createKernels('plain'));
    assert.equal(createEncodePool({ workers: 1 }), undefined);
    useKernels(before!);
    assert.throws(() => encodePoolOf({ encodeWorkers: 1.5 }), TypeError);
    assert.throws(() => encodePoolOf({ encodeWorkers: 65 }), TypeError);
  });

  it('keeps no process alive', async () => {
    const module = new URL('../../src/node/encode-pool.js', import.meta.url).href;
    const program = `
      const { createEncodePool } = await import(${JSON.stringify(module)});
      const pool = createEncodePool({ workers: 2 });
      await pool.ready();
      pool.encoder(false);
      console.log('ready');`;
    const child = spawn(process.execPath, ['--input-type=module', '-e', program], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const [[code], output] = await Promise.all([
      once(child, 'exit') as Promise<[number | null]>,
      child.stdout.toArray(),
    ]);
    assert.equal(code, 0);
    assert.equal(Buffer.concat(output as Buffer[]).toString(), 'ready\n');
  });
});

/** Lets an answer of another thread come. */
async function nextTurnWithWork(): Promise<void> {
  await nextTurn();
  await new Promise((resolve) => setTimeout(resolve, 1));
}
