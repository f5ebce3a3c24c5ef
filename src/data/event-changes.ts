/**
 * An event that comes again and says something else (a line of an order whose status, quantity or price has changed): what
 * the later reading says stands, what it leaves out or had to fill in stays as it was. Once as SQL, once in memory; the
 * store's contract suite holds the two together.
 */
import { eventFlags, type ShopEvent } from './events.ts';

/** What a later reading may change; a price is of its currency. */
const changing = {
  time: { column: 'time', imputed: eventFlags.imputedTime },
  productId: { column: 'product_id' },
  variantId: { column: 'variant_id' },
  quantity: { column: 'quantity', imputed: eventFlags.imputedQuantity },
  priceMinor: { column: 'price_minor', imputed: eventFlags.imputedPrice },
  currency: { column: 'currency', imputed: eventFlags.imputedPrice },
  device: { column: 'device' },
  place: { column: 'place' },
  referrer: { column: 'referrer' },
  text: { column: 'text' },
  value: { column: 'value' },
} as const satisfies Partial<Record<keyof ShopEvent, { column: string; imputed?: number }>>;

type Changing = keyof typeof changing;
const fields = Object.entries(changing) as [Changing, { readonly column: string; readonly imputed?: number }][];
const { anonymous, refunded } = eventFlags;

/** @returns the event as it stands now; `before` itself where nothing has changed */
export function changedEvent(before: ShopEvent, later: ShopEvent): ShopEvent {
  const [was, now] = [before.flags ?? 0, later.flags ?? 0];
  const changed: Partial<Record<Changing, unknown>> = {};
  let flags = (was | now) & refunded;
  for (const [field, { imputed = 0 }] of fields) {
    const said = later[field] !== undefined && (now & imputed) === 0;
    const kept = !said && before[field] !== undefined;
    changed[field] = kept ? before[field] : later[field];
    flags |= (kept ? was : now) & imputed;
  }
  const { userId, visitorId } = later.userId === undefined ? before : later;
  flags |= (later.userId === undefined ? was : now) & anonymous;
  const given = Object.entries({ ...changed, userId, visitorId }).filter(([, value]) => value !== undefined);
  const { eventId, kind, sessionId } = before;
  const event = { eventId, kind, ...(sessionId !== undefined && { sessionId }), ...Object.fromEntries(given), flags };
  const same = [...fields.map(([field]) => field), 'userId' as const].every(
    (field) => (event as ShopEvent)[field] === before[field],
  );
  return same && flags === was ? before : (event as ShopEvent);
}

/**
 * @param later - alias of the staged rows
 * @param before - alias of the stored rows
 * @returns SQL of the changed columns, and of whether any of them has changed
 */
export function changedEventSql(
  later: string,
  before: string,
): { readonly columns: Readonly<Record<string, string>>; readonly differs: string } {
  const flagsOf = (alias: string): string => `coalesce(${alias}.flags, 0)`;
  const columns: Record<string, string> = {};
  const flags = [`((${flagsOf(later)} | ${flagsOf(before)}) & ${refunded})`];
  const byFlag = new Map<number, string>();
  for (const [, { column, imputed = 0 }] of fields) {
    const said = `(${later}.${column} IS NOT NULL AND (${flagsOf(later)} & ${imputed}) = 0)`;
    const kept = `(NOT ${said} AND ${before}.${column} IS NOT NULL)`;
    columns[column] = `CASE WHEN ${kept} THEN ${before}.${column} ELSE ${later}.${column} END`;
    if (imputed > 0 && !byFlag.has(imputed))
      byFlag.set(imputed, `((CASE WHEN ${kept} THEN ${flagsOf(before)} ELSE ${flagsOf(later)} END) & ${imputed})`);
  }
  const named = `(CASE WHEN ${later}.user_id IS NULL THEN ${flagsOf(before)} ELSE ${flagsOf(later)} END)`;
  flags.push(...byFlag.values(), `(${named} & ${anonymous})`);
  columns['flags'] = `CAST(${flags.join(' | ')} AS INTEGER)`;
  const differs = Object.entries(columns).map(([column, sql]) => `(${sql}) IS DISTINCT FROM ${before}.${column}`);
  return { columns, differs: `(${differs.join(' OR ')})` };
}
