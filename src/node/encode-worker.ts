/** A worker thread that encodes for encode-pool.ts: kernels over the memory that all threads share, viewers by number. */
import { parentPort, workerData } from 'node:worker_threads';
import { assertInvariant } from '../core/errors.ts';
import { joinKernels, useKernels } from '../pixels/kernels/kernels.ts';
import { JobEncoder } from '../server/job-encoder.ts';
import type { EncodedJob, EncodeSettings } from '../server/encode-pool.ts';
import type { FromWorker, ToWorker, WorkerSetup } from './encode-messages.ts';
import { loadJpegEncoder } from './jpeg.ts';

interface Viewer {
  readonly encoder: JobEncoder;
  settings: EncodeSettings | undefined;
}

assertInvariant(parentPort !== null, 'an encode worker is a thread');
const port = parentPort;
const { arena, jpeg: mayLose } = workerData as WorkerSetup;
// INVARIANT: before anything here works with kernels, so that this thread writes to its own arena only.
useKernels(joinKernels(arena));
const jpeg = mayLose ? await loadJpegEncoder(true) : undefined;
const viewers = new Map<number, Viewer>();

port.on('message', (message: ToWorker) => {
  if (message.kind === 'release') viewers.delete(message.viewer);
  else void encode(message);
});
post({ kind: 'ready' });

async function encode(message: Extract<ToWorker, { readonly kind: 'encode' }>): Promise<void> {
  const { id } = message;
  try {
    const viewer = viewers.get(message.viewer) ?? {
      encoder: new JobEncoder(jpeg),
      settings: undefined,
    };
    viewers.set(message.viewer, viewer);
    viewer.settings = message.settings ?? viewer.settings;
    assertInvariant(viewer.settings !== undefined, 'the first job says how to encode');
    const made = viewer.encoder.encode({ ...message.job, settings: viewer.settings });
    // Without waiting where there is nothing to wait for.
    const job: EncodedJob = made instanceof Promise ? await made : made;
    post({ kind: 'done', id, job }, [job.bytes.buffer as ArrayBuffer]);
  } catch (error) {
    post({ kind: 'failed', id, error });
  }
}

function post(message: FromWorker, transfer: readonly ArrayBuffer[] = []): void {
  port.postMessage(message, transfer);
}
