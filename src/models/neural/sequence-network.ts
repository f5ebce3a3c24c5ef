/**
 * The layers of a sequence model, once, in the graphs that they stand in: packed batches in training, packed questions when it
 * is judged, one history when it is asked. What is common to all: vectors of items (of their own, and from what they
 * are), marks of positions, and the losses. A model brings what reads them.
 */
import { add, equal, multiply, subtract } from '../../math/autodiff/operations/elementwise.ts';
import { rows } from '../../math/autodiff/operations/lookup.ts';
import { matmul } from '../../math/autodiff/operations/matrix.ts';
import { concat, reshape, slice } from '../../math/autodiff/operations/shaping.ts';
import { sum } from '../../math/autodiff/operations/summing.ts';
import { constant, input, type Named, scalar, type Tensor } from '../../math/autodiff/tensor.ts';
import { causalMask, unitVectors } from '../../math/training/layers.ts';
import { contrastive, crossEntropy, generalisedBinary, sampledSoftmax } from '../../math/training/losses.ts';
import { Masks, noMasks, normal, Parameters } from '../../math/training/parameters.ts';
import { markCounts } from './position-marks.ts';

/** What is read: `vectors` of shape `[rows, length, size]`, and where each stands. */
export interface Reading {
  readonly vectors: Tensor;
  /** int64 `[rows, length]`, from the end of each sequence. */
  readonly places: Tensor;
  /** Added to scores of attention; broadcasts to `[rows, heads, length, length]`. */
  readonly mask: Tensor;
  /** `[rows, length]`: 1 where a sequence begins. */
  readonly begins: Tensor;
}

/** @returns vectors to compare with those of items, `[rows, length, size]` */
export type Reader = (given: Reading, masks: Pick<Masks, 'drop'>) => Tensor;

/** Adds the parameters of a model's own layers. */
export type Layers = (parameters: Parameters, sizes: ReaderSizes) => Reader;

export interface ReaderSizes {
  readonly size: number;
  readonly length: number;
  readonly dropout: number;
}

export interface NetworkForm extends ReaderSizes {
  readonly items: number;
  readonly layers: Layers;
  /** Whether items are hidden and foreseen from both sides; else each position foresees the next. */
  readonly isTwoSided: boolean;
  /** Whether items are ever hidden from it. */
  readonly hides: boolean;
  /** Marks that it reads. */
  readonly marks: readonly Mark[];
  /** Numbers that say what an item is (item-features.ts); 0 for none. */
  readonly features: number;
}

export type Mark = 'kind' | 'since' | 'until' | 'moment';

export interface LossForm {
  readonly rowsOfBatch: number;
  readonly length: number;
  readonly loss: 'softmax' | 'sampled-softmax' | 'in-batch' | 'gbce';
  /** Items drawn for each step; none for the softmax over all. */
  readonly drawn: number;
  readonly calibration: number;
  /** Sequences that are read in two altered forms, and the weight of finding one by the other; none where 0. */
  readonly pairs: number;
  readonly contrastive: number;
}

const temperature = 0.2;

export class SequenceNetwork {
  readonly parameters: Parameters;
  readonly form: NetworkForm;
  readonly #table: Tensor<Named>;
  readonly #hidden: Tensor<Named> | undefined;
  readonly #marks: Readonly<Partial<Record<Mark, Tensor<Named>>>>;
  readonly #features: { readonly values: Tensor<Named>; readonly weight: Tensor<Named> } | undefined;
  readonly #reader: Reader;

  constructor(form: NetworkForm, seed: number) {
    const { size, items, features } = form;
    this.form = form;
    const added = (name: string, shape: readonly number[]): Tensor<Named> =>
      this.parameters.add(`${name}.weight`, shape, normal(0.02));
    this.parameters = new Parameters(seed);
    this.#table = added('items', [items, size]);
    if (form.hides) this.#hidden = added('hidden', [size]);
    this.#marks = Object.fromEntries(form.marks.map((name) => [name, added(name, [countOf(name), size])]));
    if (features > 0) {
      const weight = this.parameters.add('features.weight', [size, features], normal(0.02));
      this.#features = { values: input('features', [items, features]), weight };
    }
    this.#reader = form.layers(this.parameters, form);
  }

  /** What one position is read by, whatever the graph. */
  #marked(vectors: Tensor, of: (name: Mark) => Tensor): Tensor {
    return Object.entries(this.#marks).reduce((x, [name, table]) => add(x, rows(table, of(name as Mark))), vectors);
  }

  #vectorsOf(items: Tensor): Tensor {
    const own = rows(this.#table, items);
    if (!this.#features) return own;
    const { values, weight } = this.#features;
    return add(own, matmul(rows(values, items), weight, { transposeB: true }));
  }

  get #allVectors(): Tensor {
    if (!this.#features) return this.#table;
    return add(this.#table, matmul(this.#features.values, this.#features.weight, { transposeB: true }));
  }

  /** @param prefix - of the names of the inputs. @returns `[rows * length, size]` */
  #read(rowsOfBatch: number, length: number, masks: Pick<Masks, 'drop'>, prefix = ''): Tensor {
    const given = (name: string): Tensor => input(`${prefix}${name}`, [rowsOfBatch, length]);
    const codes = (name: string): Tensor => input(`${prefix}${name}`, [rowsOfBatch, length], 'int64');
    let vectors = this.#vectorsOf(codes('items'));
    if (this.#hidden) {
      const isHidden = reshape(given('hidden'), [rowsOfBatch, length, 1]);
      vectors = add(multiply(vectors, subtract(scalar(1), isHidden)), multiply(isHidden, this.#hidden));
    }
    const read = this.#reader(
      {
        ...{ vectors: this.#marked(vectors, codes), places: codes('places'), begins: given('begins') },
        mask: input(`${prefix}mask`, [rowsOfBatch, 1, length, length]),
      },
      masks,
    );
    return reshape(read, [rowsOfBatch * length, this.form.size]);
  }

  /** Inputs are those of a `Batch`; with pairs also of two more, named `a ...` and `b ...`. */
  training(of: LossForm): { readonly loss: Tensor; readonly masks: Masks } {
    const masks = new Masks();
    const loss = this.#foreseeing(this.#read(of.rowsOfBatch, of.length, masks), of);
    if (of.pairs === 0) return { loss, masks };
    const [a, b] = ['a ', 'b '].map((prefix) => {
      const ends = input(`${prefix}ends`, [of.pairs], 'int64');
      return unitVectors(rows(this.#read(of.rowsOfBatch, of.length, masks, prefix), ends));
    }) as [Tensor, Tensor];
    const found = contrastive(a, b, temperature, input('pairs', [of.pairs]));
    return { loss: add(loss, multiply(scalar(of.contrastive), found)), masks };
  }

  #foreseeing(out: Tensor, { rowsOfBatch, length, loss, drawn, calibration }: LossForm): Tensor {
    const positions = rowsOfBatch * length;
    const targets = input('targets', [positions], 'int64');
    const weights = input('weights', [positions]);
    if (loss === 'softmax') {
      const logits = matmul(out, this.#allVectors, { transposeB: true });
      // What no one has chosen yet is no wrong answer: its features would learn that they are never chosen.
      const shut = this.#features ? add(logits, input('unmet', [this.form.items])) : logits;
      return crossEntropy(shut, targets, weights);
    }
    if (loss === 'in-batch') return this.#amongEachOther(out, targets, weights);
    const draws = input('draws', [drawn], 'int64');
    const sampled = {
      positive: sum(multiply(out, this.#vectorsOf(targets)), [-1]),
      negatives: matmul(out, this.#vectorsOf(draws), { transposeB: true }),
      isHit: equal(reshape(targets, [positions, 1]), reshape(draws, [1, drawn])),
    };
    if (loss === 'gbce') {
      const share = Math.min(1, drawn / Math.max(1, this.form.items - 1));
      return generalisedBinary(sampled, { share, calibration }, weights);
    }
    return sampledSoftmax({ ...sampled, negativeLogQ: input('drawsLogQ', [drawn]) }, weights);
  }

  /** What others of the batch chose is what an item is told from, corrected for how often each is there. */
  #amongEachOther(out: Tensor, targets: Tensor, weights: Tensor): Tensor {
    const positions = out.shape[0]!;
    const negatives = matmul(out, this.#vectorsOf(targets), { transposeB: true });
    const sampled = {
      ...{ positive: sum(multiply(out, this.#vectorsOf(targets)), [-1]), negatives },
      isHit: equal(reshape(targets, [positions, 1]), reshape(targets, [1, positions])),
    };
    const logQ = input('targetsLogQ', [positions]);
    // Where there is no target, there is nothing to be told from.
    const absent = multiply(scalar(1e9), subtract(scalar(1), weights));
    return sampledSoftmax({ ...sampled, positiveLogQ: logQ, negativeLogQ: add(logQ, absent) }, weights);
  }

  /** Outputs of packed questions, `[rows * length, size]`. */
  questions(rowsOfBatch: number, length: number): Tensor {
    return this.#read(rowsOfBatch, length, noMasks);
  }

  /**
   * The vector after a history of so many items, which are given as `vectors`, with the marks of each; where the model is
   * two-sided those of what is asked for come last.
   */
  asked(count: number): Tensor {
    const { size, isTwoSided } = this.form;
    const length = count + Number(isTwoSided);
    const items = input('vectors', [1, count, size]);
    const vectors = isTwoSided ? concat([items, reshape(this.#hidden!, [1, 1, size])], 1) : items;
    const places = constant(
      Array.from({ length }, (_, n) => length - 1 - n),
      [length],
      'int64',
    );
    const mask = isTwoSided ? new Float32Array(length * length) : causalMask(length);
    const read = this.#reader(
      {
        vectors: this.#marked(vectors, (name) => input(name, [1, length], 'int64')),
        places: reshape(places, [1, length]),
        mask: constant([...mask], [length, length]),
        begins: constant(
          Array.from({ length }, (_, n) => Number(n === 0)),
          [1, length],
        ),
      },
      noMasks,
    );
    return slice(read, 1, length - 1, length);
  }

  /** Weights that answer, without the moments of their training. */
  kept(arrays: Readonly<Record<string, Float32Array>>): Record<string, Float32Array> {
    return Object.fromEntries(this.parameters.tensors.map(({ attributes: { name } }) => [name, arrays[name]!]));
  }
}

function countOf(mark: Mark): number {
  return mark === 'until' ? markCounts.since : markCounts[mark];
}
