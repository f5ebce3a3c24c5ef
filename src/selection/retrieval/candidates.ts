/**
 * The first stage: unites the best items of several models into one set without repeats, and lets each score what the
 * others brought. Each has a declared quota; where the limit is short, ranks are taken in turn, so that every model keeps
 * its share of the places.
 */
import type { Query } from '../../data/histories.ts';
import type { Model } from '../../models/model.ts';
import { type Exclusions, Shelf } from '../../models/shelf.ts';

export interface Retriever {
  /** Candidates that it may bring; 0 where it only scores. */
  readonly quota: number;
  readonly model: Pick<Model, 'retrieve' | 'scoreItems'>;
}

export interface Candidates {
  /** Item indices without repeats, in order of retrieval; shape `[C]`. */
  readonly candidates: Int32Array;
  /** What each model brought, best first. */
  readonly lists: readonly Int32Array[];
  /** Scores of the candidates by each model, `absent` where it knows nothing of one; shape `[models, C]`. */
  readonly scores: Float32Array;
}

export interface GathererOptions {
  readonly itemCount: number;
  /** Candidates of a query at most. */
  readonly limit: number;
  /** Items that follow, in order, until there are `least` candidates. */
  readonly fill: Int32Array;
  readonly least: number;
}

/** For one query. */
export interface GatherChoice {
  /** Whether a retriever, by its place, may bring candidates; it scores all the same. */
  readonly brings?: ((place: number) => boolean) | undefined;
}

const nothing = new Int32Array(0);

export class Gatherer {
  readonly #retrievers: readonly Retriever[];
  readonly #options: GathererOptions;
  readonly #shelf: Shelf;
  /** The turn in which an item became a candidate last. */
  readonly #seen: Int32Array;
  #turn = 0;

  constructor(retrievers: readonly Retriever[], options: GathererOptions) {
    this.#retrievers = retrievers;
    this.#options = options;
    this.#shelf = new Shelf(options.itemCount);
    this.#seen = new Int32Array(options.itemCount);
  }

  /** What may be retrieved for a query; holds until the next one is asked for. */
  shelfOf(exclusions: Exclusions): Shelf {
    return this.#shelf.arrange(exclusions);
  }

  gather(query: Query, exclusions: Exclusions = {}, { brings }: GatherChoice = {}): Candidates {
    const shelf = this.shelfOf(exclusions);
    const lists = this.#retrievers.map(({ quota, model }, place) =>
      quota > 0 && (brings === undefined || brings(place)) ? model.retrieve(query, quota, shelf).items : nothing,
    );
    const candidates = this.#unite(lists, shelf);
    const scores = new Float32Array(this.#retrievers.length * candidates.length);
    for (const [m, { model }] of this.#retrievers.entries())
      model.scoreItems(query, candidates, scores.subarray(m * candidates.length, (m + 1) * candidates.length));
    return { candidates, lists, scores };
  }

  #unite(lists: readonly Int32Array[], shelf: Shelf): Int32Array {
    const { limit, fill, least } = this.#options;
    const turn = ++this.#turn;
    const out = new Int32Array(limit);
    let count = 0;
    const add = (item: number): void => {
      if (count === limit || this.#seen[item] === turn) return;
      this.#seen[item] = turn;
      out[count++] = item;
    };
    const depth = Math.max(0, ...lists.map((list) => list.length));
    for (let rank = 0; rank < depth && count < limit; rank++)
      for (const list of lists) if (rank < list.length) add(list[rank]!);
    for (let n = 0; n < fill.length && count < Math.min(least, limit); n++) if (shelf.has(fill[n]!)) add(fill[n]!);
    return out.slice(0, count);
  }
}
