/**
 * The generation that answers: the current one, or the one before where that cannot be read. Loaded once; another process
 * may have trained meanwhile.
 */
import { ShelfwiseError } from '../core/errors.ts';
import { WatchedFile } from '../core/watched-file.ts';
import type { Compute } from '../models/model.ts';
import { loadState, type StateSource } from '../models/state-file.ts';
import { currentPath, type Generation, generationsOf } from './artefacts.ts';
import type { Fallback } from './fallbacks.ts';
import { loadGeneration } from './generation.ts';
import { ServingGeneration } from './serving-generation.ts';

export interface Serving {
  /** Absent where nothing is trained, or nothing can be read. */
  readonly generation?: ServingGeneration;
  /** Each thing that was amiss. */
  readonly fellBack: readonly Fallback[];
}

/** What could not be read is tried again after this time: it may have been restored. */
const retryMs = 60_000;

export class ServingModels {
  readonly #folder: string;
  readonly #openCompute: () => Promise<Compute>;
  readonly #current: WatchedFile;
  readonly #states: StateSource;
  #loading: Promise<Serving> | undefined;
  #retryAt = Infinity;

  constructor(folder: string, openCompute: () => Promise<Compute>, states: StateSource = loadState) {
    this.#states = states;
    this.#folder = folder;
    this.#current = new WatchedFile(currentPath(folder));
    this.#openCompute = openCompute;
  }

  async now(): Promise<Serving> {
    if (this.#current.isSame() && this.#loading && performance.now() < this.#retryAt) return this.#loading;
    this.#retryAt = Infinity;
    const loading = this.#load();
    this.#loading = loading;
    loading.then(
      ({ fellBack }) => {
        if (this.#loading === loading && fellBack.length > 0) this.#retryAt = performance.now() + retryMs;
      },
      () => {
        if (this.#loading === loading) this.#loading = undefined;
      },
    );
    return loading;
  }

  async #load(): Promise<Serving> {
    const { current, all } = await generationsOf(this.#folder);
    if (all.length === 0) return { fellBack: [] };
    const fellBack: Fallback[] = [];
    const amiss = (text: string): void => void fellBack.push({ code: 'generation_unreadable', text });
    if (current === undefined) amiss('models/current.json cannot be read: the newest generation answers.');
    const compute = await this.#openCompute();
    for (const one of all) {
      try {
        return {
          generation: new ServingGeneration(one.number, await loadGeneration(one, compute, this.#states)),
          fellBack,
        };
      } catch (error) {
        amiss(faultOf(one, error));
      }
    }
    return { fellBack };
  }
}

/** The faults of each generation that cannot be read, the current one first. */
export async function faultsOfGenerations(
  folder: string,
  compute: Compute,
): Promise<{ readonly current: number | undefined; readonly answers: number | undefined; readonly faults: string[] }> {
  const { current, all } = await generationsOf(folder);
  const faults = current === undefined && all.length > 0 ? ['models/current.json cannot be read.'] : [];
  let answers: number | undefined;
  for (const one of all) {
    try {
      await loadGeneration(one, compute);
      answers ??= one.number;
    } catch (error) {
      faults.push(faultOf(one, error));
    }
  }
  return { current, answers, faults };
}

function faultOf({ number }: Generation, error: unknown): string {
  if (!(error instanceof ShelfwiseError)) throw error;
  return `Generation ${number} cannot be read: ${error.message} ${error.hint}`.trim();
}
