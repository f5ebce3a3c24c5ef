/** The machine's arithmetic: ONNX Runtime where it loads, the wasm kernels otherwise. */
import { availableParallelism } from 'node:os';
import { ShelfwiseError } from '../core/errors.ts';
import type { DenseMath } from '../math/dense-math.ts';
import { openWasmDenseMath } from '../math/wasm-dense-math.ts';
import type { Compute } from '../models/model.ts';
import { openOnnxDenseMath } from './onnx/onnx-dense-math.ts';

/** `dense.name` says which one was found: `onnxruntime` or `wasm`. */
export interface OpenCompute extends Compute {
  close(): Promise<void>;
}

/** @param options.threads - by default as many as the machine runs at once */
export async function openCompute(options: { readonly threads?: number } = {}): Promise<OpenCompute> {
  const threads = Math.max(1, options.threads ?? availableParallelism());
  const dense = await fastestDenseMath(threads);
  return { threads, dense, close: () => dense.close() };
}

async function fastestDenseMath(threads: number): Promise<DenseMath> {
  try {
    return await openOnnxDenseMath(threads);
  } catch (error) {
    if (error instanceof ShelfwiseError && error.code === 'SW_PART_MISSING') return openWasmDenseMath(threads);
    throw error;
  }
}
