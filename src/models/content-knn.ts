/**
 * Items that share categories, brand and attributes with the history: inverse-document-frequency cosine between an item and
 * the decayed profile of the history. It knows a product that nobody has met yet from what the catalogue says of it.
 *
 * Of an attribute that very many items share only some are looked at: half of them those that nobody chose, the others the
 * most chosen. So an answer costs what the profile's attributes may bring, however large the catalogue is.
 *
 * @source Lops, de Gemmis & Semeraro, Content-based recommender systems, Recommender Systems Handbook 2011
 */
import { ShelfwiseError } from '../core/errors.ts';
import type { Histories, Query } from '../data/histories.ts';
import type { ItemAttributes } from '../data/item-attributes.ts';
import type { Evidence } from './evidence.ts';
import {
  type Contribution,
  defineModel,
  type ModelDefinition,
  type ModelState,
  type SettingSpecs,
  type SettingsOf,
} from './model.ts';
import { NeighbourForm } from './neighbour-form.ts';
import { positionWeights } from './neighbour-table.ts';

const settings = {
  perAttribute: {
    default: 400,
    min: 2,
    max: 100_000,
    search: [100, 400, 1000],
    doc: 'Items looked at of each attribute.',
  },
  attributes: {
    default: 32,
    min: 1,
    max: 1000,
    search: [16, 32, 64],
    doc: 'Attributes of a history that count, heaviest first.',
  },
  historyDecay: { default: 0.8, min: 0, max: 1, search: [0.6, 0.8, 0.95], doc: 'Weight lost per step back.' },
  historyLength: { default: 50, min: 1, max: 100_000, doc: 'Newest positions of a history that count.' },
} as const satisfies SettingSpecs;

type Own = SettingsOf<typeof settings>;

export const contentKnn: ModelDefinition = defineModel({
  name: 'content-knn',
  about: 'IDF-weighted cosine of categories, brand and attributes (Lops, de Gemmis & Semeraro 2011).',
  settings,
  needs: ['catalogue'],
  async fit({ histories, catalogue }, own) {
    const { attributes } = catalogue!;
    if (!attributes)
      throw new ShelfwiseError(
        'SW_MODEL_DATA',
        'content-knn: expected categories, brands or attributes of the items, got none.',
        'Import a catalogue that has them, or leave the model out.',
      );
    return new ContentKnn(own, tablesOf(histories, attributes, own.perAttribute));
  },
  async load({ arrays }, own) {
    return new ContentKnn(own, arrays as unknown as ContentTables);
  },
});

type ContentTables = {
  /** Attributes of item i are `ids[offsets[i] .. offsets[i + 1] - 1]`; shape `[items + 1]`. */
  readonly offsets: Int32Array;
  readonly ids: Int32Array;
  /** The id that each attribute had among the facts; shape `[attributes]`. */
  readonly codes: Int32Array;
  /** Rarity of an attribute, `log(1 + items / items that have it)`; shape `[attributes]`. */
  readonly rarity: Float64Array;
  /** Items of attribute a that are looked at; shape `[attributes + 1]`. */
  readonly postingOffsets: Int32Array;
  readonly postings: Int32Array;
};

function tablesOf({ itemCount, items }: Histories, { today }: ItemAttributes, perAttribute: number): ContentTables {
  const dense = new Map<number, number>();
  const offsets = new Int32Array(itemCount + 1);
  for (let i = 0; i < itemCount; i++) offsets[i + 1] = offsets[i]! + (today[i]?.length ?? 0);
  const ids = new Int32Array(offsets[itemCount]!);
  const holders: number[][] = [];
  for (let i = 0; i < itemCount; i++)
    for (const [n, id] of (today[i] ?? []).entries()) {
      const known = dense.get(id) ?? dense.size;
      dense.set(id, known);
      ids[offsets[i]! + n] = known;
      holders[known] ??= [];
      holders[known].push(i);
    }
  const counts = new Float64Array(itemCount);
  for (const item of items) counts[item]!++;
  const codes = Int32Array.from(dense.keys());
  const chosen = holders.map((some) => lookedAt(some, counts, perAttribute));
  const postingOffsets = new Int32Array(holders.length + 1);
  for (const [a, some] of chosen.entries()) postingOffsets[a + 1] = postingOffsets[a]! + some.length;
  return {
    offsets,
    ids,
    codes,
    rarity: Float64Array.from(holders, (some) => Math.log(1 + itemCount / some.length)),
    postingOffsets,
    postings: Int32Array.from(chosen.flat()),
  };
}

/** @param items - in the order of their indices, which carries nothing */
function lookedAt(items: readonly number[], counts: Float64Array, most: number): readonly number[] {
  if (items.length <= most) return items;
  const unmet = items.filter((item) => counts[item] === 0).slice(0, most >> 1);
  const met = items.filter((item) => counts[item]! > 0).sort((a, b) => counts[b]! - counts[a]! || a - b);
  return [...unmet, ...met.slice(0, most - unmet.length)].sort((a, b) => a - b);
}

class ContentKnn extends NeighbourForm {
  readonly name = 'content-knn';
  readonly #own: Own;
  readonly #tables: ContentTables;
  /** Attributes by item. */
  readonly #rows: Int32Array[];
  /** Length of an item's vector; shape `[items]`. */
  readonly #norms: Float64Array;
  readonly #attributeOf: ReadonlyMap<number, number>;
  /** Items by attribute that came after the fit. */
  readonly #late = new Map<number, Set<number>>();
  /** Scratch by attribute, zero between queries. */
  readonly #profile: Float64Array;

  constructor(own: Own, tables: ContentTables) {
    super({ ...own }, tables.offsets.length - 1);
    this.#own = own;
    this.#tables = tables;
    this.#profile = new Float64Array(tables.rarity.length);
    const { offsets, ids, codes } = tables;
    this.#attributeOf = new Map(Array.from(codes, (code, id) => [code, id]));
    this.#rows = Array.from({ length: this.itemCount }, (_, item) => ids.subarray(offsets[item], offsets[item + 1]));
    this.#norms = Float64Array.from(this.#rows, (row) => this.#normOf(row));
  }

  describe(item: number, attributes: Int32Array): void {
    for (const id of this.#rows[item]!) this.#late.get(id)?.delete(item);
    const ids = Int32Array.from([...attributes].flatMap((code) => this.#attributeOf.get(code) ?? []));
    this.#rows[item] = ids;
    this.#norms[item] = this.#normOf(ids);
    for (const id of ids) {
      const known = this.#late.get(id) ?? new Set();
      this.#late.set(id, known.add(item));
    }
  }

  protected gather(query: Query, evidence: Evidence): number {
    const { rarity, postingOffsets, postings } = this.#tables;
    const { attributes, scale, read } = this.#profileOf(query);
    let entries = read;
    for (const { id, weight } of attributes) {
      const value = weight * rarity[id]! * scale;
      for (let n = postingOffsets[id]!; n < postingOffsets[id + 1]!; n++)
        evidence.add(postings[n]!, value / this.#norms[postings[n]!]!);
      const late = this.#late.get(id);
      if (late) for (const item of late) evidence.add(item, value / this.#norms[item]!);
      entries += postingOffsets[id + 1]! - postingOffsets[id]! + (late?.size ?? 0);
    }
    return entries;
  }

  explain(query: Query, item: number): Contribution[] {
    const { rarity } = this.#tables;
    const { attributes, scale } = this.#profileOf(query);
    const counted = new Map(
      attributes.flatMap(({ id }) => (this.#holds(id, item) ? [[id, (rarity[id]! * scale) / this.#norms[item]!]] : [])),
    );
    if (counted.size === 0) return [];
    const weights = positionWeights(query, this.#own);
    const parts: Contribution[] = [];
    for (let position = 0; position < query.items.length; position++) {
      let value = 0;
      this.#visit(query.items[position]!, weights[position]!, (id, weight) => {
        value += weight * (counted.get(id) ?? 0);
      });
      if (value !== 0) parts.push({ position, value });
    }
    return parts;
  }

  state(): ModelState {
    return { meta: { settings: this.settings }, arrays: { ...this.#tables } };
  }

  /** The heaviest attributes of a history, and one over the length of its profile. */
  #profileOf(query: Query): {
    attributes: readonly { readonly id: number; readonly weight: number }[];
    scale: number;
    read: number;
  } {
    const weights = positionWeights(query, this.#own);
    const touched: number[] = [];
    let read = 0;
    for (let p = 0; p < query.items.length; p++)
      this.#visit(query.items[p]!, weights[p]!, (id, weight) => {
        if (this.#profile[id] === 0) touched.push(id);
        this.#profile[id]! += weight;
        read++;
      });
    const all = touched.map((id) => ({ id, weight: this.#profile[id]! }));
    for (const id of touched) this.#profile[id] = 0;
    const length = Math.sqrt(all.reduce((sum, { weight }) => sum + weight * weight, 0));
    all.sort((a, b) => b.weight - a.weight || a.id - b.id);
    return { attributes: all.slice(0, this.#own.attributes), scale: length > 0 ? 1 / length : 0, read };
  }

  /** Attributes of an item with what they add to a profile. */
  #visit(item: number, weight: number, visit: (id: number, weight: number) => void): void {
    const { rarity } = this.#tables;
    if (weight === 0 || item < 0 || item >= this.itemCount) return;
    for (const id of this.#rows[item]!) visit(id, (weight * rarity[id]!) / this.#norms[item]!);
  }

  #normOf(ids: Int32Array): number {
    let squares = 0;
    for (const id of ids) squares += this.#tables.rarity[id]! ** 2;
    return Math.sqrt(squares);
  }

  #holds(id: number, item: number): boolean {
    if (this.#late.get(id)?.has(item)) return true;
    const { postingOffsets, postings } = this.#tables;
    let low = postingOffsets[id]!;
    let high = postingOffsets[id + 1]!;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (postings[middle]! < item) low = middle + 1;
      else high = middle;
    }
    return low < postingOffsets[id + 1]! && postings[low] === item;
  }
}
