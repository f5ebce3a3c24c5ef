/**
 * The form of models whose evidence is a sparse sum: a subclass adds up what a query says of items, and gets retrieval,
 * the scores of given items and whole rows from it. What an answer costs is what is added, however many items there are.
 */
import type { Query } from '../data/histories.ts';
import type { Ranked } from '../math/best.ts';
import { Evidence } from './evidence.ts';
import type { Model, ModelState, Settings } from './model.ts';
import type { Shelf } from './shelf.ts';

export abstract class NeighbourForm implements Model {
  abstract readonly name: string;
  readonly settings: Settings;
  readonly itemCount: number;
  entriesRead = 0;
  readonly #evidence: Evidence;
  /** Whose evidence stands there: what retrieves a query scores the candidates of it next. */
  #asked: Query | undefined;

  constructor(settings: Settings, itemCount: number) {
    this.settings = settings;
    this.itemCount = itemCount;
    this.#evidence = new Evidence(itemCount);
  }

  /**
   * Adds up what the query says of items.
   *
   * @param evidence - empty
   * @returns how many entries were read for it
   */
  protected abstract gather(query: Query, evidence: Evidence): number;

  abstract state(): ModelState;

  retrieve(query: Query, k: number, shelf?: Shelf): Ranked {
    return this.#evidenceOf(query).best(k, shelf);
  }

  scoreItems(query: Query, items: Int32Array, out: Float32Array): void {
    this.#evidenceOf(query).pick(items, out);
    this.entriesRead += items.length;
  }

  async score(queries: readonly Query[], out: Float32Array): Promise<void> {
    for (const [b, query] of queries.entries())
      this.#evidenceOf(query).spread(out.subarray(b * this.itemCount, (b + 1) * this.itemCount));
  }

  #evidenceOf(query: Query): Evidence {
    if (this.#asked === query) return this.#evidence;
    this.#asked = undefined;
    this.#evidence.clear();
    this.entriesRead += this.gather(query, this.#evidence);
    this.#asked = query;
    return this.#evidence;
  }
}
