/** The shop as tables that SQL can join: what `ShopStore.writeTables` promises. */
import type { Analytics } from '../../data/analytics.ts';
import { storedColumnNames } from '../../data/event-fields.ts';
import type { EventFilter } from '../../data/event-store.ts';
import { appendCatalogueTables, appendProfileTable } from '../../data/shop-tables.ts';
import { readFacts, readProducts } from './catalogue-rows.ts';
import type { ShopDatabase } from './database.ts';
import type { EventReader } from './event-reader.ts';
import type { Persons } from './persons.ts';

export async function writeShopTables(
  database: ShopDatabase,
  reader: EventReader,
  persons: Persons,
  analytics: Analytics,
  filter: EventFilter,
): Promise<void> {
  await reader.createView(analytics, 'events', filter, storedColumnNames);
  const profiles =
    filter.person === undefined
      ? database.all('SELECT person, attributes FROM profiles')
      : database.all(
          'SELECT person, attributes FROM profiles WHERE person = ?',
          persons.keysOf(filter.person).canonical,
        );
  await appendProfileTable(
    analytics,
    profiles.map(([person, attributes]) => ({
      person: person as number,
      attributes: JSON.parse(attributes as string),
    })),
  );
  const products = [];
  for (let page = readProducts(database, '', 1_000); page.length > 0; ) {
    products.push(...page);
    page = readProducts(database, page.at(-1)!.productId, 1_000);
  }
  await appendCatalogueTables(analytics, products, readFacts(database, filter.until ?? Number.MAX_SAFE_INTEGER));
}
