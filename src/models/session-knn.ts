/**
 * Session-based nearest neighbours: past sessions that share items with the current one vote for their other items.
 * `stan` weighs the current session's items by position, past sessions by age, and their items by distance from the
 * shared one; `vsknn` weighs items by linear position and by rarity. Rows (or their sessions) stand in time order.
 *
 * A score is a share of all votes. Votes for the session's own items say little (every neighbour shares one of them), so
 * by default these score by the rate at which past sessions returned to an item so many steps back, and the votes for
 * other items share what is left.
 *
 * @source Ludewig & Jannach, Evaluation of session-based recommendation algorithms, UMUAI 2018 (VS-kNN);
 *   Garg et al., Sequence and time aware neighborhood for session-based recommendations, SIGIR 2019 (STAN)
 */
import { type Histories, type Query, rowCount } from '../data/histories.ts';
import { partitionLargest } from '../math/top-k.ts';
import { Evidence } from './evidence.ts';
import {
  type Contribution,
  defineModel,
  type ModelDefinition,
  type ModelState,
  type SettingSpecs,
  type SettingsOf,
} from './model.ts';
import { NeighbourForm } from './neighbour-form.ts';

const settings = {
  form: {
    default: 'stan',
    choices: ['stan', 'vsknn'],
    search: ['stan', 'vsknn'],
    doc: 'How sessions and items are weighed.',
  },
  neighbours: {
    default: 1000,
    min: 1,
    max: 100_000,
    search: [200, 500, 1000, 2000],
    doc: 'Past sessions that vote.',
  },
  sample: { default: 4000, min: 1, max: 1_000_000, search: [1000, 4000], doc: 'Newest sessions looked at per item.' },
  positionDecay: {
    default: 2,
    min: 0.01,
    max: 1000,
    search: [1, 2, 4],
    doc: 'Steps back after which an item of the current session counts 1/e (STAN).',
  },
  ageDecay: {
    default: 1,
    min: 0.001,
    max: 1000,
    search: [0.3, 1, 3, 100],
    doc: 'Share of all sessions after which an older one counts 1/e (STAN).',
  },
  distanceDecay: {
    default: 8,
    min: 0.01,
    max: 1000,
    search: [2, 4, 8, 16],
    doc: 'Steps from the shared item after which a vote counts 1/e (STAN).',
  },
  sharedExponent: {
    default: 0.3,
    min: 0,
    max: 2,
    search: [0, 0.3, 0.6],
    doc: 'A shared item that stands in n sessions counts n^-exponent (STAN; 0 in the paper).',
  },
  targetExponent: {
    default: 0.2,
    min: 0,
    max: 2,
    search: [0, 0.2, 0.4],
    doc: 'A vote for an item that stands in n sessions counts n^-exponent (STAN; 0 in the paper).',
  },
  lengthExponent: {
    default: 0.25,
    min: 0,
    max: 2,
    search: [0, 0.25, 0.5],
    doc: 'A past session of n positions counts n^-exponent (STAN; 0.5 in the paper).',
  },
  shrink: {
    default: 10,
    min: 0,
    max: 10_000,
    search: [0, 2, 5, 10, 30],
    doc: 'Sessions that vote for nothing, so that few neighbours do not look certain.',
  },
  ownItems: {
    default: 'learned',
    choices: ['learned', 'first', 'keep', 'drop'],
    search: ['learned', 'keep'],
    doc: "The session's own items: scored by how often shoppers return to them, put first, scored like others, or dropped.",
  },
  historyLength: { default: 20, min: 1, max: 1000, doc: 'Newest positions of the current session that count.' },
} as const satisfies SettingSpecs;

type Own = SettingsOf<typeof settings>;

export const sessionKnn: ModelDefinition = defineModel({
  name: 'session-knn',
  about: 'Nearest past sessions vote (VS-kNN, Ludewig & Jannach 2018; STAN, Garg et al. 2019).',
  settings,
  async fit({ histories }, own) {
    const sessions = sessionRows(histories);
    const rates = returnRates(sessions.offsets, sessions.items, own.historyLength);
    return new SessionKnn(own, histories.ordered, sessions, histories.ordered ? rates : rates.fill(0));
  },
  async load(state, own) {
    const { offsets, items } = state.arrays as { offsets: Int32Array; items: Int32Array };
    const rates = state.arrays['returnRates'] as Float64Array;
    const { ordered, itemCount } = state.meta as { ordered: boolean; itemCount: number };
    return new SessionKnn(own, ordered, { itemCount, offsets, items }, rates);
  },
});

type SessionRows = Pick<Histories, 'itemCount' | 'offsets' | 'items'>;

/** One row per session, in order of the session's end where times are known. */
function sessionRows(histories: Histories): SessionRows {
  const { itemCount, offsets, items, sessions, times } = histories;
  if (!sessions && !times) return { itemCount, offsets, items };
  const bounds: { from: number; to: number; end: number }[] = [];
  for (let r = 0; r < rowCount(histories); r++) {
    let from = offsets[r]!;
    for (let p = from + 1; p <= offsets[r + 1]!; p++) {
      if (p < offsets[r + 1]! && (!sessions || sessions[p] === sessions[from])) continue;
      if (p > from) bounds.push({ from, to: p, end: times ? times[p - 1]! : bounds.length });
      from = p;
    }
  }
  bounds.sort((a, b) => a.end - b.end || a.from - b.from);
  const outOffsets = new Int32Array(bounds.length + 1);
  const outItems = new Int32Array(bounds.reduce((sum, { from, to }) => sum + to - from, 0));
  for (const [n, { from, to }] of bounds.entries()) {
    outItems.set(items.subarray(from, to), outOffsets[n]);
    outOffsets[n + 1] = outOffsets[n]! + to - from;
  }
  return { itemCount, offsets: outOffsets, items: outItems };
}

/**
 * How often the next item of a session is the one whose newest occurrence is `step` positions before it, step 0 being
 * the last; shape `[steps]`. One return is taken off where few were seen.
 */
function returnRates(offsets: Int32Array, items: Int32Array, steps: number): Float64Array {
  const returns = new Float64Array(steps);
  const chances = new Float64Array(steps);
  for (let s = 0; s + 1 < offsets.length; s++) {
    const from = offsets[s]!;
    for (let p = from + 1; p < offsets[s + 1]!; p++) {
      const reach = Math.min(steps, p - from);
      for (let step = 0; step < reach; step++) {
        const item = items[p - 1 - step]!;
        if (items.subarray(p - step, p).includes(item)) continue;
        chances[step]!++;
        if (item === items[p]) returns[step]!++;
      }
    }
  }
  return returns.map((count, step) => Math.max(0, count - 1) / (chances[step]! + 1));
}

/** What one query's votes come to. */
interface Tally {
  readonly current: Int32Array;
  /** Weight of a vote in the score. */
  readonly scale: number;
  /** Own items by the step of their newest occurrence, and what they score beside votes. */
  readonly own: ReadonlyMap<number, { readonly step: number; readonly value: number }>;
  /** Entries that were read. */
  readonly entries: number;
}

class SessionKnn extends NeighbourForm {
  readonly name = 'session-knn';
  readonly #own: Own;
  /** Where the data has no order, position, distance and age weigh nothing. */
  readonly #ordered: boolean;
  readonly #offsets: Int32Array;
  readonly #items: Int32Array;
  readonly #returnRates: Float64Array;
  /** Sessions of each item, oldest first. */
  readonly #postingOffsets: Int32Array;
  readonly #postings: Int32Array;
  /** Weight of a vote by the item's distance from the shared one, shape `[longest session + 1]`. */
  readonly #distanceWeights: Float64Array;
  /** Weights of a shared item and of a vote for an item, shape `[items]`; weight of a session, shape `[sessions]`. */
  readonly #sharedWeights: Float64Array;
  readonly #targetWeights: Float64Array;
  readonly #sessionWeights: Float64Array;
  /** Scratch by session: similarity, zero between queries, and the newest step (0 = last) that it shares. */
  readonly #similarity: Float64Array;
  readonly #sharedStep: Int32Array;
  readonly #touched: Int32Array;
  #explained: Evidence | undefined;

  constructor(own: Own, ordered: boolean, { itemCount, offsets, items }: SessionRows, rates: Float64Array) {
    super({ ...own }, itemCount);
    this.#own = own;
    this.#ordered = ordered;
    this.#offsets = offsets;
    this.#items = items;
    this.#returnRates = rates;
    const sessions = offsets.length - 1;
    this.#similarity = new Float64Array(sessions);
    this.#sharedStep = new Int32Array(sessions);
    this.#touched = new Int32Array(sessions);
    const { postingOffsets, postings, longest } = invert(itemCount, offsets, items);
    this.#postingOffsets = postingOffsets;
    this.#postings = postings;
    const stan = own.form === 'stan';
    const distanceDecay = stan && ordered ? own.distanceDecay : Infinity;
    this.#distanceWeights = Float64Array.from({ length: longest + 1 }, (_, d) => Math.exp(-d / distanceDecay));
    const degrees = Float64Array.from({ length: itemCount }, (_, i) =>
      Math.max(1, postingOffsets[i + 1]! - postingOffsets[i]!),
    );
    this.#sharedWeights = degrees.map((n) => (stan ? n ** -own.sharedExponent : 1));
    this.#targetWeights = degrees.map((n) => (stan ? n ** -own.targetExponent : Math.log((sessions + 1) / n)));
    const ageDecay = ordered ? sessions * own.ageDecay : Infinity;
    this.#sessionWeights = Float64Array.from({ length: sessions }, (_, s) =>
      stan ? Math.exp((s - sessions) / ageDecay) * (offsets[s + 1]! - offsets[s]! || 1) ** -own.lengthExponent : 1,
    );
  }

  protected gather(query: Query, evidence: Evidence): number {
    const { scale, own, entries } = this.#tally(query, evidence);
    if (scale > 0) evidence.multiply(scale);
    else evidence.clear();
    for (const [item, { value }] of own) evidence.set(item, value > 0 ? value : Number.NaN);
    return entries;
  }

  explain(query: Query, item: number): Contribution[] {
    const votes = new Float64Array(query.items.length);
    this.#explained ??= new Evidence(this.itemCount);
    this.#explained.clear();
    const { current, scale, own } = this.#tally(query, this.#explained, item, votes);
    const counted = this.#own.ownItems === 'keep' || !current.includes(item);
    const parts = votes.map((vote) => (counted ? vote * scale : 0));
    const mine = own.get(item);
    if (mine) parts[mine.step]! += mine.value;
    return [...parts.entries()]
      .map(([step, value]) => ({ position: query.items.length - 1 - step, value }))
      .filter(({ value }) => value !== 0)
      .reverse();
  }

  state(): ModelState {
    return {
      meta: { settings: this.settings, ordered: this.#ordered, itemCount: this.itemCount },
      arrays: { offsets: this.#offsets, items: this.#items, returnRates: this.#returnRates },
    };
  }

  /** Adds up the votes, those for the session's own items too; `parts` gets those for `item` by the step of the shared item. */
  #tally(query: Query, votes: Evidence, item = -1, parts?: Float64Array): Tally {
    const current = this.#currentSession(query);
    const { total, voters, entries } = this.#vote(current, votes, item, parts);
    const certainty = voters / (voters + this.#own.shrink);
    const own = new Map<number, { step: number; value: number }>();
    const mode = this.#own.ownItems;
    if (mode === 'keep') return { current, scale: total > 0 ? certainty / total : 0, own, entries };
    let others = total;
    let returning = 0;
    for (let step = 0; step < current.length; step++) {
      const mine = current[current.length - 1 - step]!;
      if (own.has(mine) || mine < 0 || mine >= this.itemCount) continue;
      others -= votes.of(mine) || 0;
      const rate = mode === 'learned' ? (this.#returnRates[step] ?? 0) : 0;
      returning += rate;
      own.set(mine, { step, value: mode === 'first' ? 1 + 1 / (1 + step) : rate });
    }
    const scale = others > total * 1e-12 ? (certainty * Math.max(0, 1 - returning)) / others : 0;
    return { current, scale, own, entries };
  }

  #currentSession(query: Query): Int32Array {
    const { items, sessions } = query;
    let from = Math.max(0, items.length - this.#own.historyLength);
    if (sessions) while (from < items.length && sessions[from] !== sessions[items.length - 1]) from++;
    return items.subarray(from);
  }

  /** @returns the sum of all votes, how many sessions cast them, and what was read for it */
  #vote(
    current: Int32Array,
    votes: Evidence,
    item: number,
    parts: Float64Array | undefined,
  ): { total: number; voters: number; entries: number } {
    const stan = this.#own.form === 'stan';
    const [offsets, items] = [this.#offsets, this.#items];
    const { neighbours, looked } = this.#nearest(current);
    let total = 0;
    let entries = looked;
    for (let n = 0; n < neighbours.length; n++) {
      const session = neighbours[n]!;
      const step = this.#sharedStep[session]!;
      const shared = current[current.length - 1 - step]!;
      const similarity = this.#similarity[session]! / (stan || !this.#ordered ? 1 : step + 1);
      this.#similarity[session] = 0;
      const from = offsets[session]!;
      const to = offsets[session + 1]!;
      entries += to - from;
      let place = to - 1;
      while (items[place] !== shared) place--;
      for (let p = from; p < to; p++) {
        const candidate = items[p]!;
        const vote = similarity * this.#distanceWeights[Math.abs(p - place)]! * this.#targetWeights[candidate]!;
        votes.add(candidate, vote);
        total += vote;
        if (candidate === item && parts) parts[step]! += vote;
      }
    }
    return { total, voters: neighbours.length, entries };
  }

  /** Weight of an item of the current session, `step` positions before its end. */
  #positionWeight(step: number, length: number): number {
    if (!this.#ordered) return 1;
    if (this.#own.form === 'vsknn') return (length - step) / length;
    return Math.exp(-step / this.#own.positionDecay);
  }

  /**
   * The most similar past sessions, of all that were looked at; their similarity and shared step stay in the scratch, all
   * others are zero.
   */
  #nearest(current: Int32Array): { readonly neighbours: Int32Array; readonly looked: number } {
    const [postings, similarity, touched] = [this.#postings, this.#similarity, this.#touched];
    const { sample, neighbours: k } = this.#own;
    const length = current.length;
    let count = 0;
    let looked = 0;
    for (let step = 0; step < length; step++) {
      const item = current[length - 1 - step]!;
      if (item < 0 || item >= this.itemCount || current.subarray(length - step).includes(item)) continue;
      const weight = this.#positionWeight(step, length) * this.#sharedWeights[item]!;
      if (weight === 0) continue;
      const to = this.#postingOffsets[item + 1]!;
      const from = Math.max(this.#postingOffsets[item]!, to - sample);
      looked += to - from;
      for (let n = from; n < to; n++) {
        const session = postings[n]!;
        if (similarity[session] === 0) {
          touched[count++] = session;
          this.#sharedStep[session] = step;
        }
        similarity[session]! += weight;
      }
    }
    for (let n = 0; n < count; n++) similarity[touched[n]!]! *= this.#sessionWeights[touched[n]!]!;
    if (count <= k) return { neighbours: touched.subarray(0, count), looked };
    partitionLargest(touched, count, k, similarity);
    for (let n = k; n < count; n++) similarity[touched[n]!] = 0;
    return { neighbours: touched.subarray(0, k), looked };
  }
}

/** The sessions that hold each item, each once, oldest first; and the length of the longest session. */
function invert(
  itemCount: number,
  offsets: Int32Array,
  items: Int32Array,
): { postingOffsets: Int32Array; postings: Int32Array; longest: number } {
  const sessions = offsets.length - 1;
  const lastSession = new Int32Array(itemCount);
  const forEachPosting = (visit: (item: number, session: number) => void): void => {
    lastSession.fill(-1);
    for (let s = 0; s < sessions; s++) {
      for (let p = offsets[s]!; p < offsets[s + 1]!; p++) {
        if (lastSession[items[p]!] !== s) visit(items[p]!, s);
        lastSession[items[p]!] = s;
      }
    }
  };
  const postingOffsets = new Int32Array(itemCount + 1);
  forEachPosting((item) => postingOffsets[item + 1]!++);
  for (let i = 0; i < itemCount; i++) postingOffsets[i + 1]! += postingOffsets[i]!;
  const next = postingOffsets.slice(0, itemCount);
  const postings = new Int32Array(postingOffsets[itemCount]!);
  forEachPosting((item, session) => {
    postings[next[item]!++] = session;
  });
  let longest = 0;
  for (let s = 0; s < sessions; s++) longest = Math.max(longest, offsets[s + 1]! - offsets[s]!);
  return { postingOffsets, postings, longest };
}
