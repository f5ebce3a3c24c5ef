/**
 * The faults that real exports have, put into the basket store's rows on purpose and counted: repeated lines, sales
 * without a shopper, prices of zero, broken rows, times from the future, a test account, a bot, and texts with markup or
 * a damaged encoding.
 */
import type { Random } from '../core/random.ts';
import type { BasketProduct } from './basket-catalogue.ts';
import type { BasketEvent } from './shopper-visits.ts';

/** Rows of each fault in the files. */
export interface DirtCounts {
  readonly repeatedRows: number;
  readonly refundRows: number;
  readonly rowsWithoutShopper: number;
  readonly zeroPrices: number;
  readonly brokenRows: number;
  readonly futureTimes: number;
  readonly testRows: number;
  readonly botRows: number;
  readonly titlesWithMarkup: number;
  readonly damagedTitles: number;
}

export const testAccount = 'qa-test-account';
export const botVisitor = 'v-crawler';

/** Faults of single events; each event has at most one. */
export function spoilEvents(
  events: readonly BasketEvent[],
  random: Random,
): {
  events: BasketEvent[];
  counts: Pick<DirtCounts, 'rowsWithoutShopper' | 'zeroPrices' | 'futureTimes'>;
  faulty: Set<BasketEvent>;
} {
  const counts = { rowsWithoutShopper: 0, zeroPrices: 0, futureTimes: 0 };
  const faulty = new Set<BasketEvent>();
  const spoil = (event: BasketEvent, fault: keyof typeof counts, change: Partial<BasketEvent>): BasketEvent => {
    const spoiled = { ...event, ...change };
    counts[fault]++;
    faulty.add(spoiled);
    return spoiled;
  };
  const spoiled = events.map((event) => {
    if (event.name !== 'purchase') return event;
    const fault = random.uniform();
    if (fault < 0.01) return spoil(event, 'rowsWithoutShopper', { userId: '', visitorId: '' });
    if (fault < 0.014) return spoil(event, 'zeroPrices', { priceMinor: 0 });
    if (fault < 0.0145) return spoil(event, 'futureTimes', { time: Date.UTC(2099, 0, 1) });
    return event;
  });
  return { events: spoiled, counts, faulty };
}

/** Traffic of no shopper: a test account that buys, and a bot that views 300 products within a minute. */
export function strayEvents(products: readonly BasketProduct[], time: number, random: Random): BasketEvent[] {
  const made = (name: BasketEvent['name'], at: number, userId: string, visitorId: string): BasketEvent => {
    const product = products[random.below(products.length)]!;
    return {
      time: at,
      name,
      userId,
      visitorId,
      sessionId: `s-${visitorId}`,
      productId: product.productId,
      variantId: product.variants[0]!.variantId,
      quantity: name === 'purchase' ? 1 : Number.NaN,
      priceMinor: product.priceMinor,
      device: 'desktop',
      place: 'SG',
      searchTerm: '',
    };
  };
  const start = Math.floor(time / 60_000) * 60_000;
  return [
    ...Array.from({ length: 300 }, (_, i) => made('view_item', start + Math.floor(i / 6) * 1000, '', botVisitor)),
    ...Array.from({ length: 12 }, (_, i) => made('purchase', start + i * 3_600_000, testAccount, 'v-test')),
  ];
}

/** Lines of the file: some twice, some cut short; only those that are `sound`, so that every other fault stays countable. */
export function spoilLines(
  lines: readonly string[],
  sound: (line: number) => boolean,
  random: Random,
): { lines: string[]; counts: Pick<DirtCounts, 'repeatedRows' | 'brokenRows'> } {
  const counts = { repeatedRows: 0, brokenRows: 0 };
  const spoiled: string[] = [];
  for (const [i, line] of lines.entries()) {
    spoiled.push(line);
    const fault = random.uniform();
    if (!sound(i)) continue;
    if (fault < 0.003) {
      counts.repeatedRows++;
      spoiled.push(line);
    } else if (fault < 0.0032) {
      counts.brokenRows++;
      spoiled.push(line.split(',').slice(0, 4).join(','));
    }
  }
  return { lines: spoiled, counts };
}

/** A title as a careless export writes it. */
export function spoilTitle(title: string, random: Random): { title: string; fault: 'markup' | 'damaged' | '' } {
  const fault = random.uniform();
  if (fault < 0.02) return { title: `<b>${title.replaceAll('&', '&amp;')}</b>`, fault: 'markup' };
  // UTF-8 bytes read as Latin-1: reversible, and never right.
  if (fault < 0.03) return { title: Buffer.from(title, 'utf8').toString('latin1'), fault: 'damaged' };
  return { title, fault: '' };
}
