/** A shop store that only remembers what an import commits, for the tests of the import. */
import type { Analytics } from '../../src/data/analytics.ts';
import type { Product, TimedFact } from '../../src/data/catalogue.ts';
import type { UserProfile } from '../../src/data/events.ts';
import type { ImportCommit, ImportReport, QuarantinedRow } from '../../src/data/import-log.ts';
import type { ShopStore, StoreStatus } from '../../src/data/shop-store.ts';

export type EventRow = Record<string, string | number | null>;

export class RecordingStore {
  readonly reports: ImportReport[] = [];
  readonly catalogue: Map<string, Product> = new Map<string, Product>();
  readonly profiles: Map<string, UserProfile> = new Map<string, UserProfile>();
  readonly facts: TimedFact[] = [];
  /** By event id: what comes twice is stored once. */
  readonly events: Map<string, EventRow> = new Map<string, EventRow>();
  held: QuarantinedRow[] = [];

  async commitImport(commit: ImportCommit): Promise<ImportReport> {
    const { report } = commit;
    if (commit.events)
      for (const event of await all(commit.events.analytics, commit.events.table, 'time, event_id'))
        if (!this.events.has(String(event['event_id'])) || event['replaces'])
          this.events.set(String(event['event_id']), { ...this.events.get(String(event['event_id'])), ...event });
    if (commit.events?.withdrawn)
      for (const { event_id } of await all(commit.events.analytics, commit.events.withdrawn, 'event_id'))
        this.events.delete(String(event_id));
    if (commit.quarantine)
      for (const row of await all(commit.quarantine.analytics, commit.quarantine.table, 'file, line, step'))
        this.held.push({
          ...row,
          importId: report.importId,
          row: JSON.parse(String(row['row'])),
        } as unknown as QuarantinedRow);
    for (const product of commit.products) this.catalogue.set(product.productId, product);
    for (const user of commit.users) this.profiles.set(user.userId, user);
    for (const fact of commit.facts) this.facts.push(fact);
    this.reports.push(report);
    return report;
  }

  status(): Promise<StoreStatus> {
    return Promise.resolve({
      schemaVersion: 1,
      products: this.catalogue.size,
      variants: 0,
      people: 0,
      liveEvents: this.events.size,
      sealedEvents: 0,
      firstTime: undefined,
      lastTime: undefined,
      segments: [],
      notes: [],
      imports: this.reports,
    });
  }

  async *products(): AsyncGenerator<Product> {
    yield* this.catalogue.values();
  }

  async *quarantined(filter: { importId?: string; step?: string } = {}): AsyncGenerator<QuarantinedRow> {
    for (const row of this.held)
      if ((filter.importId ?? row.importId) === row.importId && (filter.step ?? row.step) === row.step) yield row;
  }

  dropQuarantined(importId: string, step?: string): Promise<void> {
    this.held = this.held.filter((row) => row.importId !== importId || (step !== undefined && row.step !== step));
    return Promise.resolve();
  }

  /** The parts of the port that an import uses are all here. */
  get port(): ShopStore {
    return this as unknown as ShopStore;
  }

  list(): EventRow[] {
    return [...this.events.values()];
  }
}

async function all(analytics: Analytics, table: string, order: string): Promise<EventRow[]> {
  const rows: EventRow[] = [];
  for await (const batch of analytics.stream<EventRow>(`SELECT * FROM ${table} ORDER BY ${order}`)) rows.push(...batch);
  return rows;
}
