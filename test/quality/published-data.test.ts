/**
 * The protocol on real data, held to figures that were reached independently: a wrong split, mask or tie rule moves them.
 * Reads `$SHELFWISE_DATA`, the folder of the public data sets that bench/data.json lists.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type OpenCompute, openCompute } from '../../src/adapters/compute.ts';
import { evaluate, readSplit } from '../../src/engine/evaluate.ts';

const data = process.env['SHELFWISE_DATA'] ?? '';
const has = (name: string): boolean => {
  if (data !== '' && existsSync(join(data, name))) return true;
  console.log(`skipped, because SHELFWISE_DATA names no folder with ${name}`);
  return false;
};

let compute: OpenCompute;
beforeAll(async () => {
  compute = await openCompute({ threads: 2 });
});
afterAll(() => compute.close());

describe('evaluation on public data', () => {
  test.skipIf(!has('amazon-beauty'))(
    'amazon-beauty: counts as published, transition kNN far above popularity',
    async () => {
      const path = join(data, 'amazon-beauty', 'Beauty.txt.gz');
      const report = await evaluate({ task: 'sequence', path, model: 'transition-knn', compute, cacheFolder: false });
      expect(report).toMatchObject({ users: 22_363, items: 12_101, cases: 22_363 });
      expect(report.metrics['HR@10']).toBeGreaterThan(0.085);
      expect(report.metrics['HR@10']).toBeLessThan(0.09);
      expect(report.metrics['NDCG@10']).toBeGreaterThan(0.053);
      expect(report.baseline.metrics['HR@10']).toBeGreaterThan(0.009);
      expect(report.baseline.metrics['HR@10']).toBeLessThan(0.014);
      const attributes = ['Diversity', 'Calibration'].map((key) => report.metrics[key]);
      expect(attributes.every((value) => value !== undefined && value > 0)).toBe(true);
    },
    300_000,
  );

  test.skipIf(!has('gowalla'))('gowalla: counts as published, and no test item in its user’s train', async () => {
    const { train, test: cases } = await readSplit({ task: 'interactions', path: join(data, 'gowalla') });
    expect([train.offsets.length - 1, train.itemCount, train.items.length]).toEqual([29_858, 40_981, 810_128]);
    expect(cases.reduce((sum, { targets }) => sum + targets.length, 0)).toBe(217_242);
    expect(cases.every(({ targets, masked }) => !targets.some((item) => masked.includes(item)))).toBe(true);
  });

  test.skipIf(!has('diginetica-sessions'))(
    'diginetica: counts as published, a fifth of the answers in the prefix',
    async () => {
      const { train, test: cases } = await readSplit({ task: 'session', path: join(data, 'diginetica-sessions') });
      expect([train.offsets.length - 1, train.itemCount, cases.length]).toEqual([186_670, 43_097, 60_858]);
      const repeated = cases.filter(({ query, targets }) => query.items.includes(targets[0]!)).length;
      expect(repeated / cases.length).toBeCloseTo(0.205, 2);
      expect(new Set(cases.map(({ group }) => group)).size).toBeLessThan(17_000);
    },
  );
});
