/**
 * Which products and facts changed, and when: each with the version of the catalogue at which it last did, so that whoever
 * holds the catalogue in memory reads again what changed and nothing else. What changes very many rows says so once.
 */
import type { CatalogueChanges } from '../../data/catalogue-store.ts';
import { type ShopDatabase, setShopValue, shopValue } from './database.ts';

/** `catalogue_changes.kind`. */
const kinds = { product: 0, facts: 1 } as const;

/** Above this it is less work to read the catalogue again. */
const mostChanges = 10_000;

export function catalogueVersion(database: ShopDatabase): number {
  return (shopValue(database, 'catalogue') as number | undefined) ?? 0;
}

/** Inside the transaction that changed products or facts. */
export function bumpCatalogue(database: ShopDatabase): void {
  setShopValue(database, 'catalogue', catalogueVersion(database) + 1);
}

/** Inside a transaction: the product, or the facts of the variant, are others from the next version on. */
export function noteChange(database: ShopDatabase, kind: keyof typeof kinds, id: string): void {
  database.run(
    'INSERT OR REPLACE INTO catalogue_changes (kind, id, version) VALUES (?, ?, ?)',
    ...[kinds[kind], id, catalogueVersion(database) + 1],
  );
}

/** Inside a transaction: from the next version on nothing is known to be as before. */
export function noteAllChanged(database: ShopDatabase): void {
  setShopValue(database, 'catalogue_whole', catalogueVersion(database) + 1);
  database.run('DELETE FROM catalogue_changes');
}

/** Undefined where all may have changed. */
export function changesSince(database: ShopDatabase, since: number): CatalogueChanges | undefined {
  return database.snapshot(() => {
    const version = catalogueVersion(database);
    const whole = (shopValue(database, 'catalogue_whole') as number | undefined) ?? 0;
    if (since < whole || since > version) return undefined;
    const rows = database.all(
      'SELECT kind, id FROM catalogue_changes WHERE version > ? LIMIT ?',
      ...[since, mostChanges + 1],
    );
    if (rows.length > mostChanges) return undefined;
    const idsOf = (kind: number): string[] => rows.flatMap((row) => (row[0] === kind ? [row[1] as string] : []));
    return { version, products: idsOf(kinds.product), variants: idsOf(kinds.facts) };
  });
}
