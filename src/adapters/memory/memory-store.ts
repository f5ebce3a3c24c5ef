/**
 * A shop that lives in memory, with the same answers as one on disk: for tests and for trying things out. It is long because
 * the four ports are wide.
 */
import { ShelfwiseError } from '../../core/errors.ts';
import type { Analytics, ColumnType, TableColumn } from '../../data/analytics.ts';
import {
  type FormerDescription,
  formerDescriptionsKept,
  isDescribedAnew,
  type Product,
  type TimedFact,
} from '../../data/catalogue.ts';
import type { CatalogueChanges, FactSpan, PutResult } from '../../data/catalogue-store.ts';
import { admit, type Refused, refuseEvent, refuseFact, refuseProduct, refuseUser } from '../../data/door.ts';
import { changedEvent } from '../../data/event-changes.ts';
import type { FurtherField } from '../../data/event-fields.ts';
import { stagedEventColumns, storedEventColumns } from '../../data/event-fields.ts';
import { eventIdHash } from '../../data/event-id-hash.ts';
import type { AppendResult, EventColumns, EventFilter, EventRead, FurtherColumns } from '../../data/event-store.ts';
import { furtherColumnsOf, recentEventsKept } from '../../data/event-store.ts';
import { eventKinds, type ShopEvent, type UserProfile } from '../../data/events.ts';
import type { ImportCommit, ImportReport, QuarantinedRow, UndoneImport } from '../../data/import-log.ts';
import { eventCounts } from '../../data/import-log.ts';
import type { ShopStore, StoreStatus, TrainingRight } from '../../data/shop-store.ts';
import { appendCatalogueTables, appendProfileTable } from '../../data/shop-tables.ts';
import { OwnedRows } from './owned-rows.ts';

interface StoredEvent extends ShopEvent {
  readonly arrival: number;
  readonly person: number;
}

/** @param clock - milliseconds since 1970 */
export function createMemoryStore(clock: () => number = Date.now): ShopStore {
  const store: ShopStore = new MemoryStore(clock);
  let closed = false;
  return new Proxy(store, {
    get(target, name) {
      const method = Reflect.get(target, name) as (...given: unknown[]) => unknown;
      if (name === 'close') closed = true;
      else if (closed) {
        const message = 'store: expected an open shop, got one that was closed.';
        throw new ShelfwiseError('SW_SHOP_CLOSED', message, 'Open it again, and close it when all is done.');
      }
      return typeof method === 'function' ? method.bind(target) : method;
    },
  });
}

class MemoryStore implements ShopStore {
  readonly #events = new OwnedRows<string, StoredEvent>();
  readonly #users = new Map<string, number>();
  readonly #visitors = new Map<string, { person: number; joined: boolean }>();
  readonly #canonical = new Map<number, number>();
  readonly #profiles = new OwnedRows<number, Readonly<Record<string, string>>>();
  readonly #products = new OwnedRows<string, Product>();
  readonly #former = new Map<string, FormerDescription[]>();
  readonly #clock: () => number;
  readonly #facts = new OwnedRows<string, TimedFact>();
  #imports: ImportReport[] = [];
  /** Number and people of each import that can be taken back. */
  readonly #undoable = new Map<string, { readonly batch: number; readonly people: readonly number[] }>();
  #batches = 0;
  /** People of imports that were taken back, whom others may name. */
  readonly #brought = new Set<number>();
  #catalogueVersion = 0;
  /** The version at which each last changed, by `product ID` or `facts VARIANT`. */
  readonly #changes = new Map<string, number>();
  /** The last product that named each variant. */
  readonly #ownerOf = new Map<string, string>();
  #allChanged = 0;
  #quarantine: QuarantinedRow[] = [];
  #training = false;
  #nextPerson = 1;
  #nextArrival = 0;
  readonly #sealed = new Set<string>();

  constructor(clock: () => number) {
    this.#clock = clock;
  }

  async appendEvents(events: readonly ShopEvent[]): Promise<AppendResult[]> {
    return events.map((event) => refuseEvent(event) ?? this.#append(event));
  }

  #append(event: ShopEvent, batch = 0): AppendResult {
    if (this.#events.get(event.eventId)) return 'duplicate';
    this.#put(event, batch);
    return 'stored';
  }

  #put(event: ShopEvent, batch: number): void {
    const stored = { ...event, time: Math.round(event.time), person: this.#personOfEvent(event) };
    this.#events.set(event.eventId, { ...stored, arrival: this.#nextArrival++ }, batch);
  }

  #personOfEvent({ userId, visitorId, sessionId }: ShopEvent): number {
    const visitor = visitorId || (!userId && sessionId ? `session:${sessionId}` : undefined);
    if (userId && visitor) this.#join(visitor, userId);
    if (userId) return this.#keyOfUser(userId);
    if (!visitor) return this.#newKey();
    const known = this.#visitors.get(visitor) ?? { person: this.#newKey(), joined: false };
    this.#visitors.set(visitor, known);
    return known.person;
  }

  #newKey(): number {
    return this.#nextPerson++;
  }

  #keyOfUser(userId: string): number {
    const person = this.#users.get(userId) ?? this.#newKey();
    this.#users.set(userId, person);
    return person;
  }

  #join(visitorId: string, userId: string): void {
    const person = this.#keyOfUser(userId);
    const known = this.#visitors.get(visitorId);
    if (known && !known.joined) this.#canonical.set(known.person, person);
    this.#visitors.set(visitorId, { person, joined: true });
  }

  async putProducts(products: readonly Product[], batch = 0): Promise<PutResult[]> {
    const { passed, answers } = admit(products, refuseProduct);
    for (const product of passed) {
      this.#keepDescription(product);
      this.#takeVariants(product);
      this.#products.set(product.productId, product, batch);
      this.#changes.set(`product ${product.productId}`, this.#catalogueVersion + 1);
    }
    this.#catalogueVersion++;
    return answers;
  }

  /** A variant is of one product: the last that named it. */
  #takeVariants({ productId, variants }: Product): void {
    for (const { variantId } of variants) {
      const owner = this.#ownerOf.get(variantId) ?? productId;
      this.#ownerOf.set(variantId, productId);
      const other = this.#products.get(owner);
      if (owner === productId || !other) continue;
      const left = other.variants.filter((one) => one.variantId !== variantId);
      this.#products.amend(owner, { ...other, variants: left });
      this.#changes.set(`product ${owner}`, this.#catalogueVersion + 1);
    }
  }

  #keepDescription(product: Product): void {
    const { productId } = product;
    const before = this.#products.get(productId);
    const known = this.#former.get(productId) ?? [];
    if (!before || !isDescribedAnew(before, product)) return;
    const last = known.at(-1)?.until ?? -Infinity;
    const until = Math.max(this.#clock(), last);
    const { categories, brand, attributes } = before;
    const former = { productId, until, categories, attributes, ...(brand !== undefined && { brand }) };
    if (until > last) this.#former.set(productId, [...known, former].slice(-formerDescriptionsKept));
  }

  async putUsers(users: readonly UserProfile[], batch = 0): Promise<PutResult[]> {
    const { passed, answers } = admit(users, refuseUser);
    for (const { userId, attributes } of passed) this.#profiles.set(this.#keyOfUser(userId), attributes, batch);
    return answers;
  }

  async putFacts(facts: readonly TimedFact[], batch = 0): Promise<PutResult[]> {
    const { passed, answers } = admit(facts, refuseFact);
    for (const fact of passed) {
      this.#facts.set(JSON.stringify([fact.fact, fact.variantId, fact.place, fact.from]), fact, batch);
      this.#changes.set(`facts ${fact.variantId}`, this.#catalogueVersion + 1);
    }
    this.#catalogueVersion++;
    return answers;
  }

  async joinVisitor(visitorId: string, userId: string): Promise<void> {
    this.#join(visitorId, userId);
  }

  async commitImport({ report, products, users, facts, events, quarantine }: ImportCommit): Promise<ImportReport> {
    if (this.#imports.some(({ importId }) => importId === report.importId))
      throw new ShelfwiseError('SW_USAGE', `import ${report.importId}: expected a new id, got one that is known.`);
    const kept = [[...products], [...users], [...facts]] as const;
    assertAll(kept[0], refuseProduct);
    assertAll(kept[1], refuseUser);
    assertAll(kept[2], refuseFact);
    const staged = events
      ? await allRows(events.analytics, `SELECT * FROM ${events.table} ORDER BY time, event_id`)
      : [];
    assertAll(staged.map(eventOfRow), refuseEvent);
    if ('arrival' in (staged[0] ?? {})) staged.sort((a, b) => Number(a['arrival']) - Number(b['arrival']));
    const aside = quarantine
      ? await allRows(quarantine.analytics, `SELECT * FROM ${quarantine.table} ORDER BY file, line, step`)
      : [];
    const batch = ++this.#batches;
    const firstPerson = this.#nextPerson;
    await this.putProducts(kept[0], batch);
    await this.putUsers(kept[1], batch);
    await this.putFacts(kept[2], batch);
    const counts = { eventsKept: 0, eventsChanged: 0, eventsWithdrawn: 0 };
    for (const row of staged) {
      const event = eventOfRow(row);
      const before = this.#events.get(event.eventId);
      if (!before) counts.eventsKept++;
      else if (row['replaces'] !== true) continue;
      const { person: _, arrival: __, ...was } = before ?? ({} as StoredEvent);
      const now = before ? changedEvent(was, event) : event;
      if (now === was) continue;
      if (before) counts.eventsChanged++;
      this.#put(now, batch);
      this.#sealed.add(event.eventId);
    }
    if (events?.withdrawn)
      for (const { event_id } of await allRows(events.analytics, `SELECT event_id FROM ${events.withdrawn}`))
        if (this.#events.withdraw(String(event_id), batch)) counts.eventsWithdrawn++;
    const people = Array.from({ length: this.#nextPerson - firstPerson }, (_, i) => firstPerson + i);
    this.#undoable.set(report.importId, { batch, people });
    for (const row of aside)
      this.#quarantine.push({ ...row, importId: report.importId, row: JSON.parse(String(row['row'])) } as never);
    const told = events ? { ...report, ...eventCounts(staged.length, counts) } : report;
    this.#imports.push(told);
    return told;
  }

  async personOf({ userId, visitorId }: { userId?: string; visitorId?: string }): Promise<number | undefined> {
    return this.#users.get(userId ?? '') ?? this.#visitors.get(visitorId ?? '')?.person;
  }

  async user(userId: string): Promise<UserProfile | undefined> {
    const person = this.#users.get(userId);
    return person === undefined ? undefined : { userId, attributes: this.#profiles.get(person) ?? {} };
  }

  async *customers(after = ''): AsyncGenerator<{ userId: string; person: number }> {
    const all = [...this.#users].sort(([a], [b]) => (a < b ? -1 : 1));
    for (const [userId, person] of all) if (userId > after) yield { userId, person };
  }

  async product(productId: string): Promise<Product | undefined> {
    return this.#products.get(productId);
  }

  async *formerDescriptions(): AsyncGenerator<FormerDescription> {
    for (const id of [...this.#former.keys()].sort()) yield* this.#former.get(id)!;
  }

  async *products(after = ''): AsyncGenerator<Product> {
    for (const id of [...this.#products.keys()].sort()) if (id > after) yield this.#products.get(id)!;
  }

  async catalogueVersion(): Promise<number> {
    return this.#catalogueVersion;
  }

  async catalogueChanges(since: number): Promise<CatalogueChanges | undefined> {
    if (since < this.#allChanged || since > this.#catalogueVersion) return undefined;
    const changed = [...this.#changes].flatMap(([name, version]) => (version > since ? [name] : []));
    const idsOf = (kind: string): string[] =>
      changed.flatMap((name) => (name.startsWith(kind) ? [name.slice(kind.length)] : []));
    return { version: this.#catalogueVersion, products: idsOf('product '), variants: idsOf('facts ') };
  }

  async factsAt(time: number): Promise<TimedFact[]> {
    const newest = new Map<string, TimedFact>();
    for (const fact of this.#facts.values()) {
      const key = JSON.stringify([fact.fact, fact.variantId, fact.place]);
      if (fact.from <= time && fact.from >= (newest.get(key)?.from ?? -Infinity)) newest.set(key, fact);
    }
    return [...newest.values()];
  }

  async *facts({ since = -Infinity, until = Infinity, variantIds }: FactSpan = {}): AsyncGenerator<TimedFact> {
    const begun = [...this.#facts.values()]
      .sort((a, b) => a.from - b.from)
      .filter(({ from, variantId }) => from < until && (!variantIds || variantIds.includes(variantId)));
    const overtaken = (old: TimedFact): boolean =>
      begun.some(
        ({ fact, variantId, place, from }) =>
          fact === old.fact && variantId === old.variantId && place === old.place && from > old.from && from <= since,
      );
    yield* begun.filter((fact) => fact.from >= since || !overtaken(fact));
  }

  #select(filter: EventFilter, from: Iterable<StoredEvent> = this.#events.values()): StoredEvent[] {
    const { since = -Infinity, until = Infinity, kinds, productId, eventIds } = filter;
    const person = filter.person === undefined ? undefined : this.#canonicalOf(filter.person);
    const events = [...from]
      .map((event) => ({ ...event, person: this.#canonicalOf(event.person) }))
      .filter(({ time, kind }) => time >= since && time < until && (!kinds || kinds.includes(kind)))
      .filter((event) => person === undefined || event.person === person)
      .filter((event) => productId === undefined || event.productId === productId)
      .filter((event) => !eventIds || eventIds.includes(event.eventId));
    const firsts = new Map<number, { time: number; hash: number }>();
    for (const event of events) {
      const first = { time: event.time, hash: eventIdHash(event.eventId) };
      const known = firsts.get(event.person);
      if (!known || byFirst(first, known) < 0) firsts.set(event.person, first);
    }
    return events.sort(
      (a, b) =>
        byFirst(firsts.get(a.person)!, firsts.get(b.person)!) ||
        a.person - b.person ||
        a.time - b.time ||
        a.arrival - b.arrival,
    );
  }

  #canonicalOf(person: number): number {
    return this.#canonical.get(person) ?? person;
  }

  async readEvents<Field extends FurtherField = never>({
    columns = [],
    ...filter
  }: EventRead<Field> = {}): Promise<EventColumns & Pick<FurtherColumns, Field>> {
    const events = this.#select(filter);
    const fields = events as unknown as Record<string, string | number | undefined>[];
    const further = furtherColumnsOf(columns, (column) => {
      const field = fieldOf(column);
      return fields.map((event) => event[field] ?? null);
    });
    return { ...columnsOf(events), ...further };
  }

  async recentEvents(person: number): Promise<EventColumns> {
    const named = this.#select({ person }).filter(({ productId }) => productId !== undefined);
    return columnsOf(named.slice(-recentEventsKept));
  }

  async lastSearch(person: number, since: number, until: number): Promise<string | undefined> {
    const live = this.#select({ person, kinds: ['search'], since }).filter(
      ({ eventId, time, text }) => time <= until && text !== undefined && !this.#sealed.has(eventId),
    );
    return live.at(-1)?.text;
  }

  async writeTables(analytics: Analytics, filter: EventFilter = {}): Promise<void> {
    const events = this.#select(filter);
    const sessions = codesOf(events.flatMap(({ sessionId }) => sessionId ?? []));
    const rows = events.map((event) => ({
      ...rowOfEvent(event),
      session: sessions.get(event.sessionId ?? '') ?? null,
    }));
    const columns = Object.entries(storedEventColumns).map(([name, type]): TableColumn => {
      const values = rows.map((row) => (row as Record<string, string | number | null>)[name] ?? null);
      return { name, type: type as ColumnType, values: values as (string | null)[] };
    });
    await analytics.append('events', columns);
    const wanted = filter.person === undefined ? undefined : this.#canonicalOf(filter.person);
    const profiles = [...this.#profiles].map(([person, attributes]) => ({ person, attributes }));
    await appendProfileTable(
      analytics,
      profiles.filter(({ person }) => (wanted ?? person) === person),
    );
    const facts = await this.factsAt(filter.until ?? Number.MAX_SAFE_INTEGER);
    await appendCatalogueTables(analytics, [...this.#products.values()], facts);
  }

  async *quarantined({
    importId,
    step,
    limit = Infinity,
  }: {
    importId?: string;
    step?: string;
    limit?: number;
  } = {}): AsyncGenerator<QuarantinedRow> {
    const rows = this.#quarantine.filter(
      (row) => (importId ?? row.importId) === row.importId && (step ?? row.step) === row.step,
    );
    yield* rows.slice(0, limit);
  }

  async dropQuarantined(importId: string, step?: string): Promise<void> {
    this.#quarantine = this.#quarantine.filter((row) => row.importId !== importId || (step ?? row.step) !== row.step);
  }

  async seal(before: number): Promise<number> {
    const old = [...this.#events.values()].filter(({ time, eventId }) => time < before && !this.#sealed.has(eventId));
    for (const { eventId } of old) this.#sealed.add(eventId);
    return old.length;
  }

  async deleteEvents(selection: EventFilter): Promise<number> {
    const chosen = this.#select(selection);
    for (const { eventId } of this.#select(selection, this.#events.replaced())) this.#events.forgetReplaced(eventId);
    for (const { eventId } of chosen) {
      this.#events.delete(eventId);
      this.#sealed.delete(eventId);
    }
    return chosen.length;
  }

  async undoImport(importId: string): Promise<UndoneImport> {
    const known = this.#undoable.get(importId);
    if (!known)
      throw new ShelfwiseError('SW_USAGE', `\`undoImport\`: expected an import of this shop, got "${importId}".`);
    const events = this.#events.takeBack(known.batch).length;
    const followed = this.#products.replacedOf(known.batch);
    const products = this.#products.takeBack(known.batch);
    for (const productId of products) {
      const restored = this.#products.get(productId);
      if (restored) this.#dropFormer(restored, false);
      else this.#former.delete(productId);
    }
    for (const product of followed) this.#dropFormer(product, true);
    const [profiles, facts] = [this.#profiles.takeBack(known.batch), this.#facts.takeBack(known.batch)];
    for (const person of known.people) this.#brought.add(person);
    const left = new Set([...this.#events.values()].map(({ person }) => person));
    let people = 0;
    for (const ids of [this.#users, this.#visitors] as const)
      for (const [id, value] of ids) {
        const person = typeof value === 'number' ? value : value.person;
        if (!this.#brought.has(person) || left.has(person) || this.#profiles.get(person)) continue;
        ids.delete(id);
        people++;
      }
    this.#quarantine = this.#quarantine.filter((row) => row.importId !== importId);
    this.#imports = this.#imports.filter((report) => report.importId !== importId);
    this.#undoable.delete(importId);
    this.#allChanged = ++this.#catalogueVersion;
    return { importId, events, products: products.length, profiles: profiles.length, facts: facts.length, people };
  }

  /** @param never - it never held: the one before it held until then */
  #dropFormer(product: Product, never: boolean): void {
    const formers = this.#former.get(product.productId) ?? [];
    const at = formers.findLastIndex((one) => !isDescribedAnew(one, product));
    if (at < 0) return;
    const { until } = formers[at]!;
    const kept = formers.flatMap((one, i) => (i === at ? [] : [never && i === at - 1 ? { ...one, until } : one]));
    this.#former.set(product.productId, kept);
  }

  async beginTraining(lent?: string): Promise<TrainingRight> {
    if (lent !== undefined) return { token: lent, publish: (work) => work(), end: () => {} };
    if (this.#training)
      throw new ShelfwiseError(
        'SW_SHOP_BUSY',
        'store: expected the training lease, got: held by this process.',
        'Wait.',
      );
    this.#training = true;
    return {
      token: 'training',
      publish: (work) => work(),
      end: () => {
        this.#training = false;
      },
    };
  }

  async forget(userId: string): Promise<boolean> {
    const person = this.#users.get(userId);
    if (person === undefined) return false;
    for (const [id, visitor] of this.#visitors) if (visitor.person === person) this.#visitors.delete(id);
    this.#users.delete(userId);
    this.#profiles.delete(person);
    return true;
  }

  async status(): Promise<StoreStatus> {
    let [firstTime, lastTime]: (number | undefined)[] = [];
    for (const { time } of this.#events.values()) {
      firstTime = Math.min(time, firstTime ?? time);
      lastTime = Math.max(time, lastTime ?? time);
    }
    const visitors = [...this.#visitors.values()].filter(({ joined }) => !joined);
    const sealed = [...this.#events.keys()].filter((eventId) => this.#sealed.has(eventId)).length;
    return {
      schemaVersion: 1,
      products: this.#products.size,
      variants: [...this.#products.values()].reduce((sum, { variants }) => sum + variants.length, 0),
      people: this.#users.size + visitors.length,
      liveEvents: this.#events.size - sealed,
      sealedEvents: sealed,
      firstTime,
      lastTime,
      segments: [],
      notes: [],
      imports: this.#imports,
    };
  }

  async close(): Promise<void> {}
}

function byFirst(a: { time: number; hash: number }, b: { time: number; hash: number }): number {
  return a.time - b.time || a.hash - b.hash;
}

/** @throws ShelfwiseError `SW_INPUT_ROW` for the first row that does not pass the door */
function assertAll(rows: readonly unknown[], refuse: (row: unknown) => Refused | undefined): void {
  for (const row of rows) {
    const refused = refuse(row);
    if (refused) throw new ShelfwiseError('SW_INPUT_ROW', refused.refused, 'Nothing of the import was stored.');
  }
}

function codesOf(ids: readonly string[]): Map<string, number> {
  return new Map([...new Set(ids)].map((id, code) => [id, code]));
}

function columnsOf(events: readonly StoredEvent[]): EventColumns {
  const products = [...new Set(events.flatMap(({ productId }) => productId ?? []))].sort();
  const codes = codesOf(products);
  const sessions = codesOf(events.flatMap(({ sessionId }) => sessionId ?? []));
  return {
    length: events.length,
    person: Float64Array.from(events, ({ person }) => person),
    time: Float64Array.from(events, ({ time }) => time),
    kind: Uint8Array.from(events, ({ kind }) => eventKinds.indexOf(kind)),
    product: Int32Array.from(events, ({ productId }) => codes.get(productId ?? '') ?? -1),
    products,
    session: Int32Array.from(events, ({ sessionId }) => sessions.get(sessionId ?? '') ?? -1),
    quantity: Float32Array.from(events, ({ quantity }) => quantity ?? 1),
    priceMinor: Float64Array.from(events, ({ priceMinor }) => priceMinor ?? Number.NaN),
    value: Float32Array.from(events, ({ value }) => value ?? Number.NaN),
    flags: Int32Array.from(events, ({ flags }) => flags ?? 0),
  };
}

async function allRows(analytics: Analytics, sql: string): Promise<Record<string, unknown>[]> {
  const rows: Record<string, unknown>[] = [];
  for await (const batch of analytics.stream(sql)) rows.push(...batch);
  return rows;
}

const fieldOf = (column: string): string => column.replaceAll(/_(\w)/g, (_, letter: string) => letter.toUpperCase());

function eventOfRow(row: Record<string, unknown>): ShopEvent {
  const given = Object.keys(stagedEventColumns).filter((column) => row[column] !== null);
  return Object.fromEntries(given.map((column) => [fieldOf(column), row[column]])) as unknown as ShopEvent;
}

const storedFields = Object.keys(storedEventColumns).map((column) => [column, fieldOf(column)] as const);

function rowOfEvent(event: StoredEvent): Record<string, unknown> {
  const fields = event as unknown as Record<string, unknown>;
  return Object.fromEntries(storedFields.map(([column, field]) => [column, fields[field] ?? null]));
}
