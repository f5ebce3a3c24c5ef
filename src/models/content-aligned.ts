/**
 * Where the texts of an item say that it will stand among what people choose. Items that were chosen have vectors from who
 * chose them (the leading directions of the normalised user-item matrix); a ridge regression learns to tell those from the
 * vectors of the texts, so that an item nobody has met lies near what it will be chosen with. An item that few have chosen
 * stands between both, and beside either lies what the texts say themselves.
 *
 * Each item: `[√γ · c, unit(n/(n+k) · b + k/(n+k) · g)] / √(1 + γ)`, with c the text's vector, b that of behaviour, g = cW
 * the one foreseen, n how often it was chosen; a shopper is the decayed mean. Ridge and γ are those by which items that
 * were held out of the regression are found best by the people who chose them.
 *
 * @source Gantner et al., Learning Attribute-to-Feature Mappings for Cold-Start Recommendations, ICDM 2010 (the mapping);
 *   Sarwar et al., Application of Dimensionality Reduction in Recommender Systems, 2000 (vectors of behaviour)
 */
import { Random } from '../core/random.ts';
import { type Histories, rowCount } from '../data/histories.ts';
import { userItems } from '../data/user-items.ts';
import { choleskyFactor, choleskySolve } from '../math/cholesky.ts';
import type { DenseMath } from '../math/dense-math.ts';
import { rightSingularVectors } from '../math/truncated-svd.ts';
import { VectorIndex } from '../math/vector-index.ts';
import { knownRows } from './content-profile.ts';
import { normalise } from './graph-filter.ts';
import {
  type Compute,
  defineModel,
  type ModelDefinition,
  type ModelState,
  type SettingSpecs,
  type SettingsOf,
} from './model.ts';
import { positionWeights } from './neighbour-table.ts';
import { ProfileForm } from './profile-form.ts';
import { exampleVectors } from './vector-form.ts';

const settings = {
  rank: { default: 128, min: 1, max: 2000, search: [64, 128, 256], doc: 'Directions of behaviour.' },
  blend: {
    default: 2,
    min: 0,
    max: 10_000,
    search: [1, 2, 5],
    doc: 'Choices of an item after which its own count half.',
  },
  historyDecay: { default: 0.8, min: 0, max: 1, search: [0.6, 0.8, 0.95], doc: 'Weight lost per step back.' },
  historyLength: { default: 50, min: 1, max: 100_000, doc: 'Newest positions of a history that count.' },
} as const satisfies SettingSpecs;

type Own = SettingsOf<typeof settings>;

/** What is tried on items held out: the ridge as a share of the weights' sum, and γ. */
const ridges = [0.001, 0.003, 0.01, 0.03];
const textShares = [0.5, 1, 2];
const heldShare = 0.1;
/** People and items that the held-out items are looked for by and among, at most. */
const mostPeople = 500;
const mostOthers = 2000;

export const contentAligned: ModelDefinition = defineModel({
  name: 'content-aligned',
  about: 'Ridge from vectors of texts to those of behaviour (Gantner et al. 2010).',
  settings,
  needs: ['vectors'],
  async fit({ histories, vectors }, own, { compute, seed, signal, onProgress }) {
    const { dimensions: d, values } = vectors!;
    const texts = { d, values, known: knownRows(vectors!) };
    const behaviour = await behaviourOf(histories, own.rank, { compute, seed, signal });
    onProgress?.(0.6, 'directions of behaviour');
    const chosen = await chooseOnHeldOut(histories, texts, behaviour, own, { dense: compute.dense, seed });
    signal?.throwIfAborted();
    const map = ridge(await normalsOf(texts, behaviour, compute.dense), chosen.ridge);
    const parts = { d, rank: behaviour.rank, map, gamma: chosen.gamma };
    const counts = Float32Array.from(behaviour.counts);
    const made = (index: VectorIndex, known: Uint8Array): ContentAligned =>
      new ContentAligned(own, parts, counts, index, known, compute);
    const { rows, known } = await placed(texts, behaviour, parts, own.blend, compute.dense);
    const scanned = await VectorIndex.exact(rows, d + behaviour.rank);
    const exact = made(scanned, known);
    const examples = exampleVectors(histories, seed, scanned.d, (query) => exact.userVector(query));
    return made(await scanned.grouped({ dense: compute.dense, seed, examples, signal }), known);
  },
  async load({ arrays, meta }, own, compute) {
    const { rows, known, map, counts } = arrays as Record<string, Float32Array> & { known: Uint8Array };
    const parts = { d: meta['d'] as number, rank: meta['rank'] as number, map: map!, gamma: meta['gamma'] as number };
    const index = await VectorIndex.load(rows!, parts.d + parts.rank, arrays, meta['probes'] as number);
    return new ContentAligned(own, parts, counts!, index, known.slice(), compute);
  },
});

interface Texts {
  readonly d: number;
  /** Shape `[items, d]`. */
  readonly values: Float32Array;
  readonly known: Uint8Array;
}

interface Behaviour {
  readonly rank: number;
  /** Rows as long as 1, of zeros for an item that no one chose; shape `[items, rank]`. */
  readonly values: Float32Array;
  /** How often each was chosen, by weight. */
  readonly counts: Float64Array;
}

/** What places an item. */
interface Alignment {
  readonly d: number;
  readonly rank: number;
  /** Shape `[d, rank]`. */
  readonly map: Float32Array;
  readonly gamma: number;
}

async function behaviourOf(
  histories: Histories,
  rank: number,
  { compute, seed, signal }: { compute: Compute; seed: number; signal?: AbortSignal | undefined },
): Promise<Behaviour> {
  const matrix = userItems(histories);
  const counts = new Float64Array(histories.itemCount);
  for (const item of matrix.indices) counts[item]!++;
  const { normalised } = normalise(matrix);
  const found = await rightSingularVectors(normalised, rank, { compute, seed, iterations: 4, signal });
  const { rank: d, vectors, values } = found;
  for (let i = 0; i < histories.itemCount; i++) {
    for (let f = 0; f < d; f++) vectors[i * d + f]! *= values[f]!;
    unit(vectors, i * d, d);
  }
  return { rank: d, values: vectors, counts };
}

/** `CᵀWC` and `CᵀWB` over items that were chosen and have texts, W = n / (n + 2). */
interface Normals {
  readonly d: number;
  readonly rank: number;
  /** Shape `[d, d]`. */
  readonly gram: Float32Array;
  /** Shape `[d, rank]`. */
  readonly right: Float32Array;
  /** Of the weights: the trace of the gram, since rows are as long as 1. */
  readonly sum: number;
}

async function normalsOf(
  { d, values, known }: Texts,
  { rank, values: b, counts }: Behaviour,
  dense: DenseMath,
  without?: Uint8Array,
): Promise<Normals> {
  const taught: number[] = [];
  for (let i = 0; i < counts.length; i++) if (known[i] === 1 && counts[i]! > 0 && without?.[i] !== 1) taught.push(i);
  const m = taught.length;
  const [c, weighted, target] = [new Float32Array(m * d), new Float32Array(m * d), new Float32Array(m * rank)];
  let sum = 0;
  for (const [row, item] of taught.entries()) {
    const weight = counts[item]! / (counts[item]! + 2);
    sum += weight;
    for (let f = 0; f < d; f++) {
      c[row * d + f] = values[item * d + f]!;
      weighted[row * d + f] = weight * values[item * d + f]!;
    }
    target.set(b.subarray(item * rank, (item + 1) * rank), row * rank);
  }
  const [gram, right] = [new Float32Array(d * d), new Float32Array(d * rank)];
  if (m > 0 && rank > 0) {
    await dense.matmul({ a: weighted, b: c, m: d, k: m, n: d, transposeA: true, out: gram });
    await dense.matmul({ a: weighted, b: target, m: d, k: m, n: rank, transposeA: true, out: right });
  }
  return { d, rank, gram, right, sum };
}

/** `(CᵀWC + λI)⁻¹ CᵀWB`, shape `[d, rank]`. @param share - λ as a share of the weights' sum */
function ridge({ d, rank, gram, right, sum }: Normals, share: number): Float32Array {
  const system = Float64Array.from(gram);
  for (let f = 0; f < d; f++) system[f * d + f]! += Math.max(share * sum, 1e-6);
  const map = new Float32Array(d * rank);
  if (!choleskyFactor(system, d)) return map;
  const column = new Float64Array(d);
  for (let r = 0; r < rank; r++) {
    for (let f = 0; f < d; f++) column[f] = right[f * rank + r]!;
    choleskySolve(system, d, column);
    for (let f = 0; f < d; f++) map[f * rank + r] = column[f]!;
  }
  return map;
}

/** Some items alone, in the order given. */
function only(texts: Texts, behaviour: Behaviour, items: readonly number[]): { texts: Texts; behaviour: Behaviour } {
  const rowsOf = (values: Float32Array, width: number): Float32Array => {
    const rows = new Float32Array(items.length * width);
    for (const [row, item] of items.entries()) rows.set(values.subarray(item * width, (item + 1) * width), row * width);
    return rows;
  };
  const { d, values, known } = texts;
  const { rank } = behaviour;
  return {
    texts: { d, values: rowsOf(values, d), known: Uint8Array.from(items, (item) => known[item]!) },
    behaviour: {
      rank,
      values: rowsOf(behaviour.values, rank),
      counts: Float64Array.from(items, (item) => behaviour.counts[item]!),
    },
  };
}

/** All items where they stand; shape `[items, d + rank]`. */
async function placed(
  { d, values, known }: Texts,
  { rank, values: b, counts }: Behaviour,
  { map, gamma }: Alignment,
  blend: number,
  dense: DenseMath,
  asUnmet?: Uint8Array,
): Promise<{ readonly rows: Float32Array; readonly known: Uint8Array }> {
  const items = counts.length;
  const foreseen = new Float32Array(items * rank);
  await dense.matmul({ a: values, b: map, m: items, k: d, n: rank, out: foreseen });
  const rows = new Float32Array(items * (d + rank));
  const some = new Uint8Array(items);
  for (let i = 0; i < items; i++) {
    const count = asUnmet?.[i] === 1 ? 0 : counts[i]!;
    some[i] = known[i] === 1 || count > 0 ? 1 : 0;
    if (some[i] === 0) continue;
    const own = known[i] === 1 ? count / (count + blend) : 1;
    unit(foreseen, i * rank, rank);
    for (let r = 0; r < rank; r++)
      foreseen[i * rank + r] = own * b[i * rank + r]! + (1 - own) * foreseen[i * rank + r]!;
    write(rows, i, values.subarray(i * d, (i + 1) * d), foreseen.subarray(i * rank, (i + 1) * rank), gamma);
  }
  return { rows, known: some };
}

/** `[√γ · c, unit(b)] / √(1 + γ)` into row i. */
function write(rows: Float32Array, i: number, c: Float32Array, b: Float32Array, gamma: number): void {
  const [d, rank] = [c.length, b.length];
  const at = i * (d + rank);
  const [text, behaviour] = [Math.sqrt(gamma / (1 + gamma)), Math.sqrt(1 / (1 + gamma))];
  for (let f = 0; f < d; f++) rows[at + f] = text * c[f]!;
  for (let r = 0; r < rank; r++) rows[at + d + r] = b[r]!;
  unit(rows, at + d, rank);
  for (let r = 0; r < rank; r++) rows[at + d + r]! *= behaviour;
}

function unit(values: Float32Array, from: number, length: number): void {
  let square = 0;
  for (let n = from; n < from + length; n++) square += values[n]! ** 2;
  if (square < 1e-20) return;
  const scale = 1 / Math.sqrt(square);
  for (let n = from; n < from + length; n++) values[n]! *= scale;
}

/** Ridge and γ with the highest mean of `1 / log2(1 + rank)` of held-out items for those who chose them. */
async function chooseOnHeldOut(
  histories: Histories,
  texts: Texts,
  behaviour: Behaviour,
  { blend, historyDecay, historyLength }: Own,
  { dense, seed }: { readonly dense: DenseMath; readonly seed: number },
): Promise<{ readonly ridge: number; readonly gamma: number }> {
  const { d } = texts;
  const { rank, counts } = behaviour;
  const random = new Random(seed, 0xa119);
  const held = Uint8Array.from(counts, (count, i) =>
    random.uniform() < heldShare && count > 0 && texts.known[i] ? 1 : 0,
  );
  const cases: { readonly target: number; readonly items: Int32Array }[] = [];
  const order = random.shuffle(Int32Array.from({ length: rowCount(histories) }, (_, row) => row));
  for (const row of order) {
    if (cases.length === mostPeople) break;
    const items = histories.items.subarray(histories.offsets[row]!, histories.offsets[row + 1]!);
    const target = items.find((item) => held[item] === 1);
    const others = items.filter((item) => held[item] === 0);
    if (target !== undefined && others.length > 0) cases.push({ target, items: others });
  }
  const first = { ridge: ridges[1]!, gamma: textShares[1]! };
  if (cases.length < 20) return first;
  const all = random.shuffle(Int32Array.from(counts.keys()));
  const others = all.filter((item) => texts.known[item] === 1 || counts[item]! > 0).subarray(0, mostOthers);
  // Only what is looked at is placed, however large the catalogue is.
  const looked = [...new Set([...others, ...cases.flatMap(({ target, items }) => [target, ...items])])];
  const rowOf = new Map(looked.map((item, row) => [item, row]));
  const some = only(texts, behaviour, looked);
  const asUnmet = Uint8Array.from(looked, (item) => held[item]!);
  const otherRows = Int32Array.from(others, (item) => rowOf.get(item)!);
  const normals = await normalsOf(texts, behaviour, dense, held);
  let best = { ...first, value: -1 };
  for (const share of ridges) {
    const map = ridge(normals, share);
    for (const gamma of textShares) {
      const parts = { d, rank, map, gamma };
      const { rows } = await placed(some.texts, some.behaviour, parts, blend, dense, asUnmet);
      const index = await VectorIndex.exact(rows, d + rank);
      const scores = new Float32Array(others.length);
      let value = 0;
      for (const { target, items } of cases) {
        const history = items.map((item) => rowOf.get(item)!);
        const vector = meanOf(rows, d + rank, history, positionWeights({ items }, { historyDecay, historyLength }));
        index.products(otherRows, vector, scores);
        const own = index.product(rowOf.get(target)!, vector);
        let place = 1;
        for (let n = 0; n < scores.length; n++) if (scores[n]! > own && others[n] !== target) place++;
        value += 1 / Math.log2(1 + place);
      }
      if (value > best.value) best = { ridge: share, gamma, value };
    }
  }
  return { ridge: best.ridge, gamma: best.gamma };
}

function meanOf(rows: Float32Array, width: number, items: Int32Array, weights: Float64Array): Float32Array {
  const vector = new Float32Array(width);
  for (const [p, item] of items.entries())
    if (weights[p] !== 0) for (let f = 0; f < width; f++) vector[f]! += weights[p]! * rows[item * width + f]!;
  return vector;
}

class ContentAligned extends ProfileForm {
  readonly name = 'content-aligned';
  readonly #parts: Alignment;
  /** Shape `[items]`. */
  readonly #counts: Float32Array;

  constructor(
    own: Own,
    parts: Alignment,
    counts: Float32Array,
    index: VectorIndex,
    known: Uint8Array,
    compute: Compute,
  ) {
    super({ ...own }, index, known, compute);
    this.#parts = parts;
    this.#counts = counts;
  }

  /** What many have chosen stays where they put it; of its texts the new ones hold. */
  locate(item: number, vector: Float32Array): void {
    const { d, rank, map, gamma } = this.#parts;
    const foreseen = new Float32Array(rank);
    if (this.#counts[item]! > 0)
      foreseen.set(this.index.vectors.subarray(item * (d + rank) + d, (item + 1) * (d + rank)));
    else for (let f = 0; f < d; f++) for (let r = 0; r < rank; r++) foreseen[r]! += vector[f]! * map[f * rank + r]!;
    const row = new Float32Array(d + rank);
    write(row, 0, vector, foreseen, gamma);
    this.place(item, row);
  }

  state(): ModelState {
    const { arrays, meta } = this.index.state();
    const { d, rank, map, gamma } = this.#parts;
    return {
      meta: { settings: this.settings, d, rank, gamma, ...meta },
      arrays: { rows: this.index.vectors, known: this.rows, counts: this.#counts, map, ...arrays },
    };
  }
}
