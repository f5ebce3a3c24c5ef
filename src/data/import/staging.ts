/**
 * Where mapped rows wait for cleaning: events column by column in a table of the analytics port, texts that repeat as
 * codes, catalogue rows united by product, facts in a table of their own. Nothing here is visible to the shop.
 *
 * Tables: `staged` (one row an event; `raw_row` counts the raw rows of all files from 0, `part` the events of one raw row),
 * `staged_facts`, and per coded field a dictionary `FIELD_names`. The view `raw_rows` shows `staged` with every field.
 */
import type { Analytics, TableColumn } from '../analytics.ts';
import type { TimedFact } from '../catalogue.ts';
import { refuseFact } from '../door.ts';
import { type DraftField, draftFields, eventFields } from '../event-fields.ts';
import { type EventKind, eventKinds, type UserProfile } from '../events.ts';
import { CatalogueBuilder } from './catalogue-builder.ts';
import type { TextCleaner } from './cleaning/text-cleaner.ts';
import { Dictionary } from './dictionary.ts';
import type {
  EarlyStep,
  EventDraft,
  EventField,
  NamedId,
  OrderDraft,
  OtherId,
  ProductDraft,
  RowSink,
} from './kinds/kind.ts';

const batchRows = 1 << 16;

type CodedField = DraftField<'coded'> | 'title';
type TextField = DraftField<'text'>;
type NumberField = DraftField<'number'> | 'price';

/** Columns of codes: `product` for `product_id`. */
const coded = {
  ...Object.fromEntries(draftFields('coded').map((field) => [field, eventFields[field].column.replace(/_id$/, '')])),
  title: 'title',
} as Readonly<Record<CodedField, string>>;
const texts = Object.fromEntries(draftFields('text').map((field) => [field, eventFields[field].column])) as Readonly<
  Record<TextField, string>
>;
/** Numbers wait as they were read: only times are whole by then. */
const numbers = {
  ...Object.fromEntries(draftFields('number').map((field) => [field, field === 'time' ? 'BIGINT' : 'DOUBLE'])),
  price: 'DOUBLE',
} as Readonly<Record<NumberField, 'BIGINT' | 'DOUBLE'>>;

const kindCodes = Object.fromEntries(eventKinds.map((kind, code) => [kind, code])) as Record<EventKind, number>;

/** The SQL literal of an event kind in `staged`. */
export function kindCode(kind: EventKind): number {
  return kindCodes[kind];
}

export async function hasRows(analytics: Analytics, table: string): Promise<boolean> {
  const [row] = await analytics.rows<{ n: number }>(`SELECT count(*) AS n FROM (SELECT 1 FROM ${table} LIMIT 1)`);
  return row!.n > 0;
}

export class Staging implements RowSink {
  readonly catalogue: CatalogueBuilder = new CatalogueBuilder();
  readonly users: Map<string, UserProfile> = new Map();
  readonly dictionaries = Object.fromEntries(Object.keys(coded).map((field) => [field, new Dictionary()])) as Readonly<
    Record<CodedField, Dictionary>
  >;
  events = 0;
  orders = 0;
  aliases = 0;
  /** The step that sets the current row aside, and why; blank where none does. */
  early: { step: EarlyStep | ''; reason: string } = { step: '', reason: '' };
  /** Why a fact of the current row cannot be kept; empty where all can. */
  refusal = '';
  /** True while a file of events is read: what it says of products is second to a catalogue's word. */
  readingEvents = false;
  facts = 0;
  readonly fields: ReadonlySet<EventField>;
  readonly several: boolean;

  readonly #analytics: Analytics;
  readonly #without: ReadonlySet<string>;
  readonly #cleaner: TextCleaner;
  readonly #draft: EventDraft = blankDraft();
  readonly #row: Int32Array = new Int32Array(batchRows);
  readonly #hashA: Int32Array = new Int32Array(batchRows);
  readonly #hashB: Int32Array = new Int32Array(batchRows);
  readonly #part: Int32Array = new Int32Array(batchRows);
  readonly #kind: Int32Array = new Int32Array(batchRows);
  readonly #codes: { field: CodedField; values: Int32Array; dictionary: Dictionary }[] = [];
  readonly #texts: { field: TextField; values: (string | null)[] }[] = [];
  readonly #numbers: { field: NumberField; values: Float64Array }[] = [];
  #factRows: TimedFact[] = [];
  #orderRows: OrderDraft[] = [];
  #aliasRows: { other: string; userId: string }[] = [];
  #length = 0;
  #start = 0;
  #current = { row: 0, a: 0, b: 0 };

  /** @param without - cleaning steps that are switched off */
  constructor(
    analytics: Analytics,
    cleaner: TextCleaner,
    fields: ReadonlySet<EventField>,
    several: boolean,
    without: ReadonlySet<string> = new Set(),
  ) {
    this.#analytics = analytics;
    this.#without = without;
    this.#cleaner = cleaner;
    this.fields = fields;
    this.several = several;
    // One raw row may give many events: room for them beyond the batch is made in emit.
    for (const field of Object.keys(coded) as CodedField[])
      if (fields.has(field))
        this.#codes.push({ field, values: new Int32Array(batchRows), dictionary: this.dictionaries[field] });
    for (const field of Object.keys(texts) as TextField[])
      if (fields.has(field)) this.#texts.push({ field, values: new Array<null>(batchRows).fill(null) });
    for (const field of Object.keys(numbers) as NumberField[])
      if (fields.has(field)) this.#numbers.push({ field, values: new Float64Array(batchRows) });
  }

  async create(): Promise<void> {
    const columns = [
      'raw_row INTEGER',
      'hash_a INTEGER',
      'hash_b INTEGER',
      'kind INTEGER',
      ...(this.several ? ['part INTEGER'] : []),
      ...this.#codes.map(({ field }) => `${coded[field]} INTEGER`),
      ...this.#texts.map(({ field }) => `${texts[field]} VARCHAR`),
      ...this.#numbers.map(({ field }) => `${field} ${numbers[field]}`),
    ];
    await this.#analytics.execute(`CREATE TABLE staged (${columns.join(', ')})`);
    const absent = [
      ...(this.several ? [] : ['0 AS part']),
      ...Object.entries(coded).flatMap(([field, name]) =>
        this.fields.has(field as EventField) ? [] : [`-1 AS ${name}`],
      ),
      ...Object.entries(texts).flatMap(([field, name]) =>
        this.fields.has(field as EventField) ? [] : [`CAST(NULL AS VARCHAR) AS ${name}`],
      ),
      ...Object.entries(numbers).flatMap(([field, type]) =>
        this.fields.has(field as EventField) ? [] : [`CAST(NULL AS ${type}) AS ${field}`],
      ),
    ];
    await this.#analytics.execute(`CREATE VIEW raw_rows AS SELECT ${['*', ...absent].join(', ')} FROM staged`);
    await this.#analytics.execute(
      `CREATE TABLE staged_facts (fact VARCHAR, variant_id VARCHAR, place VARCHAR, "from" BIGINT, price_minor BIGINT,
       currency VARCHAR, list_price_minor BIGINT, units DOUBLE, promotion_id VARCHAR, discount DOUBLE)`,
    );
    await this.#analytics.execute(
      `CREATE TABLE staged_orders (place_in_file INTEGER, order_id VARCHAR, user_id VARCHAR, visitor_id VARCHAR, time BIGINT,
       currency INTEGER, device INTEGER, place INTEGER, referrer VARCHAR, status VARCHAR, fate VARCHAR, sequence DOUBLE,
       days_since DOUBLE)`,
    );
    await this.#analytics.execute('CREATE TABLE staged_aliases (other VARCHAR, user_id VARCHAR)');
  }

  /** Begins a raw row; what is emitted until the next one belongs to it. */
  startRow(row: number, hashA: number, hashB: number): void {
    this.#current.row = row;
    this.#current.a = hashA;
    this.#current.b = hashB;
    this.#start = this.#length;
    this.refusal = '';
    this.early.step = '';
    this.#cleaner.startRow();
  }

  /** Takes the row's events back: it could not be read to its end. */
  abandonRow(): void {
    this.events -= this.#length - this.#start;
    this.#length = this.#start;
  }

  /** Events of the current row. */
  get partsOfRow(): number {
    return this.#length - this.#start;
  }

  get full(): boolean {
    return (
      this.#length >= batchRows / 2 ||
      this.#factRows.length + this.#orderRows.length + this.#aliasRows.length >= batchRows
    );
  }

  begin(kind: EventKind): EventDraft {
    const draft = this.#draft;
    draft.kind = kind;
    for (const { field } of this.#codes) draft[field] = '';
    for (const { field } of this.#texts) draft[field] = '';
    for (const { field } of this.#numbers) draft[field] = Number.NaN;
    return draft;
  }

  emit(): void {
    const i = this.#length;
    if (i >= batchRows) throw new RangeError(`One row holds more than ${batchRows / 2} events.`);
    const draft = this.#draft;
    if (draft.title !== '') draft.title = this.#cleaner.clean(draft.title);
    if (draft.text !== '') draft.text = this.#cleaner.clean(draft.text);
    this.#row[i] = this.#current.row;
    this.#hashA[i] = this.#current.a;
    this.#hashB[i] = this.#current.b;
    this.#part[i] = i - this.#start;
    this.#kind[i] = kindCodes[draft.kind];
    for (const { field, values, dictionary } of this.#codes) values[i] = dictionary.code(draft[field]);
    for (const { field, values } of this.#texts) {
      const text = draft[field];
      values[i] = text === '' ? null : text;
    }
    for (const { field, values } of this.#numbers) values[i] = draft[field];
    this.#length++;
    this.events++;
  }

  product(product: ProductDraft): void {
    const { title, description } = product;
    const cleaned = {
      ...product,
      ...(title !== undefined && { title: this.#cleaner.clean(title) }),
      ...(description !== undefined && { description: this.#cleaner.clean(description) }),
    };
    this.catalogue.add(cleaned, this.readingEvents);
  }

  fact(fact: TimedFact): void {
    const refused = refuseFact(fact);
    if (refused) this.refusal ||= refused.refused;
    else {
      this.#factRows.push(fact);
      this.facts++;
    }
  }

  setAside(step: EarlyStep, reason: string): boolean {
    if (this.#without.has(step)) return false;
    this.early.step = step;
    this.early.reason = reason;
    return true;
  }

  order(order: OrderDraft): void {
    this.#orderRows.push({ ...order });
    this.orders++;
  }

  alias(other: string, userId: string): void {
    this.#aliasRows.push({ other, userId });
    this.aliases++;
  }

  otherId(other: OtherId): void {
    this.catalogue.addOtherId(other);
  }

  variation(productId: string, variantId: string, options: Readonly<Record<string, string>>): void {
    this.catalogue.addVariation(productId, variantId, options);
  }

  name(named: NamedId): void {
    this.catalogue.addName(named);
  }

  user(profile: UserProfile): void {
    const known = this.users.get(profile.userId);
    const attributes = { ...known?.attributes, ...profile.attributes };
    this.users.set(profile.userId, { userId: profile.userId, attributes });
  }

  async flush(): Promise<void> {
    const length = this.#length;
    const int = (name: string, values: Int32Array): TableColumn => ({
      name,
      type: 'INTEGER',
      values: values.subarray(0, length),
    });
    if (length > 0)
      await this.#analytics.append('staged', [
        int('raw_row', this.#row),
        int('hash_a', this.#hashA),
        int('hash_b', this.#hashB),
        int('kind', this.#kind),
        ...(this.several ? [int('part', this.#part)] : []),
        ...this.#codes.map(({ field, values }) => int(coded[field], values)),
        ...this.#texts.map(
          ({ field, values }): TableColumn => ({
            name: texts[field],
            type: 'VARCHAR',
            values: values.slice(0, length),
          }),
        ),
        ...this.#numbers.map(
          ({ field, values }): TableColumn => ({
            name: field,
            type: numbers[field],
            values: values.subarray(0, length),
          }),
        ),
      ]);
    this.#length = 0;
    this.#start = 0;
    if (this.#factRows.length > 0) await appendFacts(this.#analytics, this.#factRows);
    this.#factRows = [];
    await this.#flushOrders();
  }

  async #flushOrders(): Promise<void> {
    const [rows, aliases] = [this.#orderRows, this.#aliasRows];
    const text = (name: string, values: readonly string[]): TableColumn => ({
      ...{ name, type: 'VARCHAR', values: values.map((value) => (value === '' ? null : value)) },
    });
    const code = (field: 'currency' | 'device' | 'place'): TableColumn => ({
      ...{
        name: field,
        type: 'INTEGER',
        values: Int32Array.from(rows, (row) => this.dictionaries[field].code(row[field])),
      },
    });
    const number = (name: string, type: 'BIGINT' | 'DOUBLE', values: readonly number[]): TableColumn => ({
      ...{ name, type, values: Float64Array.from(values) },
    });
    if (rows.length > 0) {
      const first = this.orders - rows.length;
      await this.#analytics.append('staged_orders', [
        { name: 'place_in_file', type: 'INTEGER', values: Int32Array.from(rows, (_, i) => first + i) },
        text(
          'order_id',
          rows.map((row) => row.orderId),
        ),
        text(
          'user_id',
          rows.map((row) => row.userId),
        ),
        text(
          'visitor_id',
          rows.map((row) => row.visitorId),
        ),
        number(
          'time',
          'BIGINT',
          rows.map((row) => row.time),
        ),
        ...(['currency', 'device', 'place'] as const).map(code),
        text(
          'referrer',
          rows.map((row) => row.referrer),
        ),
        text(
          'status',
          rows.map((row) => row.status),
        ),
        text(
          'fate',
          rows.map((row) => row.fate),
        ),
        number(
          'sequence',
          'DOUBLE',
          rows.map((row) => row.sequence),
        ),
        number(
          'days_since',
          'DOUBLE',
          rows.map((row) => row.daysSince),
        ),
      ]);
    }
    if (aliases.length > 0)
      await this.#analytics.append('staged_aliases', [
        text(
          'other',
          aliases.map(({ other }) => other),
        ),
        text(
          'user_id',
          aliases.map(({ userId }) => userId),
        ),
      ]);
    this.#orderRows = [];
    this.#aliasRows = [];
  }

  /** The dictionaries as tables; called once, after the last row. */
  async finish(): Promise<void> {
    await this.flush();
    this.catalogue.unite();
    for (const [field, name] of Object.entries(coded) as [CodedField, string][])
      await this.dictionaries[field].write(this.#analytics, `${name}_names`);
  }
}

function blankDraft(): EventDraft {
  const blank = Object.fromEntries([
    ...[...Object.keys(coded), ...Object.keys(texts)].map((field) => [field, '']),
    ...Object.keys(numbers).map((field) => [field, Number.NaN]),
  ]) as Omit<EventDraft, 'kind'>;
  return { kind: 'view_item', ...blank };
}

async function appendFacts(analytics: Analytics, facts: readonly TimedFact[]): Promise<void> {
  const text = (name: string, of: (fact: TimedFact) => string | null): TableColumn => ({
    name,
    type: 'VARCHAR',
    values: facts.map(of),
  });
  const number = (name: string, type: 'BIGINT' | 'DOUBLE', of: (fact: TimedFact) => number | null): TableColumn => ({
    name,
    type,
    values: facts.map(of),
  });
  await analytics.append('staged_facts', [
    text('fact', (f) => f.fact),
    text('variant_id', (f) => f.variantId),
    text('place', (f) => f.place),
    number('from', 'BIGINT', (f) => f.from),
    number('price_minor', 'BIGINT', (f) => (f.fact === 'price' ? f.priceMinor : null)),
    text('currency', (f) => (f.fact === 'price' ? f.currency : null)),
    number('list_price_minor', 'BIGINT', (f) => (f.fact === 'price' ? (f.listPriceMinor ?? null) : null)),
    number('units', 'DOUBLE', (f) => (f.fact === 'stock' ? f.unitsOnHand : null)),
    text('promotion_id', (f) => (f.fact === 'promotion' ? f.promotionId : null)),
    number('discount', 'DOUBLE', (f) => (f.fact === 'promotion' ? f.discount : null)),
  ]);
}
