/**
 * The generation that answers: the current one, or the one before where that cannot be read. Another process may have
 * trained meanwhile: the one that answers goes on until the new one is loaded.
 */
import { ShelfwiseError } from '../core/errors.ts';
import { WatchedFile } from '../core/watched-file.ts';
import type { Compute } from '../models/model.ts';
import type { StateSource } from '../models/state-file.ts';
import { currentPath, type Generation, generationsOf } from './artefacts.ts';
import type { ContentRecord, ServingContent } from './content.ts';
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

export interface ServingParts {
  readonly folder: string;
  openCompute(): Promise<Compute>;
  /** Where saved models come from; their files by default. */
  readonly states?: StateSource;
  /** What reads texts for a generation. */
  contentOf?(folder: string, record: ContentRecord): ServingContent;
  /** Called before a generation answers, with the one that answers so far. */
  prepare(generation: ServingGeneration, before: ServingGeneration | undefined): Promise<void>;
}

export class ServingModels {
  readonly #parts: ServingParts;
  readonly #current: WatchedFile;
  /** What answers while another is loaded. */
  #serving: Serving | undefined;
  #loading: Promise<Serving> | undefined;
  #retryAt = Infinity;

  constructor(parts: ServingParts) {
    this.#parts = parts;
    this.#current = new WatchedFile(currentPath(parts.folder));
  }

  /** What answers now: the one before until another is loaded. */
  async now(): Promise<Serving> {
    this.#look();
    return this.#serving ?? this.#loading!;
  }

  /** Resolves once the current generation answers, where one has answered before. */
  async renewed(): Promise<void> {
    if (!this.#serving && !this.#loading) return;
    // What is being loaded may have been the current one when that began.
    await this.#loading?.catch(() => undefined);
    this.#look();
    await this.#loading?.catch(() => undefined);
  }

  /** Begins to load what is current now, unless it is known or something is being loaded. */
  #look(): void {
    if (this.#loading || (this.#current.isSame() && this.#serving && performance.now() < this.#retryAt)) return;
    this.#retryAt = Infinity;
    const loading = this.#load();
    this.#loading = loading;
    loading
      .then((serving) => {
        // What is in memory is whole, whatever became of the files.
        const generation = serving.generation ?? (serving.fellBack.length > 0 ? this.#serving?.generation : undefined);
        this.#serving = { ...serving, ...(generation && { generation }) };
        if (serving.fellBack.length > 0) this.#retryAt = performance.now() + retryMs;
      })
      .catch((error: unknown) => this.#keep(error))
      .finally(() => {
        this.#loading = undefined;
      });
  }

  /** What failed otherwise than by a damaged file: the one before goes on, and it is tried again. */
  #keep(error: unknown): void {
    if (!this.#serving) return;
    const text = `The generation before answers: ${error instanceof Error ? error.message : String(error)}`;
    this.#serving = { ...this.#serving, fellBack: [{ code: 'generation_unreadable', text }] };
    this.#retryAt = performance.now() + retryMs;
  }

  async #load(): Promise<Serving> {
    const { current, all } = await generationsOf(this.#parts.folder);
    if (all.length === 0) return { fellBack: [] };
    const fellBack: Fallback[] = [];
    const amiss = (text: string): void => void fellBack.push({ code: 'generation_unreadable', text });
    if (current === undefined) amiss('models/current.json cannot be read: the newest generation answers.');
    const compute = await this.#parts.openCompute();
    for (const one of all) {
      try {
        const trained = await loadGeneration(one, compute, this.#parts.states);
        const { content } = trained.record;
        const reads = content && this.#parts.contentOf?.(one.folder, content);
        const generation = new ServingGeneration(one.number, trained, reads);
        await this.#parts.prepare(generation, this.#serving?.generation);
        return { generation, fellBack };
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
