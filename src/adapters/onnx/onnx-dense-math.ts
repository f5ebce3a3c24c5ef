/**
 * Dense algebra by ONNX Runtime: one Gemm graph for each pair of transposes, loaded when first used. `run` computes on
 * the runtime's own threads but holds this thread until it is done: long work belongs in a worker.
 */
import type { DenseMath } from '../../math/dense-math.ts';
import { encodeModel } from '../../math/onnx/model-proto.ts';
import { loadOnnxRuntime, type OnnxRuntime } from './load-onnx-runtime.ts';

type Session = import('onnxruntime-node').InferenceSession;
type Product = Parameters<DenseMath['matmul']>[0];

/**
 * @param load - brings the package in; a test gives one that fails
 * @throws ShelfwiseError `SW_PART_MISSING` where onnxruntime-node is not installed or does not load
 */
export async function openOnnxDenseMath(threads: number, load?: () => Promise<OnnxRuntime>): Promise<DenseMath> {
  return new OnnxDenseMath(await loadOnnxRuntime(load), threads);
}

class OnnxDenseMath implements DenseMath {
  readonly name = 'onnxruntime';
  readonly #runtime: OnnxRuntime;
  readonly #threads: number;
  readonly #sessions: Map<string, Promise<Session>> = new Map();

  constructor(runtime: OnnxRuntime, threads: number) {
    this.#runtime = runtime;
    this.#threads = threads;
  }

  async matmul({ a, b, m, k, n, transposeA = false, transposeB = false, out }: Product): Promise<void> {
    if (m === 0 || n === 0) return;
    if (k === 0) {
      out.fill(0, 0, m * n);
      return;
    }
    const session = await this.#session(transposeA, transposeB);
    const { Tensor } = this.#runtime;
    const feeds = {
      a: new Tensor('float32', unshared(a.subarray(0, m * k)), transposeA ? [k, m] : [m, k]),
      b: new Tensor('float32', unshared(b.subarray(0, k * n)), transposeB ? [n, k] : [k, n]),
    };
    const target = out.subarray(0, m * n);
    const own = isShared(target) ? new Float32Array(m * n) : target;
    await session.run(feeds, { out: new Tensor('float32', own, [m, n]) });
    if (own !== target) target.set(own);
  }

  async close(): Promise<void> {
    const sessions = [...this.#sessions.values()];
    this.#sessions.clear();
    for (const session of sessions) await (await session).release();
  }

  #session(transposeA: boolean, transposeB: boolean): Promise<Session> {
    const key = `${transposeA} ${transposeB}`;
    const known = this.#sessions.get(key);
    if (known) return known;
    const attributes = { transA: { int: Number(transposeA) }, transB: { int: Number(transposeB) } };
    const model = encodeModel({
      name: 'product',
      nodes: [{ op: 'Gemm', inputs: ['a', 'b'], outputs: ['out'], attributes }],
      inputs: [
        { name: 'a', type: 'float', shape: ['a0', 'a1'] },
        { name: 'b', type: 'float', shape: ['b0', 'b1'] },
      ],
      outputs: [{ name: 'out', type: 'float', shape: ['m', 'n'] }],
    });
    const options = {
      intraOpNumThreads: this.#threads,
      interOpNumThreads: 1,
      executionProviders: ['cpu'],
      enableCpuMemArena: false,
      logSeverityLevel: 3 as const,
    };
    const session = this.#runtime.InferenceSession.create(model, options);
    this.#sessions.set(key, session);
    return session;
  }
}

function isShared(array: Float32Array): boolean {
  return array.buffer instanceof SharedArrayBuffer;
}

/** ONNX Runtime refuses memory that threads share: such an array is copied. */
function unshared(array: Float32Array): Float32Array {
  return isShared(array) ? array.slice() : array;
}
