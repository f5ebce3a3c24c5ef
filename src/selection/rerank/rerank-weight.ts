/**
 * What a reranker's word is worth: q(u, c) + w·z(c), where z are its scores of the first candidates, standardised within each
 * question. w is learned by maximum likelihood on choices that were held out; where it does not lift the order of choices that
 * it was not learned on, with an interval above zero, it is zero.
 */
import { denseGroups, type Interval, mean, pairedDifferences, quantile } from '../../evaluation/bootstrap.ts';
import { ndcg } from '../../evaluation/metrics/ndcg.ts';

/** One choice: q of all its candidates, z of those that were judged (0 for the others), and which were right. */
export interface RerankCase {
  readonly q: Float64Array;
  readonly z: Float64Array;
  readonly right: Uint8Array;
  /** Right answers, those that retrieval lost among them. */
  readonly targets: number;
  /** Unit of resampling. */
  readonly group: number;
  /** Milliseconds that the reranker took; NaN where it did not answer. */
  readonly ms: number;
}

/** What was learned of a reranker; written into the generation and told in reports. */
export interface RerankWorth {
  readonly reranker: string;
  /** Of the likeliest candidates of each request so many are judged. */
  readonly top: number;
  /** 0 where it did not pay. */
  readonly weight: number;
  /** The likeliest weight, whatever was decided. */
  readonly likeliest: number;
  readonly cases: number;
  /** Cases that it answered. */
  readonly answered: number;
  /** NDCG@10 of the choice alone, and of the choice with a weight that was learned on other cases. */
  readonly without: number;
  readonly with: number;
  /** Of with less without, 95% by bootstrap over shoppers. */
  readonly gain: { readonly mean: number; readonly interval: Interval };
  /** Milliseconds of a question that was asked anew. */
  readonly ms: { readonly p50: number; readonly p99: number };
  /** Why a case had no answer, the last one; absent where all had. */
  readonly missed?: string;
}

/**
 * Zero mean and unit deviation over those that were judged; 0 for the others, and for all where they are alike.
 *
 * @param scores - NaN where none; shape `[judged]`
 */
export function standardised(scores: Float32Array): Float64Array {
  const known = scores.filter((score) => !Number.isNaN(score));
  const middle = mean(known);
  const deviation = Math.sqrt(mean(known.map((score) => (score - middle) ** 2)));
  return Float64Array.from(scores, (score) =>
    Number.isNaN(score) || !(deviation > 1e-9) ? 0 : (score - middle) / deviation,
  );
}

/** Larger weights than this leave nothing of the choice. */
const mostWeight = 10;
/** Of w², for each case: what a handful of cases says is doubted. */
const penalty = 0.005;

/** The w that makes the right answers likeliest; 0 where only a negative one would. */
export function likeliestWeight(cases: readonly RerankCase[]): number {
  let w = 0;
  for (let round = 0; round < 50; round++) {
    let [slope, curve] = [-2 * penalty * w * cases.length, -2 * penalty * cases.length];
    for (const one of cases) {
      const [first, second] = derivatives(one, w);
      slope += first;
      curve -= second;
    }
    const next = Math.min(mostWeight, Math.max(0, w - slope / curve));
    const isDone = Math.abs(next - w) < 1e-6;
    w = next;
    if (isDone) break;
  }
  return w;
}

/** Of the log-likelihood of one case by w: the slope, and the variance of z. */
function derivatives({ q, z, right }: RerankCase, w: number): [slope: number, variance: number] {
  let found = 0;
  let wanted = 0;
  for (let c = 0; c < q.length; c++)
    if (right[c] === 1) {
      found++;
      wanted += z[c]!;
    }
  if (found === 0) return [0, 0];
  let most = -Infinity;
  for (let c = 0; c < q.length; c++) most = Math.max(most, q[c]! + w * z[c]!);
  let [sum, first, second] = [0, 0, 0];
  for (let c = 0; c < q.length; c++) {
    const p = Math.exp(q[c]! + w * z[c]! - most);
    sum += p;
    first += p * z[c]!;
    second += p * z[c]! ** 2;
  }
  first /= sum;
  return [wanted / found - first, second / sum - first ** 2];
}

const depth = 10;

/** NDCG@10 of the order by q + w·z; equal ones keep the order of q. */
export function orderQuality({ q, z, right, targets }: RerankCase, w: number): number {
  const order = Array.from(q.keys()).sort((a, b) => q[b]! + w * z[b]! - (q[a]! + w * z[a]!) || q[b]! - q[a]! || a - b);
  const ranks = new Float64Array(targets).fill(Infinity);
  let found = 0;
  for (const [place, c] of order.entries()) if (right[c] === 1 && found < targets) ranks[found++] = place + 1;
  return ndcg(ranks, depth);
}

/**
 * Learns the weight and measures it on cases that it was not learned on: each half of the shoppers is judged by the weight of
 * the other half.
 */
export function learnWorth(
  cases: readonly RerankCase[],
  { reranker, top, seed }: { reranker: string; top: number; seed: number },
): RerankWorth {
  const { codes: groupOf } = denseGroups(cases.map(({ group }) => group));
  const half = (n: number): number => groupOf[n]! % 2;
  const weights = [0, 1].map((side) => likeliestWeight(cases.filter((_, n) => half(n) !== side)));
  const without = Float64Array.from(cases, (one) => orderQuality(one, 0));
  const withIt = Float64Array.from(cases, (one, n) => orderQuality(one, weights[half(n)]!));
  const difference =
    cases.length === 0
      ? { mean: 0, interval: [0, 0] as const }
      : pairedDifferences({ ndcg: withIt }, { ndcg: without }, { seed, groups: groupOf })['ndcg']!;
  const likeliest = likeliestWeight(cases);
  const times = Float64Array.from(cases.flatMap(({ ms }) => (Number.isNaN(ms) ? [] : [ms]))).sort();
  const quantileOf = (share: number): number => (times.length === 0 ? 0 : quantile(times, share));
  return {
    ...{ reranker, top, likeliest, cases: cases.length, answered: times.length },
    weight: difference.interval[0] > 0 ? likeliest : 0,
    ...{ without: cases.length === 0 ? 0 : mean(without), with: cases.length === 0 ? 0 : mean(withIt) },
    gain: difference,
    ms: { p50: quantileOf(0.5), p99: quantileOf(0.99) },
  };
}
