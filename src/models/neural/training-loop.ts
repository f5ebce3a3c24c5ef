/** Epochs of a neural training: told as it goes, judged by a figure on what was held back, stopped where that no longer grows. */
import { ShelfwiseError } from '../../core/errors.ts';
import type { GraphArray } from '../../math/graph-runner.ts';
import type { Schedule } from '../../math/training/schedules.ts';
import type { TrainingGraph } from '../../math/training/training-graph.ts';
import type { FitContext } from '../model.ts';

export interface LoopOptions {
  readonly training: TrainingGraph;
  readonly epochs: number;
  /** Feeds of each step of an epoch, from 0; each is used before the next is asked for. */
  batches(epoch: number): Iterable<Readonly<Record<string, GraphArray>>>;
  readonly rate: Schedule;
  /** Figure of the weights on what was held back, larger is better; absent where nothing was. */
  readonly judge?: ((weights: Readonly<Record<string, Float32Array>>) => number | Promise<number>) | undefined;
  /** What the figure is called. */
  readonly figure?: string;
  /** Epochs without a better figure until it ends. */
  readonly patience: number;
  readonly context: Pick<FitContext, 'signal' | 'onProgress'>;
}

export interface Trained {
  /** Of the best epoch. */
  readonly weights: Readonly<Record<string, Float32Array>>;
  readonly epoch: number;
  readonly figure?: number;
  readonly loss: number;
}

/** Steps between two tellings of an epoch. */
const toldEvery = 10;

/** @throws ShelfwiseError `SW_TRAINING` where the loss stops being a number, `SW_MODEL_LIMIT` where
 * there is nothing to learn from */
export async function trainedByEpochs(options: LoopOptions): Promise<Trained> {
  const { training, epochs, batches, rate, judge, figure: called = 'figure', patience, context } = options;
  const started = performance.now();
  let best: Trained | undefined;
  let worse = 0;
  for (let epoch = 0; epoch < epochs && worse <= patience; epoch++) {
    let [total, steps] = [0, 0];
    for (const feeds of batches(epoch)) {
      context.signal?.throwIfAborted();
      const { loss } = await training.step(feeds, rate(training.steps));
      total += loss;
      steps++;
      if (steps % toldEvery === 0) context.onProgress?.(epoch / epochs, note(epoch, total / steps));
    }
    if (steps === 0) {
      const message = 'training: expected sequences of two items or more to learn from, got none.';
      throw new ShelfwiseError('SW_MODEL_LIMIT', message, 'Leave the model out, or wait for more events.');
    }
    const loss = total / steps;
    const value = await judge?.(training.state.arrays);
    if (best?.figure === undefined || value === undefined || value > best.figure) {
      const weights = Object.fromEntries(
        Object.entries(training.state.arrays).map(([name, own]) => [name, own.slice()]),
      );
      best = { weights, epoch, loss, ...(value !== undefined && { figure: value }) };
      worse = 0;
    } else worse++;
    context.onProgress?.((epoch + 1) / epochs, note(epoch, loss, value));
  }
  return best!;

  function note(epoch: number, loss: number, value?: number): string {
    const passed = (performance.now() - started) / 1000;
    const share = epoch + 1 < epochs ? `, ${Math.ceil((passed / (epoch + 1)) * (epochs - epoch - 1))} s left` : '';
    const judged = value === undefined ? '' : `, ${called} ${value.toFixed(4)}`;
    return `epoch ${epoch + 1} of ${epochs}, loss ${loss.toFixed(4)}, rate ${rate(training.steps).toExponential(1)}${judged}${share}`;
  }
}
