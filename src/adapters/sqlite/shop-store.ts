/**
 * A shop in a folder: `shop.sqlite` holds what lives (and is the authority on what is sealed), `segments/` the sealed past
 * as Parquet, `quarantine/` what imports set aside, `manifest.json` the names of the segments for other readers.
 * See docs/reference/shop-files.md. It is long because the port is wide: a few lines for each method, the work in files beside it.
 */
import { randomBytes, randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { ShelfwiseError } from '../../core/errors.ts';
import { makeFolder } from '../../core/folders.ts';
import { turnOfOthers } from '../../core/in-turns.ts';
import { sweepScratch } from '../../core/scratch.ts';
import { named } from '../../core/system-errors.ts';
import type { Analytics } from '../../data/analytics.ts';
import type { FormerDescription, Product, TimedFact } from '../../data/catalogue.ts';
import type { CatalogueChanges, FactSpan, PutResult } from '../../data/catalogue-store.ts';
import { admit, refuseEvent, refuseFact, refuseProduct, refuseUser } from '../../data/door.ts';
import type { FurtherField } from '../../data/event-fields.ts';
import type { AppendResult, EventColumns, EventFilter, EventRead, FurtherColumns } from '../../data/event-store.ts';
import type { ShopEvent, UserProfile } from '../../data/events.ts';
import type { ImportCommit, ImportReport, QuarantinedRow, UndoneImport } from '../../data/import-log.ts';
import { PersonMentions } from '../../data/person-mentions.ts';
import type { ShopStore, StoreStatus, TrainingRight } from '../../data/shop-store.ts';
import { type ArrivalParts, dropArrivingUsers, overtakeArriving, settleArrivals, writeProfile } from './arrivals.ts';
import { bumpCatalogue, catalogueVersion, changesSince } from './catalogue-changes.ts';
import {
  readFacts,
  readFactsAfter,
  readFactsOfVariant,
  readFormerDescriptions,
  readProduct,
  readProducts,
  writeFact,
  writeProduct,
} from './catalogue-rows.ts';
import { changedOnes, forgetReplaced } from './changed-events.ts';
import { isBusy, ShopDatabase, setShopValue, shopValue } from './database.ts';
import { deleteEvents } from './delete-events.ts';
import { EventReader, whereSql } from './event-reader.ts';
import { EventWriter, sessionKey } from './event-writer.ts';
import { commitImport } from './import-commit.ts';
import { Lease } from './lease.ts';
import { tracesOfShop } from './lost-files.ts';
import { assertManifestAgrees, repairHint, writeManifest } from './manifest.ts';
import { mergeSegments, segmentsToMerge } from './merge-segments.ts';
import { assertSums } from './page-sums.ts';
import { Persons } from './persons.ts';
import { QuarantineFiles } from './quarantine-files.ts';
import { finishRemovals } from './removals.ts';
import { schemaVersion } from './schema.ts';
import { sealEvents } from './seal.ts';
import { Segments } from './segments.ts';
import { writeShopTables } from './shop-tables.ts';
import { holdsAny, traceOfPerson } from './traces.ts';
import { undoImport } from './undo-import.ts';

export interface OpenStoreOptions {
  /** Makes the shop where there is none. @default false */
  readonly create?: boolean;
  /** Milliseconds since 1970, for the catalogue's past. */
  readonly clock?: () => number;
  /** Milliseconds on a clock that only goes forward, for the writer lease. @default performance.now */
  readonly leaseClock?: () => number;
  /** How long a write waits for another process that holds the lease. @default 30,000 */
  readonly busyTimeoutMs?: number;
  /** Opens an empty DuckDB; called when sealed events are first read. */
  openAnalytics(): Promise<Analytics>;
}

/** True where a folder holds a shop, or parts of one. */
export function isShop(folder: string): boolean {
  return existsSync(join(folder, 'shop.sqlite')) || tracesOfShop(folder).length > 0;
}

/**
 * Opens the shop of a folder.
 *
 * @throws ShelfwiseError `SW_SHOP_NOT_FOUND`, `SW_SHOP_CORRUPT` naming the file, `SW_SHOP_NEWER`
 */
export async function openStore(folder: string, options: OpenStoreOptions): Promise<SqliteStore> {
  const path = join(folder, 'shop.sqlite');
  const traces = tracesOfShop(folder);
  if (!existsSync(path)) {
    if (traces.length > 0)
      throw new ShelfwiseError(
        'SW_SHOP_CORRUPT',
        `${path}: expected the database of the shop that ${traces.join(', ')} belong to, got no file.`,
        repairHint,
        { path, traces },
      );
    if (!options.create)
      throw new ShelfwiseError(
        'SW_SHOP_NOT_FOUND',
        `${folder}: expected a shop, got ${existsSync(folder) ? 'a folder without shop.sqlite' : 'no such folder'}.`,
        `Make one by importing files into ${folder}.`,
        { folder },
      );
    makeFolder(folder);
  }
  const database = await openPatiently(path, traces, options.busyTimeoutMs ?? 30_000);
  try {
    assertManifestAgrees(folder, database);
    assertSums(path);
    const store = new SqliteStore(folder, database, options);
    await store.settle();
    return store;
  } catch (error) {
    database.close();
    throw error;
  }
}

/** Several processes may make or migrate one shop at once: one does, the others wait. */
async function openPatiently(path: string, traces: readonly string[], waitMs: number): Promise<ShopDatabase> {
  const deadline = performance.now() + waitMs;
  for (;;) {
    try {
      return ShopDatabase.open(path, traces);
    } catch (error) {
      if (!isBusy(error) || performance.now() > deadline) throw error;
      await sleep(20);
    }
  }
}

/** Columns that an import was told are about people. */
function columnsOfPeople(report: ImportReport | undefined): string[] {
  const map = (report?.settings?.['map'] ?? {}) as Record<string, string>;
  return Object.entries(map).flatMap(([field, column]) =>
    /^(userId|visitorId|sessionId|user\.)/.test(field) ? [column] : [],
  );
}

export class SqliteStore implements ShopStore {
  readonly folder: string;
  readonly #database: ShopDatabase;
  readonly #clock: () => number;
  readonly #lease: Lease;
  readonly #persons: Persons;
  readonly #segments: Segments;
  readonly #quarantine: QuarantineFiles;
  readonly #reader: EventReader;
  readonly #writer: EventWriter;
  readonly #openAnalytics: () => Promise<Analytics>;
  readonly #notes: string[] = [];
  #tail: Promise<unknown> = Promise.resolve();
  #works: { readonly work: () => void; resolve(): void; reject(error: unknown): void }[] = [];
  #waiting = 0;
  #closed = false;

  /** Use `openStore`. */
  constructor(folder: string, database: ShopDatabase, options: OpenStoreOptions) {
    this.folder = folder;
    this.#database = database;
    this.#clock = options.clock ?? Date.now;
    this.#lease = new Lease(database, {
      name: 'writer',
      waitMs: options.busyTimeoutMs ?? 30_000,
      ...(options.leaseClock && { now: options.leaseClock }),
    });
    this.#persons = new Persons(database);
    this.#segments = new Segments(folder, database);
    this.#quarantine = new QuarantineFiles(folder, database);
    this.#openAnalytics = () => options.openAnalytics();
    this.#reader = new EventReader(database, this.#segments, this.#persons, this.#openAnalytics);
    this.#writer = new EventWriter({
      database,
      lease: this.#lease,
      persons: this.#persons,
      segments: this.#segments,
      sealedIds: (ids) => this.#reader.sealedIds(ids),
      exclusively: (work) => this.#exclusively(work),
    });
  }

  /** After opening: gives a new shop its id, sweeps drafts of killed processes, and checks what must be there. */
  async settle(): Promise<void> {
    if (shopValue(this.#database, 'shop') === undefined && !this.#database.readOnly)
      this.#database.transaction(() => {
        if (shopValue(this.#database, 'shop') !== undefined) return;
        setShopValue(this.#database, 'shop', randomUUID());
        if (shopValue(this.#database, 'secret') !== undefined) return;
        setShopValue(this.#database, 'secret', randomBytes(16).toString('hex'));
        setShopValue(this.#database, 'next_arrival', 1);
        setShopValue(this.#database, 'version', 0);
      });
    this.#segments.assertSizes();
    const { readOnly } = this.#database;
    if (readOnly) {
      const state = readOnly === 'frozen' ? ' What others write later is not seen until it is opened again.' : '';
      this.#notes.push(`The shop may not be written here: it is only read.${state}`);
      return;
    }
    if (!this.#lease.tryAcquire()) return;
    try {
      finishRemovals(this.folder, this.#database);
      settleArrivals(this.#arrivals(), (work) => this.#lease.transaction(work));
      for (const file of [...this.#segments.removeOrphans(), ...this.#quarantine.removeOrphans()])
        this.#notes.push(`${file}: of no import that ended and no known segment; moved to lost/.`);
      await this.#segments.completePeople((work) => this.#reader.withAnalytics(work));
      for (const part of ['', 'imports', 'models']) sweepScratch(join(this.folder, part));
      await writeManifest(this.folder, this.#database, this.#segments);
    } finally {
      this.#lease.release();
    }
  }

  #arrivals(): ArrivalParts {
    return { database: this.#database, persons: this.#persons, clock: this.#clock };
  }

  async appendEvents(events: readonly ShopEvent[]): Promise<AppendResult[]> {
    const { passed, answers } = admit(events, refuseEvent);
    const results = await this.#writer.append(passed);
    let next = 0;
    return answers.map((answer) => (answer === 'stored' ? results[next++]! : answer));
  }

  async putProducts(products: readonly Product[]): Promise<PutResult[]> {
    const { passed, answers } = admit(products, refuseProduct);
    await this.#write(() => {
      overtakeArriving(
        this.#database,
        passed.map((row) => ({ kind: 'product', row })),
      );
      for (const product of passed) writeProduct(this.#database, product, this.#clock());
      bumpCatalogue(this.#database);
    });
    return answers;
  }

  async putUsers(users: readonly UserProfile[]): Promise<PutResult[]> {
    const { passed, answers } = admit(users, refuseUser);
    await this.#write(() => {
      overtakeArriving(
        this.#database,
        passed.map((row) => ({ kind: 'user', row })),
      );
      for (const { userId, attributes } of passed)
        writeProfile(this.#database, this.#persons.keyOfUser(userId), attributes);
    });
    return answers;
  }

  async putFacts(facts: readonly TimedFact[]): Promise<PutResult[]> {
    const { passed, answers } = admit(facts, refuseFact);
    await this.#write(() => {
      for (const fact of passed) writeFact(this.#database, fact);
      bumpCatalogue(this.#database);
    });
    return answers;
  }

  joinVisitor(visitorId: string, userId: string): Promise<void> {
    return this.#write(() => this.#persons.join(visitorId, userId));
  }

  commitImport(commit: ImportCommit): Promise<ImportReport> {
    return named(this.folder, async () => {
      const report = await commitImport(
        {
          ...this.#arrivals(),
          lease: this.#lease,
          segments: this.#segments,
          quarantine: this.#quarantine,
          exclusively: (work) => this.#exclusively(work),
        },
        commit,
      );
      await this.#mergeSegments();
      await this.#exclusively(async () => {
        finishRemovals(this.folder, this.#database);
        await writeManifest(this.folder, this.#database, this.#segments);
      });
      return report;
    });
  }

  async personOf(id: { readonly userId?: string; readonly visitorId?: string }): Promise<number | undefined> {
    const user = id.userId === undefined ? undefined : this.#persons.lookUp('user', id.userId);
    if (user) return user.person;
    return id.visitorId === undefined ? undefined : this.#persons.lookUp('visitor', id.visitorId)?.person;
  }

  async user(userId: string): Promise<UserProfile | undefined> {
    const known = this.#persons.lookUp('user', userId);
    if (!known) return undefined;
    const row = this.#database.get('SELECT attributes FROM profiles WHERE person = ?', known.person);
    return { userId, attributes: row ? (JSON.parse(row[0] as string) as Record<string, string>) : {} };
  }

  async *customers(first = ''): AsyncGenerator<{ userId: string; person: number }> {
    for (let after = first; ; ) {
      const page = this.#persons.users(after, 1_000);
      if (page.length === 0) return;
      yield* page;
      after = page.at(-1)!.userId;
    }
  }

  async product(productId: string): Promise<Product | undefined> {
    return readProduct(this.#database, productId);
  }

  async *products(first = ''): AsyncGenerator<Product> {
    for (let after = first; ; ) {
      const page = readProducts(this.#database, after, 250);
      if (page.length === 0) return;
      yield* page;
      await turnOfOthers();
      after = page.at(-1)!.productId;
    }
  }

  async *formerDescriptions(): AsyncGenerator<FormerDescription> {
    for (let last: FormerDescription | undefined; ; ) {
      const page = readFormerDescriptions(this.#database, last, 1_000);
      if (page.length === 0) return;
      yield* page;
      last = page.at(-1);
    }
  }

  async catalogueVersion(): Promise<number> {
    return catalogueVersion(this.#database);
  }

  async catalogueChanges(since: number): Promise<CatalogueChanges | undefined> {
    return changesSince(this.#database, since);
  }

  async factsAt(time: number): Promise<TimedFact[]> {
    return readFacts(this.#database, time);
  }

  async *facts(span: FactSpan = {}): AsyncGenerator<TimedFact> {
    if (span.variantIds) {
      for (const id of new Set(span.variantIds)) yield* readFactsOfVariant(this.#database, span, id);
      return;
    }
    for (let last: TimedFact | undefined; ; ) {
      const page = readFactsAfter(this.#database, span, last, 1_000);
      if (page.length === 0) return;
      yield* page;
      await turnOfOthers();
      last = page.at(-1);
    }
  }

  readEvents<Field extends FurtherField = never>(
    read: EventRead<Field> = {},
  ): Promise<EventColumns & Pick<FurtherColumns, Field>> {
    return this.#reader.read(read);
  }

  recentEvents(person: number): Promise<EventColumns> {
    return this.#reader.recent(person);
  }

  async lastSearch(person: number, since: number, until: number): Promise<string | undefined> {
    return this.#reader.lastSearch(person, since, until);
  }

  async writeTables(analytics: Analytics, filter: EventFilter = {}): Promise<void> {
    await writeShopTables(this.#database, this.#reader, this.#persons, analytics, filter);
  }

  async *quarantined(
    filter: { importId?: string; step?: string; limit?: number } = {},
  ): AsyncGenerator<QuarantinedRow> {
    const rows: QuarantinedRow[] = [];
    // Read ahead of the consumer: the reader's DuckDB is not held while the consumer works.
    yield* await this.#reader.withAnalytics(async (analytics) => {
      for await (const row of this.#quarantine.read(analytics, filter)) rows.push(row);
      return rows;
    });
  }

  dropQuarantined(importId: string, step?: string): Promise<void> {
    return this.#exclusively(async () => {
      const [before] = this.#quarantine.list(importId);
      if (!before) return;
      const after =
        step === undefined
          ? undefined
          : await this.#reader.withAnalytics(async (analytics) =>
              this.#quarantine.write(
                analytics,
                importId,
                `SELECT * FROM ${await this.#quarantine.relation(before)} WHERE step <> '${step.replaceAll("'", "''")}'`,
              ),
            );
      this.#lease.transaction(() => (after ? this.#quarantine.put(after) : this.#quarantine.remove(importId)));
      finishRemovals(this.folder, this.#database);
    });
  }

  async seal(before: number): Promise<number> {
    const sealed = await this.#exclusively(() =>
      this.#reader.withAnalytics((analytics) =>
        sealEvents(this.#database, this.#lease, this.#segments, analytics, before),
      ),
    );
    if (sealed === 0) return sealed;
    await this.#mergeSegments();
    await this.#exclusively(async () => {
      finishRemovals(this.folder, this.#database);
      await writeManifest(this.folder, this.#database, this.#segments);
    });
    return sealed;
  }

  /** While others read and record, in a DuckDB of its own. What hinders it hinders nothing else: the next time tries again. */
  async #mergeSegments(): Promise<void> {
    if (segmentsToMerge(this.#segments.list()).length === 0) return;
    try {
      const analytics = await this.#openAnalytics();
      try {
        await mergeSegments(this.#database, this.#segments, analytics, (work) =>
          this.#exclusively(async () => this.#lease.transaction(work)),
        );
      } finally {
        await analytics.close();
      }
    } catch (error) {
      this.#notes.push(`Small segments could not be merged: ${(error as Error).message}`);
    }
  }

  deleteEvents(selection: EventFilter): Promise<number> {
    return this.#exclusively(async () => {
      const keys = selection.person === undefined ? undefined : this.#persons.keysOf(selection.person).keys;
      const where = whereSql(selection, keys);
      const [database, segments] = [this.#database, this.#segments];
      const deleted = await this.#reader.withAnalytics(async (analytics) => {
        const changed = await changedOnes(database, segments, analytics, where);
        return deleteEvents(database, this.#lease, segments, analytics, where, () =>
          forgetReplaced(database, where, changed),
        );
      });
      finishRemovals(this.folder, this.#database);
      if (deleted > 0) await writeManifest(this.folder, this.#database, this.#segments);
      return deleted;
    });
  }

  undoImport(importId: string): Promise<UndoneImport> {
    return this.#exclusively(async () => {
      const undone = await this.#reader.withAnalytics((analytics) =>
        undoImport(
          {
            ...{ database: this.#database, lease: this.#lease, segments: this.#segments, quarantine: this.#quarantine },
            persons: this.#persons,
          },
          analytics,
          importId,
        ),
      );
      finishRemovals(this.folder, this.#database);
      await writeManifest(this.folder, this.#database, this.#segments);
      return undone;
    });
  }

  async beginTraining(lent?: string): Promise<TrainingRight> {
    const lease = new Lease(this.#database, {
      ...{ name: 'training', waitMs: 0 },
      ...(lent !== undefined && { lent }),
    });
    await lease.acquire();
    return {
      token: lease.token,
      publish: (work) => lease.transaction(work),
      end: () => lease.release(),
    };
  }

  forget(userId: string): Promise<boolean> {
    return this.#exclusively(async () => {
      const ids = [...new Set([userId, ...this.#persons.rawIds(userId)])];
      const traces = this.#tracesOf(userId, ids);
      const mentions = await this.#mentionsOf(userId, ids);
      const told = new Map((await this.status()).imports.map((report) => [report.importId, report]));
      const rewritten = await this.#reader.withAnalytics((analytics) =>
        this.#quarantine.without(analytics, mentions, (importId) => columnsOfPeople(told.get(importId))),
      );
      const known = this.#lease.transaction(() => {
        for (const { before, after } of rewritten)
          if (after) this.#quarantine.put(after);
          else this.#quarantine.remove(before.importId);
        dropArrivingUsers(this.#database, ids);
        return this.#persons.forget(userId);
      });
      finishRemovals(this.folder, this.#database);
      if (known) {
        await this.#emptyLog();
        if (holdsAny(this.#database.path, traces)) {
          this.#database.vacuum();
          await this.#emptyLog();
        }
      }
      return known || rewritten.length > 0;
    });
  }

  /** What rows that name the person look like in the file. */
  #tracesOf(userId: string, ids: readonly string[]): Buffer[] {
    const person = this.#persons.lookUp('user', userId)?.person;
    if (person === undefined) return [];
    const profile = this.#database.get('SELECT attributes FROM profiles WHERE person = ?', person)?.[0] as
      | string
      | undefined;
    return [
      // A visitor who became the customer had a key before.
      ...this.#persons.keysOf(person).keys.flatMap((key) => ids.flatMap((id) => traceOfPerson(id, key))),
      ...ids.map((id) => Buffer.from(`"userId":${JSON.stringify(id)}`)),
      // A gap may have been written over in part; a long id is told without the rest of its row.
      ...ids.filter((id) => id.length >= 8).map((id) => Buffer.from(id)),
      ...(profile !== undefined && profile !== '{}' ? [Buffer.from(profile)] : []),
    ];
  }

  /** With the person's sessions, of which only hashes are kept. */
  async #mentionsOf(userId: string, ids: readonly string[]): Promise<PersonMentions> {
    const person = this.#persons.lookUp('user', userId)?.person;
    const sessions = new Set(person === undefined ? [] : await this.#reader.sessionsOf(person));
    const secret = shopValue(this.#database, 'secret') as string;
    return new PersonMentions({ ids, isSession: (sessionId) => sessions.has(sessionKey(secret, sessionId)) });
  }

  /** The log repeats what was deleted until it is emptied; a reader elsewhere may hold it for a moment. */
  async #emptyLog(): Promise<void> {
    for (let attempt = 0; attempt < 50 && !this.#database.checkpoint(); attempt++) await sleep(20);
  }

  async status(): Promise<StoreStatus> {
    return this.#database.snapshot(() => {
      const segments = this.#segments.list();
      const count = (sql: string): number => this.#database.get(sql)![0] as number;
      const [liveEvents, first, last] = this.#database.get('SELECT count(*), min(time), max(time) FROM events')!;
      const firsts = [...segments.map(({ firstTime }) => firstTime), ...(first === null ? [] : [first as number])];
      const lasts = [...segments.map(({ lastTime }) => lastTime), ...(last === null ? [] : [last as number])];
      return {
        schemaVersion,
        products: count('SELECT count(*) FROM products'),
        variants: count('SELECT count(*) FROM variants'),
        people: count('SELECT count(*) FROM persons WHERE joined = 0'),
        liveEvents: liveEvents as number,
        sealedEvents: segments.reduce((sum, { rows }) => sum + rows, 0),
        firstTime: firsts.length > 0 ? Math.min(...firsts) : undefined,
        lastTime: lasts.length > 0 ? Math.max(...lasts) : undefined,
        segments: segments.map(({ name }) => `segments/${name}.parquet`),
        notes: this.#notes,
        imports: this.#database
          .all('SELECT report FROM imports ORDER BY seq')
          .map(([report]) => JSON.parse(report as string) as ImportReport),
      };
    });
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    await this.#writer.drain();
    await this.#tail;
    await this.#reader.close();
    this.#lease.release();
    this.#database.close();
  }

  /** Works that wait become durable in one transaction, as events do; one that fails fails alone. */
  #write(work: () => void): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#works.push({ work, resolve, reject });
      if (this.#works.length > 1) return;
      this.#exclusively(async () => {
        const group = this.#works.splice(0);
        const write = (some: typeof group): Promise<void> =>
          named(this.folder, async () => this.#writeTogether(some.map((one) => one.work)));
        try {
          await write(group);
          for (const one of group) one.resolve();
        } catch {
          for (const one of group) await write([one]).then(one.resolve, one.reject);
        }
      }).catch((error) => {
        // The lease did not come.
        for (const one of this.#works.splice(0)) one.reject(error);
      });
    });
  }

  #writeTogether(works: readonly (() => void)[]): void {
    try {
      this.#lease.transaction(() => {
        this.#persons.begin();
        for (const work of works) work();
        this.#persons.finish();
      });
    } catch (error) {
      this.#persons.clear();
      throw error;
    }
  }

  /** One piece of writing work after another, each holding the lease. */
  #exclusively<T>(work: () => Promise<T>): Promise<T> {
    this.#waiting++;
    const run = this.#tail.then(async () => {
      try {
        return await named(this.folder, async () => {
          await this.#lease.acquire();
          return await work();
        });
      } finally {
        this.#waiting--;
        if (this.#lease.wanted || this.#waiting === 0) this.#lease.rest();
      }
    });
    this.#tail = run.catch(() => undefined);
    return run;
  }
}
