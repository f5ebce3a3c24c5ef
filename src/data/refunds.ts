/** Purchases that were taken back whole: no wish that was fulfilled, so no positive and nothing that is owned. */

import type { EventColumns } from './event-store.ts';
import { eventFlags, eventKinds } from './events.ts';

const purchase = eventKinds.indexOf('purchase');
const refund = eventKinds.indexOf('refund');

/**
 * A refund takes back the latest purchase of just its quantity, else the latest ones until its quantity is used up. A
 * purchase that is flagged `refunded` and whose refunds are not among the events counts as taken back.
 *
 * @param events - a person's events stand together, oldest first
 * @returns 1 at purchases of which no unit is left, shape `[length]`
 */
export function takenBack(events: EventColumns): Uint8Array {
  const marks = new Uint8Array(events.length);
  for (let from = 0; from < events.length; ) {
    let to = from + 1;
    while (to < events.length && events.person[to] === events.person[from]) to++;
    markPerson(events, from, to, marks);
    from = to;
  }
  return marks;
}

function markPerson(events: EventColumns, from: number, to: number, marks: Uint8Array): void {
  const { kind, product, quantity, flags } = events;
  const open = new Map<number, { readonly event: number; left: number }[]>();
  const refunded = new Set<number>();
  for (let e = from; e < to; e++) {
    if (kind[e] === refund) {
      refunded.add(product[e]!);
      takeBack(open.get(product[e]!) ?? [], quantity[e]!);
    }
    if (kind[e] !== purchase) continue;
    const sales = open.get(product[e]!) ?? [];
    sales.push({ event: e, left: quantity[e]! });
    open.set(product[e]!, sales);
  }
  for (const [item, sales] of open)
    for (const { event, left } of sales)
      if (left <= 0 || (!refunded.has(item) && (flags[event]! & eventFlags.refunded) !== 0)) marks[event] = 1;
}

function takeBack(sales: { left: number }[], units: number): void {
  const exact = sales.findLast(({ left }) => left === units);
  if (exact) exact.left = 0;
  for (let n = sales.length - 1, left = exact ? 0 : units; n >= 0 && left > 0; n--) {
    const taken = Math.min(left, sales[n]!.left);
    sales[n]!.left -= taken;
    left -= taken;
  }
}
