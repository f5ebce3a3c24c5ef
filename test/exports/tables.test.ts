/** Tables of any store: what is sure goes in by usual names, what is not is refused with the command to type next. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openDuckdb } from '../../src/adapters/duckdb/analytics.ts';
import type { ShelfwiseError } from '../../src/core/errors.ts';
import { importFiles } from '../../src/data/import/import-files.ts';
import { RecordingStore } from '../fakes/recording-store.ts';
import { imported, now } from './imported.ts';

const orders = 'order_id,customer_id,product_id,quantity,price,date';

async function refused(...given: Parameters<typeof imported>): Promise<ShelfwiseError> {
  return (await imported(...given).then(
    () => expect.fail('expected to be refused'),
    (error: unknown) => error,
  )) as ShelfwiseError;
}

test('what is not surely known is refused with samples, what each column could be, and the command', async () => {
  const strange = await refused({ 'visits.csv': 'uid,shop_no,rating,when\nq1,55,4,2026-01-02\nq2,56,5,2026-01-03\n' });
  expect(strange.code).toBe('SW_INPUT_FORMAT');
  expect(strange.message).toContain(
    '  uid: q1, q2 -> userId?\n  shop_no: 55, 56\n  rating: 4, 5 -> value?\n  when: 2026-01-02, 2026-01-03 -> time?',
  );
  expect(strange.hint).toMatch(/shelfwise import \S*visits\.csv --map time=when --map productId=COLUMN --preview/);
  const timeless = await refused({ 'sales.csv': 'customer_id,product_id,quantity\nc,p,1\n' });
  expect(timeless.message).toContain('no column of times');
  expect(timeless.hint).toContain('--time-format none');
  const people = await refused({ 'books.csv': 'user_id,book,score\nc,p,1\n' });
  expect(people.hint).toContain('--map productId=book');
  const folk = await refused({ 'list.csv': 'email,first_name,city\na@x.invalid,Ann,York\n' });
  expect(folk.hint).toMatch(/shelfwise import \S*list\.csv --as people --map userId=email --preview/);
  const deeds = await refused({ 'votes.csv': 'user_id,name,film_id,score_given\nc,Ann,7,4\n' });
  expect(deeds.message).toContain('people, beside columns that may be of what they did');
  // Orders are no catalogue, whatever else they hold.
  const personal = await refused({ 'report.csv': 'id,title,price,buyer_email\n1,#1,9,a@x.invalid\n' });
  expect(personal.message).toContain('a column of people (buyer_email) beside products');
  const asked = await imported(
    { 'report.csv': 'id,title,price,colour,buyer_email\n1,Cup,9,red,a@x.invalid\n' },
    { kind: 'products', map: { productId: 'id' } },
  );
  expect([asked.products, asked.unused]).toEqual([['1 "Cup" (colour=red)'], ['buyer_email']]);
});

test('a quantity in a catalogue is its stock, and dates with full stops begin with the day', async () => {
  const goods = await imported({ 'goods.csv': 'id,name,price,quantity,colour\n1,Tea,4.50,10,green\n' });
  expect([goods.products, goods.facts]).toEqual([['1 "Tea" (colour=green)'], ['1 450 XXX', '1 stock 10']]);
  expect((await imported({ 'levels.csv': 'sku,quantity,store\nA,5,York\n' })).facts).toEqual(['A@York stock 5']);
  const sold = 'Bestellnummer;Kunde;Artikel;Menge;Preis;Datum\n1;k1;a1;2;1.234,50;01.02.2026\n';
  expect((await imported({ 'b.csv': sold })).events).toEqual(['purchase k1 #1 a1 2 x 123450 XXX 2026-02-01']);
});

test('names that no file has, columns mapped twice and renamed columns are named', async () => {
  const files = { 'a.csv': `${orders}\n1,c,p,1,9,2026-01-01\n` };
  expect((await refused(files, { map: { userId: 'client' } })).message).toBe(
    'a.csv: `map.userId`: expected the column "client", got order_id, customer_id, product_id, quantity, price, date.',
  );
  expect((await refused(files, { map: { userId: 'customer_id', visitorId: 'customer_id' } })).message).toContain(
    'expected a column for itself, got "customer_id", which is mapped to userId as well',
  );
  expect((await refused(files, { map: { 'b.csv:userId': 'customer_id' } })).message).toContain(
    'expected a file of this import before the colon, got "b.csv"',
  );
  const renamed = await refused({
    'orders.csv':
      'order_id,order_date,status,customer_id,item_id,item_product_id,item_name,item_quantity,line_sum\n1,2026-01-01,completed,4,9,44,Coat,1,59\n',
  });
  expect(renamed.message).toContain(
    'expected the columns of woocommerce-orders, which the others are of, got no item_total among',
  );
  expect(renamed.hint).toContain('--as generic');
  const both = {
    'r.csv':
      'reviewerID,asin,overall,unixReviewTime,user_id,parent_asin,rating,timestamp\na,p,5,1370908800,b,q,4,1601601601601\n',
  };
  expect((await refused(both)).message).toContain('two that both fit: amazon-reviews-2018 and amazon-reviews-2023');
  expect((await imported(both, { kind: 'amazon-reviews-2023' })).events).toEqual([
    expect.stringMatching(/^rate b q\/p =4 2020-10-02/),
  ]);
});

test('files with columns of their own share one command: a map counts where a file has the column', async () => {
  const files = {
    'goods.csv': 'article,label,price\na1,Tin Cup,9.50\n',
    'sales.csv':
      'client,article,sold_at,qty,total,label\nc1,a1,2026-01-05 10:00:00,2,19.00,x\nc2,a1,2026-01-06 10:00:00,3,28.50,y\n',
  };
  const { events, products, unused } = await imported(files, {
    map: { productId: 'article', userId: ['kunde', 'client'], time: 'sold_at', 'goods.csv:title': 'label' },
  });
  expect(events).toEqual([
    'purchase c1 a1 2 x 950 XXX 2026-01-05T10:00:00',
    'purchase c2 a1 3 x 950 XXX 2026-01-06T10:00:00',
  ]);
  expect([products, unused]).toEqual([['a1 "Tin Cup"'], ['label']]);
  // An amount is of a unit or of a line by what it does with the quantity; where the rows do not tell, it is asked for.
  const amounts = (rows: string): Record<string, string> => ({
    'a.csv': `user_id,product_id,created_at,quantity,amount\n${rows}`,
  });
  const [ofLine, ofUnit, unsure, single] = [
    'c1,a1,2026-01-05,2,19\nc2,a1,2026-01-06,3,28.5\n',
    'c1,a1,2026-01-05,2,9.5\nc2,a1,2026-01-06,3,9.5\n',
    'c1,a1,2026-01-05,2,19\nc2,a2,2026-01-06,1,28.5\n',
    'c1,a1,2026-01-05,1,9.5\nc2,a2,2026-01-06,1,9.5\n',
  ] as const;
  for (const rows of [ofLine, ofUnit, single])
    for (const line of (await imported(amounts(rows))).events) expect(line).toContain('x 950');
  const asked = await refused(amounts(unsure));
  expect(asked.message).toContain('amount beside quantity: say whether it is the price of one unit (map price=amount)');
  expect(asked.hint).toContain('--map lineTotal=amount');
  expect((await imported(amounts(unsure), { map: { lineTotal: 'amount' } })).events[0]).toContain('2 x 950');
  expect((await imported(amounts(unsure), { map: { price: 'amount' } })).events[0]).toContain('2 x 1900');
  const grows = { 'a.csv': amounts(ofLine)['a.csv']!.replace('amount', 'price') };
  expect((await refused(grows)).message).toContain('a price that grows with the quantity, price beside quantity');
  // A total that is mapped as the price of a unit is known by its name and by its growing with the quantity.
  const priced = await imported(
    { 'sales.csv': files['sales.csv'] },
    { map: { productId: 'article', userId: 'client', time: 'sold_at', price: 'total' } },
  );
  expect(priced.events[1]).toContain('3 x 950 XXX');
  const unit = 'client,article,sold_at,qty,total\nc1,a1,2026-01-05,2,9.5\nc2,a1,2026-01-06,3,9.5\n';
  const constant = await imported(
    { 'sales.csv': unit },
    { map: { productId: 'article', userId: 'client', time: 'sold_at', price: 'total' } },
  );
  expect(constant.events[1]).toContain('3 x 950 XXX');
});

test('no header, lines above it, Excel’s own line, a title above a sheet’s table', async () => {
  const bare = await imported(
    { 'log.tsv': 'c1\tp1\t2026-01-01\nc2\tp2\t2026-01-02\n' },
    { noHeader: true, map: { userId: '1', productId: '2', time: '3' } },
  );
  expect(bare.events).toEqual(['view_item c1 p1 2026-01-01', 'view_item c2 p2 2026-01-02']);
  const above = `Orders of May\nall shops\n${orders}\n1,c,p,1,9,2026-01-01\n`;
  expect((await imported({ 'a.csv': above }, { skipRows: 2 })).events).toEqual([
    'purchase c #1 p 1 x 900 XXX 2026-01-01',
  ]);
  const excel = `sep=;\r\n${orders.replaceAll(',', ';')}\r\n1;c;p;2;9,50;2026-01-01\r\n`;
  expect((await imported({ 'a.csv': excel })).events).toEqual(['purchase c #1 p 2 x 950 XXX 2026-01-01']);
});

test('what stands for nothing is nothing: no person is called NULL, none is a product', async () => {
  const rows = [
    ...[
      '1,NULL,p1,1,9.50,2026-03-01',
      '2,NULL,p1,2,9.50,2026-03-02',
      '3,nan,p2,NaN,4,2026-04-01',
      '4,None,p2,1,4,2026-04-02',
    ],
    ...['5,\\N,p3,1,4,\\N', '6,0,p3,1,4,0000-00-00 00:00:00', '7,-1,N/A,1,4,2026-04-02', '8,c8,NULL,1,4,2026-04-02'],
  ];
  const { events, products, aside, notes } = await imported({ 'orders.csv': `${orders}\n${rows.join('\n')}\n` });
  expect(events.map((event) => event.split(' ').slice(0, 4).join(' '))).toEqual([
    ...['purchase session:1 #1 p1', 'purchase session:2 #2 p1', 'purchase session:3 #3 p2', 'purchase session:4 #4 p2'],
    ...['purchase session:5 #5 p3', 'purchase session:6 #6 p3'],
  ]);
  expect(products).toEqual(['p1 "p1"', 'p2 "p2"', 'p3 "p3"']);
  expect(aside).toEqual(Array.from({ length: 2 }, () => 'unparsable-rows: productId: expected an id, got nothing'));
  expect(notes).toContain('customer_id: 5 rows hold a word for nothing');
  expect(notes).toContain("1 row of a guest (0): nobody's account");
});

test('ids stay as they stand, and what a spreadsheet did to them is undone or told', async () => {
  const json =
    '{"user_id":9007199254740993,"item_id":99561197970982479,"event":"view","time":"2026-03-01"}\n{"user_id":9007199254740992,"item_id":99561197970982480,"event":"view","time":"2026-03-02"}\n';
  expect((await imported({ 'e.jsonl': json })).events).toEqual([
    'view_item 9007199254740993 99561197970982479 2026-03-01',
    'view_item 9007199254740992 99561197970982480 2026-03-02',
  ]);
  const decimals = 'user_id,item_id,rating,timestamp\n17850.0,12.0,5,2026-03-03\n17850,12,3,2026-03-04\n';
  expect((await imported({ 'r.csv': decimals })).events).toEqual([
    'rate 17850 12 =5 2026-03-03',
    'rate 17850 12 =3 2026-03-04',
  ]);
  const shortened = 'user_id,item_id,rating,timestamp\n1.23E+11,12,5,2026-03-03\n17850,12,3,2026-03-04\n';
  const error = await refused({ 'r.csv': shortened });
  expect(error.message).toContain(
    'column user_id: expected ids, got numbers that a spreadsheet shortened, such as 1.23E+11',
  );
  const wrapped = `${orders}\n="0012",'0034,p,1,9,2026-01-01\n`;
  expect((await imported({ 'o.csv': wrapped })).events).toEqual(['purchase 0034 #0012 p 1 x 900 XXX 2026-01-01']);
});

test('an id of an event is looked up among products, then variants; no event moves a variant', async () => {
  const products =
    'product_id,variant_id,title,price,stock\nP1,P1-R,Kettle,39,4\nP1,P1-B,Kettle,39,9\nP2,P2-M,Socks,12,3\n';
  const sold =
    'order_id,customer_id,sku,quantity,price,created_at\n1,c1,P1-R,1,39,2026-05-01\n2,c2,P2-M,2,12,2026-05-02\n3,c2,P9,1,5,2026-05-03\n';
  for (const way of [{ 'p.csv': products, 'o.csv': sold }, [{ 'p.csv': products }, { 'o.csv': sold }]] as const) {
    const found = await imported(way);
    expect(found.products).toEqual(['P1 "Kettle" {P1-R, P1-B}', 'P2 "Socks" {P2-M}', 'P9 "P9"']);
    expect(found.events.map((event) => event.split(' ')[3])).toEqual(['P1/P1-R', 'P2/P2-M', 'P9']);
    expect(found.notes).toContain('2 ids of events are codes of variants');
  }
  const zero =
    'order_id,customer_id,product_id,variant_id,product_name,quantity,price,date\n1,c1,51,0,Cup,1,9.50,2026-03-01\n2,c2,60,0,Rope,1,4,2026-03-02\n3,c3,44,45,Coat,1,59,2026-03-03\n4,c3,46,7,Hat,1,5,2026-03-03\n5,c3,47,7,Cap,1,5,2026-03-03\n';
  expect((await imported({ 'o.csv': zero })).products).toEqual([
    ...['51 "Cup"', '60 "Rope"', '44 "Coat" {45}', '46 "Hat" {46/7}', '47 "Cap" {47/7}'],
  ]);
});

test('statuses: what was not bought is set aside and can be released, what came back is paired, what is off is hidden', async () => {
  const rows = ['completed', 'Cancelled', 'refunded', 'wc-failed', 'PENDING', 'shipped'].map(
    (status, n) => `${n},c${n},p1,1,9.50,2026-01-0${n + 1},${status}`,
  );
  const files = { 'orders.csv': `${orders},status\n${rows.join('\n')}\n` };
  const { events, aside } = await imported(files);
  expect(events.map((event) => event.split(' ').slice(0, 2).join(' '))).toEqual([
    ...['purchase c0', 'purchase c2', 'refund c2', 'purchase c5'],
  ]);
  expect(aside.map((line) => line.split(' is ')[1])).toEqual(['"Cancelled"', '"wc-failed"', '"PENDING"']);
  expect((await imported(files, { without: ['unsold-orders'] })).events).toHaveLength(7);
  const goods =
    'product_id,title,price,status,published\np1,Lamp,75,archived,TRUE\np2,Cup,9,active,TRUE\np3,Tent,9,draft,\np4,Rope,9,,no\np5,Rug,9,,\n';
  expect((await imported({ 'p.csv': goods })).products).toEqual([
    ...['p1 "Lamp" hidden', 'p2 "Cup"', 'p3 "Tent" hidden', 'p4 "Rope" hidden', 'p5 "Rug"'],
  ]);
});

test('country and region of a catalogue describe it; those of orders are where they were bought', async () => {
  const found = await imported({
    'products.csv': 'product_id,title,type,country,region,price,stock\nw1,Chablis,White,France,Burgundy,24.50,12\n',
    'orders.csv': `${orders},country\n1,c1,w1,1,24.50,2026-01-05,AT\n`,
  });
  expect(found.products).toEqual(['w1 "Chablis" (type=White; country=France; region=Burgundy)']);
  expect(found.facts).toEqual(['w1 2450 XXX', 'w1 stock 12']);
  const placed = await imported(
    { 'products.csv': 'product_id,title,country,price\nw1,Chablis,France,24.50\n' },
    { map: { place: 'country' } },
  );
  expect(placed.products).toEqual(['w1 "Chablis" (country=France)']);
});

test('prices: signs, codes, dashes, a flag that beats an ambiguous sign, and yen that cannot be', async () => {
  const prices = ['$9.50', '"8,70 €"', '¥1400', 'US$9.50', 'CHF 9.-', '"R$ 49,90"', 'Rs. 499', '12 元', '12.500 KWD'];
  const file = `${orders}\n${prices.map((price, n) => `${n},c,p${n},1,${price},2026-03-01`).join('\n')}\n9,c,p9,1,kr 99,2026-03-01\n`;
  const found = await imported({ 'o.csv': file });
  expect(found.events.map((event) => event.split(' x ')[1]!.split(' 2026')[0])).toEqual([
    ...['950 USD', '870 EUR', '1400 JPY', '950 USD', '900 CHF', '4990 BRL', '49900 INR', '1200 CNY', '12500 KWD'],
  ]);
  expect(found.aside).toEqual(['unparsable-rows: price: expected SEK, NOK, DKK or ISK, got "kr 99": set `currency`']);
  expect(found.notes).toContain('prices in several currencies, kept apart');
  const crowns = await imported({ 'o.csv': file }, { currency: 'NOK' });
  expect(crowns.events.at(-1)).toContain('9900 NOK');
  expect(crowns.events[1]).toContain('870 EUR');
  const yuan = `${orders}\n1,u,p,1,¥29.90,2026-03-01\n2,u,q,1,¥ 25.50,2026-03-01\n`;
  expect((await refused({ 'o.csv': yuan })).message).toContain('expected whole yen, got "¥29.90"');
  expect((await imported({ 'o.csv': yuan }, { currency: 'CNY' })).events[0]).toContain('2990 CNY');
  const ofRow = 'order_id,customer_id,product_id,quantity,price,currency,date\n1,u,p,1,$5,AUD,2026-03-01\n';
  expect((await imported({ 'o.csv': ofRow })).events[0]).toContain('500 AUD');
  const item =
    'item_id:token\ttitle:token_seq\tprice:float\ncup\tTin Cup\t9.5\nrope\tRope\t—\nlamp\tLamp\tfrom 12.99\n';
  expect(await imported({ 's.item': item })).toMatchObject({ facts: ['cup 950 XXX'], aside: [] });
});

test('times: a late row that proves the day first makes all be read so', async () => {
  const early = Array.from({ length: 1_500 }, (_, i) => `u${i % 70},p${i % 50},${(i % 9) + 1}/${(i % 3) + 1}/2026,1,5`);
  const late = Array.from({ length: 20 }, (_, i) => `u${i},p${i},${13 + (i % 15)}/03/2026,1,5`);
  const { events, aside, notes } = await imported({
    'o.csv': `customer_id,product_id,date,quantity,price\n${[...early, ...late].join('\n')}\n`,
  });
  expect([events.length, aside]).toEqual([1_520, []]);
  expect(events[3]).toBe('purchase u3 p3 1 x 500 XXX 2026-01-04');
  expect(notes).toContain('times read as dmy');
});

test('encodings are named, found by their letters where they can be, and doubted aloud where not', async () => {
  const bytes = (text: string, of: Record<string, number>): Buffer =>
    Buffer.from([...text].map((letter) => of[letter] ?? letter.charCodeAt(0)));
  const cyrillic = Object.fromEntries(Array.from({ length: 64 }, (_, i) => [String.fromCharCode(0x410 + i), 0xc0 + i]));
  const russian = bytes('user_id,product_id,product_name,time\nu,p,Кружка синяя,2026-03-01\n', cyrillic);
  const found = await imported({ 'o.csv': russian });
  expect(found.products).toEqual(['p "Кружка синяя"']);
  expect(found.notes).toContain('o.csv: not UTF-8: read as windows-1251');
  const japanese = Buffer.concat([
    Buffer.from('user_id,product_id,product_name,time\nu,p,'),
    // マグカップ in Shift-JIS.
    Buffer.from([0x83, 0x7d, 0x83, 0x4f, 0x83, 0x4a, 0x83, 0x62, 0x83, 0x76]),
    Buffer.from(',2026-03-01\n'),
  ]);
  expect((await imported({ 'o.csv': japanese })).products).toEqual(['p "マグカップ"']);
  const greek = Object.fromEntries([...'ΚΟΥΠΑ'].map((letter) => [letter, letter.charCodeAt(0) - 0x391 + 0xc1]));
  const doubted = await imported({
    'o.csv': bytes('user_id,product_id,product_name,time\nu,p,ΚΟΥΠΑ ΚΟΥΠΑ,2026-03-01\n', greek),
  });
  expect(doubted.notes).toContain('read as windows-1252, though its letters look like another encoding');
  const french = await imported({
    'o.csv': Buffer.from('user_id,product_id,product_name,time\nu,p,Thé à la crème,2026-03-01\n', 'latin1'),
  });
  expect([french.products, french.notes.includes('though')]).toEqual([['p "Thé à la crème"'], false]);
});

test('events by names of the store’s own', async () => {
  const file = {
    'e.csv': 'user_id,item_id,event,timestamp\nu,a,listen,1772352000\nu,b,skip,1772352100\nv,a,listen,1772352200\n',
  };
  const error = await refused(file);
  expect(error.message).toContain('got 3 of 3 rows with others; the first at line 2: an event called "listen"');
  expect(error.hint).toContain('--event-name NAME=KIND');
  const found = await imported(file, { eventNames: { listen: 'view_item', skip: 'ignore' } });
  expect(found.events).toHaveLength(2);
  expect(found.notes).toContain('1 row of the event skip say nothing that is used');
});

test('equal lines of an order: pieces where there is no quantity, a repeat that is told where there is one', async () => {
  const lines = '1,c1,w1,1,24.50,2026-01-05\n1,c1,w1,1,24.50,2026-01-05\n2,c1,w1,1,24.50,2026-01-05\n';
  const told = await imported({ 'o.csv': `${orders}\n${lines}` });
  expect(told.events).toHaveLength(2);
  expect(told.notes).toContain('1 lines equal another of their order in every cell and were taken for repeats');
  const bare = 'order_id,customer_id,product_id,price,date\n1,c1,w1,24.50,2026-01-05\n1,c1,w1,24.50,2026-01-05\n';
  const twice = await imported([{ 'o.csv': bare }, { 'again.csv': `${bare}2,c1,w1,24.50,2026-01-06\n` }]);
  expect(twice.events).toHaveLength(3);
});

test('an export that comes again, with cells that changed and numbers written otherwise, sells nothing twice', async () => {
  const jan = `${orders},fulfilment\n1,c1,p1,1,9.50,2026-01-05 10:00:00,pending\n2,c2,p2,1,4.00,2026-01-20 10:00:00,shipped\n`;
  const later = `${orders},fulfilment\n1,c1,p1,1,9.50,2026-01-05 10:00:00,shipped\n2,c2,p2,1,4.00,2026-01-20 10:00:00,shipped\n3,c1,p2,1,4.00,2026-02-03 10:00:00,pending\n3,c1,p2,2,3.50,2026-02-03 10:00:00,pending\n`;
  const written = `${orders}\n1,c1,p1,1,9.5,2026-01-05T10:00:00Z\n2,c2,p2,1,4,2026-01-20T10:00:00Z\n3,c1,p2,1,4,2026-02-03T10:00:00Z\n3,c1,p2,2,3.5,2026-02-03T10:00:00Z\n`;
  const { events } = await imported([{ 'jan.csv': jan }, { 'later.csv': later }, { 'written.csv': written }]);
  expect(events).toHaveLength(4);
  // Nor where the catalogue came between the two.
  const sold = 'order_id,customer_id,sku,quantity,price,created_at,note\n1,c1,P1-R,1,39,2026-05-01,';
  const goods = 'product_id,variant_id,title,price\nP1,P1-R,Kettle,39\nP1,P1-B,Kettle,39\n';
  const between = await imported([{ 'a.csv': `${sold}x\n` }, { 'p.csv': goods }, { 'b.csv': `${sold}y\n` }]);
  expect(between.events).toEqual(['purchase c1 #1 P1-R 1 x 3900 XXX 2026-05-01']);
  // Numbers that begin anew in another year are other orders.
  const other = jan.replaceAll('2026', '2025');
  expect((await imported([{ 'jan.csv': jan }, { 'other.csv': other }])).events).toHaveLength(4);
});

test('an export that comes again changes its lines: prices, refunds and cancellations of later are taken over', async () => {
  const head = 'order_id,customer_id,product_id,quantity,unit_price,created_at,order_status';
  const jan = `${head}\n1,c1,p1,1,9.50,2026-01-05,paid\n2,c2,p2,2,4.00,2026-01-20,paid\n3,c3,p2,1,4.00,2026-01-21,paid\n`;
  const feb = `${head}\n1,c1,p1,1,8.50,2026-01-05,paid\n2,c2,p2,2,4.00,2026-01-20,cancelled\n3,c3,p2,1,4.00,2026-01-21,refunded\n`;
  const { events, aside } = await imported([{ 'jan.csv': jan }, { 'feb.csv': feb }]);
  expect(events.map((line) => line.replace(' XXX', '')).toSorted()).toEqual([
    'purchase c1 #1 p1 1 x 850 2026-01-05',
    'purchase c3 #3 p2 1 x 400 2026-01-21',
    'refund c3 #3 p2 1 x 400 2026-01-21',
  ]);
  expect(aside).toEqual(['unsold-orders: its order is "cancelled"']);
  // Once more as it was: bought again.
  expect((await imported([{ 'jan.csv': jan }, { 'feb.csv': feb }, { 'mar.csv': `${jan}\n` }])).events).toHaveLength(4);
});

test('a list inside an object is the table; a line that holds a list is a row', async () => {
  const event = { user_id: 'u1', product_id: 'p1', event: 'view', time: '2026-03-01' };
  const one = 'view_item u1 p1 2026-03-01';
  const answer = { total_count: 1, data: [event], meta: { page: 1 } };
  expect((await imported({ 'a.json': JSON.stringify(answer) })).events).toEqual([one]);
  expect((await imported({ 'a.json': JSON.stringify({ data: [event] }, null, 2) })).events).toEqual([one]);
  const cart = { user_id: 'u1', time: '2026-03-01', event: 'cart', lines: [{ sku: 'a' }, { sku: 'b' }] };
  for (const text of [
    JSON.stringify(cart),
    `${JSON.stringify(cart)}\n`,
    `${JSON.stringify(cart)}\n${JSON.stringify(cart)}`,
  ])
    expect((await imported({ 'a.json': text }, { map: { productId: 'lines[].sku' } })).events.slice(0, 2)).toEqual([
      'add_to_cart u1 a 1 2026-03-01',
      'add_to_cart u1 b 1 2026-03-01',
    ]);
});

test('a preview answers with what would be stored, of the first rows, and stores nothing', async () => {
  const many = Array.from({ length: 12_000 }, (_, i) => `${i},c${i},p${i % 7},1,9,2026-01-01`);
  const { report, events, products } = await imported(
    { 'o.csv': `${orders},note\n${many.map((row) => `${row},x`).join('\n')}\n` },
    { preview: true },
  );
  expect([events, products]).toEqual([[], []]);
  expect(report).toMatchObject({ rowsRead: 10_000, eventsKept: 10_000, productsKept: 7 });
  expect(report.preview!.events[0]).toMatchObject({ kind: 'purchase', userId: 'c0', productId: 'p0', priceMinor: 900 });
  expect(report.preview!.products).toHaveLength(7);
  expect(report.readings).toEqual([
    expect.objectContaining({ file: 'o.csv', kind: 'generic', role: 'events', unused: ['note'] }),
  ]);
});

test('the same file with other settings is another reading: told where the first stored events, read where not', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'again-'));
  try {
    const store = new RecordingStore();
    const path = join(folder, 'people.csv');
    writeFileSync(path, 'user_id,name,product_id,time\nu1,Ann,p1,2026-01-01\n');
    const options = {
      ...{ store: store.port, folder: join(folder, 'shop'), now: () => now },
      openAnalytics: ({ spillFolder }: { spillFolder: string }) =>
        openDuckdb({ threads: 1, memoryLimitBytes: 2 ** 28, spillFolder }),
    };
    await importFiles([path], { ...options, kind: 'people' });
    expect([store.list().length, [...store.profiles.keys()]]).toEqual([0, ['u1']]);
    const second = await importFiles([path], options);
    expect([store.list().length, second.notes!.join()]).toEqual([1, expect.stringContaining('--undo')]);
    expect((await importFiles([path], options)).rowsRead).toBe(0);
    await expect(importFiles([path], { ...options, event: 'purchase' })).rejects.toMatchObject({
      ...{ code: 'SW_USAGE', hint: expect.stringContaining('shelfwise import --undo') },
    });
    expect(store.list()).toHaveLength(1);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
