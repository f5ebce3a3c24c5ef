/**
 * Items by their neighbours in visits: skip-gram with negative sampling over sessions, in which items stand for words. A
 * shopper is the mean of what they chose; an item nobody met has no vector.
 *
 * @source Barkan & Koenigstein, Item2Vec: Neural Item Embedding for Collaborative Filtering, MLSP 2016; Caselles-Dupré,
 * Lesaint & Royo-Letelier, Word2vec applied to Recommendation: Hyperparameters Matter, RecSys 2018 (the power of negatives)
 */
import { type Histories, rowCount } from '../data/histories.ts';
import { fitSkipGram, type TokenSequences } from '../encoders/skip-gram.ts';
import { normalizeRows } from '../encoders/text/text-encoder.ts';
import { VectorIndex } from '../math/vector-index.ts';
import {
  type Compute,
  defineModel,
  type ModelDefinition,
  type ModelState,
  type SettingSpecs,
  type SettingsOf,
} from './model.ts';
import { ProfileForm } from './profile-form.ts';
import { exampleVectors } from './vector-form.ts';

const settings = {
  dimensions: { default: 64, min: 4, max: 1000, search: [32, 64, 128], doc: 'Length of the vectors.' },
  window: { default: 5, min: 1, max: 1000, search: [3, 5, 10], doc: 'Most items to either side that count as near.' },
  negatives: { default: 5, min: 1, max: 100, doc: 'Items drawn by chance beside each pair.' },
  negativePower: {
    default: 0,
    min: -2,
    max: 2,
    search: [-0.5, 0, 0.75],
    doc: 'Their chance grows with the count to this power.',
  },
  epochs: { default: 20, min: 1, max: 1000, search: [5, 20, 50], doc: 'Passes over the visits.' },
  learningRate: { default: 0.05, min: 1e-5, max: 1, doc: 'Falls to zero over the passes.' },
  historyDecay: { default: 0.8, min: 0, max: 1, search: [0.6, 0.8, 0.95], doc: 'Weight lost per step back.' },
  historyLength: { default: 50, min: 1, max: 100_000, doc: 'Newest positions of a history that count.' },
} as const satisfies SettingSpecs;

type Own = SettingsOf<typeof settings>;

export const item2vec: ModelDefinition = defineModel({
  name: 'item2vec',
  about: 'Skip-gram with negative sampling over visits (Barkan & Koenigstein 2016).',
  settings,
  async fit({ histories }, own, { compute, seed, signal, onProgress }) {
    const { dimensions: d } = own;
    const sequences = visitsOf(histories);
    const values = fitSkipGram(sequences, { ...own, subsample: 1, seed });
    onProgress?.(0.8);
    signal?.throwIfAborted();
    const known = new Uint8Array(histories.itemCount);
    for (const item of sequences.tokens) known[item] = 1;
    for (let item = 0; item < known.length; item++) if (known[item] === 0) values.fill(0, item * d, (item + 1) * d);
    normalizeRows(values, (row) => row * d, histories.itemCount);
    const kept = histories.ordered ? own : { ...own, historyDecay: 1 };
    const made = (index: VectorIndex): Item2vec => new Item2vec(kept, index, known, compute);
    const scanned = await VectorIndex.exact(values, d);
    const exact = made(scanned);
    const examples = exampleVectors(histories, seed, d, (query) => exact.userVector(query));
    return made(await scanned.grouped({ dense: compute.dense, seed, examples, signal }));
  },
  async load({ arrays, meta }, own, compute) {
    const { values, known } = arrays as { values: Float32Array; known: Uint8Array };
    const index = await VectorIndex.load(values, own.dimensions, arrays, meta['probes'] as number);
    return new Item2vec(own, index, known.slice(), compute);
  },
});

/** A row's visits apart, where it spans several. */
function visitsOf(histories: Histories): TokenSequences {
  const { items, sessions, itemCount } = histories;
  const offsets = [0];
  for (let row = 0; row < rowCount(histories); row++) {
    const [from, to] = [histories.offsets[row]!, histories.offsets[row + 1]!];
    for (let p = from + 1; p < to; p++) if (sessions && sessions[p] !== sessions[p - 1]) offsets.push(p);
    if (to > from) offsets.push(to);
  }
  return { tokens: items, offsets: Int32Array.from(offsets), size: itemCount };
}

class Item2vec extends ProfileForm {
  readonly name = 'item2vec';

  constructor(own: Own, index: VectorIndex, known: Uint8Array, compute: Compute) {
    super({ ...own }, index, known, compute);
  }

  state(): ModelState {
    const { arrays, meta } = this.index.state();
    return {
      meta: { settings: this.settings, ...meta },
      arrays: { values: this.index.vectors, known: this.rows, ...arrays },
    };
  }
}
