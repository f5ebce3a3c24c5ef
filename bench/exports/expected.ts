/**
 * What is right of each case of `../cases/import` and `../cases/import-passing`, by what is stored: lines of events
 * (`kind who #order product quantity x price currency time`), products, prices and stock, people, notes. A text must be part of
 * a line; `n` are the events; an `error` must be part of the refusal.
 */
import type { ImportOptions } from '../../src/data/import/import-options.ts';

export interface Expected {
  /** In the order of the command; a list of lists is several imports. */
  readonly files: readonly string[] | readonly (readonly string[])[];
  readonly options?: Partial<ImportOptions>;
  readonly n?: number;
  readonly events?: readonly string[];
  /** How many products, or texts of their lines. */
  readonly products?: number | readonly string[];
  readonly facts?: readonly string[];
  readonly people?: readonly string[];
  readonly notes?: readonly string[];
  readonly error?: string;
  /** After training: the last for a stranger, and what a person is not offered. */
  readonly trained?: { readonly last: string; readonly user: string; readonly without: readonly string[] };
}

const yuan = { currency: 'CNY' } as const;

export const expected: Readonly<Record<string, Expected>> = {
  'amazon2014-reviews': { files: ['reviews.json'], n: 3, events: ['rate AX7QWZ000000A1 0000990017 =5 2013-06-11'] },
  'amazon2018-reviews': { files: ['reviews.json'], n: 2, events: ['rate AX7QWZ000000B1 0000990024 =5 2016-09-01'] },
  'amazon2023-reviews': {
    ...{ files: ['All_Beauty.jsonl', 'meta_All_Beauty.jsonl'], n: 3 },
    products: ['B0ZZZPAR01 "Howl Spray"', 'B0ZZZPAR02 "Mudd Mask"'],
  },
  'dates-late-dmy-over-1000-rows': {
    ...{ files: ['orders.csv'], n: 1600, events: ['purchase u3 p3 1 x 500 XXX 2026-01-04T10:03'], notes: ['dmy'] },
  },
  'e-archived-still-recommended': {
    ...{ files: ['products.csv', 'orders.csv'], n: 5 },
    products: ['p1 "Old Lamp" hidden', 'p2 "Tin Cup"', 'p4 "Draft Tent" hidden'],
  },
  'e-country-of-origin': {
    ...{ files: ['products.csv', 'orders.csv'], n: 3, facts: ['w3 1420 XXX', 'w3 stock 0'] },
    products: ['type=White; country=France; region=Burgundy'],
  },
  'e-counts-no-time': {
    files: ['data.txt'],
    options: { map: { userId: 'customer_uid', productId: 'shop_id', quantity: 'num_tx' }, timeFormat: 'none' },
    ...{ n: 4, notes: ['no times'] },
  },
  'e-currency-mixed': {
    files: ['orders.csv'],
    n: 8,
    events: ['950 USD', '4900 BRL', '49900 INR', '1200 CNY', '900 CHF'],
  },
  'e-dup-header': { files: ['orders.csv'], error: 'two columns are called price' },
  'e-excel-sep-line': { files: ['orders.csv'], n: 2, events: ['purchase c2 #2 p1 2 x 950'] },
  'e-identical-lines': { files: ['orders.csv'], n: 3, notes: ['equal another of their order'] },
  'e-line-total': {
    files: ['sales.csv'],
    options: { map: { productId: 'article', userId: 'client', time: 'sold_at', price: 'total' } },
    ...{ n: 3, events: ['c1 a1 2 x 950', 'c2 a1 1 x 950', 'c3 a1 3 x 950'] },
  },
  'e-map-two-files': {
    files: ['products.csv', 'sales.csv'],
    options: { map: { productId: 'article', userId: 'client', time: 'sold_at' } },
    ...{ n: 3, products: ['a1 "Tin Cup"'] },
  },
  'e-missing-markers': {
    ...{ files: ['orders.csv'], n: 7, products: 3, events: ['session:1 #1 p1', 'session:2 #2 p1', 'session:7 #7 p3'] },
  },
  'e-order-status': { files: ['orders.csv'], n: 3, events: ['purchase c1', 'purchase c3', 'refund c3'] },
  'e-overlap-reexport': { files: [['jan.csv'], ['jan-feb.csv'], ['jan-feb-reformatted.csv']], n: 3 },
  'e-price-dash': { files: ['sports.item'], products: 4, facts: ['cup 950 XXX'] },
  'e-scientific-ids': { files: ['r.csv'], error: 'that a spreadsheet shortened' },
  'e-unknown-events': { files: ['ev.csv'], options: { eventNames: { listen: 'view_item', skip: 'ignore' } }, n: 3 },
  'enc-cp1251': { files: ['orders.csv'], notes: ['read as windows-1251'], products: ['Кружка'] },
  'enc-shift-jis': { files: ['orders.csv'], notes: ['read as shift_jis'], products: ['青磁マグカップ'] },
  'gorse-json': {
    ...{ files: ['feedback.jsonl', 'items.jsonl'], events: ['view_item ines 10', 'feedback otto 11'] },
    products: ['10 "Title ten" [a | b]', '11 "Title eleven" [a] hidden'],
  },
  'hm-transactions': {
    ...{ files: ['transactions_train.csv', 'articles.csv'], n: 4, events: ['2018-09-20', '2018-09-21'] },
    products: ['0990001001 "Lotte Body"'],
  },
  instacart: {
    ...{ files: ['orders.csv', 'order_products__prior.csv', 'products.csv'], n: 4 },
    ...{
      events: ['purchase 51 #91001 601', 'purchase 51 #91002 601', 'purchase 52 #91003 603'],
      products: ['"Ginger Soda"'],
    },
  },
  'json-bigint-ids': {
    ...{ files: ['events.jsonl'], n: 3, products: 2 },
    events: ['9007199254740993 99561197970982479', '9007199254740992 99561197970982480'],
  },
  'json-wrapped-in-object': {
    ...{ files: ['wrapped.json', 'shopify-products.json'], n: 1 },
    products: ['linen-shirt "Linen Shirt"', '{LS-S-WHT variant=S / White, LS-M-WHT'],
  },
  'ml-ratings-csv': {
    ...{ files: ['ratings.csv', 'movies.csv'], n: 4, events: ['rate 41 7003 =4.5'] },
    products: ['7003 "Older Neighbours, The (1995)" [Comedy | Romance]'],
  },
  'ml1m-ratings-dat': { files: ['ratings.dat', 'movies.dat'], n: 6, products: ['2102 "Léonce (1994)" [Drama]'] },
  'netflix-prize': { files: ['combined_data_1.txt'], n: 4, events: ['rate 995013 2 =4 2005-10-19'] },
  olist: {
    files: ['olist_order_items_dataset.csv', 'olist_orders_dataset.csv', 'olist_products_dataset.csv'],
    ...{ n: 1, events: ['39b95ba203fb5541695b7b0e0fcf589b', '5890 BRL 2017-09-13T08:59:02'] },
  },
  'prestashop-orders': {
    files: ['order_detail.csv'],
    n: 5,
    events: ['refund 6 #13 2/11 1', 'purchase 5 #12 3 1 x 123480'],
  },
  'prestashop-products': {
    files: ['product_2026-05-01.csv'],
    products: ['4 "Mug retiré" [Art] (reference=demo_9) hidden'],
    facts: ['2 stock 2100', '3 123480 EUR'],
  },
  'ratings-value-ignored': {
    ...{ files: ['ratings.csv'], n: 28 },
    trained: { last: 'awful', user: 'u1', without: ['awful', 'g2', 'g3', 'g4'] },
  },
  rees46: {
    files: ['2019-Oct.csv'],
    n: 4,
    products: ['by kettel [appliances > environment > water_heater]'],
    events: ['#7157a30f'],
  },
  'retailrocket-item-properties': {
    files: ['item_properties_part1.csv'],
    products: ['77001 "77001" [31]'],
    facts: ['77002 stock 0'],
  },
  'retry-is-a-noop': { files: ['ratings.csv'], n: 4 },
  'shopify-orders': {
    ...{ files: ['orders_export.csv'], n: 7, products: 5 },
    events: [
      'purchase mara@post.invalid #1003 MUG-001 1 x 1800 EUR',
      'refund teo@post.invalid',
      '#1000 Gift wrapping 1 x 300 EUR',
    ],
  },
  'shopify-products': {
    files: ['products_export.csv'],
    products: [
      '{LS-S-WHT Size=S Color=White gtin=4006381333931, LS-M-WHT',
      'old-lamp "Old Lamp" by Lumo {LAMP-OLD} (type=Lamps) hidden',
      'tea-sampler "Tea Sampler"',
    ],
    facts: ['LS-L-NVY 5200', 'LS-M-WHT stock 5'],
  },
  'sku-orders-vs-catalogue': {
    files: ['products.csv', 'orders.csv'],
    products: 3,
    events: ['P-10/P-10-RED', 'P-12/P-12-M'],
  },
  'steam-australian': { files: ['australian_users_items.json'], n: 2, products: ['10 "Counter"'] },
  'train-order-over-61440-events': { files: ['many.csv'], n: 126_000 },
  'vertex-retail': {
    ...{ files: ['products.jsonl', 'user_events.jsonl'], n: 3, events: ['purchase u1 #727 51 2'] },
    ...{
      products: ['44 "Fleece Jacket" [Clothing > Jackets | Sale] 1 images'],
      facts: ['44 5990 EUR of 7990', '51 stock 0'],
    },
  },
  'woo-orders-item-rows': {
    files: ['orders.csv'],
    n: 4,
    products: 3,
    events: ['51/CUP-3 2 x 950', 'purchase bo@post.invalid', 'purchase cy@post.invalid'],
  },
  'woo-orders-rest-json': { files: ['orders.json'], n: 3, events: ['2 x 950 EUR', 'purchase bo@post.invalid'] },
  'woo-products': {
    files: ['wc-product-export.csv'],
    products: [
      '[Clothing > Jackets | Sale] {FLEECE-S Size=S, FLEECE-M Size=M}',
      '2 images',
      'OLDROPE "Old Rope" [Outdoor] (type=simple) hidden',
    ],
    facts: ['FLEECE-S 5990 XXX of 7990', 'FLEECE-M stock 0', 'CUP-3 950'],
  },
  'woo-variation-zero': { files: ['orders.csv'], products: ['51 "Tin Cup"', '60 "Rope"', '44 "Fleece S" {45}'] },
  'xlsx-orders-report': { files: ['report.xlsx'], n: 3, events: ['purchase 00124 #2 0008 2 x 725'] },
  yoochoose: {
    files: ['yoochoose-clicks.dat', 'yoochoose-buys.dat'],
    n: 6,
    events: ['purchase session:71 #71 990037850 2'],
  },
  'zh-taobao-orders-gbk': {
    ...{ files: ['ExportOrderList.csv', 'ExportOrderDetailList.csv'], n: 2 },
    events: ['purchase 小猫** #4123456789012345678 CUP-01 2 x 2990 CNY'],
  },
  'zh-yen-sign': { files: ['orders.csv'], options: yuan, n: 3, events: ['2990 CNY'] },

  'aws-personalize': { files: ['interactions.csv', 'items.csv', 'users.csv'], n: 3, people: ['00035'] },
  'e-all-same-time': { files: ['ev.csv'], n: 29 },
  'e-crlf-quoted-bom': { files: ['orders.csv'], n: 2, products: 1 },
  'e-dates-late-dmy': { files: ['orders.csv'], n: 29, notes: ['dmy'] },
  'e-decimal-comma': { files: ['bestellungen.csv'], n: 4, events: ['x 123450', 'x 1250'] },
  'e-empty': { files: ['empty.csv'], error: 'got an empty file' },
  'e-epoch-float': { files: ['ev.csv'], n: 3, events: ['2026-03-01T08:03:20.250Z'] },
  'e-epoch-mixed': { files: ['ev.csv'], n: 4 },
  'e-gorse232-dates': { files: ['fb.csv'], n: 4, events: ['view_item 91 a 2022-02-28T09:15:00'] },
  'e-header-only': { files: ['h.csv'], error: 'got only a header' },
  'e-header-repeated': { files: ['orders.csv'], n: 4 },
  'e-neg-qty-refund': { files: ['orders.csv'], n: 4, events: ['refund u1'] },
  'e-odd-ids': { files: ['events.csv'], n: 7, products: ['cup "3 dl"', '商品—甲', 'SKU/001#a b'] },
  'e-one-item': { files: ['ev.csv'], n: 20, products: 1 },
  'e-one-user': { files: ['ev.csv'], n: 20 },
  'e-pandas-index': { files: ['r.csv'], n: 4 },
  'e-shifted-columns': { files: ['orders.csv'], n: 2 },
  'e-timezones': { files: ['ev.csv'], n: 6, events: ['2026-03-01T04:30:00'] },
  'enc-latin1-short': { files: ['orders.csv'], products: ['Café crème', 'Müsli für Ähren'] },
  'ga4-bigquery-jsonl': { files: ['events_20260301.jsonl'], n: 8, events: ['purchase u-9'] },
  'ga4-parquet': { files: ['ga4.parquet'], n: 8 },
  'gm-nonamespace': { files: ['feed.xml'], products: ['Teekanne groß'], facts: ['A-1 102900 EUR'] },
  'google-merchant-ns': {
    files: ['feed.xml'],
    products: ['FLEECE "Fleece Jacket & Co"'],
    facts: ['FLEECE-S 5990 EUR of 7990'],
  },
  'google-merchant-rss': { files: ['feed.tsv'], products: 3, facts: ['0052 102900 EUR'] },
  'parquet-pandas': { files: ['orders.parquet'], n: 3, events: ['purchase 9007199254740993'] },
  'recbole-space': { files: ['x.inter'], n: 2 },
  retailrocket: {
    files: ['events.csv', 'item_properties_part1.csv', 'category_tree.csv'],
    n: 6,
    events: ['purchase 901001 #5101 77001'],
  },
  'segment-jsonl': { files: ['segment.jsonl'], n: 6, people: ['u1'] },
  'shopify-customers': { files: ['customers_export.csv'], people: ['7001000001', '7001000002'] },
  'xlsx-numeric-ids': { files: ['orders.xlsx'], n: 3, events: ['purchase 1004005006007008 #1 4006381333931'] },
  'zh-utf16-tsv': { files: ['orders.txt'], n: 2, products: ['青瓷杯'] },
  'zip-archive': { files: ['ml-tiny.zip'], error: 'unpack the archive' },
};
