/** Sales of nothing and for nothing: zero and negative prices, and quantities that no sale has. */
import { kindCode } from '../staging.ts';
import type { CleaningStep } from './step.ts';

const sales = `kind IN (${kindCode('purchase')}, ${kindCode('refund')})`;

export const zeroPrices: CleaningStep = {
  name: 'zero-prices',
  action: 'set-aside',
  summary: 'a sale or refund at a price of exactly zero',
  run: (context) => context.setAsideWhere(zeroPrices.name, `price = 0 AND ${sales}`, `'the price is zero'`),
};

export const negativePrices: CleaningStep = {
  name: 'negative-prices',
  action: 'set-aside',
  summary: 'a price below zero',
  run: (context) => context.setAsideWhere(negativePrices.name, 'price < 0', `'the price is ' || price`),
};

export const impossibleQuantities: CleaningStep = {
  name: 'impossible-quantities',
  action: 'set-aside',
  summary: 'a quantity of zero, or a negative one on a row that is no refund (a stock adjustment)',
  run: (context) => context.setAsideWhere(impossibleQuantities.name, `quantity <= 0`, `'the quantity is ' || quantity`),
};
