/**
 * Click prediction on Last.FM by KGCN's protocol, ids permuted, five seeds: AUC over all and within users of each model of clicks,
 * beside popularity; kgcn on its graph and on the same edges with other tails. No peer.
 *
 * node bench/clicks.ts [--seeds 1,2,3,4,5] [--json]
 */
import { openCompute } from '../src/adapters/compute.ts';
import { type ClickEvaluation, evaluateClicks } from '../src/engine/evaluate-clicks.ts';
import { clickModels } from '../src/models/clicks/registry.ts';
import { benchFlags, dataPath, print } from './peers/comparison.ts';

const flags = benchFlags({ seeds: { type: 'string', default: '1,2,3,4,5' } });
const seeds = flags.seeds.split(',').map(Number);
const compute = await openCompute({ threads: 2 });
const figures: Record<string, number> = {};
const intervals: Record<string, readonly [number, number]> = {};

async function runs(model: string, shuffleEdges = false): Promise<ClickEvaluation[]> {
  const reports: ClickEvaluation[] = [];
  for (const seed of seeds)
    reports.push(await evaluateClicks({ path: dataPath('lastfm-kg'), model, seed, shuffleEdges, compute }));
  const name = shuffleEdges ? `${model} on shuffled edges` : model;
  for (const key of ['AUC', 'AUC:within-users']) {
    const values = reports.map(({ metrics }) => metrics[key]!);
    figures[`${name} ${key}`] = mean(values);
    figures[`${name} ${key}, deviation`] = deviation(values);
  }
  if (!shuffleEdges)
    for (const key of ['F1', 'CalibrationError'])
      figures[`${name} ${key}`] = mean(reports.map(({ metrics }) => metrics[key]!));
  return reports;
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function deviation(values: readonly number[]): number {
  const middle = mean(values);
  return Math.sqrt(values.reduce((sum, value) => sum + (value - middle) ** 2, 0) / (values.length - 1));
}

/** 97.5% points of Student's t by degrees of freedom, from 1 on. */
const students = [12.71, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262];

function paired(name: string, ours: readonly number[], theirs: readonly number[]): void {
  const differences = ours.map((value, n) => value - theirs[n]!);
  const middle = mean(differences);
  const wide = (students[differences.length - 2] ?? 2) * (deviation(differences) / Math.sqrt(differences.length));
  figures[name] = middle;
  intervals[name] = [middle - wide, middle + wide];
}

try {
  const aucs = (reports: readonly ClickEvaluation[]): number[] => reports.map(({ metrics }) => metrics['AUC']!);
  for (const { name } of clickModels) {
    const own = await runs(name);
    if (name !== 'kgcn') continue;
    const popular = own.map(({ baseline }) => baseline.metrics['AUC']!);
    figures['popularity AUC'] = mean(popular);
    paired('kgcn above popularity', aucs(own), popular);
    paired('kgcn above itself on shuffled edges', aucs(own), aucs(await runs('kgcn', true)));
  }
  print({ name: 'clicks', figures, peers: {}, ratios: {}, intervals }, flags);
} finally {
  await compute.close();
}
