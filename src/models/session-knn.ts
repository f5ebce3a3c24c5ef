/**
 * Session-based nearest neighbours: past sessions that share items with the current one vote for their other items.
 * `stan` weighs the current session's items by position, past sessions by age, and their items by distance from the
 * shared one; `vsknn` weighs items by linear position and by rarity. Rows (or their sessions) stand in time order.
 *
 * @source Ludewig & Jannach, Evaluation of session-based recommendation algorithms, UMUAI 2018 (VS-kNN);
 *   Garg et al., Sequence and time aware neighborhood for session-based recommendations, SIGIR 2019 (STAN)
 */
import { type Histories, type Query, rowCount } from '../data/histories.ts';
import type { Contribution, Model, ModelDefinition, ModelState, Settings } from './model.ts';

export const sessionKnn: ModelDefinition = {
  name: 'session-knn',
  about: 'Nearest past sessions vote (VS-kNN, Ludewig & Jannach 2018; STAN, Garg et al. 2019).',
  settings: {
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
      default: 0.5,
      min: 0.001,
      max: 1000,
      search: [0.1, 0.5, 2, 100],
      doc: 'Share of all sessions after which an older one counts 1/e (STAN).',
    },
    distanceDecay: {
      default: 2,
      min: 0.01,
      max: 1000,
      search: [1, 2, 4],
      doc: 'Steps from the shared item after which a vote counts 1/e (STAN).',
    },
    ownItems: {
      default: 'keep',
      choices: ['keep', 'first', 'drop'],
      search: ['keep', 'first'],
      doc: "The session's own items: scored like others, put first (newest first), or dropped.",
    },
    historyLength: { default: 20, min: 1, max: 1000, doc: 'Newest positions of the current session that count.' },
  },
  async fit(histories, settings) {
    const sessions = sessionRows(histories);
    return new SessionKnn(settings, sessions.itemCount, sessions.offsets, sessions.items);
  },
  async load(state) {
    const { offsets, items } = state.arrays as { offsets: Int32Array; items: Int32Array };
    return new SessionKnn(state.meta['settings'] as Settings, state.meta['itemCount'] as number, offsets, items);
  },
};

/** One row per session, in order of the session's end where times are known. */
export function sessionRows(histories: Histories): Pick<Histories, 'itemCount' | 'offsets' | 'items'> {
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

class SessionKnn implements Model {
  readonly name = 'session-knn';
  readonly settings: Settings;
  readonly itemCount: number;
  readonly #offsets: Int32Array;
  readonly #items: Int32Array;
  /** Sessions of each item, oldest first. */
  readonly #postingOffsets: Int32Array;
  readonly #postings: Int32Array;
  readonly #similarity: Float64Array;
  /** Newest history step (0 = last) that a session shares, per session. */
  readonly #sharedStep: Int32Array;

  constructor(settings: Settings, itemCount: number, offsets: Int32Array, items: Int32Array) {
    this.settings = settings;
    this.itemCount = itemCount;
    this.#offsets = offsets;
    this.#items = items;
    const sessions = offsets.length - 1;
    this.#similarity = new Float64Array(sessions);
    this.#sharedStep = new Int32Array(sessions);
    const lastSeen = new Int32Array(itemCount).fill(-1);
    const forEachPosting = (visit: (item: number, session: number) => void): void => {
      lastSeen.fill(-1);
      for (let s = 0; s < sessions; s++) {
        for (let p = offsets[s]!; p < offsets[s + 1]!; p++) {
          if (lastSeen[items[p]!] !== s) visit(items[p]!, s);
          lastSeen[items[p]!] = s;
        }
      }
    };
    this.#postingOffsets = new Int32Array(itemCount + 1);
    forEachPosting((item) => this.#postingOffsets[item + 1]!++);
    for (let i = 0; i < itemCount; i++) this.#postingOffsets[i + 1]! += this.#postingOffsets[i]!;
    const next = this.#postingOffsets.slice(0, itemCount);
    this.#postings = new Int32Array(this.#postingOffsets[itemCount]!);
    forEachPosting((item, session) => {
      this.#postings[next[item]!++] = session;
    });
  }

  async score(queries: readonly Query[], out: Float32Array): Promise<void> {
    for (const [b, query] of queries.entries())
      this.#scoreOne(query, out.subarray(b * this.itemCount, (b + 1) * this.itemCount));
  }

  explain(query: Query, item: number): Contribution[] {
    const current = this.#currentSession(query);
    const votes = new Float64Array(query.items.length);
    this.#vote(current, (candidate, value, step) => {
      if (candidate === item) votes[query.items.length - 1 - step]! += value;
    });
    const parts: Contribution[] = [];
    const own = this.settings['ownItems'];
    const place = current.lastIndexOf(item);
    if (own === 'drop' && place >= 0) return parts;
    if (own === 'first' && place >= 0)
      votes[query.items.length - current.length + place]! += ownBoost / (current.length - place);
    for (const [position, value] of votes.entries()) if (value !== 0) parts.push({ position, value });
    return parts;
  }

  state(): ModelState {
    return {
      meta: { settings: this.settings, itemCount: this.itemCount },
      arrays: { offsets: this.#offsets, items: this.#items },
    };
  }

  #scoreOne(query: Query, out: Float32Array): void {
    out.fill(0);
    const current = this.#currentSession(query);
    this.#vote(current, (candidate, value) => {
      out[candidate]! += value;
    });
    const own = this.settings['ownItems'];
    if (own === 'keep') return;
    const seen = new Set<number>();
    for (let p = current.length - 1; p >= 0; p--) {
      const item = current[p]!;
      if (seen.has(item) || item < 0 || item >= this.itemCount) continue;
      seen.add(item);
      if (own === 'drop') out[item] = 0;
      else out[item]! += ownBoost / (current.length - p);
    }
  }

  #currentSession(query: Query): Int32Array {
    let from = Math.max(0, query.items.length - (this.settings['historyLength'] as number));
    const { sessions } = query;
    if (sessions) while (from < sessions.length && sessions[from] !== sessions[sessions.length - 1]) from++;
    return query.items.subarray(from);
  }

  /** Calls `visit(item, value, step)` for each vote; `step` is how far back the shared item stands in the current session. */
  #vote(current: Int32Array, visit: (item: number, value: number, step: number) => void): void {
    const stan = this.settings['form'] === 'stan';
    const neighbours = this.#nearest(current, stan);
    const distanceDecay = this.settings['distanceDecay'] as number;
    const sessions = this.#offsets.length - 1;
    for (const session of neighbours) {
      const from = this.#offsets[session]!;
      const to = this.#offsets[session + 1]!;
      const step = this.#sharedStep[session]!;
      const shared = current[current.length - 1 - step]!;
      let place = to - 1;
      while (this.#items[place] !== shared) place--;
      for (let p = from; p < to; p++) {
        const item = this.#items[p]!;
        const popularity = this.#postingOffsets[item + 1]! - this.#postingOffsets[item]!;
        const weight = stan
          ? Math.exp(-Math.abs(p - place) / distanceDecay)
          : Math.log(sessions / popularity) / (step + 1);
        visit(item, this.#similarity[session]! * weight, step);
      }
    }
    for (const session of neighbours) this.#similarity[session] = 0;
  }

  /** The most similar past sessions; their similarity and shared step stay in the scratch until the caller clears it. */
  #nearest(current: Int32Array, stan: boolean): number[] {
    const touched: number[] = [];
    const sample = this.settings['sample'] as number;
    const sessions = this.#offsets.length - 1;
    const seen = new Set<number>();
    for (let step = 0; step < current.length; step++) {
      const item = current[current.length - 1 - step]!;
      if (seen.has(item) || item < 0 || item >= this.itemCount) continue;
      seen.add(item);
      const weight = stan
        ? Math.exp(-step / (this.settings['positionDecay'] as number))
        : (current.length - step) / current.length;
      const to = this.#postingOffsets[item + 1]!;
      for (let n = Math.max(this.#postingOffsets[item]!, to - sample); n < to; n++) {
        const session = this.#postings[n]!;
        if (this.#similarity[session] === 0) {
          touched.push(session);
          this.#sharedStep[session] = step;
        }
        this.#similarity[session]! += weight;
      }
    }
    const ageScale = sessions * (this.settings['ageDecay'] as number);
    for (const session of touched) {
      const length = this.#offsets[session + 1]! - this.#offsets[session]!;
      this.#similarity[session]! *= stan ? Math.exp(-(sessions - session) / ageScale) / Math.sqrt(length) : 1;
    }
    const k = this.settings['neighbours'] as number;
    if (touched.length <= k) return touched;
    touched.sort((a, b) => this.#similarity[b]! - this.#similarity[a]! || b - a);
    for (const session of touched.slice(k)) this.#similarity[session] = 0;
    return touched.slice(0, k);
  }
}

/** Larger than any sum of votes that matters beside it: own items stand first. */
const ownBoost = 1e6;
