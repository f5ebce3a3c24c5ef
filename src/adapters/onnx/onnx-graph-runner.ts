/** Runs graphs by ONNX Runtime on the CPU. */
import { ShelfwiseError } from '../../core/errors.ts';
import type { GraphArray, GraphRunner } from '../../math/graph-runner.ts';
import { loadOnnxRuntime, type OnnxRuntime } from './load-onnx-runtime.ts';

/** @throws ShelfwiseError `SW_PART_MISSING` where onnxruntime-node is not installed or does not load */
export async function openOnnxGraphRunner(threads: number, load?: () => Promise<OnnxRuntime>): Promise<GraphRunner> {
  const { InferenceSession, Tensor } = await loadOnnxRuntime(load);
  const tensorOf = (array: GraphArray, shape: readonly number[]) => {
    if (array instanceof Float32Array) return new Tensor('float32', array, shape);
    return array instanceof BigInt64Array ? new Tensor('int64', array, shape) : new Tensor('uint8', array, shape);
  };
  return {
    name: 'onnxruntime',
    async open(model, forms) {
      const session = await InferenceSession.create(model, {
        ...{ intraOpNumThreads: threads, interOpNumThreads: 1, executionProviders: ['cpu'], logSeverityLevel: 3 },
        graphOptimizationLevel: 'all',
      });
      const named = (arrays: Readonly<Record<string, GraphArray>>) =>
        Object.fromEntries(
          Object.entries(arrays).map(([name, array]) => {
            const form = forms[name];
            const size = form?.shape.reduce((product, one) => product * one, 1);
            if (form && array.length === size) return [name, tensorOf(array, form.shape)];
            const message = `graph: expected ${size ?? 'no'} values of "${name}", got ${array.length}.`;
            throw new ShelfwiseError('SW_USAGE', message, 'Give what the graph was made for.');
          }),
        );
      return {
        async run(feeds, into) {
          const given = new Set(Object.values(feeds).map((array) => array.buffer));
          for (const [name, array] of Object.entries(into))
            if (given.has(array.buffer)) {
              const message = `graph: expected memory of its own for "${name}", got that of a feed.`;
              throw new ShelfwiseError('SW_USAGE', message, 'Keep two sets of arrays and change them over.');
            }
          await session.run(named(feeds), named(into));
        },
        close: () => session.release(),
      };
    },
  };
}
