/**
 * Quality of the learned choice on three public data sets, beside each model it unites, equal weights and reciprocal rank
 * fusion on the same candidates. Everything is chosen on validation; the test is looked at once. A peer's ratio is the
 * learned figure over the peer's; its difference is paired by case, with a 95% bootstrap interval.
 *
 * node bench/selection-quality.ts [--only gowalla,diginetica-sessions,amazon-beauty] [--seed 1] [--cases N] [--max-cases N]
 *   [--json]
 *   $SHELFWISE_DATA is the folder that holds the data sets.
 */
import { cpus, totalmem } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { openCompute } from '../src/adapters/compute.ts';
import type { Query, Scorer } from '../src/data/histories.ts';
import { readSplit } from '../src/engine/evaluate.ts';
import { defaultCacheFolder, FitCache } from '../src/engine/fit-cache.ts';
import { bootstrapIntervals, mean, pairedDifferences } from '../src/evaluation/bootstrap.ts';
import { type RankingKey, rankingValues } from '../src/evaluation/metrics/by-key.ts';
import { type RankedCase, rankCases } from '../src/evaluation/rank.ts';
import type { Model, Setting } from '../src/models/model.ts';
import { modelNamed, modelSettings } from '../src/models/registry.ts';
import { compositeFitters } from '../src/selection/composites.ts';
import type { LearnedSelection } from '../src/selection/learned-selection.ts';

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

const { values: flags } = parseArgs({
  options: {
    only: { type: 'string', default: Object.keys(dataSets).join(',') },
    seed: { type: 'string', default: '1' },
    cases: { type: 'string', default: 'all' },
    'max-cases': { type: 'string', default: '12000' },
    json: { type: 'boolean' },
  },
});
const folder = process.env['SHELFWISE_DATA'];
if (!folder) {
  console.error('selection-quality: expected the folder of the data sets in SHELFWISE_DATA, got none.');
  process.exit(2);
}

/** Queries scored together: that of the selection's own batches, so that one scoring serves all. */
const batch = 128;
const seed = Number(flags.seed);
const compute = await openCompute();
let told = 0;
const figures: Record<string, unknown> = {};
const peers: Record<string, unknown> = {};
const ratios: Record<string, unknown> = {};
for (const name of flags.only.split(',')) {
  const set = dataSets[name];
  if (!set) throw new Error(`selection-quality: expected ${Object.keys(dataSets).join(', ')}; got "${name}".`);
  const measured = await measureOne(set);
  figures[name] = measured.figures;
  peers[name] = measured.peers;
  ratios[name] = measured.ratios;
}
await compute.close();
const machine = `${cpus()[0]?.model ?? 'unknown'}, ${cpus().length} cores, ${Math.round(totalmem() / 2 ** 30)} GB`;
console.log(JSON.stringify({ name: 'selection-quality', machine, seed, figures, peers, ratios }, undefined, 2));

async function measureOne({ task, path, keys }: DataSet) {
  const { test, ...split } = await readSplit({ task, path: join(folder!, path), seed });
  const cache = new FitCache(defaultCacheFolder());
  const models = new Map<string, Model>();
  const started = performance.now();
  const fitted: Record<string, LearnedSelection> = {};
  for (const name of ['learned', 'equal-weights', 'rrf'] as const) {
    fitted[name] = await compositeFitters[name](split, {
      compute,
      seed,
      task,
      settings: { [name]: { maxCases: Number(flags['max-cases']) } },
      onProgress: (share, note) => progress(`${path} ${name} ${Math.round(100 * share)}% ${note ?? ''}`),
      fitBase: async (base, histories, chosen: Readonly<Record<string, Setting>> = {}) => {
        const definition = modelNamed(base);
        const settings = modelSettings(definition, chosen);
        const key = `${base} ${JSON.stringify(settings)} ${histories === split.train}`;
        const known =
          models.get(key) ?? remember((await cache.fit(definition, histories, settings, { compute, seed })).model);
        models.set(key, known);
        return known;
      },
    });
  }
  const fitSeconds = (performance.now() - started) / 1000;
  const learned = fitted['learned']!;
  const scorers: Record<string, Scorer> = {
    ...fitted,
    ...Object.fromEntries(learned.members.map(({ as, model }) => [as, model])),
  };
  const step = flags.cases === 'all' ? 1 : Math.max(1, Math.floor(test.length / Number(flags.cases)));
  const cases = test.filter((_, n) => n % step === 0);
  const ranked: Record<string, RankedCase[]> = Object.fromEntries(Object.keys(scorers).map((name) => [name, []]));
  const ranking = performance.now();
  for (let from = 0; from < cases.length; from += batch) {
    // All of them rank one batch before the next, so that each base model scores it once.
    const some = cases.slice(from, from + batch);
    for (const [name, scorer] of Object.entries(scorers))
      ranked[name]!.push(...(await rankCases(scorer, some, { depth: 20, batch })));
    progress(`${path} ranking ${Math.min(cases.length, from + batch)} of ${cases.length}`);
  }
  const values = Object.fromEntries(Object.entries(ranked).map(([name, one]) => [name, rankingValues(one, keys)]));
  const groups = cases.some(({ group }) => group !== undefined)
    ? Int32Array.from(cases, ({ group }, n) => group ?? -1 - n)
    : undefined;
  const mine = values['learned']!;
  const means = (name: string) => Object.fromEntries(keys.map((key) => [key, mean(values[name]![key]!)]));
  const rivals = Object.keys(scorers).filter((name) => name !== 'learned');
  const best = learned.members
    .map(({ as }) => as)
    .reduce((a, b) => (means(b)[keys[0]!]! > means(a)[keys[0]!]! ? b : a));
  return {
    figures: {
      ...means('learned'),
      intervals: bootstrapIntervals(mine, { seed, groups }),
      cases: cases.length,
      bestSingle: best,
      fitSeconds,
      rankSeconds: (performance.now() - ranking) / 1000,
      summary: learned.summary,
    },
    peers: Object.fromEntries(
      rivals.map((name) => [
        name,
        { ...means(name), differences: pairedDifferences(mine, values[name]!, { seed, groups }) },
      ]),
    ),
    ratios: Object.fromEntries(
      rivals.map((name) => [
        name,
        Object.fromEntries(keys.map((key) => [key, means('learned')[key]! / means(name)[key]!])),
      ]),
    ),
  };
}

/** The model, answering again what it was asked last. */
function remember(model: Model): Model {
  let asked: readonly Query[] = [];
  let answer = new Float32Array(0);
  const memory = Object.create(model) as Model;
  memory.score = async (queries, out) => {
    const size = queries.length * model.itemCount;
    if (asked.length !== queries.length || asked.some((query, n) => query !== queries[n])) {
      if (answer.length < size) answer = new Float32Array(size);
      await model.score(queries, answer.subarray(0, size));
      asked = queries.slice();
    }
    out.set(answer.subarray(0, size));
  };
  return memory;
}

function progress(text: string): void {
  const now = performance.now();
  if (now - told < 5000) return;
  told = now;
  console.error(`${new Date().toISOString().slice(11, 19)} ${text}`);
}
