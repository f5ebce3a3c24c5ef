/**
 * The fitted second selection: base models retrieve and score, signals turn their scores and the facts into features, a
 * choice model turns features into q(u, c) and probabilities. As a scorer it ranks its candidates first, by q, and the
 * other items below them by the base models' own scores.
 */
import { ShelfwiseError } from '../core/errors.ts';
import type { Query, Scorer } from '../data/histories.ts';
import type { Compute, Model, ModelDefinition, ModelState } from '../models/model.ts';
import type { ChoiceModel } from './choice/choice-model.ts';
import { softmax } from './choice/listwise-loss.ts';
import { loadChoice } from './choice/registry.ts';
import { nestStates, unnestState } from './nested-state.ts';
import { type Offering, type OfferingOf, offersAll } from './offering.ts';
import { CandidateUnion } from './retrieval/candidates.ts';
import type { SignalRequest } from './signals/signal.ts';
import { SignalSet } from './signals/signal-set.ts';

/** A base model in its place: under which name, and how many candidates it may bring. */
export interface SelectionMember {
  readonly as: string;
  readonly quota: number;
  readonly model: Model;
}

/** Candidates, scores and probabilities of one query. */
export interface ChoiceSet {
  readonly query: Query;
  /** Item indices in order of retrieval, shape `[C]`. */
  readonly candidates: Int32Array;
  /** The candidates of each member, best first. */
  readonly lists: readonly Int32Array[];
  /** Shape `[members, C]`. */
  readonly scores: Float32Array;
  /** Shape `[C, columns]`. */
  readonly features: Float32Array;
  /** q(u, c), shape `[C]`. */
  readonly q: Float64Array;
  /** P(c|u), shape `[C]`, sums to 1. */
  readonly probabilities: Float64Array;
}

export interface SelectionParts {
  readonly name: string;
  readonly itemCount: number;
  readonly members: readonly SelectionMember[];
  readonly signals: SignalSet;
  readonly choice: ChoiceModel;
  /** Candidates of a query at most. */
  readonly limit: number;
  /** True where what the history holds is not recommended again. */
  readonly excludeHistory: boolean;
  /** Most chosen items, best first: they fill up where retrieval finds too little. */
  readonly popular: Int32Array;
  /** Where nobody names an offering: that of the query's own moment; everything by default. Not saved. */
  readonly offeringOf?: OfferingOf;
  /** Choices and figures from the fit. */
  readonly summary?: Readonly<Record<string, unknown>>;
}

/** Candidates that a stranger, too, can choose among. */
const leastCandidates = 50;

export class LearnedSelection implements Scorer {
  readonly name: string;
  readonly itemCount: number;
  readonly members: readonly SelectionMember[];
  readonly signals: SignalSet;
  readonly choice: ChoiceModel;
  readonly excludeHistory: boolean;
  readonly summary: Readonly<Record<string, unknown>>;
  readonly #parts: SelectionParts;
  readonly #gatherer: CandidateGatherer;

  constructor(parts: SelectionParts) {
    this.name = parts.name;
    this.itemCount = parts.itemCount;
    this.members = parts.members;
    this.signals = parts.signals;
    this.choice = parts.choice;
    this.excludeHistory = parts.excludeHistory;
    this.summary = parts.summary ?? {};
    this.#parts = parts;
    this.#gatherer = new CandidateGatherer(parts.members, parts.itemCount, parts.limit, parts.popular);
  }

  /** Candidates, q and probabilities of each query; the history is left out as well where that is excluded. */
  async choose(queries: readonly Query[], offeringOf: OfferingOf = this.#offeringOf): Promise<ChoiceSet[]> {
    const sets: ChoiceSet[] = [];
    await this.#gatherer.each(
      queries,
      (query) => this.#without(query, offeringOf(query)),
      (n, gathered) => sets.push(this.#choose(queries[n]!, gathered)),
    );
    return sets;
  }

  async score(queries: readonly Query[], out: Float32Array): Promise<void> {
    await this.scoreAndVisit(queries, out, () => {});
  }

  /** `score`, and then `visit` for each query with its choice set and its row of `out`. */
  async scoreAndVisit(
    queries: readonly Query[],
    out: Float32Array,
    visit: (index: number, set: ChoiceSet, row: Float32Array) => void,
  ): Promise<void> {
    const offeringOf = (query: Query): Offering => this.#without(query, this.#offeringOf(query));
    await this.#gatherer.each(queries, offeringOf, (n, gathered, rows) => {
      const to = out.subarray(n * this.itemCount, (n + 1) * this.itemCount);
      scoreRest(rows, to);
      const set = this.#choose(queries[n]!, gathered);
      const { candidates, q } = set;
      let least = Infinity;
      for (let c = 0; c < q.length; c++) if (q[c]! < least) least = q[c]!;
      for (let c = 0; c < q.length; c++) to[candidates[c]!] = 2 + (q[c]! - least);
      visit(n, set, to);
    });
  }

  /** Everything, the base models included. */
  state(): ModelState {
    return this.#save(Object.fromEntries(this.members.map(({ as, model }) => [`model.${as}`, model.state()])));
  }

  /** Everything but the base models, which are saved on their own; `loadOver` joins them again. */
  stateWithoutModels(): ModelState {
    return this.#save({});
  }

  /** @param definitionOf - the definition of a base model by its name (`modelNamed` of the registry) */
  static async load(
    state: ModelState,
    compute: Compute,
    definitionOf: (name: string) => ModelDefinition,
  ): Promise<LearnedSelection> {
    const parts = unnestState(state);
    const models = new Map<string, Model>();
    for (const { as, model } of state.meta['members'] as { as: string; model: string }[]) {
      const saved = parts[`model.${as}`];
      if (saved) models.set(as, await definitionOf(model).load(saved, compute));
    }
    return LearnedSelection.loadOver(state, models);
  }

  /**
   * @param models - fitted base models by the names they have in the selection
   * @throws ShelfwiseError `SW_MODEL_STATE` where one is missing or has another number of items
   */
  static loadOver(state: ModelState, models: ReadonlyMap<string, Model>): LearnedSelection {
    const { meta } = state;
    const parts = unnestState(state);
    const itemCount = meta['itemCount'] as number;
    const members = (meta['members'] as { as: string; quota: number }[]).map(({ as, quota }) => {
      const model = models.get(as);
      if (model && model.itemCount === itemCount) return { as, quota, model };
      throw new ShelfwiseError(
        'SW_MODEL_STATE',
        `selection: expected the model "${as}" of ${itemCount} items, got ${model ? `${model.itemCount} items` : 'none'}.`,
        'Train again.',
      );
    });
    return new LearnedSelection({
      name: meta['name'] as string,
      itemCount,
      members,
      signals: SignalSet.load(parts['signals']!),
      choice: loadChoice(parts['choice']!),
      limit: meta['limit'] as number,
      excludeHistory: meta['excludeHistory'] as boolean,
      popular: parts['self']!.arrays['popular'] as Int32Array,
      summary: meta['summary'] as Record<string, unknown>,
    });
  }

  #save(models: Readonly<Record<string, ModelState>>): ModelState {
    const { name, itemCount, limit, excludeHistory, popular } = this.#parts;
    const members = this.members.map(({ as, quota, model }) => ({ as, quota, model: model.name }));
    return nestStates(
      { name, itemCount, limit, excludeHistory, members, summary: this.summary },
      {
        self: { meta: {}, arrays: { popular } },
        signals: this.signals.state(),
        choice: this.choice.state(),
        ...models,
      },
    );
  }

  get #offeringOf(): OfferingOf {
    return this.#parts.offeringOf ?? offersAll;
  }

  #choose(query: Query, { candidates, lists, scores, offering }: Gathered): ChoiceSet {
    const features = new Float32Array(candidates.length * this.signals.columns.length);
    this.signals.write(signalRequest(query, candidates, scores, offering), features);
    const q = new Float64Array(candidates.length);
    this.choice.score(features, candidates.length, q);
    return { query, candidates, lists, scores, features, q, probabilities: softmax(q) };
  }

  #without(query: Query, offering: Offering): Offering {
    if (!this.excludeHistory) return offering;
    const items = offering.items ? Int32Array.from([...offering.items, ...query.items]) : query.items;
    return { ...offering, items };
  }
}

export function signalRequest(
  query: Query,
  candidates: Int32Array,
  scores: Float32Array,
  { priceOf }: Offering,
): SignalRequest {
  return { query, candidates, scores, ...(priceOf && { priceOf }) };
}

export interface Gathered {
  readonly candidates: Int32Array;
  readonly lists: readonly Int32Array[];
  readonly scores: Float32Array;
  readonly offering: Offering;
}

/** Lets every base model score a batch of queries, then unites what they found, query by query. */
export class CandidateGatherer {
  readonly #members: readonly SelectionMember[];
  readonly #itemCount: number;
  readonly #union: CandidateUnion;
  readonly #limit: number;
  readonly #popular: Int32Array;

  constructor(members: readonly SelectionMember[], itemCount: number, limit: number, popular: Int32Array) {
    this.#members = members;
    this.#itemCount = itemCount;
    this.#union = new CandidateUnion(itemCount);
    this.#limit = limit;
    this.#popular = popular;
  }

  /**
   * Calls `visit` for each query in order.
   *
   * @param offeringOf - asked for each query just before its visit
   * @param visit - gets the query's index, its candidates with their scores, and every member's scores of all items
   */
  async each(
    queries: readonly Query[],
    offeringOf: OfferingOf,
    visit: (index: number, gathered: Gathered, rows: readonly Float32Array[]) => void,
  ): Promise<void> {
    const items = this.#itemCount;
    const batch = Math.max(1, Math.min(128, queries.length, Math.floor(8_000_000 / Math.max(1, items))));
    const buffers = this.#members.map(() => new Float32Array(batch * items));
    const plan = { quotas: this.#members.map(({ quota }) => quota), limit: Math.min(this.#limit, items) };
    for (let from = 0; from < queries.length; from += batch) {
      const some = queries.slice(from, from + batch);
      for (const [m, { model }] of this.#members.entries())
        await model.score(some, buffers[m]!.subarray(0, some.length * items));
      for (let b = 0; b < some.length; b++) {
        const rows = buffers.map((buffer) => buffer.subarray(b * items, (b + 1) * items));
        const offering = offeringOf(some[b]!);
        const { candidates, lists } = this.#union.gather(rows, plan, offering, this.#popular, leastCandidates);
        const scores = new Float32Array(rows.length * candidates.length);
        for (const [m, row] of rows.entries())
          for (let c = 0; c < candidates.length; c++) scores[m * candidates.length + c] = finite(row[candidates[c]!]!);
        visit(from + b, { candidates, lists, scores, offering }, rows);
      }
    }
  }
}

/** A score that is no number says nothing. */
function finite(score: number): number {
  return Math.abs(score) < Infinity ? score : 0;
}

/** Items below the candidates: the mean of the members' scores, each over its largest, in [0, 1]; excluded ones at -1. */
function scoreRest(rows: readonly Float32Array[], out: Float32Array): void {
  out.fill(0);
  for (const row of rows) {
    let most = 0;
    for (let i = 0; i < row.length; i++) if (row[i]! > most && row[i]! < Infinity) most = row[i]!;
    if (most === 0) continue;
    const scale = 1 / (most * rows.length);
    for (let i = 0; i < row.length; i++) if (row[i]! > 0) out[i]! += Math.min(row[i]!, most) * scale;
  }
  for (let i = 0; i < out.length; i++) if (rows[0]![i] === -Infinity) out[i] = -1;
}
