/** Epochs of a neural training: told as it goes, judged by a figure on what was held back, stopped where that no longer grows. */
import { ShelfwiseError } from '../../core/errors.ts';
import type { GraphArray } from '../../math/graph-runner.ts';
import type { Schedule } from '../../math/training/schedules.ts';
import type { TrainingGraph } from '../../math/training/training-graph.ts';
import type { FitContext, ModelState } from '../model.ts';

/** What is trained: a graph, or what stands around one. */
export type Training = Pick<TrainingGraph, 'steps' | 'state' | 'restore'> & {
  step(feeds: Readonly<Record<string, GraphArray>>, rate: number): Promise<{ readonly loss: number }>;
};

export interface LoopOptions {
  /** Of the model. */
  readonly name: string;
  readonly training: Training;
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
  /** Epochs at the beginning that only prepare: none of them is the best. @default 0 */
  readonly preparing?: number;
  readonly context: Pick<FitContext, 'signal' | 'onProgress' | 'checkpoints' | 'runs'>;
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

/**
 * Where checkpoints are kept it goes on from the newest, and makes the same steps as an unbroken training: to the byte, where
 * the runner has one thread.
 *
 * @throws ShelfwiseError `SW_TRAINING` where the loss stops being a number, `SW_MODEL_LIMIT` where there is nothing to learn
 *   from
 */
export async function trainedByEpochs(options: LoopOptions): Promise<Trained> {
  const {
    training,
    epochs,
    batches,
    rate,
    judge,
    figure: called = 'figure',
    patience,
    preparing = 0,
    context,
  } = options;
  const { checkpoints, signal, onProgress } = context;
  const record = context.runs?.begin(options.name);
  const course = (await begun(options)) ?? { epoch: 0, steps: 0, total: 0, worse: 0, seconds: 0 };
  const started = performance.now() - course.seconds * 1000;
  let kept = performance.now();
  const keep = async (): Promise<void> => {
    if (!checkpoints) return;
    kept = performance.now();
    await checkpoints.write(stateOf(training, { ...course, seconds: (kept - started) / 1000 }));
  };
  while (course.epoch < epochs && course.worse <= patience) {
    let step = 0;
    for (const feeds of batches(course.epoch)) {
      // What was made before is only drawn again.
      if (step++ < course.steps) continue;
      if (signal?.aborted) await keep();
      signal?.throwIfAborted();
      const { loss } = await training.step(feeds, rate(training.steps));
      course.total += loss;
      course.steps++;
      if (course.steps % toldEvery === 0) {
        onProgress?.(course.epoch / epochs, note(course.total / course.steps));
        record?.({ step: training.steps, values: { loss, rate: rate(training.steps) } });
      }
      if (checkpoints && performance.now() - kept >= checkpoints.everyMs) await keep();
    }
    if (course.steps === 0) {
      const message = 'training: expected sequences of two items or more to learn from, got none.';
      throw new ShelfwiseError('SW_MODEL_LIMIT', message, 'Leave the model out, or wait for more events.');
    }
    const loss = course.total / course.steps;
    const isPreparing = course.epoch < preparing;
    const value = isPreparing ? undefined : await judge?.(training.state.arrays);
    if (isPreparing) course.worse = 0;
    else if (course.best?.figure === undefined || value === undefined || value > course.best.figure) {
      course.best = {
        weights: copyOf(training.state.arrays),
        epoch: course.epoch,
        loss,
        ...(value !== undefined && { figure: value }),
      };
      course.worse = 0;
    } else course.worse++;
    onProgress?.((course.epoch + 1) / epochs, note(loss, value));
    record?.({ step: training.steps, values: { 'epoch loss': loss, ...(value !== undefined && { [called]: value }) } });
    course.epoch++;
    course.steps = 0;
    course.total = 0;
  }
  return course.best!;

  function note(loss: number, value?: number): string {
    const passed = (performance.now() - started) / 1000;
    const { epoch } = course;
    const share = epoch + 1 < epochs ? `, ${Math.ceil((passed / (epoch + 1)) * (epochs - epoch - 1))} s left` : '';
    const judged = value === undefined ? '' : `, ${called} ${value.toFixed(4)}`;
    return `epoch ${epoch + 1} of ${epochs}, loss ${loss.toFixed(4)}, rate ${rate(training.steps).toExponential(1)}${judged}${share}`;
  }
}

/** How far a training has come. */
interface Course {
  epoch: number;
  /** Of this epoch, and the sum of their losses. */
  steps: number;
  total: number;
  /** Epochs since the best. */
  worse: number;
  /** That it has taken so far. */
  seconds: number;
  best?: Trained;
}

const copyOf = (arrays: Readonly<Record<string, Float32Array>>): Record<string, Float32Array> =>
  Object.fromEntries(Object.entries(arrays).map(([name, own]) => [name, own.slice()]));

function stateOf(training: Training, { best, ...course }: Course): ModelState {
  const { step, arrays } = training.state;
  const named = (prefix: string, some: Readonly<Record<string, Float32Array>> = {}) =>
    Object.entries(some).map(([name, own]) => [`${prefix} ${name}`, own] as const);
  const told = best && {
    epoch: best.epoch,
    loss: best.loss,
    ...(best.figure !== undefined && { figure: best.figure }),
  };
  return {
    meta: { step, course, ...(told && { best: told }) },
    arrays: Object.fromEntries([...named('now', arrays), ...named('best', best?.weights)]),
  };
}

/** Takes the training up from its newest checkpoint; one of another model is left alone. */
async function begun({ training, context: { checkpoints } }: LoopOptions): Promise<Course | undefined> {
  const state = await checkpoints?.read();
  if (!state) return undefined;
  const { step, course, best } = state.meta as { step: number; course: Course; best?: Omit<Trained, 'weights'> };
  const named = (prefix: string): Record<string, Float32Array> =>
    Object.fromEntries(
      Object.entries(state.arrays)
        .filter(([name]) => name.startsWith(`${prefix} `))
        .map(([name, own]) => [name.slice(prefix.length + 1), Float32Array.from(own)]),
    );
  try {
    training.restore({ step, arrays: named('now') });
  } catch (error) {
    if (error instanceof ShelfwiseError && error.code === 'SW_TRAINING') return undefined;
    throw error;
  }
  return { ...course, ...(best && { best: { ...best, weights: named('best') } }) };
}
