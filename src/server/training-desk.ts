/** Trainings that are asked for over HTTP: one at a time, in the background, with their progress. */
import { ShelfwiseError } from '../core/errors.ts';
import type { Shop } from '../engine/shop.ts';
import type { TrainingAnswer } from './shop-schemas.ts';

export class TrainingDesk {
  readonly #shop: Shop;
  readonly #log: (error: unknown) => void;
  readonly #stop = new AbortController();
  #running: Promise<void> | undefined;
  #share = 0;
  #note: string | undefined;
  #failed: string | undefined;

  /** @param log - hears of unexpected failures */
  constructor(shop: Shop, log: (error: unknown) => void) {
    this.#shop = shop;
    this.#log = log;
  }

  /** Where one runs already, it goes on and no other begins. */
  start(): void {
    if (this.#running) return;
    this.#share = 0;
    this.#note = undefined;
    this.#failed = undefined;
    this.#running = this.#train().finally(() => {
      this.#running = undefined;
    });
  }

  async answer(): Promise<TrainingAnswer> {
    const report = await this.#shop.trained();
    return {
      running: this.#running !== undefined,
      ...(this.#running && { share: this.#share, ...(this.#note !== undefined && { note: this.#note }) }),
      ...(this.#failed !== undefined && { failed: this.#failed }),
      ...(report && {
        trained: {
          ...{ generation: report.generation, seconds: report.seconds, data: report.data },
          cases: report.validation.cases,
          ...(report.validation.since !== undefined && { since: report.validation.since }),
          metrics: report.validation.metrics,
          intervals: report.validation.intervals,
          skipped: report.models.skipped,
          ...(report.rerank && { rerank: report.rerank }),
        },
      }),
    };
  }

  /** Stops a training that runs; the generation before stays. */
  async close(): Promise<void> {
    this.#stop.abort();
    await this.#running;
  }

  async #train(): Promise<void> {
    try {
      await this.#shop.train({
        signal: this.#stop.signal,
        onProgress: (share, note) => {
          this.#share = share;
          if (note !== undefined) this.#note = note;
        },
      });
    } catch (error) {
      this.#failed = error instanceof ShelfwiseError ? error.message : 'It failed unexpectedly; the log says why.';
      if (!(error instanceof ShelfwiseError)) this.#log(error);
    }
  }
}
