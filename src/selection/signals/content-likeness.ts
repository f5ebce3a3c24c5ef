/**
 * How alike the texts of a candidate are to what the shopper chose: to the nearest of it, to all of it by attention (the
 * nearer counts more), to the newest, and to what was typed. For a product that nobody has met these stand in columns of
 * their own, since they must carry what behaviour says of others.
 *
 * @source Zhou et al., Deep Interest Network for Click-Through Rate Prediction, KDD 2018 (attention by the candidate)
 */
import type { ItemVectors } from '../../data/item-vectors.ts';
import type { ModelState } from '../../models/model.ts';
import { columnsOf, type FittedSignal, type SignalDefinition, type SignalRequest } from './signal.ts';

/** Newest positions that are looked at. */
const looked = 20;
/** A position by 1 / sharpness nearer counts e times as much. */
const sharpness = 10;

const parts = ['nearest', 'attention', 'last', 'text'] as const;

export const contentLikeness: SignalDefinition = {
  name: 'content',
  reason: {
    say: (_, { column }) => {
      const nearest = Math.max(column('content.nearest'), column('content.unmet-nearest'));
      const typed = Math.max(column('content.text'), column('content.unmet-text'));
      const likeness = Math.max(nearest, typed);
      if (!(likeness > notablyAlike)) return undefined;
      return { kind: typed > nearest ? 'typed' : 'content', items: [], facts: { likeness } };
    },
    sentences: {
      content: { en: () => 'Described much like what you chose before.', zh: () => '描述与您选过的商品相近。' },
      typed: { en: () => 'Described much like what you typed.', zh: () => '描述与您输入的内容相近。' },
    },
  },
  fit({ vectors, histories }) {
    if (!vectors) return undefined;
    const met = new Uint8Array(histories.itemCount);
    for (const item of histories.items) met[item] = 1;
    return new ContentLikeness(vectors.dimensions, bytesOf(vectors), met);
  },
  load: ({ meta, arrays }) => {
    const { bytes, met } = arrays as { bytes: Uint8Array; met: Uint8Array };
    return new ContentLikeness(meta['d'] as number, new Int8Array(bytes.buffer, bytes.byteOffset, bytes.length), met);
  },
};

/** Cosine from which on texts are worth a sentence. */
const notablyAlike = 0.4;
const scale = 127;

/** Components of unit vectors in steps of 1/127: cosines move by less than a hundredth. */
function bytesOf({ values }: ItemVectors): Int8Array {
  return Int8Array.from(values, (value) => Math.round(value * scale));
}

class ContentLikeness implements FittedSignal {
  readonly columns = columnsOf('content', [...parts, 'known', ...parts.map((part) => `unmet-${part}`), 'unmet']);
  readonly #d: number;
  /** Shape `[items, d]`. */
  readonly #bytes: Int8Array;
  /** 1 for items that somebody had met; shape `[items]`. */
  readonly #met: Uint8Array;

  constructor(d: number, bytes: Int8Array, met: Uint8Array) {
    this.#d = d;
    this.#bytes = bytes;
    this.#met = met;
  }

  locate(item: number, vector: Float32Array): void {
    this.#bytes.set(bytesOf({ dimensions: this.#d, values: vector }), item * this.#d);
  }

  write({ query, candidates }: SignalRequest, out: Float32Array, stride: number, at: number): void {
    const d = this.#d;
    const bytes = this.#bytes;
    const own: Float32Array[] = [];
    for (let p = query.items.length - 1; p >= 0 && own.length < looked; p--) {
      const item = query.items[p]!;
      if (item < 0 || item >= this.#met.length) continue;
      const row = Float32Array.from(bytes.subarray(item * d, (item + 1) * d), (value) => value / scale);
      if (row.some((value) => value !== 0)) own.push(row);
    }
    const { textVector } = query;
    const typed = textVector?.length === d ? textVector : undefined;
    for (let c = 0; c < candidates.length; c++) {
      const item = candidates[c]!;
      const from = item * d;
      let length = 0;
      for (let f = 0; f < d; f++) length += bytes[from + f]! ** 2;
      const to = c * stride + at;
      const met = this.#met[item] === 1;
      out.fill(0, to, to + this.columns.length);
      out[to + 2 * parts.length + 1] = met ? 0 : 1;
      if (length === 0) continue;
      const per = 1 / Math.sqrt(length);
      const first = met ? to : to + parts.length + 1;
      let [nearest, sum, weights] = [-1, 0, 0];
      for (let n = 0; n < own.length; n++) {
        const row = own[n]!;
        let product = 0;
        for (let f = 0; f < d; f++) product += row[f]! * bytes[from + f]!;
        const cosine = product * per;
        const weight = Math.exp(sharpness * cosine);
        sum += weight * cosine;
        weights += weight;
        if (cosine > nearest) nearest = cosine;
        if (n === 0) out[first + 2] = cosine;
      }
      if (own.length > 0) {
        out[first] = nearest;
        out[first + 1] = sum / weights;
      }
      if (typed) {
        let product = 0;
        for (let f = 0; f < d; f++) product += typed[f]! * bytes[from + f]!;
        out[first + 3] = product * per;
      }
      out[to + parts.length] = 1;
    }
  }

  state(): ModelState {
    const { buffer, byteOffset, length } = this.#bytes;
    return { meta: { d: this.#d }, arrays: { bytes: new Uint8Array(buffer, byteOffset, length), met: this.#met } };
  }
}
