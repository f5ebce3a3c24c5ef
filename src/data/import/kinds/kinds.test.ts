import { expect, test } from 'vitest';
import type { TimedFact } from '../../catalogue.ts';
import type { EventKind, UserProfile } from '../../events.ts';
import { type RawRow, tableRow, treeRow } from '../readers/raw-row.ts';
import type { EventDraft, KindOptions, ProductDraft, RowSink, SourceShape } from './kind.ts';
import { askedFor, kindOf } from './registry.ts';

const now = Date.UTC(2026, 0, 2);

interface Read {
  readonly kind: string;
  readonly problems: readonly string[];
  readonly events: readonly Partial<EventDraft>[];
  readonly products: readonly ProductDraft[];
  readonly facts: readonly TimedFact[];
  readonly users: readonly UserProfile[];
  readonly notes: readonly string[];
  /** Rows that a step sets aside while they are read: step and reason. */
  readonly aside: readonly string[];
}

/** Maps rows by the kind that recognises them; blank event fields are left out. */
function read(shape: SourceShape, options: Partial<KindOptions> = {}, asked?: string): Read {
  const map = options.map ?? {};
  const { kind: named, role } = askedFor(asked);
  const kind = named ?? kindOf(shape, Object.keys(map).length > 0);
  const mapper = kind.open(shape, { map, utcOffsetMinutes: 0, now, role, ...options });
  const [events, products, facts, users] = [[], [], [], []] as [
    Partial<EventDraft>[],
    ProductDraft[],
    TimedFact[],
    UserProfile[],
  ];
  const aside: string[] = [];
  let draft = {} as EventDraft;
  const sink: RowSink = {
    begin(kindOfEvent: EventKind) {
      draft = {
        kind: kindOfEvent,
        ...{ eventId: '', userId: '', visitorId: '', sessionId: '', productId: '', variantId: '', currency: '' },
        ...{ device: '', place: '', referrer: '', text: '', recommendationId: '', title: '' },
        ...{ time: Number.NaN, quantity: Number.NaN, price: Number.NaN, value: Number.NaN, position: Number.NaN },
      };
      return draft;
    },
    emit: () => events.push(Object.fromEntries(Object.entries(draft).filter(([, v]) => v !== '' && !Number.isNaN(v)))),
    product: (product) => products.push(product),
    fact: (fact) => facts.push(fact),
    user: (profile) => users.push(profile),
    setAside: (step, reason) => aside.push(`${step}: ${reason}`) > 0,
    order: () => {},
    alias: () => {},
    otherId: () => {},
    variation: () => {},
    name: () => {},
  };
  const problems = shape.sample.map((row) => mapper.map(row, sink));
  return { kind: kind.name, problems, events, products, facts, users, aside, notes: mapper.notes ?? [] };
}

function tableOf(columns: string, ...rows: readonly string[]): SourceShape {
  const cut = (text: string): string[] => text.split('|');
  const sample = rows.map((row, i): RawRow => tableRow(i + 2, cut(row)));
  return { name: 'file.csv', format: 'delimited', columns: cut(columns), sample };
}

function treeOf(...values: readonly unknown[]): SourceShape {
  const sample = values.map((value, i) => treeRow(i + 1, value, JSON.stringify(value)));
  return { name: 'file.jsonl', format: 'json-lines', columns: undefined, sample };
}

const retail = 'InvoiceNo|StockCode|Description|Quantity|InvoiceDate|UnitPrice|CustomerID|Country';

test('Online Retail lines become purchases and refunds, in both date forms and both editions', () => {
  const { kind, events, problems } = read(
    tableOf(
      retail,
      '536365|85123A|WHITE HOLDER |6|2010-12-01 08:26:00|2.55|17850.0|United Kingdom',
      'C536379|D|Discount|-1|2010-12-01 09:41:00|27.5|14527|France',
      '536365|85123A||x|2010-12-01 08:26:00|2.55||France',
    ),
  );
  expect(kind).toBe('online-retail');
  expect(events).toEqual([
    {
      kind: 'purchase',
      time: Date.UTC(2010, 11, 1, 8, 26),
      sessionId: '536365',
      productId: '85123A',
      quantity: 6,
      price: 2.55,
      currency: 'GBP',
      place: 'United Kingdom',
      title: 'WHITE HOLDER',
      userId: '17850',
    },
    expect.objectContaining({ kind: 'refund', quantity: 1, userId: '14527', sessionId: 'C536379' }),
  ]);
  expect(problems).toEqual(['', '', 'Quantity: expected a number, got "x"']);
  const second = read(
    tableOf(
      'Invoice|StockCode|Description|Quantity|InvoiceDate|Price|Customer ID|Country',
      '1|A|a|1|12/13/2010 8:26|1|2|UK',
    ),
  );
  expect([second.kind, second.events[0]!.time]).toEqual(['online-retail', Date.UTC(2010, 11, 13, 8, 26)]);
});

test('a generic table is read by usual names, and by --map where the names are unusual', () => {
  const usual = read(tableOf('user|item|event_type|timestamp|price', 'u|i|addtocart|1291191960|2,50', 'u|i|wink|1|2'));
  expect(usual.kind).toBe('generic');
  expect(usual.events).toEqual([{ kind: 'add_to_cart', userId: 'u', productId: 'i', time: 1291191960000, price: 2.5 }]);
  expect(usual.aside).toEqual(['unknown-events: an event called "wink"']);
  const own = read(tableOf('user|item|event_type|timestamp', 'u|i|wink|1291191960', 'u|i|nod|1'), {
    eventNames: { Wink: 'feedback', nod: 'ignore' },
  });
  expect(own.events.map(({ kind }) => kind)).toEqual(['feedback']);
  expect(own.aside).toEqual([]);
  const mapped = read(tableOf('who|what|cents', 'u|i|250', 'u||1'), {
    map: { userId: 'who', productId: 'what', priceMinor: 'cents' },
    timeFormat: 'none',
    currency: 'EUR',
  });
  expect(mapped.events).toEqual([{ kind: 'purchase', userId: 'u', productId: 'i', price: 2.5, currency: 'EUR' }]);
  expect(mapped.problems[1]).toContain('productId');
  const nested = read(treeOf({ a: { user: 'u' }, b: 'i' }), {
    map: { userId: 'a.user', productId: 'b' },
    timeFormat: 'none',
  });
  expect(nested.events).toEqual([{ kind: 'view_item', userId: 'u', productId: 'i' }]);
});

test('a sale of a negative quantity is a refund', () => {
  const { events } = read(tableOf('customer_id|sku|qty', 'u|i|-3'), { timeFormat: 'none' });
  expect(events).toEqual([{ kind: 'refund', userId: 'u', productId: 'i', quantity: 3 }]);
});

test('a table without shoppers is a catalogue with facts, one of shoppers alone is profiles', () => {
  const { products, facts } = read(
    tableOf(
      'product_id|title|category|price|currency|stock|attribute.colour|ean',
      'p|Mug|Home > Kitchen|1200|JPY|7|red|123',
    ),
  );
  expect(products).toEqual([
    expect.objectContaining({
      productId: 'p',
      title: 'Mug',
      categories: [['Home', 'Kitchen']],
      attributes: { colour: 'red' },
      gtin: '123',
    }),
  ]);
  expect(facts).toEqual([
    { fact: 'price', variantId: 'p', place: '', from: now, priceMinor: 1200, currency: 'JPY' },
    { fact: 'stock', variantId: 'p', place: '', from: now, unitsOnHand: 7 },
  ]);
  const users = read(tableOf('user_id|user.age|income', 'u|30|'));
  expect(users.users).toEqual([{ userId: 'u', attributes: { age: '30' } }]);
  const described = read(treeOf({ id: 7, name: 'N', title: 'Mug', ean: ['12', '13'], weight: 3, tags: ['a'] }));
  expect(described.products).toEqual([
    expect.objectContaining({
      productId: '7',
      title: 'Mug',
      gtin: '12',
      attributes: { name: 'N', weight: '3', tags: 'a' },
    }),
  ]);
  const prices = read(tableOf('product_id|date|price|source', 'p|2020-01-01|3|erp'), { currency: 'EUR' });
  expect([prices.products, prices.facts]).toEqual([
    [],
    [expect.objectContaining({ from: Date.UTC(2020, 0, 1), priceMinor: 300 })],
  ]);
});

test('a header that says nothing names what it found, what is missing and how to map it', () => {
  expect(() => read(tableOf('foo|bar', '1|2'))).toThrow(
    /expected columns that say surely what the rows are, got neither products nor people.\n {2}foo: 1\n {2}bar: 2/,
  );
  expect(() => read(tableOf('foo|bar', '1|2'), { map: { shoe: 'foo' } })).toThrow(/expected a field, got "shoe"/);
  expect(() => read(tableOf('a|b', '1|2'), {}, 'excel')).toThrow(
    /expected a kind of export, or what the rows are, got "excel"/,
  );
  expect(() => read(tableOf('a|b', '1|2'), {}, 'online-retail')).toThrow(/no InvoiceNo, no StockCode/);
});

test('GA4 exports give one event an item, sessions by visitor, and leave other events out', () => {
  const { kind, events, products } = read(
    treeOf(
      {
        event_name: 'purchase',
        event_timestamp: '1609459200123456',
        user_id: 'u',
        user_pseudo_id: 'v.1',
        event_params: [
          { key: 'ga_session_id', value: { int_value: '77' } },
          { key: 'currency', value: { string_value: 'USD' } },
        ],
        device: { category: 'mobile' },
        geo: { country: 'France' },
        items: [
          {
            item_id: 'a',
            item_name: 'Mug',
            item_variant: 'red',
            item_brand: 'B',
            item_category: 'Home',
            price: 9.5,
            quantity: '2',
          },
          { item_id: 'b', item_name: 'Cup', item_category: '(not set)', price: 4, quantity: 1 },
        ],
      },
      { event_name: 'scroll', event_timestamp: '1609459200123456' },
      {
        event_name: 'view_search_results',
        event_timestamp: 1609459201000000,
        user_pseudo_id: 'v.1',
        event_params: [{ key: 'search_term', value: { string_value: 'tea' } }],
        items: [],
      },
    ),
  );
  expect(kind).toBe('ga4');
  const visit = {
    time: 1609459200123,
    userId: 'u',
    visitorId: 'v.1',
    sessionId: 'v.1.77',
    currency: 'USD',
    device: 'mobile',
    place: 'France',
  };
  expect(events).toEqual([
    { kind: 'purchase', ...visit, productId: 'a', variantId: 'a/red', title: 'Mug', price: 9.5, quantity: 2 },
    { kind: 'purchase', ...visit, productId: 'b', title: 'Cup', price: 4, quantity: 1 },
    { kind: 'search', time: 1609459201000, visitorId: 'v.1', text: 'tea' },
  ]);
  expect(products).toEqual([
    { productId: 'a', brand: 'B', categories: [['Home']], variantId: 'a/red', options: { variant: 'red' } },
  ]);
});

test('Segment tracks become events, identifies profiles, pages nothing', () => {
  const { kind, events, users, problems } = read(
    treeOf(
      {
        type: 'track',
        event: 'Order Completed',
        messageId: 'm',
        userId: 'u',
        anonymousId: 'v',
        timestamp: '2021-01-01T00:00:00Z',
        properties: {
          order_id: 'o',
          currency: 'EUR',
          products: [
            { product_id: 'a', price: 3, quantity: 2 },
            { product_id: 'b', sku: 'b-1' },
          ],
        },
      },
      { type: 'identify', userId: 'u', traits: { plan: 'gold', age: 30 } },
      { type: 'page', userId: 'u' },
      { type: 'track', event: 'Product Viewed', userId: 'u', properties: {} },
    ),
  );
  expect(kind).toBe('segment');
  const order = {
    kind: 'purchase',
    time: Date.UTC(2021, 0, 1),
    userId: 'u',
    visitorId: 'v',
    sessionId: 'o',
    currency: 'EUR',
  };
  expect(events).toEqual([
    { ...order, eventId: 'm#0', productId: 'a', price: 3, quantity: 2 },
    { ...order, eventId: 'm#1', productId: 'b', variantId: 'b-1' },
  ]);
  expect(users).toEqual([{ userId: 'u', attributes: { plan: 'gold', age: '30' } }]);
  expect(problems[3]).toContain('product_id');
});

test('RecBole files are told apart by their user and item columns', () => {
  const inter = read(tableOf('user_id:token|item_id:token|rating:float|timestamp:float', '1|2|4.0|964982703'));
  expect([inter.kind, inter.events]).toEqual([
    'recbole',
    [{ kind: 'rate', userId: '1', productId: '2', value: 4, time: 964982703000 }],
  ]);
  const item = read(
    tableOf('item_id:token|movie_title:token_seq|class:token_seq|release_year:token', '2|Toy Story|Comedy Drama|1995'),
  );
  expect(item.products).toEqual([
    { productId: '2', title: 'Toy Story', categories: [['Comedy'], ['Drama']], attributes: { release_year: '1995' } },
  ]);
  const user = read(tableOf('user_id:token|age:token', '1|24'));
  expect(user.users).toEqual([{ userId: '1', attributes: { age: '24' } }]);
});

test('a Merchant feed gives products with variants, prices in their dates and availability', () => {
  const { kind, products, facts } = read({
    ...treeOf({
      id: 'v1',
      item_group_id: 'g',
      title: 'Mug',
      price: '15.00 USD',
      sale_price: '12.00 USD',
      sale_price_effective_date: '2026-01-01T00:00Z/2026-02-01T00:00Z',
      availability: 'in stock',
      color: 'red',
      product_type: 'Home > Mugs',
      additional_image_link: ['b', 'c'],
      image_link: 'a',
    }),
    format: 'xml',
  });
  expect(kind).toBe('google-merchant');
  expect(products).toEqual([
    expect.objectContaining({
      productId: 'g',
      variantId: 'v1',
      categories: [['Home', 'Mugs']],
      images: ['a', 'b', 'c'],
      options: { color: 'red' },
    }),
  ]);
  const price = { fact: 'price', variantId: 'v1', place: '', currency: 'USD' };
  expect(facts).toEqual([
    { ...price, from: Date.UTC(2026, 0, 1), priceMinor: 1200, listPriceMinor: 1500 },
    { ...price, from: Date.UTC(2026, 1, 1), priceMinor: 1500 },
    { fact: 'stock', variantId: 'v1', place: '', from: now, unitsOnHand: 1 },
  ]);
  const tsv = read(tableOf('id|title|price|availability|image link', '1|Mug|9 EUR|out_of_stock|a.jpg'));
  expect([tsv.kind, tsv.facts.at(-1)]).toEqual(['google-merchant', expect.objectContaining({ unitsOnHand: 0 })]);
});
