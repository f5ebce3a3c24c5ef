/**
 * What a shop knows as one graph: products with their brands, categories, attributes and words, persons and sessions with what
 * they did. Nodes and edges have types; an edge has a weight, how often it was told, and the time of the last. People stand in it
 * by numbers of this graph alone, never by their ids.
 */

import type { Product } from './catalogue.ts';
import type { EventColumns } from './event-store.ts';
import { eventKinds } from './events.ts';

export const nodeTypes = ['product', 'brand', 'category', 'attribute', 'word', 'person', 'session'] as const;
export type NodeType = (typeof nodeTypes)[number];

export interface GraphNode {
  readonly type: NodeType;
  /** Of the product, or what brand, category, attribute and word are called. */
  readonly name: string;
}

export interface GraphEdge {
  /** Indices of nodes. */
  readonly from: number;
  readonly to: number;
  /** `brand`, `category`, `part of`, `attribute`, `word`, `session`, or the kind of an event. */
  readonly type: string;
  /** How often it was told. */
  weight: number;
  /** When last, milliseconds since 1970; absent for what holds without a time. */
  time?: number;
}

/** What was put right while the graph was made. */
export interface ShopGraphRepairs {
  /** Category paths that came back to where they had been: they end before. */
  cycles: number;
  /** Attributes that all products share: they join nothing to anything. */
  shared: number;
}

export interface GraphPart {
  readonly nodes: readonly GraphNode[];
  /** Ends are places in `nodes`. */
  readonly edges: readonly Readonly<GraphEdge>[];
}

const separator = '\u0000';

export class ShopGraph {
  readonly nodes: GraphNode[] = [];
  readonly edges: GraphEdge[] = [];
  readonly repairs: ShopGraphRepairs = { cycles: 0, shared: 0 };
  readonly #nodeOf = new Map<string, number>();
  readonly #edgeOf = new Map<string, number>();
  /** Edges of each node, either way. */
  readonly #beside: number[][] = [];
  readonly #words: (text: string) => readonly string[];

  /** @param words - of a title */
  constructor(words: (text: string) => readonly string[]) {
    this.#words = words;
  }

  /** @returns its place in `nodes` */
  #node(type: NodeType, name: string): number {
    const key = `${type}${separator}${name}`;
    const known = this.#nodeOf.get(key);
    if (known !== undefined) return known;
    this.#nodeOf.set(key, this.nodes.length);
    this.#beside.push([]);
    return this.nodes.push({ type, name }) - 1;
  }

  nodeOf(type: NodeType, name: string): number | undefined {
    return this.#nodeOf.get(`${type}${separator}${name}`);
  }

  #join(from: number, to: number, type: string, time?: number): void {
    const key = `${from} ${to} ${type}`;
    const known = this.#edgeOf.get(key);
    if (known === undefined) {
      const place = this.edges.push({ from, to, type, weight: 1, ...(time !== undefined && { time }) }) - 1;
      this.#edgeOf.set(key, place);
      this.#beside[from]!.push(place);
      if (to !== from) this.#beside[to]!.push(place);
      return;
    }
    const edge = this.edges[known]!;
    // What holds without a time is told once, however often.
    if (time === undefined) return;
    edge.weight++;
    edge.time = Math.max(edge.time ?? time, time);
  }

  /** @param shared - attributes that all products have, as `name: value` */
  addProduct(
    { productId, title, brand, categories, attributes }: Product,
    shared: ReadonlySet<string> = new Set(),
  ): void {
    const product = this.#node('product', productId);
    if (brand !== undefined) this.#join(product, this.#node('brand', brand), 'brand');
    for (const path of categories) {
      const steps = path.filter((step, n) => path.indexOf(step) === n);
      if (steps.length < path.length) this.repairs.cycles++;
      let above: number | undefined;
      for (let depth = 1; depth <= steps.length; depth++) {
        const category = this.#node('category', steps.slice(0, depth).join(' > '));
        if (above !== undefined) this.#join(category, above, 'part of');
        above = category;
      }
      if (above !== undefined) this.#join(product, above, 'category');
    }
    for (const [name, value] of Object.entries(attributes)) {
      const attribute = `${name}: ${value}`;
      if (shared.has(attribute)) this.repairs.shared++;
      else this.#join(product, this.#node('attribute', attribute), 'attribute');
    }
    for (const word of new Set(this.#words(title))) this.#join(product, this.#node('word', word), 'word');
  }

  /** @param names - of persons and sessions, kept from one call to the next */
  addEvents(events: EventColumns, names: PersonNames): void {
    for (let n = 0; n < events.length; n++) {
      const product = events.product[n]!;
      if (product < 0) continue;
      const time = events.time[n]!;
      const item = this.#node('product', events.products[product]!);
      const person = this.#node('person', names.of(events.person[n]!));
      this.#join(person, item, eventKinds[events.kind[n]!] ?? 'event', time);
      const session = events.session[n]!;
      if (session < 0) continue;
      // Sessions are numbered anew by each reading: a person has one on a day.
      const place = this.#node(
        'session',
        `${names.of(events.person[n]!)}, ${new Date(time).toISOString().slice(0, 10)}`,
      );
      this.#join(place, item, 'session', time);
    }
  }

  /**
   * What lies around a node: of each type of edge the strongest in turn, the newest of equals.
   *
   * @param depth - steps from it
   * @param limit - edges of one node at most
   */
  around(start: number, { depth, limit }: { readonly depth: number; readonly limit: number }): GraphPart {
    const placeOf = new Map([[start, 0]]);
    const taken = new Set<number>();
    let border = [start];
    for (let step = 0; step < depth; step++) {
      const next: number[] = [];
      for (const node of border) {
        for (const place of this.#strongest(node, limit)) {
          taken.add(place);
          const { from, to } = this.edges[place]!;
          const other = from === node ? to : from;
          if (placeOf.has(other)) continue;
          placeOf.set(other, placeOf.size);
          next.push(other);
        }
      }
      border = next;
    }
    return {
      nodes: [...placeOf.keys()].map((node) => this.nodes[node]!),
      edges: [...taken].map((place) => {
        const edge = this.edges[place]!;
        return { ...edge, from: placeOf.get(edge.from)!, to: placeOf.get(edge.to)! };
      }),
    };
  }

  /** The strongest edges of each type in turn, so that no type takes all the room. */
  #strongest(node: number, limit: number): number[] {
    const ofType = new Map<string, number[]>();
    for (const place of this.#beside[node]!) {
      const { type } = this.edges[place]!;
      const own = ofType.get(type);
      if (own) own.push(place);
      else ofType.set(type, [place]);
    }
    const rows = [...ofType.values()].map((places) => places.sort((a, b) => this.#order(a, b)));
    const taken: number[] = [];
    for (let n = 0; taken.length < limit && rows.some((row) => n < row.length); n++)
      for (const row of rows) if (n < row.length && taken.length < limit) taken.push(row[n]!);
    return taken;
  }

  #order(a: number, b: number): number {
    const [one, other] = [this.edges[a]!, this.edges[b]!];
    return other.weight - one.weight || (other.time ?? 0) - (one.time ?? 0) || a - b;
  }
}

/** Numbers that stand for persons in one graph. */
export class PersonNames {
  readonly #names = new Map<number, string>();

  of(person: number): string {
    let name = this.#names.get(person);
    if (name === undefined) {
      name = `person ${this.#names.size + 1}`;
      this.#names.set(person, name);
    }
    return name;
  }
}

/** Attributes that all of several products have, as `name: value`. */
export function sharedAttributes(products: readonly Pick<Product, 'attributes'>[]): Set<string> {
  const [first, ...others] = products;
  if (!first || others.length === 0) return new Set();
  const shared = Object.entries(first.attributes).filter(([name, value]) =>
    others.every(({ attributes }) => attributes[name] === value),
  );
  return new Set(shared.map(([name, value]) => `${name}: ${value}`));
}
