/**
 * Neural sequence models on Amazon Beauty, last item of each user, whole catalogue ranked, seen items masked, fitted on train
 * alone: HR@10 and NDCG@10 by model and seed, with the time and memory of the fit, transition-knn beside. No peer.
 *
 * node bench/sequence-models.ts [--models sasrec,gru4rec] [--seeds 1] [--threads 2] [--json]
 */
import { openCompute } from '../src/adapters/compute.ts';
import { evaluate } from '../src/engine/evaluate.ts';
import type { EvaluationReport } from '../src/engine/evaluation-report.ts';
import { benchFlags, dataPath, print } from './peers/comparison.ts';

const flags = benchFlags({
  models: { type: 'string', default: 'sasrec,gru4rec' },
  seeds: { type: 'string', default: '1' },
  threads: { type: 'string', default: '2' },
});
const compute = await openCompute({ threads: Number(flags.threads) });
const figures: Record<string, number> = {};
const intervals: Record<string, readonly [number, number]> = {};
const keys = ['HR@10', 'NDCG@10'];

try {
  const path = dataPath('amazon-beauty/Beauty.txt.gz');
  for (const model of ['transition-knn', ...flags.models.split(',')]) {
    const reports: EvaluationReport[] = [];
    for (const seed of flags.seeds.split(',').map(Number)) {
      reports.push(await evaluate({ task: 'sequence', path, model, seed, compute }));
      if (model === 'transition-knn') break;
    }
    const mean = (of: (report: EvaluationReport) => number): number =>
      reports.reduce((sum, report) => sum + of(report), 0) / reports.length;
    for (const key of keys) {
      const own = mean(({ metrics }) => metrics[key]!);
      figures[`${model} ${key}`] = own;
      intervals[`${model} ${key}`] = reports[0]!.intervals[key]!;
      const squares = mean(({ metrics }) => (metrics[key]! - own) ** 2) * reports.length;
      if (reports.length > 1) figures[`${model} ${key}, deviation`] = Math.sqrt(squares / (reports.length - 1));
    }
    figures[`${model} fit seconds`] = mean(({ fit }) => fit.seconds);
    figures[`${model} peak MB`] = mean(({ fit }) => fit.peakMemoryBytes / 2 ** 20);
    figures[`${model} seeds`] = reports.length;
  }
  print({ name: 'sequence-models', figures, peers: {}, ratios: {}, intervals }, flags);
} finally {
  await compute.close();
}
