/** Values that no store, model or file format can hold: the door (src/data/door.ts) would refuse them. */
import { limits } from '../../limits.ts';
import type { CleaningStep } from './step.ts';

/** Prices are staged in whole units of their currency, of which the smallest are at most a thousandth. */
const mostPrice = limits.priceMinor / 1000;
const ids = ['event_id', 'user_id', 'visitor_id', 'session_id', 'recommendation_id'];

export const impossibleValues: CleaningStep = {
  name: 'impossible-values',
  action: 'set-aside',
  summary: `a quantity or value beyond ${limits.quantity}, a price beyond ${mostPrice}, a position that is no place, an id of more than ${limits.id} characters, a text of more than ${limits.text}`,
  run(context) {
    const tooLong = (texts: readonly string[], most: number): string =>
      texts.flatMap((text, code) => (text.length > most ? [code] : [])).join(', ') || '-2';
    const rules: readonly [string, string][] = [
      [`abs(quantity) > ${limits.quantity}`, `'the quantity is ' || quantity`],
      [`abs(price) > ${mostPrice}`, `'the price is ' || price`],
      [`abs(value) > ${limits.value}`, `'the value is ' || value`],
      [
        `position < 0 OR position > ${limits.position} OR position <> floor(position)`,
        `'the position is ' || position`,
      ],
      ...ids.map((column): [string, string] => [`length(${column}) > ${limits.id}`, `'the ${column} is too long'`]),
      ...['referrer', 'text'].map((column): [string, string] => [
        `length(${column}) > ${limits.text}`,
        `'the ${column} is too long'`,
      ]),
      [`product IN (${tooLong(context.products, limits.id)})`, `'the product id is too long'`],
      [`variant IN (${tooLong(context.variants, limits.id)})`, `'the variant id is too long'`],
    ];
    const where = rules.map(([condition]) => `coalesce(${condition}, false)`).join(' OR ');
    const cases = rules.map(([condition, reason]) => `WHEN ${condition} THEN ${reason}`).join(' ');
    return context.setAsideWhere(impossibleValues.name, where, `CASE ${cases} END`);
  },
};
