/**
 * `manifest.json`: the sealed part of the shop for readers that have no SQLite, written after each commit. It and the
 * database vouch for each other: both carry the shop's id, and the manifest's version is never ahead of the database's.
 * Where it is, the database is not the one that wrote these segments, and nothing may be judged by it.
 */
import { existsSync, readFileSync } from 'node:fs';
import { rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ShelfwiseError } from '../../core/errors.ts';
import { ownTag } from '../../core/scratch.ts';
import { type ShopDatabase, shopValue } from './database.ts';
import { type Segments, sync } from './segments.ts';

export interface Manifest {
  readonly format: number;
  /** Absent in a manifest of an earlier Shelfwise. */
  readonly shop?: string;
  readonly schemaVersion: number;
  readonly version: number;
  readonly segments: readonly {
    readonly file: string;
    readonly rows: number;
    readonly bytes: number;
    readonly sha256: string;
  }[];
}

export const repairHint = 'Restore the database from a backup, or see what can be rebuilt: shelfwise doctor.';

/** Undefined where there is none, or where it cannot be read: it is then written anew and vouches for nothing. */
export function readManifest(shopFolder: string): Manifest | undefined {
  const path = join(shopFolder, 'manifest.json');
  if (!existsSync(path)) return undefined;
  try {
    const manifest = JSON.parse(readFileSync(path, 'utf8')) as Manifest;
    return Number.isInteger(manifest?.version) && Array.isArray(manifest.segments) ? manifest : undefined;
  } catch {
    return undefined;
  }
}

/** @throws ShelfwiseError `SW_SHOP_CORRUPT` where the database is another shop's, or older than the manifest */
export function assertManifestAgrees(shopFolder: string, database: ShopDatabase): void {
  const manifest = readManifest(shopFolder);
  if (!manifest) return;
  const [shop, version] = [shopValue(database, 'shop'), shopValue(database, 'version') as number | undefined];
  if (manifest.shop !== undefined && manifest.shop !== shop)
    throw new ShelfwiseError(
      'SW_SHOP_CORRUPT',
      `${database.path}: expected the database of shop ${manifest.shop}, which manifest.json names, got that of ${shop ?? 'no shop'}.`,
      repairHint,
    );
  if (manifest.version > (version ?? 0))
    throw new ShelfwiseError(
      'SW_SHOP_CORRUPT',
      `${database.path}: expected version ${manifest.version} or later, as manifest.json says, got ${version ?? 'none'}: it is older than the sealed events.`,
      repairHint,
      { expected: manifest.version, got: version },
    );
}

export async function writeManifest(shopFolder: string, database: ShopDatabase, segments: Segments): Promise<void> {
  const manifest = database.snapshot(() => ({
    format: 1,
    shop: shopValue(database, 'shop'),
    schemaVersion: database.version,
    version: shopValue(database, 'version'),
    segments: segments.list().map(({ name, rows, bytes, sha256, firstTime, lastTime }) => ({
      file: `segments/${name}.parquet`,
      rows,
      bytes,
      sha256,
      firstTime,
      lastTime,
    })),
  }));
  const path = join(shopFolder, 'manifest.json');
  const text = `${JSON.stringify(manifest, null, 2)}\n`;
  if (existsSync(path) && readFileSync(path, 'utf8') === text) return;
  const unfinished = `${path}.${ownTag}.tmp`;
  await writeFile(unfinished, text);
  await sync(unfinished);
  await rename(unfinished, path);
  await sync(shopFolder);
}
