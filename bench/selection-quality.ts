/**
 * Quality of the whole selection and of its learned choice on three public data sets, beside each model it unites, equal
 * weights and reciprocal rank fusion on the same candidates. Everything is chosen on validation; the test is looked at
 * once. Differences are paired by case, with a 95% bootstrap interval; the best single model is the best on the test.
 *
 * node bench/selection-quality.ts [--only amazon-beauty,gowalla,diginetica-sessions] [--seed 1] [--cases N] [--json] [--save]
 */
import { openCompute } from '../src/adapters/compute.ts';
import type { Query, Scorer } from '../src/data/histories.ts';
import { readSplit } from '../src/engine/evaluate.ts';
import { defaultCacheFolder, FitCache } from '../src/engine/fit-cache.ts';
import { bootstrapIntervals, mean, pairedDifferences } from '../src/evaluation/bootstrap.ts';
import type { CompositeContext } from '../src/evaluation/composite.ts';
import { type RankingKey, rankingValues } from '../src/evaluation/metrics/by-key.ts';
import { type RankedCase, rankCases } from '../src/evaluation/rank.ts';
import type { Model, Setting } from '../src/models/model.ts';
import { modelNamed, modelSettings } from '../src/models/registry.ts';
import { compositeFitters } from '../src/selection/composites.ts';
import { benchFlags, dataPath, print } from './peers/comparison.ts';

interface DataSet {
  readonly task: 'sequence' | 'interactions' | 'session';
  readonly path: string;
  readonly keys: readonly RankingKey[];
}

const dataSets: Readonly<Record<string, DataSet>> = {
  'amazon-beauty': { task: 'sequence', path: 'amazon-beauty/Beauty.txt.gz', keys: ['HR@10', 'NDCG@10'] },
  gowalla: { task: 'interactions', path: 'gowalla', keys: ['Recall@20', 'NDCG@20'] },
  'diginetica-sessions': { task: 'session', path: 'diginetica-sessions', keys: ['Recall@20', 'MRR@20'] },
};

const flags = benchFlags({
  only: { type: 'string', default: Object.keys(dataSets).join(',') },
  seed: { type: 'string', default: '1' },
  cases: { type: 'string', default: 'all' },
});

/** Queries scored together: that of the selection's own batches, so that one scoring serves all. */
const batch = 128;
const seed = Number(flags.seed);
const compute = await openCompute();
let told = 0;
const figures: Record<string, number> = {};
const peers: Record<string, Record<string, number>> = {};
const ratios: Record<string, number> = {};
const intervals: Record<string, readonly [number, number]> = {};
for (const name of flags.only.split(',')) {
  const set = dataSets[name];
  if (!set) throw new Error(`selection-quality: expected ${Object.keys(dataSets).join(', ')}; got "${name}".`);
  await measure(name, set);
}
await compute.close();
print({ name: 'selection-quality', figures, peers, ratios, intervals }, flags);

async function measure(name: string, { task, path, keys }: DataSet): Promise<void> {
  const { test, ...split } = await readSplit({ task, path: dataPath(path), seed });
  const cache = new FitCache(defaultCacheFolder());
  const models = new Map<string, Model>();
  const started = performance.now();
  const context: CompositeContext = {
    compute,
    seed,
    task,
    settings: {},
    onProgress: (share, note) => progress(`${name} ${Math.round(100 * share)}% ${note ?? ''}`),
    fitBase: async (base, data, chosen: Readonly<Record<string, Setting>> = {}) => {
      const definition = modelNamed(base);
      const settings = modelSettings(definition, chosen);
      const key = `${base} ${JSON.stringify(settings)} ${data.histories === split.train}`;
      const known = models.get(key) ?? remember((await cache.fit(definition, data, settings, { compute, seed })).model);
      models.set(key, known);
      return known;
    },
  };
  const selection = await compositeFitters.selection(split, context);
  const learned = selection.selection;
  const scorers: Record<string, Scorer> = {
    selection,
    learned,
    'equal-weights': await compositeFitters['equal-weights'](split, context),
    rrf: await compositeFitters.rrf(split, context),
    ...Object.fromEntries(learned.members.map(({ as, model }) => [as, model])),
  };
  figures[`${name} fit seconds`] = (performance.now() - started) / 1000;
  const step = flags.cases === 'all' ? 1 : Math.max(1, Math.floor(test.length / Number(flags.cases)));
  const cases = test.filter((_, n) => n % step === 0);
  figures[`${name} cases`] = cases.length;
  const ranked: Record<string, RankedCase[]> = Object.fromEntries(Object.keys(scorers).map((one) => [one, []]));
  for (let from = 0; from < cases.length; from += batch) {
    // All of them rank one batch before the next, so that each base model scores it once.
    const some = cases.slice(from, from + batch);
    for (const [one, scorer] of Object.entries(scorers))
      ranked[one]!.push(...(await rankCases(scorer, some, { depth: 20, batch })));
    progress(`${name} ranking ${Math.min(cases.length, from + batch)} of ${cases.length}`);
  }
  const values = Object.fromEntries(Object.entries(ranked).map(([one, lists]) => [one, rankingValues(lists, keys)]));
  const groups = cases.some(({ group }) => group !== undefined)
    ? Int32Array.from(cases, ({ group }, n) => group ?? -1 - n)
    : undefined;
  const figure = (one: string, key: RankingKey): number => mean(values[one]![key]!);
  for (const one of ['selection', 'learned']) {
    const found = bootstrapIntervals(values[one]!, { seed, groups });
    for (const key of keys) {
      figures[`${name} ${one} ${key}`] = figure(one, key);
      intervals[`${name} ${one} ${key}`] = found[key]!;
    }
  }
  const members = learned.members.map(({ as }) => as);
  const best = members.reduce((a, b) => (figure(b, keys[0]!) > figure(a, keys[0]!) ? b : a));
  const rivals = [...members, 'equal-weights', 'rrf'].map((one) => [one, one] as const);
  for (const [rival, one] of [['best single', best] as const, ...rivals]) {
    peers[rival] ??= {};
    for (const key of keys) peers[rival][`${name} ${key}`] = figure(one, key);
    if (rival !== 'best single' && rival !== 'rrf') continue;
    const differences = pairedDifferences(values['learned']!, values[one]!, { seed, groups });
    for (const key of keys) {
      ratios[`${name} learned over ${rival} ${key}`] = figure('learned', key) / figure(one, key);
      intervals[`${name} learned minus ${rival} ${key}`] = differences[key]!.interval;
    }
  }
}

/** The model, answering again what it was asked last. */
function remember(model: Model): Model {
  let asked: readonly Query[] = [];
  let answer = new Float32Array(0);
  const { name, itemCount, settings } = model;
  return {
    ...{ name, itemCount, settings, entriesRead: 0 },
    retrieve: (...given) => model.retrieve(...given),
    scoreItems: (...given) => model.scoreItems(...given),
    state: () => model.state(),
    async score(queries, out) {
      const size = queries.length * itemCount;
      if (asked.length !== queries.length || asked.some((query, n) => query !== queries[n])) {
        if (answer.length < size) answer = new Float32Array(size);
        await model.score(queries, answer.subarray(0, size));
        asked = queries.slice();
      }
      out.set(answer.subarray(0, size));
    },
  };
}

function progress(text: string): void {
  const now = performance.now();
  if (now - told < 5000) return;
  told = now;
  console.error(`${new Date().toISOString().slice(11, 19)} ${text}`);
}
