/** `shelfwise evaluate TASK PATH`: a named protocol on a public data set's own files, or on a shop's own events. */
import type { CommandDef } from 'citty';
import { ShelfwiseError } from '../../core/errors.ts';
import type { EvaluationReport, SettingsByModel, SplitOptions } from '../../engine/evaluation-report.ts';
import type { ShopEvaluation } from '../../engine/shop-work.ts';
import type { Interval } from '../../evaluation/bootstrap.ts';
import { type EvaluationTask, taskMetrics } from '../../evaluation/measure.ts';
import { type ClickEvaluation, evaluate, evaluateClicks } from '../../index.ts';
import type { Setting } from '../../models/model.ts';
import { command, numberFlag, timeFlag } from '../command.ts';
import { openShopFor } from '../open-shop.ts';
import { duration, type Output, table } from '../output.ts';
import { rerankText } from './train.ts';

const fileTasks: readonly SplitOptions['task'][] = ['sequence', 'interactions', 'session'];
const tasks: readonly (EvaluationTask | 'clicks')[] = [...fileTasks, 'shop', 'clicks'];

export const evaluateCommand: CommandDef = command({
  name: 'evaluate',
  description: 'Measure a model under a named protocol, popularity beside.',
  args: {
    task: { type: 'positional', description: tasks.join(' | '), required: false },
    path: {
      type: 'positional',
      description: 'File (sequence) or folder (interactions, session, shop, clicks).',
      required: false,
    },
    model: { type: 'string', description: 'Model to measure.', valueHint: 'name' },
    set: { type: 'string', description: 'A setting; may be given several times.', valueHint: 'model.key=value' },
    tune: { type: 'boolean', description: 'Choose the other settings on validation data.' },
    'tuning-fits': { type: 'string', description: 'Fits that --tune may spend (24).' },
    seen: { type: 'string', description: 'mask or keep what the history holds; sessions keep, the others mask.' },
    refit: { type: 'boolean', description: 'sequence: fit on validation items too.' },
    folds: { type: 'string', description: 'interactions: cross-validate train in so many parts.', valueHint: 'n' },
    sampled: { type: 'string', description: 'Rank among so many random items instead of all.', valueHint: 'n' },
    'shuffle-edges': { type: 'boolean', description: 'clicks: give the triples other tails by chance.' },
    rerank: {
      type: 'boolean',
      description: 'shop: ask the reranker of the settings as well, and say whether it paid.',
    },
    against: { type: 'string', description: 'A second model, compared in pairs.', valueHint: 'name' },
    from: { type: 'string', description: 'shop: test from this time on (ISO 8601).', valueHint: 'time' },
    'train-share': { type: 'string', description: 'shop: share of the events before the test (.8).' },
    seed: { type: 'string', description: 'Seed of every random draw (1).' },
    threads: { type: 'string', description: 'Worker threads; all cores by default.' },
    cache: { type: 'string', description: 'Folder of fitted models; $SHELFWISE_CACHE by default.', valueHint: 'dir' },
    runs: {
      type: 'string',
      description: 'Folder for loss, rate and figures of trainings: JSON lines, and for TensorBoard.',
      valueHint: 'dir',
    },
    'no-cache': { type: 'boolean', description: 'Fit anew and keep nothing.' },
  },
  async run({ args, positionals, repeated, output, signal }) {
    const [task, path, ...more] = positionals;
    const model = args.model;
    if (task === undefined || path === undefined || model === undefined || more.length > 0) {
      const message = 'evaluate: expected TASK PATH --model NAME.';
      throw new ShelfwiseError(
        'SW_USAGE',
        message,
        'For instance: shelfwise evaluate sequence Beauty.txt --model transition-knn',
      );
    }
    const known = tasks.find((name) => name === task);
    if (!known)
      throw new ShelfwiseError(
        'SW_USAGE',
        `evaluate: expected a task of ${tasks.join(', ')}; got "${task}".`,
        'Choose one of them.',
      );
    if (args.seen !== undefined && args.seen !== 'mask' && args.seen !== 'keep') {
      throw new ShelfwiseError('SW_USAGE', `--seen: expected mask or keep, got "${args.seen}".`, 'Correct the flag.');
    }
    if (args['shuffle-edges'] && known !== 'clicks') {
      const message = `--shuffle-edges: expected the task clicks, got ${known}.`;
      throw new ShelfwiseError('SW_USAGE', message, 'The other tasks read no triples: leave it out.');
    }
    if (known === 'clicks') {
      const progress = output.progress('evaluate');
      const report = await evaluateClicks({
        ...{ path, model, settings: settingsOf(repeated('set'))[model], signal, runsFolder: args.runs },
        seed: wholeFlag('seed', args.seed, 0, 0xffffffff),
        threads: wholeFlag('threads', args.threads, 1, 256),
        shuffleEdges: args['shuffle-edges'] === true,
        onProgress: (share, note) => progress.update(share, note),
      });
      progress.done();
      output.result(report, () => clicksText(report));
      return;
    }
    const trainShare = numberFlag('train-share', args['train-share'], { min: 0.05, max: 0.99 });
    if (known !== 'shop' && (args.from !== undefined || trainShare !== undefined)) {
      const message = `evaluate: expected --from and --train-share with the task shop only, got them with ${known}.`;
      throw new ShelfwiseError('SW_USAGE', message, 'Leave them out.');
    }
    if (known !== 'shop' && args.rerank) {
      const message = `--rerank: expected the task shop, got ${known}.`;
      throw new ShelfwiseError('SW_USAGE', message, 'A reranker reads the products of a shop: import one.');
    }
    if (known === 'shop' && args.refit)
      throw new ShelfwiseError('SW_USAGE', '--refit: expected the task sequence, got shop.', 'Leave it out.');
    const folds = wholeFlag('folds', args.folds, 2, 1000);
    if (folds !== undefined && known !== 'interactions') {
      const message = `--folds: expected the task interactions, got ${known}.`;
      throw new ShelfwiseError('SW_USAGE', message, 'The other tasks are cut by time: leave it out.');
    }
    const threads = wholeFlag('threads', args.threads, 1, 256);
    const progress = output.progress('evaluate');
    const options = {
      model,
      settings: settingsOf(repeated('set')),
      tune: args.tune === true,
      tuningFits: wholeFlag('tuning-fits', args['tuning-fits'], 1, 100_000),
      seen: args.seen as 'mask' | 'keep' | undefined,
      sampled: wholeFlag('sampled', args.sampled, 1, 1e9),
      against: args.against,
      seed: wholeFlag('seed', args.seed, 0, 0xffffffff),
      cacheFolder: args['no-cache'] === true ? (false as const) : args.cache,
      runsFolder: args.runs,
      signal,
      onProgress: (share: number, note?: string) => progress.update(share, note),
    };
    const report =
      known === 'shop'
        ? await evaluateFolder(
            output,
            path,
            { ...options, instant: timeFlag('from', args.from), trainShare, rerank: args.rerank === true },
            threads,
          )
        : await evaluate({ ...options, task: known, path, refit: args.refit === true, threads, folds });
    progress.done();
    output.result(report, () => reportText(report));
  },
});

async function evaluateFolder(
  output: Output,
  folder: string,
  options: ShopEvaluation,
  threads: number | undefined,
): Promise<EvaluationReport> {
  await using shop = await openShopFor(output, folder, threads === undefined ? {} : { threads });
  return await shop.evaluate(options);
}

/** A report as a person reads it in a terminal. */
export function reportText(report: EvaluationReport): string {
  const { against, baseline, fit, tuning } = report;
  const others = [...(against ? [against] : []), ...(baseline.model === report.model ? [] : [baseline])];
  const rows = Object.keys(report.metrics).map((key) => [
    key,
    report.metrics[key]!.toFixed(4),
    report.folds ? `± ${report.folds.deviations[key]!.toFixed(4)}` : intervalText(report.intervals[key]),
    ...others.map(({ metrics }) => metrics[key]?.toFixed(4) ?? ''),
  ]);
  const lines = [
    `${report.task}: ${report.protocol}`,
    `${report.users} users, ${report.cases} cases, ${report.items} items, seed ${report.seed}`,
    '',
    table(
      ['metric', report.model, report.folds ? 'between folds' : '95% interval', ...others.map(({ model }) => model)],
      rows,
    ),
    '',
    `fit ${duration(fit.seconds)}${fit.reused ? ' (reused)' : ''}, peak memory ${(fit.peakMemoryBytes / 2 ** 20).toFixed(0)} MiB, in all ${duration(report.seconds)}`,
  ];
  if (tuning) {
    const { metric, start, chosen, fits, budget, cases } = tuning;
    lines.push(
      `chosen on ${cases} validation cases with ${fits} of ${budget} fits: ${metric} ${start.toFixed(4)} -> ${chosen.toFixed(4)}`,
    );
    lines.push(
      `  ${Object.entries(tuning.settings)
        .map(([name, value]) => `${name}=${value}`)
        .join(' ')}`,
    );
  }
  if (against && !report.folds) {
    for (const key of taskMetrics[report.task].main) {
      const { mean, interval } = against.differences[key]!;
      lines.push(`${key}: ${report.model} - ${against.model} = ${signed(mean)} ${intervalText(interval)}`);
    }
  }
  if (report.rerank) lines.push('', rerankText(report.rerank));
  return lines.join('\n');
}

/** The same of labelled pairs. */
export function clicksText(report: ClickEvaluation): string {
  const { metrics, intervals, baseline, repairs } = report;
  const rows = Object.entries(metrics).map(([key, value]) => [
    key,
    value.toFixed(4),
    intervalText(intervals[key]),
    baseline.metrics[key]?.toFixed(4) ?? '',
  ]);
  const repaired = Object.entries(repairs).filter(([, count]) => count > 0);
  return [
    `clicks: ${report.protocol}`,
    `${report.users} users, ${report.cases} pairs, ${report.items} items, seed ${report.seed}, in all ${duration(report.seconds)}`,
    ...(repaired.length > 0 ? [`Left out: ${repaired.map(([name, count]) => `${count} ${name}`).join(', ')}.`] : []),
    '',
    table(['metric', report.model, '95% interval', baseline.model], rows),
  ].join('\n');
}

function intervalText(interval: Interval | undefined): string {
  return interval ? `[${interval.map((bound) => bound.toFixed(4)).join(', ')}]` : '';
}

function signed(value: number): string {
  return `${value >= 0 ? '+' : ''}${value.toFixed(4)}`;
}

function wholeFlag(flag: string, text: string | undefined, min: number, max: number): number | undefined {
  const value = numberFlag(flag, text, { min, max });
  if (value === undefined || Number.isInteger(value)) return value;
  throw new ShelfwiseError('SW_USAGE', `--${flag}: expected a whole number, got "${text}".`, 'Correct the flag.');
}

/** `item-knn.neighbours=100` as `{ 'item-knn': { neighbours: 100 } }`. */
function settingsOf(assignments: readonly string[]): SettingsByModel {
  const settings = new Map<string, Map<string, Setting>>();
  for (const assignment of assignments) {
    const [, model, key, text] = /^([\w-]+)\.([\w-]+)=(.*)$/.exec(assignment) ?? [];
    if (model === undefined || key === undefined || text === undefined) {
      const message = `--set: expected MODEL.KEY=VALUE, got "${assignment}".`;
      throw new ShelfwiseError('SW_USAGE', message, 'For instance: --set item-knn.neighbours=100');
    }
    settings.set(model, (settings.get(model) ?? new Map()).set(key, settingOf(text)));
  }
  return Object.fromEntries([...settings].map(([model, values]) => [model, Object.fromEntries(values)]));
}

function settingOf(text: string): Setting {
  if (text === 'true' || text === 'false') return text === 'true';
  return text.trim() !== '' && Number.isFinite(Number(text)) ? Number(text) : text;
}
