/**
 * How much of a candidate's categories, brand and attributes the history shares: inverse-document-frequency cosine with
 * the decayed profile of the history, and with its last item alone. A query of the past is written with the attributes
 * that held then.
 */
import { ItemAttributes } from '../../data/item-attributes.ts';
import type { ModelState } from '../../models/model.ts';
import { columnsOf, type FittedSignal, type SignalDefinition, type SignalRequest } from './signal.ts';

const decay = 0.8;

export const attributeShare: SignalDefinition = {
  name: 'attributes',
  reason: {
    say: (_, { column }) => {
      const likeness = column('attributes.profile');
      return likeness > 0 ? { kind: 'attributes', items: [], facts: { likeness } } : undefined;
    },
    sentences: {
      attributes: { en: () => 'Shares its kind with what you chose before.', zh: () => '与您选过的商品同类。' },
    },
  },
  fit({ facts: { attributes }, histories }) {
    if (!attributes) return undefined;
    const { rows } = attributes;
    const offsets = new Int32Array(rows.length + 1);
    for (let r = 0; r < rows.length; r++) offsets[r + 1] = offsets[r]! + rows[r]!.length;
    const ids = new Int32Array(offsets[rows.length]!);
    // Attribute ids become dense, so that the profile is an array.
    const dense = new Map<number, number>();
    for (const [r, row] of rows.entries()) {
      for (const [n, id] of row.entries()) {
        if (!dense.has(id)) dense.set(id, dense.size);
        ids[offsets[r]! + n] = dense.get(id)!;
      }
    }
    if (dense.size === 0) return undefined;
    const rarity = new Float64Array(dense.size);
    for (let n = 0; n < offsets[attributes.itemCount]!; n++) rarity[ids[n]!]!++;
    for (let a = 0; a < rarity.length; a++) rarity[a] = Math.log(1 + histories.itemCount / Math.max(1, rarity[a]!));
    return new AttributeShare(attributes, { offsets, ids, rarity, codes: Int32Array.from(dense.keys()) });
  },
  load: ({ arrays }) => {
    const [offsets, ids] = [arrays['offsets'] as Int32Array, arrays['ids'] as Int32Array];
    const rows = Array.from({ length: offsets.length - 1 }, (_, r) => ids.subarray(offsets[r], offsets[r + 1]));
    const [former, until] = [arrays['formerOffsets'] as Int32Array, arrays['formerUntil'] as Float64Array];
    return new AttributeShare(ItemAttributes.load(rows, former, until), arrays as unknown as ShareTables);
  },
};

type ShareTables = {
  /** Row r of the descriptions has the attributes `ids[offsets[r]] ..`. */
  readonly offsets: Int32Array;
  readonly ids: Int32Array;
  readonly rarity: Float64Array;
  /** The id that each attribute had among the facts. */
  readonly codes: Int32Array;
};

class AttributeShare implements FittedSignal {
  readonly columns = columnsOf('attributes', ['profile', 'last', 'known']);
  readonly #described: ItemAttributes;
  readonly #tables: ShareTables;
  /** Attributes by row of the descriptions. */
  readonly #rows: Int32Array[];
  readonly #rarity: Float64Array;
  readonly #attributeOf: ReadonlyMap<number, number>;
  readonly #norms: Float64Array;
  readonly #profile: Float64Array;
  readonly #last: Float64Array;

  constructor(described: ItemAttributes, tables: ShareTables) {
    const { offsets, ids, rarity, codes } = tables;
    this.#described = described;
    this.#tables = tables;
    this.#rarity = rarity;
    this.#attributeOf = new Map(Array.from(codes, (code, id) => [code, id]));
    this.#profile = new Float64Array(rarity.length);
    this.#last = new Float64Array(rarity.length);
    this.#rows = Array.from({ length: offsets.length - 1 }, (_, row) => ids.subarray(offsets[row], offsets[row + 1]));
    this.#norms = Float64Array.from(this.#rows, (row) => this.#normOf(row));
  }

  describe(item: number, attributes: Int32Array): void {
    this.#rows[item] = Int32Array.from([...attributes].flatMap((code) => this.#attributeOf.get(code) ?? []));
    this.#norms[item] = this.#normOf(this.#rows[item]!);
  }

  write({ query, candidates }: SignalRequest, out: Float32Array, stride: number, at: number): void {
    const { items, now } = query;
    this.#profile.fill(0);
    this.#last.fill(0);
    let weight = 1;
    for (let p = items.length - 1; p >= 0 && weight > 1e-4; p--) {
      this.#addTo(this.#profile, items[p]!, weight, now);
      weight *= decay;
    }
    if (items.length > 0) this.#addTo(this.#last, items[items.length - 1]!, 1, now);
    const profileNorm = norm(this.#profile);
    const lastNorm = norm(this.#last);
    for (let c = 0; c < candidates.length; c++) {
      const row = this.#described.rowAt(candidates[c]!, now);
      const to = c * stride + at;
      const own = this.#norms[row]!;
      let [profile, last] = [0, 0];
      const ids = this.#rows[row]!;
      for (let n = 0; n < ids.length; n++) {
        const id = ids[n]!;
        profile += this.#profile[id]! * this.#rarity[id]!;
        last += this.#last[id]! * this.#rarity[id]!;
      }
      out[to] = own > 0 && profileNorm > 0 ? profile / own / profileNorm : 0;
      out[to + 1] = own > 0 && lastNorm > 0 ? last / own / lastNorm : 0;
      out[to + 2] = own > 0 ? 1 : 0;
    }
  }

  state(): ModelState {
    const { offsets: formerOffsets, until: formerUntil } = this.#described.times();
    return { meta: {}, arrays: { ...this.#tables, formerOffsets, formerUntil } };
  }

  #normOf(ids: Int32Array): number {
    let squares = 0;
    for (let n = 0; n < ids.length; n++) squares += this.#rarity[ids[n]!]! ** 2;
    return Math.sqrt(squares);
  }

  #addTo(profile: Float64Array, item: number, weight: number, now: number | undefined): void {
    if (item < 0 || item >= this.#described.itemCount) return;
    const row = this.#described.rowAt(item, now);
    if (this.#norms[row] === 0) return;
    for (const id of this.#rows[row]!) {
      profile[id]! += (weight * this.#rarity[id]!) / this.#norms[row]!;
    }
  }
}

function norm(values: Float64Array): number {
  let squares = 0;
  for (let i = 0; i < values.length; i++) squares += values[i]! * values[i]!;
  return Math.sqrt(squares);
}
