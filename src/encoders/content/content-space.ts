/**
 * What products are, as short unit vectors: an encoder's view of their texts joined with the shop's own words, centred so
 * that what all products have in common tells none from another, and turned to the directions in which they differ most.
 * It is fitted on a catalogue once and then places any product or question in the same space.
 *
 * @source Mu & Viswanath, All-but-the-Top, ICLR 2018 (what is common is taken off)
 */
import { ShelfwiseError } from '../../core/errors.ts';
import { Random } from '../../core/random.ts';
import type { Product } from '../../data/catalogue.ts';
import type { ItemVectors } from '../../data/item-vectors.ts';
import type { DenseMath } from '../../math/dense-math.ts';
import { principalAxes } from '../../math/principal-axes.ts';
import type { ModelState } from '../../models/model.ts';
import { normalizeRows, type TextEncoder, type TextRole } from '../text/text-encoder.ts';
import { OwnWords } from './own-words.ts';
import { type ProductTexts, productTexts, wholeText } from './product-text.ts';

export interface ContentOptions {
  readonly compute: { readonly threads: number; readonly dense: DenseMath };
  readonly seed: number;
  /** Of the vectors, at most. @default 128 */
  readonly dimensions?: number;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((share: number) => void) | undefined;
}

/** Of the shop's own words. */
const ownDimensions = 128;
/** Products by which the space is fitted, a sample of more: what it takes does not grow with the catalogue. */
const mostTaught = 20_000;
/** Products that are placed at once. */
const placedAtOnce = 2048;
/** Texts that are encoded before others have their turn. */
const atOnce = 512;

/** How much the parts of a text count, where a fast encoder reads them one by one. */
const parts = [
  ['title', 1],
  ['kind', 0.5],
  ['description', 0.5],
] as const satisfies readonly (readonly [keyof ProductTexts, number])[];
/** A slow one reads the whole at once. */
const whole = [['whole', 1]] as const;

export class ContentSpace {
  readonly dimensions: number;
  readonly #encoder: TextEncoder;
  /** Of each part of a text the mean of all products; shape `[parts, encoder.dimensions]`. */
  readonly #means: Float32Array;
  readonly #own: OwnWords | undefined;
  /** Shape `[encoder.dimensions + own dimensions, dimensions]`. */
  readonly #axes: Float32Array;

  private constructor(encoder: TextEncoder, means: Float32Array, own: OwnWords | undefined, axes: Float32Array) {
    this.#encoder = encoder;
    this.#means = means;
    this.#own = own;
    this.#axes = axes;
    this.dimensions = axes.length / (encoder.dimensions + (own?.dimensions ?? 0));
  }

  /**
   * @param products - by item index; undefined for an item that the catalogue does not know
   * @returns the space, and the vectors of the products in it; undefined where no product has a text
   * @throws ShelfwiseError `SW_ENCODER` where the encoder fails
   */
  static async fit(
    products: readonly (Product | undefined)[],
    encoder: TextEncoder,
    { compute, seed, dimensions = 128, signal, onProgress }: ContentOptions,
  ): Promise<{ readonly space: ContentSpace; readonly vectors: ItemVectors } | undefined> {
    const told = products.flatMap((product, n) => (product && wholeText(productTexts(product)) !== '' ? [n] : []));
    if (told.length === 0) return undefined;
    const textsOf = (some: Iterable<number>): ProductTexts[] => Array.from(some, (n) => productTexts(products[n]!));
    const isWhole = told.length <= mostTaught;
    const drawn = isWhole
      ? told
      : new Random(seed, 0xc0de).shuffle(Int32Array.from(told)).subarray(0, mostTaught).sort();
    const some = textsOf(drawn);
    const own = await OwnWords.fit(some.map(wholeText), ownDimensions, { compute, seed, signal });
    const share = some.length / told.length;
    const seen = await seenBy(encoder, some, { signal, onProgress: (part) => onProgress?.(part * share) });
    const means = takeOffMeans(seen, encoder.dimensions);
    const joined = join(encoder, seen, own, some);
    const width = encoder.dimensions + (own?.dimensions ?? 0);
    const axes = await principalAxes(joined, width, Math.min(dimensions, width), { dense: compute.dense, seed });
    const space = new ContentSpace(encoder, means, own, axes);
    const d = space.dimensions;
    const values = new Float32Array(products.length * d);
    const keep = (placed: Float32Array, of: readonly number[]): void => {
      for (const [row, n] of of.entries()) values.set(placed.subarray(row * d, (row + 1) * d), n * d);
    };
    if (isWhole) keep(space.#turn(joined, some.length), told);
    else
      for (let from = 0; from < told.length; from += placedAtOnce) {
        const piece = told.slice(from, from + placedAtOnce);
        keep(await space.#place(textsOf(piece), 'passage', signal), piece);
        onProgress?.(share + (1 - share) * (from / told.length));
      }
    return { space, vectors: { dimensions: d, values } };
  }

  /** @returns shape `[products, dimensions]`, rows as long as 1, of zeros where nothing is known of a product's texts */
  vectorsOf(products: readonly Product[], signal?: AbortSignal): Promise<Float32Array> {
    return this.#place(products.map(productTexts), 'passage', signal);
  }

  /** Of what a shopper typed. */
  vectorOfQuestion(text: string, signal?: AbortSignal): Promise<Float32Array> {
    return this.vectorsOfQuestions([text], signal);
  }

  /** Of what shoppers typed; shape `[texts, dimensions]`. */
  vectorsOfQuestions(texts: readonly string[], signal?: AbortSignal): Promise<Float32Array> {
    const asked = texts.map((text) => ({ title: text, kind: '', description: '' }));
    return this.#place(asked, 'query', signal);
  }

  async #place(texts: readonly ProductTexts[], role: TextRole, signal?: AbortSignal): Promise<Float32Array> {
    const seen = await seenBy(this.#encoder, texts, { role, signal });
    const d = this.#encoder.dimensions;
    for (const [p, part] of seen.entries()) takeOff(part.values, this.#means.subarray(p * d, (p + 1) * d));
    return this.#turn(join(this.#encoder, seen, this.#own, texts), texts.length);
  }

  /** Rows of both views onto the axes. */
  #turn(joined: Float32Array, rows: number): Float32Array {
    const [width, d] = [this.#axes.length / this.dimensions, this.dimensions];
    const out = new Float32Array(rows * d);
    for (let r = 0; r < rows; r++)
      for (let w = 0; w < width; w++) {
        const value = joined[r * width + w]!;
        if (value === 0) continue;
        for (let f = 0; f < d; f++) out[r * d + f]! += value * this.#axes[w * d + f]!;
      }
    normalizeRows(out, (row) => row * d, rows);
    return out;
  }

  state(): ModelState {
    const own = this.#own?.state;
    return {
      meta: {
        encoder: this.#encoder.name,
        encoderDimensions: this.#encoder.dimensions,
        dimensions: this.dimensions,
        ...(own && { terms: own.terms }),
      },
      arrays: {
        means: this.#means,
        axes: this.#axes,
        ...(own && { rarity: own.rarity, ownAxes: own.axes }),
      },
    };
  }

  /** @throws ShelfwiseError `SW_ENCODER` where another encoder was used when it was fitted */
  static load({ meta, arrays }: ModelState, encoder: TextEncoder): ContentSpace {
    if (meta['encoder'] !== encoder.name || meta['encoderDimensions'] !== encoder.dimensions) {
      const message = `content: expected the encoder "${meta['encoder']}", got "${encoder.name}".`;
      throw new ShelfwiseError('SW_ENCODER', message, 'Train again with the encoder of today, or bring that one back.');
    }
    const { means, axes, rarity, ownAxes } = arrays as Record<string, Float32Array>;
    const terms = meta['terms'] as string[] | undefined;
    const own = terms && rarity && ownAxes ? new OwnWords({ terms, rarity, axes: ownAxes }) : undefined;
    return new ContentSpace(encoder, means!, own, axes!);
  }
}

interface Seen {
  readonly weight: number;
  /** Shape `[texts, encoder.dimensions]`, rows as long as 1 or of zeros. */
  readonly values: Float32Array;
}

/** What the encoder makes of each part of the texts; a text that comes often is asked for once. */
async function seenBy(
  encoder: TextEncoder,
  texts: readonly ProductTexts[],
  {
    role,
    signal,
    onProgress,
  }: {
    role?: TextRole;
    signal?: AbortSignal | undefined;
    onProgress?: ((share: number) => void) | undefined;
  },
): Promise<Seen[]> {
  const { dimensions: d } = encoder;
  const views = encoder.isSlow ? whole : parts;
  const seen: Seen[] = [];
  for (const [v, [part, weight]] of views.entries()) {
    const of = texts.map((text) => (part === 'whole' ? wholeText(text) : text[part]));
    const places = new Map<string, number>();
    for (const text of of) if (text !== '' && !places.has(text)) places.set(text, places.size);
    const asked = [...places.keys()];
    const values = new Float32Array(texts.length * d);
    const made = new Float32Array(asked.length * d);
    for (let from = 0; from < asked.length; from += atOnce) {
      signal?.throwIfAborted();
      const some = await encoder.encode(asked.slice(from, from + atOnce), {
        ...(role && { role }),
        ...(signal && { signal }),
      });
      if (some.form !== 'dense') throw new TypeError('expected an encoder of dense vectors');
      made.set(some.values, from * d);
      onProgress?.((v + from / asked.length) / views.length);
      await new Promise((resolve) => setImmediate(resolve));
    }
    for (const [n, text] of of.entries()) {
      const place = places.get(text);
      if (place !== undefined) values.set(made.subarray(place * d, (place + 1) * d), n * d);
    }
    seen.push({ weight, values });
  }
  return seen;
}

/** Takes the mean off the rows of each part; @returns the means, shape `[parts, d]` */
function takeOffMeans(seen: readonly Seen[], d: number): Float32Array {
  const means = new Float32Array(seen.length * d);
  for (const [p, { values }] of seen.entries()) {
    const sums = new Float64Array(d);
    let told = 0;
    for (let at = 0; at < values.length; at += d) {
      if (!isSaid(values, at, d)) continue;
      told++;
      for (let f = 0; f < d; f++) sums[f]! += values[at + f]!;
    }
    const mean = means.subarray(p * d, (p + 1) * d);
    // Two texts differ in all that they say: what they have in common is found among more.
    if (told > 2) for (let f = 0; f < d; f++) mean[f] = sums[f]! / told;
    takeOff(values, mean);
  }
  return means;
}

function takeOff(values: Float32Array, mean: Float32Array): void {
  const d = mean.length;
  for (let at = 0; at < values.length; at += d)
    if (isSaid(values, at, d)) for (let f = 0; f < d; f++) values[at + f]! -= mean[f]!;
  normalizeRows(values, (row) => row * d, values.length / d);
}

function isSaid(values: Float32Array, at: number, d: number): boolean {
  for (let f = 0; f < d; f++) if (values[at + f] !== 0) return true;
  return false;
}

/** Both views side by side, each row of each as long as 1; shape `[texts, encoder.dimensions + own dimensions]`. */
function join(
  { dimensions: d }: TextEncoder,
  seen: readonly Seen[],
  own: OwnWords | undefined,
  texts: readonly ProductTexts[],
): Float32Array {
  const rows = texts.length;
  const view = new Float32Array(rows * d);
  for (const { weight, values } of seen) for (let n = 0; n < view.length; n++) view[n]! += weight * values[n]!;
  normalizeRows(view, (row) => row * d, rows);
  if (!own) return view;
  const { dimensions: e } = own;
  const words = own.encode(texts.map(wholeText));
  const out = new Float32Array(rows * (d + e));
  for (let r = 0; r < rows; r++) {
    out.set(view.subarray(r * d, (r + 1) * d), r * (d + e));
    out.set(words.subarray(r * e, (r + 1) * e), r * (d + e) + d);
  }
  return out;
}
