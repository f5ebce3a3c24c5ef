/**
 * Refunds and cancellations find the sale they take back: the same shopper and product, sold no later. A refund first
 * takes the latest open sale of exactly its quantity, else the latest sales backwards until its quantity is used up, so
 * that part of a sale may be taken back. Those sales are flagged `refunded`; the refund stays an event, also where its
 * sale lies before the data.
 */
import { eventFlags } from '../../events.ts';
import { kindCode } from '../staging.ts';
import type { CleaningContext, CleaningStep } from './step.ts';

/** Sales and refunds of one shopper and product, in time order; of one time, sales first. */
export interface Trade {
  readonly refund: boolean;
  /** Units, > 0; NaN takes back the latest open sale whole. */
  readonly quantity: number;
}

/** Matched trades: sales of which something was taken back, and refunds that took something. */
export function pairRefunds(trades: readonly Trade[]): boolean[] {
  const matched = trades.map(() => false);
  const open: { index: number; left: number }[] = [];
  for (const [index, { refund, quantity }] of trades.entries()) {
    if (!refund) {
      open.push({ index, left: Number.isNaN(quantity) ? 1 : quantity });
      continue;
    }
    const exact = open.findLastIndex((sale) => sale.left === quantity);
    if (exact >= 0) {
      matched[open[exact]!.index] = true;
      matched[index] = true;
      open.splice(exact, 1);
      continue;
    }
    let left = Number.isNaN(quantity) ? (open.at(-1)?.left ?? 0) : quantity;
    while (left > 0 && open.length > 0) {
      const sale = open.at(-1)!;
      const taken = Math.min(left, sale.left);
      sale.left -= taken;
      left -= taken;
      matched[sale.index] = true;
      matched[index] = true;
      if (sale.left <= 0) open.pop();
    }
  }
  return matched;
}

interface TradeRow extends Record<string, unknown> {
  readonly person: string;
  readonly item: string;
  readonly kind: number;
  readonly quantity: number | null;
  readonly raw_row: number;
  readonly part: number;
}

export const refundPairing: CleaningStep = {
  name: 'refund-pairing',
  action: 'paired',
  summary: 'refunds and cancellations are paired with earlier sales of the same shopper and product, which are flagged',
  async run(context) {
    const refund = kindCode('refund');
    const matched = await context.count('raw_rows', `kind = ${refund}`);
    if (matched === 0) return { matched, acted: 0 };
    const person = 'coalesce(user_id, visitor_id)';
    const trades = context.analytics.stream<TradeRow>(
      `SELECT ${person} AS person, k.product || '/' || k.variant AS item, k.kind, k.quantity, k.raw_row, k.part
       FROM kept k JOIN (
         SELECT DISTINCT ${person} AS who, product AS what, variant AS which FROM kept
         WHERE kind = ${refund} AND ${person} IS NOT NULL AND product >= 0) r
       ON r.who = ${person} AND r.what = k.product AND r.which = k.variant
       WHERE k.kind IN (${kindCode('purchase')}, ${refund})
       ORDER BY person, item, coalesce(k.time, 0), k.kind, k.raw_row, k.part`,
    );
    const paired = new Set<number>();
    const marks = new MarkWriter(context);
    let group: TradeRow[] = [];
    const settle = (): void => {
      const found = pairRefunds(group.map((t) => ({ refund: t.kind === refund, quantity: t.quantity ?? Number.NaN })));
      for (const [i, trade] of group.entries()) {
        if (!found[i]) continue;
        if (trade.kind === refund) paired.add(trade.raw_row);
        else marks.add(trade.raw_row, trade.part);
      }
    };
    for await (const batch of trades) {
      for (const trade of batch) {
        const first = group[0];
        if (first && (first.person !== trade.person || first.item !== trade.item)) {
          settle();
          group = [];
        }
        group.push(trade);
      }
      await marks.flush(50_000);
    }
    settle();
    await marks.flush(0);
    return { matched, acted: paired.size };
  },
};

class MarkWriter {
  readonly #context: CleaningContext;
  #rows: number[] = [];
  #parts: number[] = [];

  constructor(context: CleaningContext) {
    this.#context = context;
  }

  add(row: number, part: number): void {
    this.#rows.push(row);
    this.#parts.push(part);
  }

  async flush(beyond: number): Promise<void> {
    if (this.#rows.length <= beyond) return;
    await this.#context.analytics.append('marks', [
      { name: 'raw_row', type: 'INTEGER', values: this.#rows },
      { name: 'part', type: 'INTEGER', values: this.#parts },
      { name: 'flag', type: 'INTEGER', values: this.#rows.map(() => eventFlags.refunded) },
    ]);
    this.#rows = [];
    this.#parts = [];
  }
}
