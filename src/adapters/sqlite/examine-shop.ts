/** Looks at a shop's files without opening it for writing: nothing is made, changed or moved. */
import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { DatabaseSync } from 'node:sqlite';
import { isDraft } from './draft-files.ts';
import { quarantineName, segmentName, tracesOfShop } from './lost-files.ts';
import { readManifest } from './manifest.ts';
import { assertSums } from './page-sums.ts';
import { openReadOnly } from './read-only-database.ts';
import { applicationId, schemaVersion } from './schema.ts';
import { fileSha256 } from './segments.ts';

export interface ShopExamination {
  /** Faults that keep the shop from opening or answering, each a sentence. */
  readonly faults: readonly string[];
  /** What is out of place and does no harm. */
  readonly notes: readonly string[];
  /** Absent where the database cannot be read. */
  readonly counts?: {
    readonly products: number;
    readonly people: number;
    readonly liveEvents: number;
    readonly sealedEvents: number;
  };
}

export async function examineShop(folder: string): Promise<ShopExamination> {
  const faults: string[] = [];
  const notes: string[] = [];
  const path = join(folder, 'shop.sqlite');
  const traces = tracesOfShop(folder);
  if (!existsSync(path)) return { faults: [`shop.sqlite: none, though there is ${traces.join(', ')}.`], notes };
  if (statSync(path).size === 0 && !existsSync(`${path}-wal`)) {
    if (traces.length > 0) faults.push(`shop.sqlite: it is empty, though there is ${traces.join(', ')}.`);
    return { faults, notes };
  }
  try {
    assertSums(path);
  } catch (error) {
    faults.push((error as Error).message.replace(join(folder, '/'), ''));
  }
  try {
    const { database, close } = openReadOnly(path, { brief: true });
    try {
      const counts = await examineOpened(folder, database, traces, faults, notes);
      return { faults, notes, ...(counts && { counts }) };
    } finally {
      close();
    }
  } catch (error) {
    return { faults: [...faults, `shop.sqlite: ${(error as Error).message}.`], notes };
  }
}

async function examineOpened(
  folder: string,
  database: DatabaseSync,
  traces: readonly string[],
  faults: string[],
  notes: string[],
): Promise<ShopExamination['counts']> {
  const rows = <Row>(sql: string): Row[] => database.prepare(sql).all() as Row[];
  const one = (sql: string): number => Number(Object.values(rows<Record<string, number>>(sql)[0]!)[0]);
  const tables = one('SELECT count(*) FROM sqlite_schema');
  if (tables === 0) {
    if (traces.length > 0) faults.push(`shop.sqlite: it has no tables, though there is ${traces.join(', ')}.`);
    return undefined;
  }
  if (one('PRAGMA application_id') !== applicationId) {
    faults.push('shop.sqlite: another program’s database.');
    return undefined;
  }
  const version = one('PRAGMA user_version');
  if (version > schemaVersion) {
    faults.push(`shop.sqlite: schema version ${version}, written by a newer Shelfwise.`);
    return undefined;
  }
  const [sound] = rows<{ quick_check: string }>('PRAGMA quick_check(1)');
  if (sound?.quick_check !== 'ok') faults.push(`shop.sqlite: ${sound?.quick_check}.`);
  const values = new Map(
    rows<{ key: string; value: unknown }>('SELECT key, value FROM shop').map((row) => [row.key, row.value]),
  );
  const stored = Number(values.get('version') ?? values.get('generation') ?? 0);
  const manifest = readManifest(folder);
  if (!manifest && existsSync(join(folder, 'manifest.json')))
    notes.push('manifest.json: cannot be read; it is written anew when the shop is opened.');
  if (manifest?.shop !== undefined && values.has('shop') && manifest.shop !== values.get('shop'))
    faults.push('shop.sqlite: of another shop than manifest.json.');
  else if (manifest && manifest.version > stored)
    faults.push(`shop.sqlite: version ${stored}, older than the sealed events of version ${manifest.version}.`);

  const segments = rows<{
    name: string;
    bytes: number;
    sha256: string;
    filter_bytes: number;
    filter_sha256: string;
    /** Absent before schema version 5, null until the file is made. */
    people_bytes?: number | null;
    people_sha256?: string | null;
    rows: number;
  }>('SELECT * FROM segments');
  const known = new Set<string>();
  for (const segment of segments)
    for (const [file, bytes, sha256] of [
      [`segments/${segment.name}.parquet`, segment.bytes, segment.sha256],
      [`segments/${segment.name}.ids`, segment.filter_bytes, segment.filter_sha256],
      [`segments/${segment.name}.people`, segment.people_bytes, segment.people_sha256],
    ] as const) {
      if (typeof bytes !== 'number' || typeof sha256 !== 'string') continue;
      known.add(file);
      const fault = await faultOf(join(folder, file), bytes, sha256);
      if (fault) faults.push(`${file}: ${fault}.`);
    }
  for (const { file, bytes, sha256 } of rows<{ file: string; bytes: number; sha256: string }>(
    'SELECT file, bytes, sha256 FROM quarantines',
  )) {
    known.add(`quarantine/${file}`);
    const fault = await faultOf(join(folder, 'quarantine', file), bytes, sha256);
    if (fault) faults.push(`quarantine/${file}: ${fault}.`);
  }
  for (const [part, own] of [
    ['segments', segmentName],
    ['quarantine', quarantineName],
  ] as const)
    for (const name of filesOf(join(folder, part))) {
      if (known.has(`${part}/${name}`)) continue;
      if (isDraft(name)) notes.push(`${part}/${name}: a draft, of a process that writes or was killed.`);
      else if (own.test(name))
        notes.push(`${part}/${name}: of no known segment; it is moved to lost/ when the shop is opened.`);
      else notes.push(`${part}/${name}: not of this shop; left alone.`);
    }
  return {
    products: one('SELECT count(*) FROM products'),
    people: one('SELECT count(*) FROM persons WHERE joined = 0'),
    liveEvents: one('SELECT count(*) FROM events'),
    sealedEvents: segments.reduce((sum, segment) => sum + segment.rows, 0),
  };
}

async function faultOf(path: string, bytes: number, sha256: string): Promise<string | undefined> {
  const found = statSync(path, { throwIfNoEntry: false });
  if (!found) return 'it is missing';
  if (found.size !== bytes) return `expected ${bytes} bytes, got ${found.size}`;
  return (await fileSha256(path)) === sha256 ? undefined : 'its checksum differs';
}

function filesOf(folder: string): string[] {
  return existsSync(folder) ? readdirSync(folder).sort() : [];
}
