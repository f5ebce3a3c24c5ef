/**
 * Takes an import back with all that it stored: its events, its products, profiles and facts (what stood in their place
 * returns; what was put or imported since stays), the people whom nothing else names, what it set aside, and its report.
 */
import { ShelfwiseError } from '../../core/errors.ts';
import type { Analytics } from '../../data/analytics.ts';
import type { Product, TimedFact } from '../../data/catalogue.ts';
import type { UndoneImport } from '../../data/import-log.ts';
import { insertProfile } from './arrivals.ts';
import { bumpCatalogue, noteChange } from './catalogue-changes.ts';
import { deleteProduct, factKey, insertFact, neverDescribed, readFactsOf, restoreProduct } from './catalogue-rows.ts';
import { restoreEvents } from './changed-events.ts';
import type { ShopDatabase } from './database.ts';
import { deleteEvents } from './delete-events.ts';
import type { Lease } from './lease.ts';
import type { Persons } from './persons.ts';
import type { QuarantineFiles } from './quarantine-files.ts';
import { replacedBy, replacedRowsOf, unlinkReplaced } from './replaced-rows.ts';
import type { Segments } from './segments.ts';

export interface UndoParts {
  readonly database: ShopDatabase;
  readonly lease: Lease;
  readonly segments: Segments;
  readonly quarantine: QuarantineFiles;
  readonly persons: Persons;
}

/**
 * Holding the lease, alone.
 *
 * @throws ShelfwiseError `SW_USAGE` for an import that is not known, or of a shop from before imports could be taken back
 */
export async function undoImport(parts: UndoParts, analytics: Analytics, importId: string): Promise<UndoneImport> {
  const { database, lease, segments } = parts;
  const found = database.get('SELECT batch, first_arrival, last_arrival FROM imports WHERE import_id = ?', importId);
  if (!found) {
    const known = database.all('SELECT import_id FROM imports ORDER BY seq DESC LIMIT 5').map(([id]) => id as string);
    throw new ShelfwiseError(
      'SW_USAGE',
      `\`undoImport\`: expected an import of this shop, got "${importId}".`,
      known.length > 0 ? `The last are ${known.join(', ')}.` : 'The shop holds none.',
    );
  }
  const [batch, first, last] = found as (number | null)[];
  if (batch === null || first === null || last === null)
    throw new ShelfwiseError(
      'SW_USAGE',
      `\`undoImport\` ${importId}: expected an import that says what it stored, got one of an earlier version.`,
      'Delete its events with `shelfwise events --delete`, or make the shop anew.',
    );
  const counts = { products: 0, profiles: 0, facts: 0, people: 0 };
  const others = await peopleOfOthers(parts, analytics, batch!, first!, last!);
  const events = await deleteEvents(
    ...([database, lease, segments, analytics] as const),
    ` WHERE arrival >= ${first} AND arrival <= ${last}`,
    () => {
      restoreEvents(database, segments, batch!);
      Object.assign(counts, takeBackCatalogue(parts, batch!));
      counts.people = dropPeople(parts, batch!, others);
      for (const row of replacedRowsOf(database, batch!, 'product')) neverDescribed(database, row as Product);
      unlinkReplaced(database, batch!);
      database.run('DELETE FROM arriving WHERE batch = ?', batch!);
      database.run('DELETE FROM arrivals WHERE batch = ?', batch!);
      database.run('DELETE FROM imports WHERE import_id = ?', importId);
      if (parts.quarantine.list(importId).length > 0) parts.quarantine.remove(importId);
      bumpCatalogue(database);
    },
  );
  return { importId, events, ...counts };
}

/** Ids that the import brought, or one that was taken back before it and whose people others named then. */
const broughtBy = `(batch = ?1 OR (batch <> 0 AND batch NOT IN (SELECT batch FROM imports WHERE batch IS NOT NULL)
  AND batch NOT IN (SELECT batch FROM arrivals)))`;

/** Of the people whom the import brought, those whom other events name. */
async function peopleOfOthers(
  { database, segments }: UndoParts,
  analytics: Analytics,
  batch: number,
  first: number,
  last: number,
): Promise<ReadonlySet<number>> {
  const others = new Set<number>();
  const outside = `(arrival < ${first} OR arrival > ${last})`;
  for (const [person] of database.all(`SELECT DISTINCT person FROM events WHERE ${outside}`))
    others.add(person as number);
  const brought = database
    .all(`SELECT DISTINCT person FROM persons WHERE ${broughtBy}`, batch)
    .map(([key]) => key as number);
  const sealed = segments.relation(segments.list());
  if (brought.length === 0 || !sealed) return others;
  const table = 'undo_people';
  await analytics.execute(`DROP TABLE IF EXISTS ${table}`);
  await analytics.append(table, [{ name: 'person', type: 'BIGINT', values: Float64Array.from(brought) }]);
  const found = await analytics.columns(
    `SELECT DISTINCT person FROM ${sealed} WHERE ${outside} AND person IN (SELECT person FROM ${table})`,
  );
  await analytics.execute(`DROP TABLE ${table}`);
  for (const person of found['person'] as Float64Array) others.add(person);
  return others;
}

function takeBackCatalogue(
  { database }: UndoParts,
  batch: number,
): { products: number; profiles: number; facts: number } {
  const products = database.all('SELECT product_id FROM products WHERE batch = ?', batch).map(([id]) => id as string);
  for (const productId of products) {
    const before = replacedBy(database, batch, 'product', productId);
    if (!before) deleteProduct(database, productId);
    else restoreProduct(database, before.row as Product, before.rowBatch);
  }
  const profiles = database.all('SELECT person FROM profiles WHERE batch = ?', batch).map(([key]) => key as number);
  for (const person of profiles) {
    const before = replacedBy(database, batch, 'profile', String(person));
    if (!before) database.run('DELETE FROM profiles WHERE person = ?', person);
    else insertProfile(database, person, before.row as Record<string, string>, before.rowBatch);
  }
  const replaced: TimedFact[] = [];
  for (const fact of readFactsOf(database, batch)) {
    const before = replacedBy(database, batch, 'fact', factKey(fact));
    if (before) insertFact(database, before.row as TimedFact, before.rowBatch);
    else replaced.push(fact);
  }
  for (const { variantId } of replaced) noteChange(database, 'facts', variantId);
  // What is left of the import's facts stood in nobody's place.
  database.run('DELETE FROM facts WHERE batch = ?', batch);
  return { products: products.length, profiles: profiles.length, facts: replaced.length };
}

/** People whom only this import named: no event, no profile, no visitor of theirs is left. */
function dropPeople({ database, persons }: UndoParts, batch: number, others: ReadonlySet<number>): number {
  let dropped = 0;
  const brought = database.all(`SELECT DISTINCT person FROM persons WHERE ${broughtBy}`, batch);
  for (const [key] of brought) {
    const person = key as number;
    const named =
      others.has(person) ||
      database.get('SELECT 1 FROM profiles WHERE person = ?', person) !== undefined ||
      database.get(`SELECT 1 FROM persons WHERE person = ?2 AND NOT (${broughtBy}) LIMIT 1`, batch, person) !==
        undefined;
    if (named) continue;
    dropped += database.run('DELETE FROM persons WHERE person = ?', person);
  }
  persons.clear();
  return dropped;
}
