/** Products in an order that needs no shopper: those that are like others, chosen most, chosen more than before, or new. */
import { turnOfOthers } from '../core/in-turns.ts';
import { similarItems } from '../selection/retrieval/similar-items.ts';
import type { Offer } from './offer.ts';
import type { RecommendContext } from './recommendation.ts';
import type { SlateOrder } from './scenario.ts';
import type { ServingGeneration } from './serving-generation.ts';
import type { Wishes } from './wishes.ts';

interface Asked {
  readonly wishes: Wishes;
  readonly place: string;
  readonly left: ReadonlySet<string>;
  readonly viewing: readonly string[];
  readonly count: number;
}

/** Products that are looked at before others have their turn. */
const lookedAtOnce = 500;

/** Offers in the orders, one order after another; each can be bought, is not left out and fulfils the filters. */
export async function listProducts(
  serving: ServingGeneration | undefined,
  context: RecommendContext,
  orders: readonly SlateOrder[],
  asked: Asked,
): Promise<Offer[]> {
  const { view } = context;
  const { wishes, place, left, count } = asked;
  const seen = new Set(left);
  const offers: Offer[] = [];
  let looked = 0;
  for (const order of orders) {
    if (offers.length === count) break;
    for (const id of await inOrder(serving, context, order, asked)) {
      if (offers.length === count) break;
      if (seen.has(id)) continue;
      seen.add(id);
      if (++looked % lookedAtOnce === 0) await turnOfOthers();
      const offer = view.offer(id, place);
      if (offer.available && wishes.filters.every((filter) => filter.matches(view.facts(id, place))))
        offers.push(offer);
    }
  }
  return offers;
}

async function inOrder(
  serving: ServingGeneration | undefined,
  { view, mostChosen, trending }: RecommendContext,
  order: SlateOrder,
  asked: Asked,
): Promise<readonly string[]> {
  switch (order) {
    case 'popular':
      return mostChosen ?? serving?.mostChosen ?? [];
    case 'trending':
      return (await trending?.()) ?? [];
    case 'latest':
      return view.newest;
    case 'similar':
      return serving ? await similarTo(serving, view, asked) : [];
    case 'likely':
      return [];
  }
}

async function similarTo(
  serving: ServingGeneration,
  view: RecommendContext['view'],
  { viewing, place, wishes, count, left }: Asked,
): Promise<string[]> {
  const { index, trained } = serving;
  const { allowed } = await serving.offers(view, place);
  const filters = wishes.filters.map((filter) => serving.filter(view, place, filter));
  const exclusions = {
    allowed,
    items: Int32Array.from([...left].flatMap((id) => index.itemOf.get(id) ?? [])),
    admits: (item: number) => filters.every(({ admits }) => admits(item)),
  };
  const items = Int32Array.from(viewing.flatMap((id) => index.itemOf.get(id) ?? []));
  const { members, itemCount } = trained.selection;
  return similarItems(members, items, { itemCount, exclusions, count }).map((item) => index.products[item]!);
}
