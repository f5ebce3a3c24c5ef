import { describe, expect, test } from 'vitest';
import { Random } from '../core/random.ts';
import { bootstrapIntervals, mean, pairedDifferences, quantile } from './bootstrap.ts';

const random = new Random(5);
const normal = Float64Array.from({ length: 900 }, () => 3 + 2 * random.normal());

describe('bootstrap', () => {
  test('the interval of a mean is near mean ± 1.96 standard errors', () => {
    const [low, high] = bootstrapIntervals({ x: normal }, { seed: 1 })['x']!;
    const centre = mean(normal);
    const deviation = Math.sqrt(mean(normal.map((x) => (x - centre) ** 2)));
    const half = (1.96 * deviation) / Math.sqrt(normal.length);
    expect(low).toBeGreaterThan(centre - 1.15 * half);
    expect(low).toBeLessThan(centre - 0.85 * half);
    expect(high).toBeLessThan(centre + 1.15 * half);
    expect(high).toBeGreaterThan(centre + 0.85 * half);
  });

  test('the same seed gives the same interval, another seed another', () => {
    const interval = (seed: number) => bootstrapIntervals({ x: normal }, { seed, resamples: 100 })['x'];
    expect(interval(1)).toEqual(interval(1));
    expect(interval(1)).not.toEqual(interval(2));
  });

  test('users are drawn whole: repeating every case of a user does not narrow the interval', () => {
    const groups = normal.map((_, i) => i * 10);
    const repeated = Float64Array.from({ length: 9000 }, (_, i) => normal[Math.floor(i / 10)]!);
    const plain = bootstrapIntervals({ x: normal }, { seed: 1, groups })['x']!;
    const grouped = bootstrapIntervals(
      { x: repeated },
      { seed: 1, groups: repeated.map((_, i) => Math.floor(i / 10)) },
    )['x']!;
    expect(grouped[0]).toBeCloseTo(plain[0], 9);
    expect(grouped[1]).toBeCloseTo(plain[1], 9);
    const naive = bootstrapIntervals({ x: repeated }, { seed: 1 })['x']!;
    expect(naive[1] - naive[0]).toBeLessThan((plain[1] - plain[0]) / 2);
  });

  test('cases that do not count are left out of their metric only', () => {
    const some = normal.map((x, i) => (i % 3 === 0 ? Number.NaN : x));
    const both = bootstrapIntervals({ x: normal, y: some }, { seed: 1 });
    expect(both['x']).toEqual(bootstrapIntervals({ x: normal }, { seed: 1 })['x']);
    expect(mean(some)).toBeGreaterThan(both['y']![0]);
    expect(mean(some)).toBeLessThan(both['y']![1]);
  });

  test('a small difference of paired models is seen, and none where there is none', () => {
    const better = normal.map((x) => x + 0.05);
    const noise = normal.map((x, i) => x + (i % 2 === 0 ? 0.05 : -0.05));
    const { better: seen, noise: unseen } = {
      better: pairedDifferences({ x: better }, { x: normal }, { seed: 1 })['x']!,
      noise: pairedDifferences({ x: noise }, { x: normal }, { seed: 1 })['x']!,
    };
    expect(seen.mean).toBeCloseTo(0.05, 9);
    expect(seen.interval[0]).toBeGreaterThan(0.04);
    expect(unseen.interval[0]).toBeLessThan(0);
    expect(unseen.interval[1]).toBeGreaterThan(0);
  });

  test('quantiles are interpolated', () => {
    expect(quantile(Float64Array.of(1, 2, 3, 4), 0.5)).toBe(2.5);
    expect(quantile(Float64Array.of(1, 2, 3, 4), 1)).toBe(4);
    expect(quantile(new Float64Array(0), 0.5)).toBeNaN();
  });
});
