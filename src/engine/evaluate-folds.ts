/** Evaluates by cross-validation: figures of every fold, their mean, and how far they lie apart. */
import { ShelfwiseError } from '../core/errors.ts';
import { readInteractions } from '../data/formats/interaction-folder.ts';
import { mean } from '../evaluation/bootstrap.ts';
import type { Split } from '../evaluation/cases.ts';
import { crossValidation } from '../evaluation/protocols/folds.ts';
import type { EvaluationReport, FileEvaluationOptions, FoldsReport } from './evaluation-report.ts';

/**
 * Of the train items of an `interactions` folder; its test is not looked at.
 *
 * @param evaluate - one fold
 * @throws ShelfwiseError `SW_USAGE` for another task
 */
export async function evaluateFolds(
  options: FileEvaluationOptions,
  folds: number,
  evaluate: (split: Split, options: FileEvaluationOptions) => Promise<EvaluationReport>,
): Promise<EvaluationReport> {
  const started = performance.now();
  const { task, path, seed = 1, seen = 'mask', onProgress } = options;
  if (task !== 'interactions') {
    const message = `\`folds\`: expected the task interactions, got ${task}.`;
    throw new ShelfwiseError('SW_USAGE', message, 'Sequences and sessions are cut by time: leave it out.');
  }
  const { train } = await readInteractions(path, seed);
  const reports: EvaluationReport[] = [];
  for (const split of crossValidation(train, folds, { seed, seen })) {
    const done = reports.length;
    const told = (share: number, note?: string): void =>
      onProgress?.((done + share) / folds, `fold ${done + 1} of ${folds}${note === undefined ? '' : `: ${note}`}`);
    reports.push(await evaluate(split, { ...options, onProgress: told }));
  }
  const first = reports[0]!;
  const { metrics, figures, deviations } = foldsOf(reports);
  const baseline = foldsOf(reports.map((one) => one.baseline));
  const { against } = first;
  const other = against && foldsOf(reports.map((one) => one.against!));
  return {
    ...first,
    protocol: first.protocol.replace('fold 1 of', 'each of'),
    ...{ metrics, intervals: {}, folds: { figures, deviations } },
    cases: reports.reduce((total, { cases }) => total + cases, 0),
    seconds: (performance.now() - started) / 1000,
    baseline: { ...first.baseline, metrics: baseline.metrics, intervals: {} },
    ...(against && { against: { ...against, metrics: other!.metrics, intervals: {}, differences: {} } }),
  };
}

function foldsOf(reports: readonly { readonly metrics: Readonly<Record<string, number>> }[]): FoldsReport & {
  readonly metrics: Readonly<Record<string, number>>;
} {
  const keys = Object.keys(reports[0]!.metrics);
  const figures = Object.fromEntries(keys.map((key) => [key, reports.map(({ metrics }) => metrics[key]!)]));
  const metrics = Object.fromEntries(keys.map((key) => [key, mean(figures[key]!)]));
  const deviation = (values: readonly number[], middle: number): number =>
    Math.sqrt(values.reduce((sum, value) => sum + (value - middle) ** 2, 0) / (values.length - 1));
  const deviations = Object.fromEntries(keys.map((key) => [key, deviation(figures[key]!, metrics[key]!)]));
  return { metrics, figures, deviations };
}
