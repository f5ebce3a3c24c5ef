import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type OpenCompute, openCompute } from '../adapters/compute.ts';
import { createMemoryStore } from '../adapters/memory/memory-store.ts';
import { Random } from '../core/random.ts';
import type { Query, Scorer } from '../data/histories.ts';
import { mean } from '../evaluation/bootstrap.ts';
import type { CompositeFitter } from '../evaluation/composite.ts';
import { taskMetrics } from '../evaluation/measure.ts';
import { parseConfig } from './config.ts';
import { evaluate, evaluateShop, readSplit } from './evaluate.ts';
import type { EvaluationReport, FileEvaluationOptions } from './evaluation-report.ts';
import { readShopData } from './shop-data.ts';

const itemCount = 150;
/** Chance level of a hit in ten of the items that are not masked is about .07; a model that sees the order reaches .6. */
const floor = 0.5;

const root = mkdtempSync(join(tmpdir(), 'shelfwise-evaluate-'));
let compute: OpenCompute;
beforeAll(async () => {
  compute = await openCompute({ threads: 1 });
});
afterAll(async () => {
  await compute.close();
  rmSync(root, { recursive: true });
});

/** Walks where item i leads to one of three items that its number decides; popularity says nothing. */
function walks(users: number, seed: number): number[][] {
  const random = new Random(seed);
  return Array.from({ length: users }, () => {
    const walk = [random.below(itemCount)];
    const length = 6 + random.below(5);
    while (walk.length < length) walk.push((walk.at(-1)! * 37 + 11 + 50 * random.below(3)) % itemCount);
    return walk.filter((item, n) => walk.indexOf(item) === n);
  });
}

const lines = (rows: readonly (readonly number[])[]): string =>
  rows.map((row, u) => `u${u} ${row.join(' ')}\n`).join('');

function sequenceFile(rows: readonly (readonly number[])[], name = 'walks.txt'): string {
  const path = join(mkdtempSync(join(root, 'set-')), name);
  writeFileSync(path, lines(rows));
  return path;
}

const planted = sequenceFile(walks(500, 1));

function run(options: Partial<FileEvaluationOptions> & { model: string }): Promise<EvaluationReport> {
  return evaluate({ task: 'sequence', path: planted, compute, cacheFolder: false, ...options });
}

/** Scorers that know nothing: whatever passes with them proves nothing. */
function mutant(name: string, score: (query: Query, item: number) => number): CompositeFitter {
  return async ({ itemCount: items }): Promise<Scorer> => ({
    name,
    itemCount: items,
    async score(queries, out) {
      for (const [b, query] of queries.entries()) {
        for (let i = 0; i < items; i++) out[b * items + i] = score(query, i);
      }
    },
  });
}

const mutants: Readonly<Record<string, CompositeFitter>> = {
  constant: mutant('constant', () => 1),
  'by-id': mutant('by-id', (_, item) => -item),
  'shuffled-queries': async (split, context) => {
    const model = await context.fitBase('transition-knn', { histories: split.train });
    const random = new Random(9);
    return {
      name: 'shuffled-queries',
      itemCount: split.itemCount,
      score: (queries, out) =>
        model.score(
          queries.map(() => ({ items: Int32Array.of(random.below(split.itemCount)) })),
          out,
        ),
    };
  },
};

describe('evaluate on sequences', () => {
  test('a transition model finds the planted order, far above popularity beside it', async () => {
    const report = await run({ model: 'transition-knn' });
    expect(report.metrics['HR@10']).toBeGreaterThan(floor);
    expect(report.intervals['HR@10']![0]).toBeGreaterThan(report.baseline.intervals['HR@10']![1]);
    expect(report.baseline.metrics['HR@10']).toBeLessThan(floor / 2);
    expect(report).toMatchObject({
      task: 'sequence',
      model: 'transition-knn',
      users: 500,
      cases: 500,
      items: itemCount,
      seed: 1,
    });
    expect(Object.keys(report.metrics)).toEqual(
      expect.arrayContaining([
        'HR@5',
        'HR@10',
        'HR@20',
        'NDCG@10',
        'MRR',
        'Coverage@10',
        'Coverage@20',
        'Gini',
        'Novelty',
      ]),
    );
    expect(report.fit.peakMemoryBytes).toBeGreaterThan(1e6);
    for (const [key, [low, high]] of Object.entries(report.intervals)) {
      expect(low).toBeLessThanOrEqual(report.metrics[key]!);
      expect(high).toBeGreaterThanOrEqual(report.metrics[key]!);
    }
  });

  test('it finds nothing in histories whose items were shuffled among the users', async () => {
    const rows = walks(500, 1);
    const all = new Random(3).shuffle(rows.flat());
    let at = 0;
    const report = await run({
      model: 'transition-knn',
      path: sequenceFile(rows.map((row) => row.map(() => all[at++]!))),
    });
    expect(report.metrics['HR@10']).toBeLessThan(floor / 2);
  });

  test.each([...Object.keys(mutants), 'popularity'])('the mutant %s fails the floor', async (model) => {
    const { metrics } = await run({ model, composites: mutants });
    expect(metrics['HR@10']).toBeLessThan(floor / 2);
    if (model === 'constant') {
      // Every candidate ties, so everyone's answer stands in the middle of the candidates: past every cut-off.
      expect(metrics['HR@20']).toBe(0);
      const { test: cases, itemCount: items } = await readSplit({ task: 'sequence', path: planted });
      const ranks = cases.map(({ masked }) => (items - masked.length + 1) / 2);
      expect(metrics['MRR']).toBeCloseTo(ranks.reduce((sum, rank) => sum + 1 / rank, 0) / ranks.length, 9);
    }
  });

  test('another model is compared in pairs, and the interval of a real difference is above zero', async () => {
    const { against, metrics } = await run({
      model: 'transition-knn',
      against: 'shuffled-queries',
      composites: mutants,
    });
    const { mean, interval } = against!.differences['NDCG@10']!;
    expect(mean).toBeCloseTo(metrics['NDCG@10']! - against!.metrics['NDCG@10']!, 9);
    expect(interval[0]).toBeGreaterThan(0);
    const same = await run({ model: 'transition-knn', against: 'transition-knn' });
    expect(same.against!.differences['NDCG@10']).toEqual({ mean: 0, interval: [0, 0] });
  });

  test('folds cross-validate train, leave the test alone, and say how far they lie apart', async () => {
    const folder = mkdtempSync(join(root, 'folds-'));
    writeFileSync(join(folder, 'train.txt'), lines(walks(300, 3)));
    writeFileSync(join(folder, 'test.txt'), 'u0 99999\n');
    const task = 'interactions' as const;
    const report = await run({ task, path: folder, model: 'item-knn', against: 'transition-knn', folds: 3 });
    const { figures, deviations } = report.folds!;
    const key = taskMetrics[task].main[0]!;
    expect(figures[key]!.length).toBe(3);
    expect(report.metrics[key]).toBeCloseTo(mean(figures[key]!), 12);
    expect(report.metrics[key]!).toBeGreaterThan(5 * report.baseline.metrics[key]!);
    expect(deviations[key]!).toBeLessThan(0.2);
    expect(deviations[key]!).toBeGreaterThan(0);
    expect(report.protocol).toMatch(/^each of 3 of each user's items/u);
    await expect(run({ model: 'item-knn', folds: 3 })).rejects.toMatchObject({ code: 'SW_USAGE' });
  });

  test('settings are chosen on validation cases only, and never below where the search began', async () => {
    const settings = { 'transition-knn': { window: 3, historyDecay: 1 } };
    const { tuning, fit } = await run({ model: 'transition-knn', settings, tune: true, tuningFits: 8 });
    expect(tuning!.fits).toBeLessThanOrEqual(8);
    expect(tuning!.chosen).toBeGreaterThanOrEqual(tuning!.start);
    expect(fit.settings).toMatchObject(settings['transition-knn']);
    // The same train and validation with other test items leads to the same choice.
    const rows = walks(500, 1).map((row) => [...row.slice(0, -1), (row.at(-1)! + 1) % itemCount]);
    const other = await run({ model: 'transition-knn', path: sequenceFile(rows), settings, tune: true, tuningFits: 8 });
    expect(other.tuning!.settings).toEqual(tuning!.settings);
    expect(other.metrics['HR@10']).toBeLessThan(floor);
  });

  test('a fit is kept and found again by data, settings and seed, and gives the same figures', async () => {
    const cacheFolder = mkdtempSync(join(root, 'cache-'));
    const first = await run({ model: 'transition-knn', cacheFolder });
    const second = await run({ model: 'transition-knn', cacheFolder });
    expect([first.fit.reused, second.fit.reused]).toEqual([false, true]);
    expect(second.metrics).toEqual(first.metrics);
    expect(second.intervals).toEqual(first.intervals);
    const changed = await run({ model: 'transition-knn', cacheFolder, settings: { 'transition-knn': { window: 2 } } });
    const refitted = await run({ model: 'transition-knn', cacheFolder, refit: true });
    expect([changed.fit.reused, refitted.fit.reused]).toEqual([false, false]);
    for (const folder of readdirSync(join(cacheFolder, 'fits'))) {
      writeFileSync(join(cacheFolder, 'fits', folder, 'weights.safetensors'), 'damaged');
    }
    const mended = await run({ model: 'transition-knn', cacheFolder });
    expect(mended.fit.reused).toBe(false);
    expect(mended.metrics).toEqual(first.metrics);
  });

  test('sampled ranking is easier, is named in the protocol, and only comes when asked for', async () => {
    const sampled = await run({ model: 'transition-knn', sampled: 20 });
    const full = await run({ model: 'transition-knn' });
    expect(full.protocol).toContain('full ranking');
    expect(sampled.protocol).toContain('ranking among 20 sampled items');
    expect(sampled.metrics['NDCG@10']).toBeGreaterThan(full.metrics['NDCG@10']!);
    expect(sampled.metrics['Gini']).toBeUndefined();
  });

  test('unknown names and settings are refused before anything is read, with the list', async () => {
    const nowhere = { path: join(root, 'nowhere') };
    const refusals: [Partial<FileEvaluationOptions> & { model: string }, string, RegExp][] = [
      [{ model: 'toString' }, 'SW_MODEL_UNKNOWN', /expected one of popularity, .*constant.* got "toString"/],
      [{ model: 'popularity', against: 'nope' }, 'SW_MODEL_UNKNOWN', /got "nope"/],
      [{ model: 'popularity', settings: { popularity: { hue: 1 } } }, 'SW_SETTING', /popularity\.hue/],
      [{ model: 'popularity', settings: { 'item-knn': { neighbours: 5 } } }, 'SW_USAGE', /got some of item-knn/],
      [{ model: 'popularity', task: 'session', refit: true }, 'SW_USAGE', /`refit`: expected the task sequence/],
      [{ model: 'popularity', task: 'dance' as never }, 'SW_USAGE', /expected a task of sequence, interactions/],
    ];
    for (const [options, code, message] of refusals) {
      await expect(run({ ...nowhere, composites: mutants, ...options })).rejects.toMatchObject({
        code,
        exitCode: 2,
        message: expect.stringMatching(message),
      });
    }
  });

  test('a composite sees no test case, fits its parts through the cache, and says what it chose', async () => {
    const seen: string[] = [];
    const composite: CompositeFitter = async (split, context) => {
      seen.push(...Object.keys(split), context.task, String(context.settings['pair']?.['weight']));
      const part = await context.fitBase('transition-knn', { histories: split.train }, { window: 4 });
      return {
        name: 'pair',
        itemCount: split.itemCount,
        summary: { part: part.name },
        score: (q, out) => part.score(q, out),
      };
    };
    const report = await run({ model: 'pair', composites: { pair: composite }, settings: { pair: { weight: 2 } } });
    expect(seen).toEqual(expect.arrayContaining(['train', 'fitTrain', 'validation', 'sequence', '2']));
    expect(seen).not.toContain('test');
    expect(report.summary).toEqual({ part: 'transition-knn' });
    expect(report.metrics['HR@10']).toBeGreaterThan(floor);
  });
});

describe('evaluate on other layouts', () => {
  test('interactions: a neighbour model finds planted groups of taste, with train items masked', async () => {
    const random = new Random(2);
    const rows = Array.from({ length: 300 }, (_, u) =>
      random.shuffle(Array.from({ length: 30 }, (__, i) => (u % 5) * 30 + i)).slice(0, 14),
    );
    const path = mkdtempSync(join(root, 'set-'));
    writeFileSync(join(path, 'train.txt'), lines(rows.map((row) => row.slice(0, 10))));
    writeFileSync(join(path, 'test.txt'), lines(rows.map((row) => row.slice(10))));
    const report = await run({ task: 'interactions', path, model: 'item-knn' });
    // All 20 unseen items of the group fill the list exactly.
    expect(report.metrics['Recall@20']).toBeGreaterThan(0.95);
    expect(report.baseline.metrics['Recall@20']).toBeLessThan(0.3);
    const kept = await run({ task: 'interactions', path, model: 'item-knn', seen: 'keep' });
    expect(kept.metrics['Recall@20']).toBeLessThan(report.metrics['Recall@20']!);
  });

  test('session: repeats stay possible, and prefixes of one session are resampled together', async () => {
    const path = mkdtempSync(join(root, 'set-'));
    const sessions = walks(400, 4);
    writeFileSync(
      join(path, 'train_sessions.txt'),
      sessions
        .slice(0, 300)
        .map((row) => `${row.join(' ')}\n`)
        .join(''),
    );
    const cases = sessions
      .slice(300)
      .flatMap((row) => row.slice(1).map((item, n) => `${row.slice(0, n + 1).join(' ')}\t${item}\n`));
    writeFileSync(join(path, 'test.txt'), cases.join(''));
    const report = await run({ task: 'session', path, model: 'transition-knn' });
    expect(report).toMatchObject({ users: 100, cases: cases.length });
    expect(report.metrics['Recall@20']).toBeGreaterThan(floor);
    expect(report.metrics['Recall@20']).toBe(report.metrics['HR@20']);
    expect(report.protocol).toContain('kept');
  });

  test("a shop's own events: every visit after the cut is a case, purchases the answers", async () => {
    const random = new Random(6);
    const rows = walks(400, 7).map((walk) => ({ walk, start: random.below(300) }));
    const store = createMemoryStore();
    await store.appendEvents(
      rows.flatMap(({ walk, start }, person) =>
        walk.map((product, n) => ({
          eventId: `${person}-${n}`,
          kind: 'purchase' as const,
          time: (start + n * 12) * 86_400_000,
          userId: `u${person}`,
          productId: `p${product}`,
        })),
      ),
    );
    const config = parseConfig({});
    const shop = await readShopData(store, config);
    const report = await evaluateShop(config, shop, { model: 'transition-knn', compute, cacheFolder: false });
    expect(report.protocol).toMatch(/^temporal at .*repeats kept/);
    expect(report.cases).toBeGreaterThan(report.users);
    expect(report.metrics['Recall@20']).toBeGreaterThan(floor);
    expect(report.baseline.metrics['Recall@20']).toBeLessThan(floor / 2);
  });
});
