/**
 * Sealed events: Parquet files, each with the filter of its event ids and the newest events of its people beside it. The database says which exist, with their
 * sizes and checksums; `manifest.json` repeats it for readers that have no SQLite, and is written after the commit.
 */
import { createHash } from 'node:crypto';
import { createReadStream, readFileSync, rmSync, statSync } from 'node:fs';
import { mkdir, open, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { ShelfwiseError } from '../../core/errors.ts';
import { type Analytics, parquetRows, sqlText } from '../../data/analytics.ts';
import { type ShopDatabase, setShopValue, shopValue } from './database.ts';
import { draftPath, dropDraft, publishDraft, sweepDrafts } from './draft-files.ts';
import { EventIdFilter } from './event-id-filter.ts';
import { moveLost, segmentName } from './lost-files.ts';
import { PeopleFile, writePeopleFile } from './people-file.ts';

export interface Segment {
  readonly name: string;
  readonly rows: number;
  readonly bytes: number;
  readonly sha256: string;
  readonly filterBytes: number;
  readonly filterSha256: string;
  /** Absent where an earlier Shelfwise wrote the segment, until it is made. */
  readonly people: PeopleSum | undefined;
  /** Milliseconds since 1970 of the oldest and the newest event. */
  readonly firstTime: number;
  readonly lastTime: number;
}

interface PeopleSum {
  readonly bytes: number;
  readonly sha256: string;
}

/** Of the files of a segment. */
export const segmentEndings = ['parquet', 'ids', 'people'] as const;

export interface WrittenSegment extends Segment {
  readonly lastArrival: number;
}

/** Small enough that one person's events are found by reading little; large enough to scan fast. */
const rowGroupRows = 61_440;

export class Segments {
  readonly folder: string;
  readonly #shopFolder: string;
  readonly #database: ShopDatabase;
  readonly #filters = new Map<string, EventIdFilter>();
  readonly #people = new Map<string, PeopleFile>();
  /** Files of people that are being opened. */
  readonly #opening = new Map<string, Promise<void>>();
  readonly #checked = new Set<string>();
  /** Segments as of a version of the shop. */
  #listed: { readonly version: unknown; readonly segments: readonly Segment[] } | undefined;

  constructor(shopFolder: string, database: ShopDatabase) {
    this.#shopFolder = shopFolder;
    this.folder = join(shopFolder, 'segments');
    this.#database = database;
  }

  list(): Segment[] {
    return this.#database
      .all(
        `SELECT name, rows, bytes, sha256, filter_bytes, filter_sha256, people_bytes, people_sha256, first_time, last_time
         FROM segments ORDER BY seq`,
      )
      .map(
        ([name, rows, bytes, sha256, filterBytes, filterSha256, peopleBytes, peopleSha256, firstTime, lastTime]) => ({
          name: name as string,
          rows: rows as number,
          bytes: bytes as number,
          sha256: sha256 as string,
          filterBytes: filterBytes as number,
          filterSha256: filterSha256 as string,
          people: peopleSha256 === null ? undefined : { bytes: peopleBytes as number, sha256: peopleSha256 as string },
          firstTime: firstTime as number,
          lastTime: lastTime as number,
        }),
      );
  }

  /** Inside the transaction that makes the segment part of the shop: names its files, and lists it. */
  add(segment: Segment): void {
    for (const ending of segmentEndings) publishDraft(this.folder, `${segment.name}.${ending}`);
    this.enlist(segment);
  }

  /** Inside a transaction: lists a segment whose files are there under their names. */
  enlist(segment: Segment): void {
    const { name, rows, bytes, sha256, filterBytes, filterSha256, people, firstTime, lastTime } = segment;
    this.#database.run(
      `INSERT INTO segments (name, rows, bytes, sha256, filter_bytes, filter_sha256, people_bytes, people_sha256,
         first_time, last_time) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
      ...[name, rows, bytes, sha256, filterBytes, filterSha256],
      ...[people?.bytes ?? null, people?.sha256 ?? null, firstTime, lastTime],
    );
  }

  path(name: string, ending: (typeof segmentEndings)[number] = 'parquet'): string {
    return join(this.folder, `${name}.${ending}`);
  }

  /** The rows of the segments, to select from; undefined without any. */
  relation(segments: readonly Segment[]): string | undefined {
    if (segments.length === 0) return undefined;
    return parquetRows(...segments.map(({ name }) => this.path(name)));
  }

  /**
   * Writes the result of a query as drafts of a segment, sorted by person, time and arrival; `add` makes them part of
   * the shop.
   *
   * @param select - all stored event columns
   * @param filter - of the ids of these events
   */
  async write(analytics: Analytics, name: string, select: string, filter: EventIdFilter): Promise<WrittenSegment> {
    await mkdir(this.folder, { recursive: true });
    const draft = (ending: string): string => draftPath(this.folder, `${name}.${ending}`);
    await analytics.execute(
      `COPY (${select} ORDER BY person, time, arrival) TO ${sqlText(draft('parquet'))} (FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE ${rowGroupRows})`,
    );
    await writeFile(draft('ids'), filter.bytes());
    for (const ending of ['parquet', 'ids']) await sync(draft(ending));
    await writePeopleFile(analytics, parquetRows(draft('parquet')), draft('people'));
    return this.describe(analytics, name, draft);
  }

  /** What the list says of a segment, read from its files. */
  async describe(
    analytics: Analytics,
    name: string,
    path: (ending: (typeof segmentEndings)[number]) => string = (ending) => this.path(name, ending),
  ): Promise<WrittenSegment> {
    const [found] = await analytics.rows<{ rows: number; first: number; last: number; arrival: number }>(
      `SELECT count(*) AS rows, min(time) AS first, max(time) AS last, max(arrival) AS arrival FROM ${parquetRows(path('parquet'))}`,
    );
    const [parquet, ids, people] = await Promise.all(
      segmentEndings.map(async (ending) => ({
        bytes: statSync(path(ending)).size,
        sha256: await fileSha256(path(ending)),
      })),
    );
    return {
      name,
      rows: found!.rows,
      ...parquet!,
      filterBytes: ids!.bytes,
      filterSha256: ids!.sha256,
      people: people!,
      firstTime: found!.first,
      lastTime: found!.last,
      lastArrival: found!.arrival,
    };
  }

  /** Gives the segments of an earlier Shelfwise their files of people; the caller holds the lease. */
  async completePeople(openAnalytics: <T>(work: (analytics: Analytics) => Promise<T>) => Promise<T>): Promise<void> {
    for (const segment of this.list().filter(({ people }) => !people)) {
      const { name } = segment;
      await this.assertChecksums([segment]);
      const draft = draftPath(this.folder, `${name}.people`);
      await openAnalytics((analytics) => writePeopleFile(analytics, this.relation([segment])!, draft));
      const [bytes, sha256] = [statSync(draft).size, await fileSha256(draft)];
      publishDraft(this.folder, `${name}.people`);
      this.#database.transaction(() => {
        this.#database.run(
          'UPDATE segments SET people_bytes = ?, people_sha256 = ? WHERE name = ?',
          ...[bytes, sha256, name],
        );
        bumpVersion(this.#database);
      });
    }
  }

  /** Inside a transaction: takes the segment off the list; its files are given up by the caller. */
  remove({ name }: Segment): void {
    this.#database.run('DELETE FROM segments WHERE name = ?', name);
  }

  /** After a failed transaction: the files of a segment that is not part of the shop. */
  discard(name: string): void {
    for (const ending of segmentEndings) {
      dropDraft(this.folder, `${name}.${ending}`);
      rmSync(this.path(name, ending), { force: true });
    }
  }

  /** True where a sealed event may have this id; loads the filters when first asked. */
  mayHold(segments: readonly Segment[], hash: number): boolean {
    return segments.some((segment) => this.filter(segment).has(hash));
  }

  filter(segment: Segment): EventIdFilter {
    let filter = this.#filters.get(segment.name);
    if (!filter) {
      const path = this.path(segment.name, 'ids');
      const bytes = readFileSync(path);
      if (createHash('sha256').update(bytes).digest('hex') !== segment.filterSha256) throw damaged(path, 'other bytes');
      filter = EventIdFilter.parse(Uint8Array.from(bytes));
      this.#filters.set(segment.name, filter);
    }
    return filter;
  }

  /** Inside a snapshot: the list, read again only where the shop has another version. */
  current(): readonly Segment[] {
    const version = shopValue(this.#database, 'version');
    if (!this.#listed || this.#listed.version !== version) {
      this.#listed = { version, segments: this.list() };
      const names = new Set(this.#listed.segments.map(({ name }) => name));
      for (const [name, file] of this.#people) {
        if (names.has(name)) continue;
        file.close();
        this.#people.delete(name);
      }
    }
    return this.#listed.segments;
  }

  /** The open files of people; undefined until all of them are. */
  people(segments: readonly Segment[]): readonly PeopleFile[] | undefined {
    const files = segments.map(({ name }) => this.#people.get(name));
    return files.every((file) => file !== undefined) ? files : undefined;
  }

  /**
   * Opens the files of people whose bytes are those that were written; false where a segment has none yet.
   *
   * @throws ShelfwiseError `SW_SHOP_CORRUPT`
   */
  async openPeople(segments: readonly Segment[]): Promise<boolean> {
    if (segments.some(({ people }) => !people)) return false;
    await Promise.all(segments.map((segment) => this.#openPeopleOf(segment)));
    return true;
  }

  /** Many who ask at once, as after a start or a sealing, wait for one reading. */
  #openPeopleOf({ name, people }: Segment): Promise<void> | undefined {
    if (this.#people.has(name)) return undefined;
    const path = this.path(name, 'people');
    const opening =
      this.#opening.get(name) ??
      assertWhole(path, people!.bytes, people!.sha256)
        .then(() => void this.#people.set(name, new PeopleFile(path)))
        .finally(() => this.#opening.delete(name));
    this.#opening.set(name, opening);
    return opening;
  }

  close(): void {
    for (const file of this.#people.values()) file.close();
    this.#people.clear();
    this.#listed = undefined;
  }

  /** @throws ShelfwiseError `SW_SHOP_CORRUPT` naming the first file that is missing or of another size */
  assertSizes(): void {
    for (const { name, bytes, filterBytes, people } of this.list()) {
      assertSize(this.path(name), bytes);
      assertSize(this.path(name, 'ids'), filterBytes);
      if (people) assertSize(this.path(name, 'people'), people.bytes);
    }
  }

  /** Compares the checksums of segments that this process has not compared yet. */
  async assertChecksums(segments: readonly Segment[]): Promise<void> {
    for (const { name, bytes, sha256 } of segments) {
      if (this.#checked.has(name)) continue;
      await assertWhole(this.path(name), bytes, sha256);
      this.#checked.add(name);
    }
  }

  /** After a reading failed: names the file that is to blame, if a segment is. */
  async explain(error: unknown): Promise<unknown> {
    if (error instanceof ShelfwiseError) return error;
    this.#checked.clear();
    try {
      await this.assertChecksums(this.list());
    } catch (found) {
      return found;
    }
    return error;
  }

  /** Moves files that no row names to `lost/`, sweeps drafts of the dead; the caller holds the lease. */
  removeOrphans(): string[] {
    sweepDrafts(this.folder);
    const known = new Set(this.list().flatMap(({ name }) => segmentEndings.map((ending) => `${name}.${ending}`)));
    return moveLost(this.#shopFolder, 'segments', segmentName, known);
  }
}

/** Inside a transaction: the next state of the sealed part. */
export function bumpVersion(database: ShopDatabase): void {
  setShopValue(database, 'version', (shopValue(database, 'version') as number) + 1);
}

/** Makes a file, or a folder's list of files, durable. */
export async function sync(path: string): Promise<void> {
  const file = await open(path, 'r');
  await file.sync().finally(() => file.close());
}

export async function fileSha256(path: string): Promise<string> {
  const sha = createHash('sha256');
  await pipeline(createReadStream(path, { highWaterMark: 1 << 20 }), sha);
  return sha.digest('hex');
}

/** @throws ShelfwiseError `SW_SHOP_CORRUPT` where size or checksum differ */
export async function assertWhole(path: string, bytes: number, sha256: string | undefined): Promise<void> {
  assertSize(path, bytes);
  if (sha256 !== undefined && (await fileSha256(path)) !== sha256)
    throw damaged(path, 'other bytes (its checksum differs)');
}

function assertSize(path: string, bytes: number): void {
  const found = statSync(path, { throwIfNoEntry: false });
  if (!found) throw damaged(path, 'no file', bytes);
  if (found.size !== bytes) throw damaged(path, `${found.size} bytes`, bytes);
}

function damaged(path: string, got: string, bytes?: number): ShelfwiseError {
  const expected = bytes === undefined ? 'the bytes that were written' : `${bytes} bytes`;
  return new ShelfwiseError(
    'SW_SHOP_CORRUPT',
    `${path}: expected ${expected}, got ${got}.`,
    'Restore the file from a backup, or import the files of the store into a new folder.',
    { path },
  );
}
