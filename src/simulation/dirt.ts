/**
 * The faults that real exports have, put into the demo store's rows on purpose and counted: repeated lines, sales
 * without a shopper, prices of zero, broken rows, times from the future, a test account, a bot, and texts with markup or
 * a damaged encoding.
 */
import type { Random } from '../core/random.ts';
import type { DemoProduct } from './products.ts';
import type { VisitEvent } from './visits.ts';

/** Rows of each fault in the files. */
export interface DirtCounts {
  refundRows: number;
  repeatedRows: number;
  rowsWithoutShopper: number;
  zeroPrices: number;
  brokenRows: number;
  futureTimes: number;
  testRows: number;
  botRows: number;
  titlesWithMarkup: number;
  damagedTitles: number;
}

export const testAccount = 'qa-test-account';
export const botVisitor = 'v-crawler';

/** The event as it is written, with one fault at most; faults are counted. */
export function spoilEvent(event: VisitEvent, random: Random, counts: DirtCounts): VisitEvent {
  if (event.name !== 'purchase') return event;
  const fault = random.uniform();
  if (fault < 0.01) {
    counts.rowsWithoutShopper++;
    return { ...event, userId: '', visitorId: '' };
  }
  if (fault < 0.014) {
    counts.zeroPrices++;
    return { ...event, priceMinor: 0 };
  }
  if (fault < 0.0145) {
    counts.futureTimes++;
    return { ...event, time: Date.UTC(2099, 0, 1) };
  }
  return event;
}

/** The line of a sound event as it is written: sometimes twice, sometimes cut short. */
export function spoilLine(line: string, random: Random, counts: DirtCounts): string[] {
  const fault = random.uniform();
  if (fault < 0.003) {
    counts.repeatedRows++;
    return [line, line];
  }
  if (fault < 0.0032) {
    counts.brokenRows++;
    return [line, line.split(',').slice(0, 4).join(',')];
  }
  return [line];
}

/** Traffic of no shopper: a test account that buys, and a bot that views 300 products within a minute. In time order. */
export function strayEvents(products: readonly DemoProduct[], time: number, random: Random): VisitEvent[] {
  const made = (name: VisitEvent['name'], at: number, userId: string, visitorId: string): VisitEvent => {
    const product = products[random.below(products.length)]!;
    return {
      ...{ time: at, name, userId, visitorId, sessionId: `s-${visitorId}` },
      ...{ productId: product.productId, variantId: product.variants[0]!.variantId },
      ...{ quantity: name === 'purchase' ? 1 : Number.NaN, priceMinor: product.priceMinor },
      ...{ device: 'desktop', place: 'SG', referrer: '', value: Number.NaN, text: '' },
    };
  };
  const start = Math.floor(time / 60_000) * 60_000;
  return [
    ...Array.from({ length: 300 }, (_, i) => made('view_item', start + Math.floor(i / 6) * 1000, '', botVisitor)),
    ...Array.from({ length: 12 }, (_, i) => made('purchase', start + i * 3_600_000, testAccount, 'v-test')),
  ].sort((a, b) => a.time - b.time);
}

/** A title as a careless export writes it. */
export function spoilTitle(title: string, random: Random, counts: DirtCounts): string {
  const fault = random.uniform();
  if (fault < 0.02) {
    counts.titlesWithMarkup++;
    return `<b>${title.replaceAll('&', '&amp;')}</b>`;
  }
  if (fault < 0.03) {
    counts.damagedTitles++;
    // UTF-8 bytes read as Latin-1: reversible, and never right.
    return Buffer.from(title, 'utf8').toString('latin1');
  }
  return title;
}
