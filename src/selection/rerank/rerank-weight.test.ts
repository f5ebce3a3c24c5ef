import { describe, expect, test } from 'vitest';
import { Random } from '../../core/random.ts';
import { learnWorth, likeliestWeight, type RerankCase, standardised } from './rerank-weight.ts';

const random = new Random(11);
const normal = (): number => Array.from({ length: 12 }, () => random.uniform()).reduce((a, b) => a + b, -6);

/** Choices drawn from softmax(q + weight · z). */
function drawn(count: number, weight: number, candidates = 30): RerankCase[] {
  return Array.from({ length: count }, (_, n) => {
    const q = Float64Array.from({ length: candidates }, () => 0.7 * normal());
    const z = standardised(Float32Array.from({ length: candidates }, normal));
    const odds = q.map((own, c) => Math.exp(own + weight * z[c]!));
    let left = random.uniform() * odds.reduce((sum, value) => sum + value, 0);
    let chosen = 0;
    while (chosen < candidates - 1 && left > odds[chosen]!) left -= odds[chosen++]!;
    const right = new Uint8Array(candidates);
    right[chosen] = 1;
    return { q, z, right, targets: 1, group: n >> 1, ms: 10 + (n % 5) };
  });
}
const named = { reranker: 'scripted', top: 30, seed: 1 };

describe('what a reranker is worth', () => {
  test('scores are standardised over those that were judged; the others, and equal ones, are 0', () => {
    const z = standardised(Float32Array.of(1, Number.NaN, 3));
    expect([...z]).toEqual([-1, 0, 1]);
    expect([...standardised(Float32Array.of(5, 5, 5))]).toEqual([0, 0, 0]);
  });

  test('the weight that drew the choices is found again', () => {
    for (const weight of [0.5, 1, 2]) expect(Math.abs(likeliestWeight(drawn(800, weight)) - weight)).toBeLessThan(0.15);
    expect(likeliestWeight(drawn(800, 0))).toBeLessThan(0.1);
    expect(likeliestWeight(drawn(300, -1))).toBe(0);
  });

  test('what helps pays, with an interval above zero; what is noise or harms has the weight 0', () => {
    const helps = learnWorth(drawn(400, 1.5), named);
    expect(helps.gain.interval[0]).toBeGreaterThan(0);
    expect(helps.with).toBeGreaterThan(helps.without + 0.05);
    expect(helps.weight).toBe(helps.likeliest);
    expect(helps.weight).toBeGreaterThan(1);
    expect(helps.ms).toEqual({ p50: 12, p99: 14 });
    for (const worth of [0, -1].map((weight) => learnWorth(drawn(400, weight), named))) {
      expect(worth.weight).toBe(0);
      expect(worth.gain.interval[0]).toBeLessThanOrEqual(0);
    }
  });

  test('each half of the shoppers is judged by what the other half taught', () => {
    const [even, odd] = [drawn(100, 2), drawn(100, -2)];
    const mixed = even.flatMap((one, n) => [
      { ...one, group: 2 * n },
      { ...odd[n]!, group: 2 * n + 1 },
    ]);
    // What the first half taught harms the second; the second taught nothing for the first.
    expect(learnWorth(mixed, named).gain.mean).toBeLessThan(-0.05);
  });

  test('few choices, none, and a reranker that never answered are worth nothing', () => {
    expect(learnWorth([], named)).toMatchObject({ weight: 0, cases: 0, answered: 0 });
    expect(learnWorth(drawn(2, 3), named).weight).toBe(0);
    const silent = drawn(100, 1).map((one) => ({ ...one, z: new Float64Array(30), ms: Number.NaN }));
    expect(learnWorth(silent, named)).toMatchObject({ weight: 0, answered: 0, gain: { mean: 0 } });
  });

  test('right answers that retrieval lost count in the quality', () => {
    const [drawnOne] = drawn(1, 0);
    const one = { ...drawnOne!, q: Float64Array.from(drawnOne!.right) };
    const both = learnWorth([one, { ...one, group: 5, targets: 2 }], named);
    const alone = learnWorth([one, { ...one, group: 5 }], named);
    expect(both.without).toBeLessThan(alone.without);
  });
});
