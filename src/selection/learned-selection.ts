/**
 * The fitted second selection: base models retrieve and score, signals turn their scores and the facts into features, a
 * choice model turns features into q(u, c) and probabilities. As a scorer it ranks its candidates first, by q, and the
 * other items below them by the base models' own scores.
 */
import { ShelfwiseError } from '../core/errors.ts';
import type { Histories, Query, Scorer } from '../data/histories.ts';
import { topK } from '../math/top-k.ts';
import type { Compute, Model, ModelDefinition, ModelState } from '../models/model.ts';
import type { Shelf } from '../models/shelf.ts';
import type { ChoiceModel } from './choice/choice-model.ts';
import { loadChoice } from './choice/registry.ts';
import { softmax } from './choice/softmax.ts';
import { keepWithin, type TaughtRange } from './choice/taught-range.ts';
import { nestStates, unnestState } from './nested-state.ts';
import { type Offering, type OfferingOf, offersAll } from './offering.ts';
import { type Candidates, type GatherChoice, Gatherer } from './retrieval/candidates.ts';
import type { SignalDefinition, SignalRequest, SignalTime } from './signals/signal.ts';
import { type PreparedSignals, SignalSet } from './signals/signal-set.ts';

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
  /** `absent` where a member knows nothing of a candidate; shape `[members, C]`. */
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
  /** How far features are followed; as they are where absent. */
  readonly range?: TaughtRange;
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
  readonly #gatherer: Gatherer;

  constructor(parts: SelectionParts) {
    this.name = parts.name;
    this.itemCount = parts.itemCount;
    this.members = parts.members;
    this.signals = parts.signals;
    this.choice = parts.choice;
    this.excludeHistory = parts.excludeHistory;
    this.summary = parts.summary ?? {};
    this.#parts = parts;
    this.#gatherer = gathererOf(parts.members, parts);
  }

  /**
   * The first stage: what the base models bring and how they score it; the history is left out where that is excluded.
   *
   * @param offering - what may be shown; that of the query's own moment where absent
   * @param choice - which members bring candidates
   */
  gather(query: Query, offering: Offering = this.#offeringOf(query), choice: GatherChoice = {}): Gathered {
    return { query, offering, ...this.#gatherer.gather(query, this.#without(query, offering), choice) };
  }

  /** What signals have to wait for; undefined where none has. */
  prepare(gathered: Gathered, time: SignalTime): Promise<PreparedSignals> | undefined {
    return this.signals.waits ? this.signals.prepare(signalRequest(gathered), time) : undefined;
  }

  /** The second stage: signals, q and probabilities of what was gathered. */
  judge(gathered: Gathered, prepared?: PreparedSignals): ChoiceSet {
    const { query, candidates, lists, scores } = gathered;
    const features = new Float32Array(candidates.length * this.signals.columns.length);
    this.signals.write(signalRequest(gathered), features, prepared);
    if (this.#parts.range) keepWithin(features, this.#parts.range);
    const q = new Float64Array(candidates.length);
    this.choice.score(features, candidates.length, q);
    return { query, candidates, lists, scores, features, q, probabilities: softmax(q) };
  }

  /** Both stages at once, without what would have to be waited for. */
  choose(query: Query, offering: Offering = this.#offeringOf(query)): ChoiceSet {
    return this.judge(this.gather(query, offering));
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
    const items = this.itemCount;
    const batch = Math.max(1, Math.min(128, queries.length, Math.floor(8_000_000 / Math.max(1, items))));
    const buffers = this.members.map(() => new Float32Array(batch * items));
    for (let from = 0; from < queries.length; from += batch) {
      const some = queries.slice(from, from + batch);
      for (const [m, { model }] of this.members.entries())
        await model.score(some, buffers[m]!.subarray(0, some.length * items));
      for (const [b, query] of some.entries()) {
        const to = out.subarray((from + b) * items, (from + b + 1) * items);
        const gathered = this.gather(query);
        const set = this.judge(gathered, await this.prepare(gathered, { leftMs: Infinity }));
        const shelf = this.#gatherer.shelfOf(this.#without(query, this.#offeringOf(query)));
        const rows = buffers.map((buffer) => buffer.subarray(b * items, (b + 1) * items));
        scoreRest(rows, shelf, to);
        const { candidates, q } = set;
        let least = Infinity;
        for (let c = 0; c < q.length; c++) if (q[c]! < least) least = q[c]!;
        for (let c = 0; c < q.length; c++) to[candidates[c]!] = 2 + (q[c]! - least);
        visit(from + b, set, to);
      }
    }
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
   * @param signals - those there are; Shelfwise's own by default
   * @throws ShelfwiseError `SW_MODEL_STATE` where one is missing or has another number of items
   */
  static async loadOver(
    state: ModelState,
    models: ReadonlyMap<string, Model>,
    signals?: readonly SignalDefinition[],
  ): Promise<LearnedSelection> {
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
    const { low, high } = parts['self']!.arrays as Readonly<Record<string, Float32Array | undefined>>;
    return new LearnedSelection({
      name: meta['name'] as string,
      itemCount,
      members,
      signals: SignalSet.load(parts['signals']!, signals),
      choice: await loadChoice(parts['choice']!),
      limit: meta['limit'] as number,
      excludeHistory: meta['excludeHistory'] as boolean,
      popular: parts['self']!.arrays['popular'] as Int32Array,
      ...(low && high && { range: { low, high } }),
      summary: meta['summary'] as Record<string, unknown>,
    });
  }

  #save(models: Readonly<Record<string, ModelState>>): ModelState {
    const { name, itemCount, limit, excludeHistory, popular, range } = this.#parts;
    const members = this.members.map(({ as, quota, model }) => ({ as, quota, model: model.name }));
    return nestStates(
      { name, itemCount, limit, excludeHistory, members, summary: this.summary },
      {
        self: { meta: {}, arrays: { popular, ...range } },
        signals: this.signals.state(),
        choice: this.choice.state(),
        ...models,
      },
    );
  }

  /**
   * Tells models and signals what an item is that came after the fit.
   *
   * @param attributes - ids as the facts of the fit had them
   */
  describe(item: number, attributes: Int32Array): void {
    for (const { model } of this.members) model.describe?.(item, attributes);
    this.signals.describe(item, attributes);
  }

  /**
   * Tells models and signals what the texts of an item say that came, or was described anew, after the fit.
   *
   * @param vector - in the space of the fit's `vectors`
   */
  locate(item: number, vector: Float32Array): void {
    for (const { model } of this.members) model.locate?.(item, vector);
    this.signals.locate(item, vector);
  }

  /** Most chosen items, best first. */
  get popular(): Int32Array {
    return this.#parts.popular;
  }

  get #offeringOf(): OfferingOf {
    return this.#parts.offeringOf ?? offersAll;
  }

  #without(query: Query, offering: Offering): Offering {
    if (!this.excludeHistory) return offering;
    const items = offering.items ? Int32Array.from([...offering.items, ...query.items]) : query.items;
    return { ...offering, items };
  }
}

/** The first stage of a selection, as it serves and as it teaches. */
export function gathererOf(
  members: readonly SelectionMember[],
  { itemCount, limit, popular }: Pick<SelectionParts, 'itemCount' | 'limit' | 'popular'>,
): Gatherer {
  return new Gatherer(members, { itemCount, limit: Math.min(limit, itemCount), fill: popular, least: leastCandidates });
}

/** Most chosen items, best first. */
export function mostChosen({ itemCount, items }: Histories): Int32Array {
  const counts = new Float32Array(itemCount);
  for (let p = 0; p < items.length; p++) counts[items[p]!]!++;
  return topK(counts, Math.min(1000, itemCount));
}

export interface Gathered extends Candidates {
  readonly query: Query;
  readonly offering: Offering;
}

export function signalRequest({ query, candidates, scores, offering: { priceOf } }: Gathered): SignalRequest {
  return { query, candidates, scores, ...(priceOf && { priceOf }) };
}

/** Items below the candidates: the mean of the members' scores, each over its largest, in [0, 1]; what is off the shelf at -1. */
function scoreRest(rows: readonly Float32Array[], shelf: Shelf, out: Float32Array): void {
  out.fill(0);
  for (const row of rows) {
    let most = 0;
    for (let i = 0; i < row.length; i++) if (row[i]! > most && shelf.has(i)) most = row[i]!;
    if (most === 0) continue;
    const scale = 1 / (most * rows.length);
    for (let i = 0; i < row.length; i++) if (row[i]! > 0) out[i]! += Math.min(row[i]!, most) * scale;
  }
  for (let i = 0; i < out.length; i++) if (!shelf.has(i)) out[i] = -1;
}
