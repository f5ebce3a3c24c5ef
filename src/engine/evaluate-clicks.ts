/** Evaluates a model of clicks on labelled pairs: AUC over all and within users, F1, accuracy, log loss and calibration. */
import { Random } from '../core/random.ts';
import { type KnowledgeSet, readKnowledge } from '../data/formats/knowledge-folder.ts';
import type { KnowledgeGraph } from '../data/knowledge-graph.ts';
import type { Interval } from '../evaluation/bootstrap.ts';
import { clickReport } from '../evaluation/protocols/clicks.ts';
import { labelledClicks } from '../evaluation/protocols/labelled-clicks.ts';
import { clickModelNamed } from '../models/clicks/registry.ts';
import type { Compute, Setting } from '../models/model.ts';
import { completeSettings } from '../models/settings.ts';
import { RunFiles } from './run-files.ts';

export interface ClickEvaluationOptions {
  /** Folder of choices and triples: KGCN's music layout, or RecBole's. */
  readonly path: string;
  /** A name of `clickModels`. */
  readonly model: string;
  readonly settings?: Readonly<Record<string, Setting>> | undefined;
  readonly seed?: number | undefined;
  /** Gives the triples other tails by chance: what the graph is worth is what is lost by it. */
  readonly shuffleEdges?: boolean | undefined;
  readonly runsFolder?: string | undefined;
  readonly compute: Compute;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((share: number, note?: string) => void) | undefined;
}

export interface ClickEvaluation {
  readonly task: 'clicks';
  readonly model: string;
  readonly protocol: string;
  readonly users: number;
  readonly items: number;
  readonly cases: number;
  readonly seed: number;
  readonly seconds: number;
  readonly metrics: Readonly<Record<string, number>>;
  /** 95% by bootstrap over users. */
  readonly intervals: Readonly<Record<string, Interval>>;
  /** How often an item was chosen, as a score. */
  readonly baseline: { readonly model: 'popularity'; readonly metrics: Readonly<Record<string, number>> };
  /** What was put right in the triples. */
  readonly repairs: KnowledgeSet['repairs'];
  readonly settings: Readonly<Record<string, Setting>>;
}

/** @throws ShelfwiseError for unknown names and settings, and for files that cannot be read */
export async function evaluateClicks(options: ClickEvaluationOptions): Promise<ClickEvaluation> {
  const started = performance.now();
  const { path, model: name, settings = {}, seed = 1, shuffleEdges = false, runsFolder, compute, signal } = options;
  const definition = clickModelNamed(name);
  const own = completeSettings(name, definition.settings, settings);
  const { graph, repairs, ...set } = await readKnowledge(path, seed);
  const { train, validation, test } = labelledClicks(set, seed);
  const { userCount, itemCount } = set;
  const known = shuffleEdges ? withOtherTails(graph, seed) : graph;
  const model = await definition.fit({ userCount, itemCount, train, validation, graph: known }, own, {
    ...{ compute, seed },
    ...(signal && { signal }),
    ...(options.onProgress && { onProgress: options.onProgress }),
    ...(runsFolder !== undefined && { runs: new RunFiles(runsFolder) }),
  });
  try {
    const labels = test.labels['click']!;
    const { click } = await model.probabilities(test);
    const measured = clickReport({ scores: click!, labels }, test.users, { seed, probabilities: true });
    const chosen = new Float64Array(itemCount);
    for (const [n, item] of train.items.entries()) chosen[item]! += train.labels['click']![n]!;
    const popular = clickReport(
      { scores: Float64Array.from(test.items, (item) => chosen[item]!), labels },
      test.users,
      {
        ...{ seed, probabilities: false, resamples: 1 },
      },
    );
    return {
      ...{ task: 'clicks', model: name, ...measured, seed, repairs, settings: own },
      metrics: { ...measured.metrics, F1: f1Of(click!, labels) },
      protocol: `as many random items beside those chosen, cut by chance 6 : 2 : 2${shuffleEdges ? ', edges of the graph shuffled' : ''}`,
      ...{ users: new Set(test.users).size, items: itemCount, cases: test.users.length },
      seconds: (performance.now() - started) / 1000,
      baseline: { model: 'popularity', metrics: popular.metrics },
    };
  } finally {
    await model.close();
  }
}

/** Of what is more likely than not. */
function f1Of(scores: Float32Array, labels: Uint8Array): number {
  let [right, said, were] = [0, 0, 0];
  for (const [n, score] of scores.entries()) {
    said += Number(score >= 0.5);
    were += labels[n]!;
    if (score >= 0.5) right += labels[n]!;
  }
  return said + were === 0 ? 0 : (2 * right) / (said + were);
}

function withOtherTails(graph: KnowledgeGraph, seed: number): KnowledgeGraph {
  return { ...graph, tails: new Random(seed, 0x7a11).shuffle(graph.tails.slice()) };
}
