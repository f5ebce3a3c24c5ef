import { beforeAll, describe, expect, test } from 'vitest';
import { openOnnxGraphRunner } from '../../adapters/onnx/onnx-graph-runner.ts';
import { input } from '../../math/autodiff/tensor.ts';
import type { GraphRunner } from '../../math/graph-runner.ts';
import { squaredError } from '../../math/training/losses.ts';
import { Parameters } from '../../math/training/parameters.ts';
import { TrainingGraph } from '../../math/training/training-graph.ts';
import { type LoopOptions, trainedByEpochs } from './training-loop.ts';

let runner: GraphRunner;
beforeAll(async () => {
  runner = await openOnnxGraphRunner(1);
});

/** One weight that goes to 1. */
async function trained(more: Partial<LoopOptions>) {
  const parameters = new Parameters(1);
  const w = parameters.add('w', [1], () => Float32Array.of(0));
  const loss = squaredError(w, input('y', [1]));
  const training = await TrainingGraph.open(runner, { parameters, loss, seed: 1, optimiser: { kind: 'sgd' } });
  const notes: string[] = [];
  const shares: number[] = [];
  try {
    const out = await trainedByEpochs({
      ...{ training, epochs: 8, patience: 2, rate: () => 0.1, figure: 'nearness' },
      batches: () => [{ y: Float32Array.of(1) }, { y: Float32Array.of(1) }],
      context: {
        onProgress(share, note) {
          shares.push(share);
          notes.push(note!);
        },
      },
      ...more,
    });
    return { ...out, notes, shares, steps: training.steps };
  } finally {
    await training.close();
  }
}

describe('epochs', () => {
  test('end where the figure no longer grows, with the weights of the best one', async () => {
    // Best after the third.
    const figures = [1, 2, 5, 4, 3, 2, 1, 0];
    let epoch = 0;
    const weights: number[] = [];
    const out = await trained({
      judge: ({ w }) => {
        weights.push(w![0]!);
        return figures[epoch++]!;
      },
    });
    expect(out).toMatchObject({ epoch: 2, figure: 5 });
    expect(epoch).toBe(6);
    expect(out.weights['w']![0]).toBe(weights[2]);
  });

  test('are told with loss, rate, figure and the time that is left', async () => {
    const { notes, shares, steps } = await trained({ epochs: 3, judge: () => 0.25 });
    expect(steps).toBe(6);
    expect(shares.at(-1)).toBe(1);
    expect(notes[0]).toMatch(/^epoch 1 of 3, loss 0\.\d{4}, rate 1\.0e-1, nearness 0\.2500, \d+ s left$/u);
  });

  test('without anything held back all are made', async () => {
    expect((await trained({ judge: undefined })).steps).toBe(16);
  });

  test('stop at once when they are cancelled, and refuse to learn from nothing', async () => {
    const stop = new AbortController();
    const context = { signal: stop.signal, onProgress: () => stop.abort() };
    await expect(trained({ context })).rejects.toThrow(/abort/u);
    await expect(trained({ batches: () => [] })).rejects.toMatchObject({ code: 'SW_MODEL_LIMIT' });
  });
});
