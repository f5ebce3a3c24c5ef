/** What a request and the scenario of its place ask of a slate together. */
import { ShelfwiseError } from '../core/errors.ts';
import { type Expression, parseExpression } from '../data/expressions/expression.ts';
import type { RecommendRequest } from './recommendation.ts';
import {
  type fallbackOrders,
  mostBoosts,
  type Objective,
  objectives,
  type Scenario,
  type SlateOrder,
  slateOrders,
} from './scenario.ts';

export interface Wishes {
  readonly order: SlateOrder;
  readonly objective: Objective;
  /** Each of them holds for every product. */
  readonly filters: readonly Expression[];
  readonly boosts: readonly { readonly when: Expression; readonly factor: number }[];
  readonly members: readonly string[] | undefined;
  readonly fallbacks: readonly (typeof fallbackOrders)[number][];
}

/** @throws ShelfwiseError `SW_FILTER`, `SW_USAGE` */
export function wishesOf(request: RecommendRequest, scenario: Scenario): Wishes {
  const order = oneOf('order', request.order ?? scenario.order, slateOrders);
  if (order === 'similar' && (request.viewing ?? []).length === 0) {
    const message = 'order: expected `viewing` with a product for similar ones, got none.';
    throw new ShelfwiseError('SW_USAGE', message, 'Name the product that the shopper looks at.');
  }
  const own = request.boosts ?? [];
  if (own.length > mostBoosts) {
    const message = `boosts: expected at most ${mostBoosts}, got ${own.length}.`;
    throw new ShelfwiseError('SW_USAGE', message, 'Join conditions with `or`.');
  }
  return {
    order,
    objective: oneOf('objective', request.objective ?? scenario.objective, objectives),
    filters: [
      ...(scenario.filter === undefined ? [] : [parseExpression(scenario.filter, 'scenario.filter')]),
      ...(request.filter === undefined ? [] : [parseExpression(request.filter, 'filter')]),
    ],
    boosts: [
      ...scenario.boosts.map(({ when, factor }, n) => boost(when, factor, `scenario.boosts[${n}]`)),
      ...own.map(({ when, factor }, n) => boost(when, factor, `boosts[${n}]`)),
    ],
    members: scenario.members,
    fallbacks: scenario.fallbacks,
  };
}

function boost(when: string, factor: number, where: string): { when: Expression; factor: number } {
  if (factor > 0 && factor <= 1_000) return { when: parseExpression(when, `${where}.when`), factor };
  const message = `${where}.factor: expected a number above 0 and up to 1000, got ${factor}.`;
  throw new ShelfwiseError('SW_USAGE', message, 'Below 1 it shows the products less; use a filter to leave them out.');
}

function oneOf<T extends string>(name: string, value: T, values: readonly T[]): T {
  if (values.includes(value)) return value;
  const message = `${name}: expected one of ${values.join(', ')}, got ${JSON.stringify(value)}.`;
  throw new ShelfwiseError('SW_USAGE', message, 'Name one of them.');
}
