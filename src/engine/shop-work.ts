/** The port of a shop's long work, wherever it runs: on a thread of its own, so that answering goes on, or on the caller's. */
import type { Importer } from '../data/import/importer.ts';
import type { EvaluationReport, ShopEvaluationOptions } from './evaluation-report.ts';
import type { TrainOptions } from './training.ts';
import type { TrainingReport } from './training-report.ts';

/** `model` is a registered model, `learned`, `selection`, `equal-weights` or `rrf`. */
export type ShopEvaluation = Omit<ShopEvaluationOptions, 'compute'>;

export interface ShopWork extends Importer {
  /** @see trainShop */
  train(options: TrainOptions): Promise<TrainingReport>;
  /** @see evaluateShop */
  evaluate(options: ShopEvaluation): Promise<EvaluationReport>;
}
