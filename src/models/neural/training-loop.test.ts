import { beforeAll, describe, expect, test } from 'vitest';
import { openOnnxGraphRunner } from '../../adapters/onnx/onnx-graph-runner.ts';
import { input } from '../../math/autodiff/tensor.ts';
import type { GraphRunner } from '../../math/graph-runner.ts';
import { squaredError } from '../../math/training/losses.ts';
import { normal, Parameters } from '../../math/training/parameters.ts';
import { TrainingGraph } from '../../math/training/training-graph.ts';
import type { Checkpoints, ModelState } from '../model.ts';
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
      ...{ name: 'one', training, epochs: 8, patience: 2, rate: () => 0.1, figure: 'nearness' },
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

  test('that are broken off go on from their checkpoint, to the same bytes, wherever it was', async () => {
    const figures = [1, 2, 5, 4, 6, 5, 5, 5];
    const runs = async (checkpoints?: Checkpoints, signal?: AbortSignal) => {
      const parameters = new Parameters(1);
      const w = parameters.add('w', [3], normal(1));
      const loss = squaredError(w, input('y', [3]));
      const training = await TrainingGraph.open(runner, { parameters, loss, seed: 1, optimiser: { kind: 'adam' } });
      try {
        return await trainedByEpochs({
          ...{ name: 'one', training, epochs: 8, patience: 9, rate: (step) => 0.1 / (1 + step) },
          *batches(epoch) {
            for (let n = 0; n < 3; n++) yield { y: Float32Array.of(epoch, n, 1) };
          },
          judge: () => figures[Math.floor((training.steps - 1) / 3)]!,
          context: { ...(checkpoints && { checkpoints }), ...(signal && { signal }) },
        });
      } finally {
        await training.close();
      }
    };
    const whole = await runs();
    expect(whole.epoch).toBe(4);
    for (const after of [1, 2, 4, 9, 14, 20]) {
      let kept: ModelState | undefined;
      let writes = 0;
      const stop = new AbortController();
      const checkpoints: Checkpoints = {
        everyMs: 0,
        read: async () => kept,
        write: async (state) => {
          kept = structuredClone(state);
          if (++writes === after) stop.abort();
        },
        clear: async () => undefined,
      };
      await expect(runs(checkpoints, stop.signal)).rejects.toThrow(/abort/u);
      expect(await runs(checkpoints)).toEqual(whole);
    }
  });

  test('of another model are begun anew', async () => {
    const state: ModelState = { meta: { step: 9, course: {} }, arrays: { 'now w': new Float32Array(7) } };
    const checkpoints = {
      everyMs: 1e9,
      read: async () => state,
      write: async () => undefined,
      clear: async () => undefined,
    };
    expect((await trained({ context: { checkpoints } })).steps).toBe(16);
  });

  test('stop at once when they are cancelled, and refuse to learn from nothing', async () => {
    const stop = new AbortController();
    const context = { signal: stop.signal, onProgress: () => stop.abort() };
    await expect(trained({ context })).rejects.toThrow(/abort/u);
    await expect(trained({ batches: () => [] })).rejects.toMatchObject({ code: 'SW_MODEL_LIMIT' });
  });
});
