/**
 * What counting says of a pair: how much user and item are chosen at all, how like the item is to what the user chose by who chose
 * both, and by what the knowledge graph joins both to. A pair that was itself chosen is left out of its own counts, so that a
 * model learns from pairs what it will be asked about others.
 */
import { neighbourhoods } from '../../data/knowledge-graph.ts';
import type { Pairs } from '../../data/labelled-pairs.ts';
import { type ClickData, choicesOf } from './click-data.ts';

/** Numbers of each pair. */
export const featureCount = 6;

/** Newest of a user's choices do not stand out here; more than this cost much and tell little. */
const mostChoices = 200;

export class PairFeatures {
  readonly #offsets: Int32Array;
  readonly #items: Int32Array;
  readonly #degrees: Int32Array;
  /** By item: with how many users each other item was chosen. */
  readonly #together: readonly ReadonlyMap<number, number>[];
  /** By item: what the graph joins it to, with weights of length 1. */
  readonly #known: readonly ReadonlyMap<number, number>[];

  constructor(data: ClickData) {
    const { itemCount, userCount } = data;
    const { offsets, items } = choicesOf(data);
    this.#offsets = offsets;
    this.#items = items;
    this.#degrees = new Int32Array(itemCount);
    for (const item of items) this.#degrees[item]!++;
    const together = Array.from({ length: itemCount }, () => new Map<number, number>());
    for (let u = 0; u < userCount; u++) {
      const own = items.subarray(offsets[u], Math.min(offsets[u + 1]!, offsets[u]! + mostChoices));
      for (const a of own) for (const b of own) if (a !== b) together[a]!.set(b, (together[a]!.get(b) ?? 0) + 1);
    }
    this.#together = together;
    this.#known = knownOf(data);
  }

  /** @returns shape `[pairs, featureCount]` */
  of({ users, items }: Pairs): Float32Array {
    const out = new Float32Array(users.length * featureCount);
    for (const [n, user] of users.entries()) this.#write(out, n * featureCount, user, items[n]!);
    return out;
  }

  #write(out: Float32Array, at: number, user: number, item: number): void {
    const own = this.#items.subarray(this.#offsets[user], this.#offsets[user + 1]).subarray(0, mostChoices);
    const chosen = Number(own.includes(item));
    const degree = this.#degrees[item]! - chosen;
    let [sum, most, knownSum, knownMost] = [0, 0, 0, 0];
    for (const other of own) {
      if (other === item) continue;
      const both = (this.#together[item]!.get(other) ?? 0) - chosen;
      const alike = both > 0 ? both / Math.sqrt(degree * this.#degrees[other]!) : 0;
      const known = product(this.#known[item]!, this.#known[other]!);
      sum += alike;
      most = Math.max(most, alike);
      knownSum += known;
      knownMost = Math.max(knownMost, known);
    }
    const count = Math.max(1, own.length - chosen);
    out[at] = Math.log1p(degree) / 4;
    out[at + 1] = Math.log1p(own.length - chosen) / 4;
    out[at + 2] = sum / Math.sqrt(count);
    out[at + 3] = most;
    out[at + 4] = knownSum / Math.sqrt(count);
    out[at + 5] = knownMost;
  }
}

function product(a: ReadonlyMap<number, number>, b: ReadonlyMap<number, number>): number {
  const [few, many] = a.size < b.size ? [a, b] : [b, a];
  let sum = 0;
  for (const [key, value] of few) sum += value * (many.get(key) ?? 0);
  return sum;
}

/** Entities beside each item by relation, the rarer the heavier. */
function knownOf({ itemCount, graph }: ClickData): ReadonlyMap<number, number>[] {
  if (!graph) return Array.from({ length: itemCount }, () => new Map());
  const { offsets, entities, relations } = neighbourhoods(graph);
  const items = Math.min(itemCount, graph.entityCount);
  const counts = new Map<number, number>();
  const keyOf = (p: number): number => entities[p]! * 2 * graph.relationCount + relations[p]!;
  for (let p = 0; p < offsets[items]!; p++) counts.set(keyOf(p), (counts.get(keyOf(p)) ?? 0) + 1);
  return Array.from({ length: itemCount }, (_, item) => {
    const own = new Map<number, number>();
    // What all share tells nothing.
    for (let p = offsets[item] ?? 0; p < (offsets[item + 1] ?? 0); p++)
      own.set(keyOf(p), Math.log(items / counts.get(keyOf(p))!));
    const norm = Math.sqrt([...own.values()].reduce((total, value) => total + value * value, 0)) || 1;
    for (const [key, value] of own) own.set(key, value / norm);
    return own;
  });
}
