/** What the encode pool and its worker threads say to each other. */
import type { KernelArena } from '../pixels/kernels/kernels.ts';
import type { EncodedJob, EncodeJob, EncodeSettings } from '../server/encode-pool.ts';

/** What a worker is given when it starts. */
export interface WorkerSetup {
  readonly arena: KernelArena;
  /** It may make JPEG. */
  readonly jpeg: boolean;
}

export type ToWorker =
  | {
      readonly kind: 'encode';
      /** Of the job, for its answer. */
      readonly id: number;
      readonly viewer: number;
      /** Absent: those of the viewer's last job. */
      readonly settings?: EncodeSettings;
      readonly job: Omit<EncodeJob, 'settings'>;
    }
  | { readonly kind: 'release'; readonly viewer: number };

export type FromWorker =
  | { readonly kind: 'ready' }
  | { readonly kind: 'done'; readonly id: number; readonly job: EncodedJob }
  | { readonly kind: 'failed'; readonly id: number; readonly error: unknown };
