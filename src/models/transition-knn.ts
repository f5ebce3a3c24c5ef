/**
 * Order-aware counts: how often j comes after i within a few steps, nearer steps counting more, over damped degrees.
 * A training-free model of sequences that many neural ones do not beat.
 *
 * @source Counts in the manner of first-order Markov chains (Rendle et al., FPMC, WWW 2010) with decayed gaps
 */
import { rowCount } from '../data/histories.ts';
import { withKernels } from '../math/kernels/kernel-pool.ts';
import { defineModel, type ModelDefinition } from './model.ts';
import { NeighbourModel } from './neighbour-model.ts';
import { neighbourRows } from './similarity-fit.ts';

export const transitionKnn: ModelDefinition = defineModel({
  name: 'transition-knn',
  about: 'Gap-decayed counts of what follows what, over damped degrees.',
  settings: {
    neighbours: { default: 400, min: 1, max: 5000, search: [100, 200, 400], doc: 'Following items kept per item.' },
    gapDecay: {
      default: 0.9,
      min: 0,
      max: 1,
      search: [0.5, 0.7, 0.9, 1],
      doc: 'Weight of one more step between the two.',
    },
    window: { default: 50, min: 1, max: 1000, search: [5, 20, 50], doc: 'Steps between the two at most.' },
    backward: { default: 0.3, min: 0, max: 1, search: [0, 0.3, 0.6], doc: 'Weight of the reverse order.' },
    sourceExponent: {
      default: 0.3,
      min: 0,
      max: 2,
      search: [0, 0.3, 0.5],
      doc: 'Damping by how often the first item leads on.',
    },
    targetExponent: {
      default: 0.1,
      min: 0,
      max: 2,
      search: [0, 0.1, 0.2, 0.4],
      doc: 'Damping by how often the second is reached.',
    },
    shrink: { default: 1, min: 0, max: 1000, search: [0.3, 1, 3], doc: 'Added to the denominator.' },
    historyDecay: {
      default: 0.6,
      min: 0,
      max: 1,
      search: [0.4, 0.6, 0.8],
      doc: 'Weight lost per step back in the history.',
    },
    historyLength: { default: 50, min: 1, max: 100_000, doc: 'Newest positions of a history that count.' },
  },
  async fit({ histories }, settings, context) {
    const { itemCount: items, offsets, items: sequence } = histories;
    const rows = rowCount(histories);
    const rowOfPosition = new Int32Array(sequence.length);
    for (let r = 0; r < rows; r++) rowOfPosition.fill(r, offsets[r], offsets[r + 1]);
    const occurrenceOffsets = new Int32Array(items + 1);
    for (const item of sequence) occurrenceOffsets[item + 1]!++;
    for (let i = 0; i < items; i++) occurrenceOffsets[i + 1]! += occurrenceOffsets[i]!;
    const next = occurrenceOffsets.slice(0, items);
    const occurrences = new Int32Array(sequence.length);
    for (let p = 0; p < sequence.length; p++) occurrences[next[sequence[p]!]!++] = p;

    const window = histories.ordered ? settings.window : 1000;
    const decay = histories.ordered ? settings.gapDecay : 1;
    const decays = Float32Array.from({ length: window }, (_, gap) => decay ** gap);
    const backward = histories.ordered ? settings.backward : 1;
    const [source, target] = degrees(rowOfPosition, histories.offsets, sequence, items, decays, backward);
    const power = (sums: Float64Array, exponent: number) =>
      Float32Array.from(sums, (s) => Math.max(s, 1e-9) ** exponent);

    const scaling = {
      source: power(source, settings.sourceExponent),
      target: power(target, settings.targetExponent),
      shrink: settings.shrink,
      neighbours: settings.neighbours,
    };
    const table = await withKernels(context.compute.threads, (pool) => {
      const places = [occurrenceOffsets, occurrences, rowOfPosition, offsets, sequence].map((a) => pool.i32(a));
      const inputs = [...places, pool.f32(decays), window, backward];
      return neighbourRows(pool, 'transitionRows', items, inputs, scaling, context);
    });
    return new NeighbourModel('transition-knn', histories.ordered ? settings : { ...settings, historyDecay: 1 }, table);
  },
  async load(state, settings) {
    return NeighbourModel.load('transition-knn', state, settings);
  },
});

/** Total weight leading out of and into each item, before scaling. */
function degrees(
  rowOfPosition: Int32Array,
  rowOffsets: Int32Array,
  sequence: Int32Array,
  items: number,
  decays: Float32Array,
  backward: number,
): [Float64Array, Float64Array] {
  const sums = new Float64Array(decays.length + 1);
  for (let n = 0; n < decays.length; n++) sums[n + 1] = sums[n]! + decays[n]!;
  const out = new Float64Array(items);
  const into = new Float64Array(items);
  for (let p = 0; p < sequence.length; p++) {
    const row = rowOfPosition[p]!;
    const after = sums[Math.min(decays.length, rowOffsets[row + 1]! - 1 - p)]!;
    const before = sums[Math.min(decays.length, p - rowOffsets[row]!)]!;
    out[sequence[p]!]! += after + backward * before;
    into[sequence[p]!]! += before + backward * after;
  }
  return [out, into];
}
