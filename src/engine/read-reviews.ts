/**
 * The reviews of a shop as they are read: how well each speaks of its product, by its stars or, where it has none, by its words;
 * and of which aspects (quality, price, delivery ...), which are groups of clauses that mean alike in any language.
 */
import { Random } from '../core/random.ts';
import type { EventColumns, FurtherColumns } from '../data/event-store.ts';
import type { ItemReviews } from '../data/item-reviews.ts';
import type { ItemIndex } from '../data/shop-histories.ts';
import type { ContentSpace } from '../encoders/content/content-space.ts';
import { fitSentiment, sentimentOfStars } from '../encoders/text/sentiment.ts';
import { sphericalKMeans } from '../math/k-means.ts';
import type { Compute } from '../models/model.ts';

export interface ReadingReviews {
  readonly compute: Pick<Compute, 'dense'>;
  readonly seed: number;
  readonly signal?: AbortSignal | undefined;
  /** Places clauses by what they mean; no aspects are told where absent. */
  readonly space?: ContentSpace | undefined;
}

/** A review, or a clause of one. */
interface Opinion {
  readonly item: number;
  readonly time: number;
  /** In [-1, 1]. */
  readonly sentiment: number;
}

interface AspectOpinion extends Opinion {
  readonly aspect: number;
}

interface Review extends Opinion {
  /** NaN where none were given. */
  readonly stars: number;
}

/** Opinions that are supposed of each product beside its own: those of the shop's mean. */
const prior = 3;
const aspectCount = 6;
/** Fewer clauses make no groups. */
const fewestClauses = 50 * aspectCount;
/** Clauses that teach the groups; the others are put to the nearest. */
const mostClauses = 20_000;
/** Rated texts that teach how well a text speaks. */
const mostTaught = 20_000;
/** Reviews whose clauses are read, the newest. */
const mostRead = 50_000;
const readAtOnce = 1024;

export class ReadReviews {
  readonly #itemCount: number;
  readonly #reviews: readonly Review[];
  readonly #clauses: readonly AspectOpinion[];

  constructor(itemCount: number, reviews: readonly Review[], clauses: readonly AspectOpinion[]) {
    this.#itemCount = itemCount;
    this.#reviews = reviews;
    this.#clauses = clauses;
  }

  /** What was said before a moment, milliseconds since 1970. */
  before(moment: number): ItemReviews {
    const items = this.#itemCount;
    const reviews = this.#reviews.filter(({ time }) => time < moment);
    const clauses = this.#clauses.filter(({ time }) => time < moment);
    const count = new Float32Array(items);
    const [stars, starred] = [new Float64Array(items), new Float64Array(items)];
    for (const one of reviews) {
      count[one.item]!++;
      if (Number.isNaN(one.stars)) continue;
      stars[one.item]! += one.stars;
      starred[one.item]!++;
    }
    const sentiment = shrunk(reviews, items, ({ item }) => item);
    const told = clauses.length > 0 ? aspectCount : 0;
    const aspects = new Float32Array(items * told);
    for (let a = 0; a < told; a++) {
      const own = shrunk(
        clauses.filter(({ aspect }) => aspect === a),
        items,
        ({ item }) => item,
      );
      for (let item = 0; item < items; item++) aspects[item * told + a] = own[item]!;
    }
    return {
      count,
      stars: Float32Array.from(stars, (sum, item) => sum / starred[item]!),
      sentiment,
      aspectCount: told,
      aspects,
    };
  }
}

/** Mean of each item less the mean of all, with `prior` opinions of that mean beside its own. */
function shrunk(opinions: readonly Opinion[], items: number, itemOf: (one: Opinion) => number): Float32Array {
  const [sums, counts] = [new Float64Array(items), new Float64Array(items)];
  let whole = 0;
  for (const one of opinions) whole += one.sentiment;
  const middle = whole / Math.max(1, opinions.length);
  for (const one of opinions) {
    sums[itemOf(one)]! += one.sentiment - middle;
    counts[itemOf(one)]!++;
  }
  return Float32Array.from(sums, (sum, item) => sum / (counts[item]! + prior));
}

/**
 * @param events - reviews with their texts
 * @returns undefined where nothing was reviewed
 */
export async function readReviews(
  events: EventColumns & Pick<FurtherColumns, 'text'>,
  { products, itemOf }: ItemIndex,
  { compute, seed, signal, space }: ReadingReviews,
): Promise<ReadReviews | undefined> {
  const rows = Array.from({ length: events.length }, (_, e) => e).filter((e) => {
    const product = events.product[e]!;
    return product >= 0 && itemOf.has(events.products[product]!);
  });
  const textOf = (e: number): string => (events.text.codes[e]! >= 0 ? events.text.values[events.text.codes[e]!]! : '');
  const starred = rows.filter((e) => events.value[e]! >= 1 && events.value[e]! <= 5);
  const random = new Random(seed, 0x5e71);
  const written = starred.filter((e) => textOf(e) !== '');
  const teach = Array.from(random.shuffle(Int32Array.from(written)).subarray(0, mostTaught).sort());
  const sentiment = await fitSentiment(
    teach.map(textOf),
    Float32Array.from(teach, (e) => events.value[e]!),
  );
  const hasStars = new Set(starred);
  const unstarred = sentiment ? rows.filter((e) => !hasStars.has(e) && textOf(e) !== '') : [];
  const told = (await sentiment?.of(unstarred.map(textOf))) ?? new Float32Array(0);
  const review = (e: number, opinion: number, stars: number): Review => ({
    ...{ item: itemOf.get(events.products[events.product[e]!]!)!, time: events.time[e]! },
    ...{ sentiment: opinion, stars },
  });
  const reviews = [
    ...starred.map((e) => review(e, sentimentOfStars(events.value[e]!), events.value[e]!)),
    ...unstarred.map((e, n) => review(e, told[n]!, Number.NaN)),
  ];
  if (reviews.length === 0) return undefined;
  const newest = rows.toSorted((a, b) => events.time[b]! - events.time[a]! || a - b).slice(0, mostRead);
  const clauses = newest.flatMap((e) =>
    clausesOf(textOf(e)).map((text) => ({
      ...{ text, time: events.time[e]! },
      item: itemOf.get(events.products[events.product[e]!]!)!,
    })),
  );
  if (!space || !sentiment || clauses.length < fewestClauses) return new ReadReviews(products.length, reviews, []);
  const distinct = [...new Set(clauses.map(({ text }) => text))];
  const vectors = await unitVectors(distinct, space, signal);
  const d = space.dimensions;
  const sample = random.shuffle(Int32Array.from(distinct.keys())).subarray(0, mostClauses);
  const taught = new Float32Array(sample.length * d);
  for (const [n, row] of sample.entries()) taught.set(vectors.subarray(row * d, (row + 1) * d), n * d);
  if (sample.length < aspectCount) return new ReadReviews(products.length, reviews, []);
  const { centres } = await sphericalKMeans(taught, d, aspectCount, {
    ...{ dense: compute.dense, random: new Random(seed, 0xa59e), iterations: 20, signal },
  });
  const said = await sentiment.of(distinct);
  const placed = new Map(
    distinct.map((text, row) => [text, { aspect: nearest(vectors, row, centres, d), sentiment: said[row]! }]),
  );
  return new ReadReviews(
    products.length,
    reviews,
    clauses.map(({ text, item, time }) => ({ item, time, ...placed.get(text)! })),
  );
}

function clausesOf(text: string): string[] {
  return text
    .split(/[.!?。！？;；\n]+/u)
    .map((part) => part.trim().toLowerCase())
    .filter((part) => part.length > 1);
}

async function unitVectors(
  texts: readonly string[],
  space: ContentSpace,
  signal: AbortSignal | undefined,
): Promise<Float32Array> {
  const d = space.dimensions;
  const out = new Float32Array(texts.length * d);
  for (let from = 0; from < texts.length; from += readAtOnce)
    out.set(await space.vectorsOfQuestions(texts.slice(from, from + readAtOnce), signal), from * d);
  for (let row = 0; row < texts.length; row++) {
    let square = 0;
    for (let i = 0; i < d; i++) square += out[row * d + i]! ** 2;
    // What says nothing points anywhere.
    if (square === 0) out[row * d] = 1;
    else for (let i = 0; i < d; i++) out[row * d + i]! /= Math.sqrt(square);
  }
  return out;
}

function nearest(vectors: Float32Array, row: number, centres: Float32Array, d: number): number {
  let [best, most] = [0, -Infinity];
  for (let k = 0; k < aspectCount; k++) {
    let sum = 0;
    for (let i = 0; i < d; i++) sum += vectors[row * d + i]! * centres[k * d + i]!;
    if (sum > most) [best, most] = [k, sum];
  }
  return best;
}
