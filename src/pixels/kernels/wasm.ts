/** The kernels as WebAssembly: compiled once, then instantiated over a memory, in any thread. */
import type { Kernels } from './kernel-interface.ts';
import { memoryFlagsAt, wasmBase64 } from './wasm-bytes.ts';

export interface WasmKernels {
  readonly memory: WebAssembly.Memory;
  readonly kernels: Kernels;
  /** Bytes at the start of the memory that hold the kernels' constants. */
  readonly reserved: number;
}

/** Undefined where the runtime has no WebAssembly, or none with SIMD. */
export function instantiateWasm(memoryOf: () => WebAssembly.Memory): WasmKernels | undefined {
  if (typeof WebAssembly === 'undefined') return undefined;
  const memory = memoryOf();
  let module: WebAssembly.Module;
  try {
    module = new WebAssembly.Module(moduleBytes(isShared(memory)));
  } catch {
    return undefined;
  }
  const instance = new WebAssembly.Instance(module, { env: { memory, abort } });
  const { constantsEnd, ...kernels } = instance.exports as unknown as Kernels & {
    readonly constantsEnd: { readonly value: number };
  };
  return { memory, kernels, reserved: constantsEnd.value };
}

/** A module that imports a shared memory differs from one that does not in one byte. */
function moduleBytes(shared: boolean): Uint8Array {
  const bytes = Uint8Array.from(atob(wasmBase64), (character) => character.charCodeAt(0));
  if (shared) bytes[memoryFlagsAt] = 3;
  return bytes;
}

const isShared = (memory: WebAssembly.Memory): boolean =>
  Object.prototype.toString.call(memory.buffer) === '[object SharedArrayBuffer]';

function abort(): never {
  throw new Error('a kernel gave up');
}
