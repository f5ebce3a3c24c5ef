/** The graph of a shop, made when it is first asked for, and kept up as events come: only what is new is read again. */

import type { Product } from '../data/catalogue.ts';
import type { EventColumns } from '../data/event-store.ts';
import { PersonNames, ShopGraph, sharedAttributes } from '../data/shop-graph.ts';
import type { ShopStore } from '../data/shop-store.ts';
import { isRemoved } from './catalogue-changes.ts';

type Read = Pick<ShopStore, 'products' | 'readEvents' | 'status' | 'catalogueVersion'>;

interface Kept {
  readonly graph: ShopGraph;
  readonly names: PersonNames;
  readonly catalogueVersion: number;
  /** Events that it holds, and the time of the newest. */
  events: number;
  newest: number;
}

export class GraphKeeper {
  readonly #store: Read;
  readonly #words: (text: string) => readonly string[];
  #kept: Kept | undefined;
  #turn: Promise<unknown> = Promise.resolve();

  constructor(store: Read, words: (text: string) => readonly string[]) {
    this.#store = store;
    this.#words = words;
  }

  /** As the shop is now. */
  graph(): Promise<ShopGraph> {
    const mine = this.#turn.then(() => this.#fresh());
    this.#turn = mine.catch(() => undefined);
    return mine;
  }

  async #fresh(): Promise<ShopGraph> {
    const { liveEvents, sealedEvents } = await this.#store.status();
    const events = liveEvents + sealedEvents;
    const kept = this.#kept;
    if (!kept || kept.catalogueVersion !== (await this.#store.catalogueVersion())) return this.#anew();
    if (kept.events === events) return kept.graph;
    // What came with a time that was passed, or was taken back, is found by the count.
    const later = await this.#store.readEvents(kept.newest > -Infinity ? { since: kept.newest + 1 } : {});
    if (kept.events + later.length !== events) return this.#anew();
    take(kept, later);
    return kept.graph;
  }

  async #anew(): Promise<ShopGraph> {
    const catalogueVersion = await this.#store.catalogueVersion();
    const products: Product[] = [];
    for await (const product of this.#store.products()) if (!isRemoved(product)) products.push(product);
    const graph = new ShopGraph(this.#words);
    const shared = sharedAttributes(products);
    for (const product of products) graph.addProduct(product, shared);
    const kept = { graph, names: new PersonNames(), catalogueVersion, events: 0, newest: -Infinity };
    take(kept, await this.#store.readEvents());
    this.#kept = kept;
    return graph;
  }
}

function take(kept: Kept, events: EventColumns): void {
  kept.graph.addEvents(events, kept.names);
  kept.events += events.length;
  for (const time of events.time.subarray(0, events.length)) kept.newest = Math.max(kept.newest, time);
}
