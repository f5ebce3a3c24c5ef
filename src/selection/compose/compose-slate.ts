/**
 * From probabilities to a slate: what may not be shown is left out and named, a product shows one variant, and MMR puts
 * unlike items beside each other. The same input gives the same slate.
 */
import { mmrOrder, type Similarity } from './mmr.ts';

/** Length and diversity of a slate where nobody decides otherwise. */
export const defaultSlate = { count: 10, relevance: 0.95 } as const;

/** Why an item is not on the slate. */
export type LeftOutReason = 'bought' | 'out-of-stock' | 'blocked' | 'hidden' | 'same-product' | 'beyond-count';

export interface SlateRules {
  /** Items on the slate at most. */
  readonly count: number;
  /** MMR's λ in [0, 1]: 1 orders by probability alone. */
  readonly relevance: number;
  /** The rule that keeps an item off the slate, if any. */
  readonly exclude?: (item: number) => Exclude<LeftOutReason, 'same-product' | 'beyond-count'> | undefined;
  /** The product an item is a variant of; each item is its own product by default. */
  readonly productOf?: (item: number) => number;
  /** Likeness of two items; without it the order is by probability alone. */
  readonly similarity?: Similarity;
  /** Most likely items that MMR looks at; at least `count`. */
  readonly pool?: number;
}

export interface Slate {
  /** Item indices in the order they are shown. */
  readonly items: Int32Array;
  /** Their places among the candidates, shape `[items]`. */
  readonly places: Int32Array;
  /** Candidates that are not shown, most likely first; filled only when asked for. */
  readonly leftOut: readonly { readonly item: number; readonly reason: LeftOutReason }[];
}

/**
 * @param candidates - item indices without repeats, shape `[C]`
 * @param q - utility of each, shape `[C]`; higher is more likely; equal ones keep their order
 */
export function composeSlate(
  candidates: Int32Array,
  q: Float64Array,
  rules: SlateRules,
  options: { readonly tellLeftOut?: boolean } = {},
): Slate {
  const leftOut: { item: number; reason: LeftOutReason }[] = [];
  const leave = (item: number, reason: LeftOutReason): void => {
    if (options.tellLeftOut) leftOut.push({ item, reason });
  };
  const count = Math.max(0, Math.floor(rules.count));
  const diverse = rules.similarity !== undefined && rules.relevance < 1;
  const pool = diverse ? Math.max(count, rules.pool ?? Math.max(100, 5 * count)) : count;
  const takesAll = rules.exclude === undefined && rules.productOf === undefined && !options.tellLeftOut;
  const byLikelihood = mostLikely(q, takesAll ? pool : q.length);
  const products = new Set<number>();
  const allowed: number[] = [];
  for (const place of byLikelihood) {
    const item = candidates[place]!;
    const rule = rules.exclude?.(item);
    const product = rules.productOf?.(item) ?? item;
    if (rule !== undefined) leave(item, rule);
    else if (products.has(product)) leave(item, 'same-product');
    else {
      products.add(product);
      if (allowed.length < pool) allowed.push(place);
      else if (options.tellLeftOut) leave(item, 'beyond-count');
      else break;
    }
  }
  const items = Int32Array.from(allowed, (place) => candidates[place]!);
  const order = diverse
    ? mmrOrder(items, relevanceOf(allowed, q), count, rules.relevance, rules.similarity!)
    : Int32Array.from(allowed.keys());
  if (options.tellLeftOut) {
    const shown = new Set(order);
    for (const [n, item] of items.entries()) if (!shown.has(n)) leave(item, 'beyond-count');
    const rank = new Map([...byLikelihood].map((place, n) => [candidates[place]!, n]));
    leftOut.sort((a, b) => rank.get(a.item)! - rank.get(b.item)!);
  }
  return {
    items: order.map((n) => items[n]!),
    places: order.map((n) => allowed[n]!),
    leftOut,
  };
}

/** Places of the largest q, largest first; equal ones keep their order. */
function mostLikely(q: Float64Array, count: number): Int32Array {
  const floor = count < q.length && count > 0 ? q.slice().sort()[q.length - count]! : -Infinity;
  const places = new Int32Array(q.length);
  let found = 0;
  for (let c = 0; c < q.length; c++) if (q[c]! >= floor) places[found++] = c;
  return places
    .subarray(0, found)
    .sort((a, b) => q[b]! - q[a]! || a - b)
    .subarray(0, count);
}

/** q on [0, 1], from the least to the most likely of those looked at. */
function relevanceOf(places: readonly number[], q: Float64Array): Float64Array {
  const most = q[places[0]!] ?? 0;
  const least = q[places[places.length - 1]!] ?? 0;
  return Float64Array.from(places, (place) => (most > least ? (q[place]! - least) / (most - least) : 1));
}
