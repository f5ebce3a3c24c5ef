/** A shopper's past as others read it: the newest events one by one. */
import type { EventColumns } from '../data/event-store.ts';
import { type EventKind, eventFlags, eventKinds } from '../data/events.ts';

export interface HistoryEvent {
  readonly kind: EventKind;
  /** Milliseconds since 1970. */
  readonly time: number;
  readonly productId?: string;
  readonly quantity?: number;
  readonly priceMinor?: number;
  /** Stars of a rating or review. */
  readonly value?: number;
  /** True for a purchase that was given back. */
  readonly refunded?: boolean;
}

/** @returns the newest first */
export function historyOf(events: EventColumns): HistoryEvent[] {
  const { kind, time, product, products, quantity, priceMinor, value, flags } = events;
  return Array.from({ length: events.length }, (_, n) => {
    const e = events.length - 1 - n;
    return {
      ...{ kind: eventKinds[kind[e]!]!, time: time[e]! },
      ...(product[e]! >= 0 && { productId: products[product[e]!]! }),
      ...(quantity[e]! > 0 && { quantity: quantity[e]! }),
      ...(priceMinor[e]! >= 0 && { priceMinor: priceMinor[e]! }),
      ...(!Number.isNaN(value[e]) && { value: value[e]! }),
      ...((flags[e]! & eventFlags.refunded) !== 0 && { refunded: true }),
    };
  });
}
