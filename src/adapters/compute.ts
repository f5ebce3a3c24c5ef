/** The machine's arithmetic: ONNX Runtime where it loads, the wasm kernels otherwise. */
import { availableParallelism } from 'node:os';
import { ShelfwiseError } from '../core/errors.ts';
import type { DenseMath } from '../math/dense-math.ts';
import { openWasmDenseMath } from '../math/wasm-dense-math.ts';
import type { Compute } from '../models/model.ts';
import { openOnnxDenseMath } from './onnx/onnx-dense-math.ts';
import { openOnnxGraphRunner } from './onnx/onnx-graph-runner.ts';

/** `dense.name` says which one was found: `onnxruntime` or `wasm`. */
export interface OpenCompute extends Compute {
  close(): Promise<void>;
}

/** @throws ShelfwiseError `SW_USAGE` where it is no integer from 1 on */
export function checkedThreads(threads: number): number {
  if (Number.isInteger(threads) && threads >= 1) return threads;
  const message = `\`threads\`: expected an integer from 1 on, got ${threads}.`;
  throw new ShelfwiseError('SW_USAGE', message, 'Leave it out for as many as the machine runs at once.');
}

/**
 * @param options.threads - by default as many as the machine runs at once
 * @throws ShelfwiseError `SW_USAGE` for a wrong number of threads
 */
export async function openCompute(options: { readonly threads?: number } = {}): Promise<OpenCompute> {
  const threads = checkedThreads(options.threads ?? availableParallelism());
  const dense = await fastestDenseMath(threads);
  const graphs = dense.name === 'onnxruntime' ? await openOnnxGraphRunner(threads) : undefined;
  return { threads, dense, ...(graphs && { graphs }), close: () => dense.close() };
}

async function fastestDenseMath(threads: number): Promise<DenseMath> {
  try {
    return await openOnnxDenseMath(threads);
  } catch (error) {
    if (error instanceof ShelfwiseError && error.code === 'SW_PART_MISSING') return openWasmDenseMath(threads);
    throw error;
  }
}
