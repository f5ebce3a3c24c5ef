/**
 * How much of a candidate's categories, brand and attributes the history shares: inverse-document-frequency cosine with
 * the decayed profile of the history, and with its last item alone.
 */
import type { ModelState } from '../../models/model.ts';
import { columnsOf, type FittedSignal, type SignalDefinition, type SignalRequest } from './signal.ts';

const decay = 0.8;

export const attributeShare: SignalDefinition = {
  name: 'attributes',
  fit({ facts: { attributes }, histories }) {
    if (!attributes) return undefined;
    const offsets = new Int32Array(histories.itemCount + 1);
    for (let i = 0; i < histories.itemCount; i++) offsets[i + 1] = offsets[i]! + (attributes[i]?.length ?? 0);
    const ids = new Int32Array(offsets[histories.itemCount]!);
    // Attribute ids become dense, so that the profile is an array.
    const dense = new Map<number, number>();
    for (let i = 0; i < histories.itemCount; i++) {
      for (const [n, id] of (attributes[i] ?? []).entries()) {
        if (!dense.has(id)) dense.set(id, dense.size);
        ids[offsets[i]! + n] = dense.get(id)!;
      }
    }
    if (dense.size === 0) return undefined;
    const rarity = new Float64Array(dense.size);
    for (const id of ids) rarity[id]!++;
    for (let a = 0; a < rarity.length; a++) rarity[a] = Math.log(1 + histories.itemCount / rarity[a]!);
    return new AttributeShare(offsets, ids, rarity);
  },
  load: ({ arrays }) => {
    return new AttributeShare(
      arrays['offsets'] as Int32Array,
      arrays['ids'] as Int32Array,
      arrays['rarity'] as Float64Array,
    );
  },
};

class AttributeShare implements FittedSignal {
  readonly columns = columnsOf('attributes', ['profile', 'last', 'known']);
  readonly #offsets: Int32Array;
  readonly #ids: Int32Array;
  readonly #rarity: Float64Array;
  readonly #norms: Float64Array;
  readonly #profile: Float64Array;
  readonly #last: Float64Array;

  constructor(offsets: Int32Array, ids: Int32Array, rarity: Float64Array) {
    this.#offsets = offsets;
    this.#ids = ids;
    this.#rarity = rarity;
    this.#profile = new Float64Array(rarity.length);
    this.#last = new Float64Array(rarity.length);
    this.#norms = new Float64Array(offsets.length - 1);
    for (let i = 0; i < this.#norms.length; i++) {
      let squares = 0;
      for (let n = offsets[i]!; n < offsets[i + 1]!; n++) squares += rarity[ids[n]!]! ** 2;
      this.#norms[i] = Math.sqrt(squares);
    }
  }

  write({ query, candidates }: SignalRequest, out: Float32Array, stride: number, at: number): void {
    const { items } = query;
    this.#profile.fill(0);
    this.#last.fill(0);
    let weight = 1;
    for (let p = items.length - 1; p >= 0 && weight > 1e-4; p--) {
      this.#addTo(this.#profile, items[p]!, weight);
      weight *= decay;
    }
    if (items.length > 0) this.#addTo(this.#last, items[items.length - 1]!, 1);
    const profileNorm = norm(this.#profile);
    const lastNorm = norm(this.#last);
    for (let c = 0; c < candidates.length; c++) {
      const item = candidates[c]!;
      const to = c * stride + at;
      const own = this.#norms[item]!;
      let [profile, last] = [0, 0];
      for (let n = this.#offsets[item]!; n < this.#offsets[item + 1]!; n++) {
        const id = this.#ids[n]!;
        profile += this.#profile[id]! * this.#rarity[id]!;
        last += this.#last[id]! * this.#rarity[id]!;
      }
      out[to] = own > 0 && profileNorm > 0 ? profile / own / profileNorm : 0;
      out[to + 1] = own > 0 && lastNorm > 0 ? last / own / lastNorm : 0;
      out[to + 2] = own > 0 ? 1 : 0;
    }
  }

  state(): ModelState {
    return { meta: {}, arrays: { offsets: this.#offsets, ids: this.#ids, rarity: this.#rarity } };
  }

  #addTo(profile: Float64Array, item: number, weight: number): void {
    if (item < 0 || item >= this.#norms.length || this.#norms[item] === 0) return;
    for (let n = this.#offsets[item]!; n < this.#offsets[item + 1]!; n++) {
      const id = this.#ids[n]!;
      profile[id]! += (weight * this.#rarity[id]!) / this.#norms[item]!;
    }
  }
}

function norm(values: Float64Array): number {
  let squares = 0;
  for (let i = 0; i < values.length; i++) squares += values[i]! * values[i]!;
  return Math.sqrt(squares);
}
