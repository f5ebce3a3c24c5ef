/**
 * Online Retail from its raw file to measured recommendations: import with its counts, training, one slate with reasons,
 * and a temporal split of the shop's own events on which the learned choice stands beside recently viewed, item-kNN and
 * popularity. The split's instant is given, every later visit of a known customer is a case, and it is looked at once.
 *
 * node bench/online-retail.ts [--from 2011-11-02] [--seed 1] [--json]
 *   $SHELFWISE_DATA is the folder that holds the data set.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { cpus, tmpdir, totalmem } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { openShop } from '../src/index.ts';

const { values: flags } = parseArgs({
  options: {
    from: { type: 'string', default: '2011-11-02' },
    seed: { type: 'string', default: '1' },
    json: { type: 'boolean' },
  },
});
const data = process.env['SHELFWISE_DATA'];
if (!data) {
  console.error('online-retail: expected the folder of the data sets in SHELFWISE_DATA, got none.');
  process.exit(2);
}

const seed = Number(flags.seed);
const folder = mkdtempSync(join(tmpdir(), 'online-retail-'));
const shopFolder = join(folder, 'shop');
const peakMegabytes = (): number => Math.round(process.resourceUsage().maxRSS / 1024);
try {
  const shop = await openShop(shopFolder);
  const imported = await shop.importFile(join(data, 'online-retail', 'online_retail.csv.gz'));
  const importPeakMegabytes = peakMegabytes();
  const trained = await shop.train({ seed });
  const trainPeakMegabytes = peakMegabytes();
  const slate = await shop.recommend({ user: '17850', count: 5 });

  const instant = Date.parse(flags.from);
  const options = { instant, seed, cacheFolder: join(folder, 'cache') };
  const metricsOf: Record<string, unknown> = {};
  const peers: Record<string, unknown> = {};
  for (const against of ['recently-viewed', 'item-knn', 'transition-knn']) {
    const report = await shop.evaluate({ ...options, model: 'learned', against });
    const { metrics, intervals, cases, users, protocol, baseline } = report;
    Object.assign(metricsOf, { metrics, intervals, cases, users, protocol });
    peers['popularity'] = baseline.metrics;
    peers[against] = { metrics: report.against!.metrics, learnedMinus: report.against!.differences };
  }
  await shop.close();
  const document = {
    name: 'online-retail',
    machine: `${cpus()[0]?.model ?? 'unknown'}, ${cpus().length} cores, ${Math.round(totalmem() / 2 ** 30)} GB`,
    figures: {
      import: {
        rows: imported.rowsRead,
        seconds: imported.seconds,
        events: imported.eventsKept,
        steps: imported.steps,
      },
      importPeakMegabytes,
      train: { seconds: trained.seconds, data: trained.data, validation: trained.validation },
      trainPeakMegabytes,
      evaluate: metricsOf,
      slate: slate.items.map(({ title, probability, reasons }) => ({ title, probability, because: reasons[0]?.text })),
    },
    peers,
  };
  console.log(JSON.stringify(document, undefined, 2));
} finally {
  rmSync(folder, { recursive: true, force: true });
}
