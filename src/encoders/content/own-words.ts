/**
 * Texts by the words that a shop itself uses, in few dimensions: the leading directions of TF-IDF. It tells apart what a
 * general table takes for the same (sizes, materials, names of lines), and knows no other words.
 *
 * @source Deerwester, Dumais, Furnas, Landauer & Harshman, Indexing by latent semantic analysis, JASIS 1990
 */
import { rightSingularVectors, type TruncatedSvdOptions } from '../../math/truncated-svd.ts';
import { countTerms, vocabularyOf } from '../text/term-counts.ts';
import { normalizeRows } from '../text/text-encoder.ts';

/** Terms that are kept, those of most texts first. */
const mostTerms = 30_000;
const terms = { of: 'words' } as const;
/** Among fewer texts words stand together by chance. */
const fewestTexts = 100;

export interface OwnWordsState {
  readonly terms: readonly string[];
  /** Shape `[terms]`. */
  readonly rarity: Float32Array;
  /** Shape `[terms, dimensions]`. */
  readonly axes: Float32Array;
}

export class OwnWords {
  readonly dimensions: number;
  readonly state: OwnWordsState;
  readonly #indexOf: ReadonlyMap<string, number>;

  constructor(state: OwnWordsState) {
    this.state = state;
    this.#indexOf = new Map(state.terms.map((term, index) => [term, index]));
    this.dimensions = state.terms.length === 0 ? 0 : state.axes.length / state.terms.length;
  }

  /** @returns undefined where too few texts tell which words go together */
  static async fit(
    texts: readonly string[],
    dimensions: number,
    options: Pick<TruncatedSvdOptions, 'compute' | 'seed' | 'signal'>,
  ): Promise<OwnWords | undefined> {
    if (texts.length < fewestTexts) return undefined;
    const vocabulary = vocabularyOf(texts, terms, { mostTerms });
    if (vocabulary.terms.length === 0) return undefined;
    const rarity = Float32Array.from(vocabulary.texts, (df) => 1 + Math.log((1 + vocabulary.of) / (1 + df)));
    const indexOf = new Map(vocabulary.terms.map((term, index) => [term, index]));
    const { offsets, indices, values } = weighted(texts, indexOf, rarity);
    const matrix = { rows: texts.length, columns: indexOf.size, offsets, indices, values };
    const { rank, vectors } = await rightSingularVectors(matrix, dimensions, { ...options, iterations: 4 });
    return rank === 0 ? undefined : new OwnWords({ terms: vocabulary.terms, rarity, axes: vectors });
  }

  /** @returns shape `[texts, dimensions]`, rows as long as 1, of zeros where no word is known */
  encode(texts: readonly string[]): Float32Array {
    const { dimensions: d } = this;
    const { rarity, axes } = this.state;
    const { offsets, indices, values } = weighted(texts, this.#indexOf, rarity);
    const out = new Float32Array(texts.length * d);
    for (let t = 0; t < texts.length; t++)
      for (let n = offsets[t]!; n < offsets[t + 1]!; n++)
        for (let f = 0; f < d; f++) out[t * d + f]! += values[n]! * axes[indices[n]! * d + f]!;
    normalizeRows(out, (row) => row * d, texts.length);
    return out;
  }
}

function weighted(texts: readonly string[], indexOf: ReadonlyMap<string, number>, rarity: Float32Array) {
  const counted = countTerms(texts, terms, indexOf, (index, count) => (1 + Math.log(count)) * rarity[index]!);
  normalizeRows(counted.values, (row) => counted.offsets[row]!, counted.count);
  return counted;
}
