/**
 * Evaluates a model by its name under a task's protocol: reads and cuts the data, fits (or takes the fit from the
 * cache), ranks the whole catalogue for every test case, and reports metrics with intervals, popularity beside.
 */
import { ShelfwiseError } from '../core/errors.ts';
import { readInteractions } from '../data/formats/interaction-folder.ts';
import { readSequences } from '../data/formats/sequence-file.ts';
import { readSessions } from '../data/formats/session-folder.ts';
import type { Scorer } from '../data/histories.ts';
import type { ShopStore } from '../data/shop-store.ts';
import { denseGroups, pairedDifferences } from '../evaluation/bootstrap.ts';
import type { Case, Split } from '../evaluation/cases.ts';
import { type EvaluationTask, evaluationTasks } from '../evaluation/measure.ts';
import { givenSessions } from '../evaluation/protocols/given-sessions.ts';
import { givenUsers } from '../evaluation/protocols/given-users.ts';
import { leaveOneOut } from '../evaluation/protocols/leave-one-out.ts';
import { temporalSplit } from '../evaluation/protocols/temporal.ts';
import { SlateScorer } from '../selection/compose/slate-scorer.ts';
import { compositeFitters, compositesOver } from '../selection/composites.ts';
import { readConfig, type ShopConfig } from './config.ts';
import { fitContent, type OpenEncoder } from './content.ts';
import { evaluateFolds } from './evaluate-folds.ts';
import { checkNames } from './evaluated-names.ts';
import type {
  EvaluationOptions,
  EvaluationReport,
  FileEvaluationOptions,
  ShopEvaluationOptions,
  SplitOptions,
} from './evaluation-report.ts';
import { EvaluationRun } from './evaluation-run.ts';
import type { OpenReranking } from './rerank-stage.ts';
import { learnRerank } from './rerank-teaching.ts';
import { searchedCases } from './searched-cases.ts';
import { readShopData, type ShopData, spareRows } from './shop-data.ts';
import { selectionBase } from './shop-selection.ts';

/** Evaluates on a public data set's own files. @throws ShelfwiseError for unknown names and unreadable files */
export async function evaluate(options: FileEvaluationOptions): Promise<EvaluationReport> {
  const started = performance.now();
  checkNames(options);
  const { folds } = options;
  if (folds !== undefined)
    return evaluateFolds(options, folds, (split, given) => evaluateSplit(split, given.task, given));
  return evaluateSplit(await readSplit(options), options.task, options, started);
}

/**
 * Evaluates on a shop's own events: a temporal split, every later visit a case, purchases the answers by default. Its
 * `selection` is what the shop shows, with the shop's settings where none are given.
 */
export async function evaluateShop(
  config: ShopConfig,
  shop: ShopData,
  { rerank: asks, ...options }: ShopEvaluationOptions,
  parts?: Pick<EvaluatedShop, 'store' | 'openReranking'>,
): Promise<EvaluationReport> {
  const started = performance.now();
  if (asks && (config.rerank === 'none' || options.model !== 'selection')) {
    const got = config.rerank === 'none' ? 'no `rerank` in shelfwise.json' : `the model ${options.model}`;
    const message = `evaluate --rerank: expected the model selection and a reranker of the settings, got ${got}.`;
    throw new ShelfwiseError('SW_USAGE', message, 'See docs/guides/re-ranking.md.');
  }
  const { histories, targets, attributes } = shop;
  const { instant, trainShare, strangers, seen = 'keep' } = options;
  const split = temporalSplit(histories, { targets, seen, instant, trainShare, strangers });
  const composites = compositesOver(selectionBase(config, shop, split.instant));
  const vectors = shop.content?.vectors;
  const searched = (some: readonly Case[]): Promise<readonly Case[]> =>
    searchedCases(some, shop.people, shop.searches, shop.content?.space, options.signal);
  const [validation, test] = [await searched(split.validation), await searched(split.test)];
  const known = {
    ...split,
    validation,
    test,
    ...(attributes && { attributes: attributes.today }),
    ...(vectors && { vectors }),
  };
  const { scorer, ...report } = await evaluatedSplit(
    known,
    'shop',
    { seed: config.seed, ...options, composites },
    started,
  );
  const measured = { ...report, items: shop.index.itemOf.size };
  if (!asks || !(scorer instanceof SlateScorer)) return measured;
  const rerank = await learnRerank(
    scorer.selection,
    known.test,
    { store: parts!.store, openReranking: parts!.openReranking, config, known: shop },
    {
      seed: options.seed ?? config.seed,
      signal: options.signal,
      onProgress: (_, note) => options.onProgress?.(1, note),
    },
  );
  return rerank ? { ...measured, rerank } : measured;
}

export interface EvaluatedShop {
  readonly folder: string;
  readonly store: ShopStore;
  /** Opens what reads the texts of products; none is read where absent. */
  readonly openEncoder?: OpenEncoder;
  /** Opens the reranker that `rerank` asks about. */
  readonly openReranking?: OpenReranking;
}

/** Evaluates on the events of a store, with the settings of a folder. */
export async function evaluateStore(
  { folder, store, openEncoder, openReranking }: EvaluatedShop,
  options: ShopEvaluationOptions,
): Promise<EvaluationReport> {
  checkNames({ ...options, composites: compositeFitters });
  const config = await readConfig(folder);
  const seeded = { ...config, seed: options.seed ?? config.seed };
  const { compute, signal } = options;
  const { encoder: choice, seed } = seeded;
  const known = await readShopData(store, seeded, {
    spare: spareRows,
    reading: { compute, seed, signal },
    ...(openEncoder && { content: (products) => fitContent(products, { choice, openEncoder, compute, seed, signal }) }),
  });
  return evaluateShop(seeded, known, options, { store, ...(openReranking && { openReranking }) });
}

/** The tasks that `evaluate` reads from files, cut as it cuts them. */
export async function readSplit(options: SplitOptions): Promise<Split> {
  const { task, path, refit = false, seed = 1 } = options;
  if (refit && task !== 'sequence') {
    const message = `\`refit\`: expected the task sequence, got ${task}.`;
    throw new ShelfwiseError('SW_USAGE', message, 'The other tasks fit on all of train anyway: leave it out.');
  }
  switch (task) {
    case 'sequence': {
      const { histories, attributes } = await readSequences(path, seed);
      const split = leaveOneOut(histories, { seen: options.seen ?? 'mask', refit });
      return attributes ? { ...split, attributes } : split;
    }
    case 'interactions': {
      const { train, test } = await readInteractions(path, seed);
      return givenUsers(train, test, { seen: options.seen ?? 'mask', seed });
    }
    case 'session': {
      const { train, test } = await readSessions(path, seed);
      return givenSessions(train, test, { seen: options.seen ?? 'keep' });
    }
    default: {
      const message = `evaluate: expected a task of ${evaluationTasks.join(', ')}; got "${task}".`;
      throw new ShelfwiseError('SW_USAGE', message, 'Choose one of them.');
    }
  }
}

/** Evaluates on a split that is there already. */
export async function evaluateSplit(
  split: Split,
  task: EvaluationTask,
  options: EvaluationOptions,
  started: number = performance.now(),
): Promise<EvaluationReport> {
  const { scorer: _, ...report } = await evaluatedSplit(split, task, options, started);
  return report;
}

/** The report, and what was measured. */
async function evaluatedSplit(
  split: Split,
  task: EvaluationTask,
  options: EvaluationOptions,
  started: number,
): Promise<EvaluationReport & { readonly scorer: Scorer }> {
  checkNames(options);
  if (split.test.length === 0) {
    const message = 'evaluate: expected test cases with at least one answer, found none.';
    throw new ShelfwiseError('SW_INPUT_EMPTY', message, 'Give test items to at least one user.');
  }
  const seed = options.seed ?? 1;
  const run = new EvaluationRun(split, task, options, seed);
  const against = options.against;
  const share = against === undefined ? 0.9 : 0.5;
  const first = await run.examine(options.model, 0, share);
  const second = against === undefined ? undefined : await run.examine(against, share, 0.95);
  const popular = options.model === 'popularity' ? first : await run.examine('popularity', 0.95, 1, true);
  const { groups } = run;
  return {
    scorer: first.scorer,
    task,
    model: options.model,
    protocol: run.protocol,
    users: groups ? denseGroups(groups).count : split.test.length,
    items: split.itemCount,
    cases: split.test.length,
    metrics: first.report.metrics,
    intervals: first.report.intervals,
    seconds: (performance.now() - started) / 1000,
    seed,
    baseline: popular.report,
    fit: first.fit,
    ...(first.tuning && { tuning: first.tuning }),
    ...(first.summary && { summary: first.summary }),
    ...(second && {
      against: {
        ...second.report,
        fit: second.fit,
        differences: pairedDifferences(first.measured.values, second.measured.values, { seed, groups }),
      },
    }),
  };
}
