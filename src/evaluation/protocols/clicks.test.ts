import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Random } from '../../core/random.ts';
import { auc } from '../metrics/auc.ts';
import { calibrationError } from '../metrics/calibration-error.ts';
import { logLoss } from '../metrics/log-loss.ts';
import { withinGroupAuc } from '../metrics/within-group-auc.ts';
import { clickReport, scorePairs } from './clicks.ts';

describe('click prediction', () => {
  test('AUC agrees with a count over all pairs, ties at one half', () => {
    const rows = fc.array(fc.tuple(fc.integer({ min: 0, max: 5 }), fc.constantFrom(0, 1)), {
      minLength: 2,
      maxLength: 40,
    });
    fc.assert(
      fc.property(rows, (pairs) => {
        const [positives, negatives] = [1, 0].map((label) => pairs.filter((pair) => pair[1] === label));
        const won = positives!.flatMap(([p]) => negatives!.map(([n]) => (p > n ? 1 : p === n ? 0.5 : 0) as number));
        const expected = won.reduce((a, b) => a + b, 0) / won.length;
        const found = auc({ scores: pairs.map(([s]) => s), labels: pairs.map(([, l]) => l) });
        if (won.length === 0) expect(found).toBeNaN();
        else expect(found).toBeCloseTo(expected, 10);
      }),
    );
  });

  test('a constant scorer has AUC one half exactly', () => {
    expect(auc({ scores: [3, 3, 3, 3, 3], labels: [1, 0, 0, 1, 0] })).toBe(0.5);
  });

  test('knowing only the user wins the AUC and not the one within users', () => {
    const labels = [1, 1, 1, 0, 0, 0, 0, 1];
    const users = [1, 1, 1, 1, 2, 2, 2, 2];
    const scores = users.map((user) => -user);
    expect(auc({ scores, labels })).toBe(0.75);
    expect(withinGroupAuc({ scores, labels }, users).mean).toBe(0.5);
  });

  test('log loss and calibration error have their known values', () => {
    const predictions = { scores: [0.8, 0.8, 0.8, 0.8, 0.3], labels: [1, 1, 1, 0, 0] };
    expect(logLoss(predictions)[0]).toBeCloseTo(-Math.log(0.8), 12);
    expect(logLoss(predictions)[4]).toBeCloseTo(-Math.log(0.7), 12);
    expect(calibrationError(predictions)).toBeCloseTo((Math.abs(3.2 - 3) + 0.3) / 5, 12);
  });

  test('a report holds AUC, accuracy and intervals around them, by user', () => {
    const random = new Random(1);
    const n = 600;
    const scores = Float64Array.from({ length: n }, () => random.uniform());
    const labels = scores.map((p) => (random.uniform() < p ? 1 : 0));
    const users = scores.map((_, i) => i % 40);
    const { metrics, intervals } = clickReport({ scores, labels }, users, {
      seed: 1,
      probabilities: true,
      resamples: 200,
    });
    expect(metrics['AUC']).toBeGreaterThan(0.75);
    expect(metrics['Accuracy']).toBeGreaterThan(0.65);
    expect(metrics['CalibrationError']).toBeLessThan(0.1);
    for (const key of ['AUC', 'AUC:within-users', 'Accuracy', 'LogLoss']) {
      expect(intervals[key]![0]).toBeLessThan(metrics[key]!);
      expect(intervals[key]![1]).toBeGreaterThan(metrics[key]!);
    }
    const shuffled = new Random(2).shuffle(labels.slice());
    const mutant = clickReport({ scores, labels: shuffled }, users, { seed: 1, probabilities: true, resamples: 200 });
    expect(mutant.intervals['AUC']![0]).toBeLessThan(0.5);
    expect(mutant.intervals['AUC']![1]).toBeLessThan(intervals['AUC']![0]);
  });

  test('pairs are scored by what the scorer says of their query and item', async () => {
    let asked = 0;
    const scorer = {
      name: 'sum',
      itemCount: 3,
      async score(queries: readonly { items: Int32Array }[], out: Float32Array): Promise<void> {
        asked++;
        for (let i = 0; i < 3; i++) out[i] = queries[0]!.items[0]! * 10 + i;
      },
    };
    const [one, two] = [{ items: Int32Array.of(1) }, { items: Int32Array.of(2) }];
    const pairs = [
      { query: one, item: 0, label: 1 },
      { query: one, item: 2, label: 0 },
      { query: two, item: 1, label: 1 },
    ] as const;
    expect([...(await scorePairs(scorer, pairs))]).toEqual([10, 12, 21]);
    expect(asked).toBe(2);
  });
});
