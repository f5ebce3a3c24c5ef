/**
 * Online Retail from its raw file to measured recommendations: import with its counts, training, and a temporal split of
 * the shop's own events on which what the shop shows and its choice stand beside the best single model, rank fusion and
 * popularity. The split's instant is given, every later visit of a known customer is a case, and it is looked at once.
 *
 * node bench/online-retail.ts [--from 2011-11-02] [--seed 1] [--json] [--save]
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openShop } from '../src/index.ts';
import { benchFlags, dataPath, type Figures, print } from './peers/comparison.ts';

const flags = benchFlags({
  from: { type: 'string', default: '2011-11-02' },
  seed: { type: 'string', default: '1' },
});
const keys = ['Recall@20', 'NDCG@20'] as const;
const seed = Number(flags.seed);
const folder = mkdtempSync(join(tmpdir(), 'online-retail-'));
const peakMegabytes = (): number => Math.round(process.resourceUsage().maxRSS / 1024);
try {
  await using shop = await openShop(join(folder, 'shop'));
  const imported = await shop.importFile(dataPath('online-retail/online_retail.csv.gz'));
  const importPeak = peakMegabytes();
  const trained = await shop.train({ seed });
  const trainPeak = peakMegabytes();

  const options = { instant: Date.parse(flags.from), seed, cacheFolder: join(folder, 'cache') };
  const main = (metrics: Figures): Figures => Object.fromEntries(keys.map((key) => [key, metrics[key]!]));
  const whole = await shop.evaluate({ ...options, model: 'selection', against: 'learned' });
  const figures: Record<string, number> = {
    'import rows': imported.rowsRead,
    'import seconds': imported.seconds,
    'import peak megabytes': importPeak,
    'events kept': imported.eventsKept,
    'train seconds': trained.seconds,
    'train peak megabytes': trainPeak,
    cases: whole.cases,
  };
  for (const { step, acted } of imported.steps) if (acted > 0) figures[`rows ${step}`] = acted;
  const intervals: Record<string, readonly [number, number]> = {};
  const learned = whole.against!.metrics;
  for (const key of keys) {
    figures[`selection ${key}`] = whole.metrics[key]!;
    figures[`learned ${key}`] = learned[key]!;
    intervals[`selection ${key}`] = whole.intervals[key]!;
    intervals[`learned ${key}`] = whole.against!.intervals[key]!;
  }
  const peers: Record<string, Figures> = { popularity: main(whole.baseline.metrics) };
  const ratios: Record<string, number> = {};
  for (const against of ['recently-viewed', 'item-knn', 'transition-knn', 'rrf']) {
    const other = (await shop.evaluate({ ...options, model: 'learned', against })).against!;
    peers[against] = main(other.metrics);
    for (const key of keys) {
      ratios[`learned over ${against} ${key}`] = learned[key]! / other.metrics[key]!;
      intervals[`learned minus ${against} ${key}`] = other.differences[key]!.interval;
    }
  }
  print({ name: 'online-retail', figures, peers, ratios, intervals }, flags);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
