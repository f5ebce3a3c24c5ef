/**
 * A shopper as the content of what they chose: the mean of its vectors, each by its strength and how lately it was chosen,
 * beside an item's own vector: the cosine of both. What was typed counts as one more choice, the newest. It needs nobody to
 * have met an item.
 *
 * @source Lops, de Gemmis & Semeraro, Content-based recommender systems, Recommender Systems Handbook 2011
 */

import type { Query } from '../data/histories.ts';
import type { ItemVectors } from '../data/item-vectors.ts';
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
  historyDecay: { default: 0.8, min: 0, max: 1, search: [0.6, 0.8, 0.95], doc: 'Weight lost per step back.' },
  historyLength: { default: 50, min: 1, max: 100_000, doc: 'Newest positions of a history that count.' },
  text: { default: 1, min: 0, max: 100, doc: 'What was typed counts as so many newest choices.' },
} as const satisfies SettingSpecs;

type Own = SettingsOf<typeof settings>;

export const contentProfile: ModelDefinition = defineModel({
  name: 'content-profile',
  about: 'Cosine of texts: the decayed mean of what was chosen (Lops, de Gemmis & Semeraro 2011).',
  settings,
  needs: ['vectors'],
  async fit({ histories, vectors }, own, { compute, seed, signal }) {
    const { dimensions: d, values } = vectors!;
    const known = knownRows(vectors!);
    const made = (index: VectorIndex): ContentProfile => new ContentProfile(own, index, known, compute);
    const scanned = await VectorIndex.exact(values.slice(), d);
    const exact = made(scanned);
    const examples = exampleVectors(histories, seed, d, (query) => exact.userVector(query));
    return made(await scanned.grouped({ dense: compute.dense, seed, examples, signal }));
  },
  async load({ arrays, meta }, own, compute) {
    const { values, known } = arrays as { values: Float32Array; known: Uint8Array };
    const index = await VectorIndex.load(values, meta['d'] as number, arrays, meta['probes'] as number);
    return new ContentProfile(own, index, known.slice(), compute);
  },
});

/** 1 for items that have a vector; shape `[items]`. */
export function knownRows({ dimensions: d, values }: ItemVectors): Uint8Array {
  return Uint8Array.from({ length: values.length / d }, (_, item) => {
    for (let f = 0; f < d; f++) if (values[item * d + f] !== 0) return 1;
    return 0;
  });
}

class ContentProfile extends ProfileForm {
  readonly name = 'content-profile';
  readonly #text: number;

  constructor(own: Own, index: VectorIndex, known: Uint8Array, compute: Compute) {
    super({ ...own }, index, known, compute);
    this.#text = own.text;
  }

  locate(item: number, vector: Float32Array): void {
    this.place(item, vector);
  }

  state(): ModelState {
    const { arrays, meta } = this.index.state();
    const { d, vectors } = this.index;
    return { meta: { settings: this.settings, d, ...meta }, arrays: { values: vectors, known: this.rows, ...arrays } };
  }

  protected override beside({ textVector }: Query): Float32Array | undefined {
    return textVector?.length === this.index.d ? textVector.map((value) => this.#text * value) : undefined;
  }
}
