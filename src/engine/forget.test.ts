/** Who is forgotten is named in no file of the shop, whatever the id looks like and whatever file brought it. */
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openDuckdb } from '../adapters/duckdb/analytics.ts';
import { openShop, type Shop } from '../index.ts';

const now = Date.UTC(2024, 6, 1);
/** Of many shapes; each of them marked, so that a search for it finds nothing else. */
const ids = [
  ...['ann.smith@example.org', 'qq7', 'zz', 'a"b"c', "o'neil-x", 'zoë-ünlü', '王小五', 'C:\\users\\kim', 'two words'],
  ...['9007199254740993123', 'a.*b(x)[y]', 'tab\there', '\\u0041nna', '{"id":1}', '%41%42', '<b>bo</b>', '=cmd()'],
];
const stays = ['kept@example.org', 'qq8', 'zy'];
let folder: string;
let shop: Shop;

const cell = (text: string): string => (/[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
/** JSON with every character outside of ASCII, and some inside, escaped. */
const escaped = (value: unknown): string =>
  JSON.stringify(value).replaceAll(/[^ -~]|z/g, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`);

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'forget-'));
  shop = await openShop(join(folder, 'shop'), { now: () => now });
  const people = [...ids, ...stays];
  // Of each person one row that is kept and one that is set aside for its price.
  const orders = people.flatMap((id, n) => [
    `k${n},${cell(id)},p1,2024-05-0${1 + (n % 9)} 10:00,1,9.99`,
    `z${n},${cell(id)},p2,2024-05-0${1 + (n % 9)} 11:00,1,0`,
  ]);
  await writeFile(
    join(folder, 'orders.csv'),
    ['order_id,user_id,product_id,time,quantity,price', ...orders].join('\n'),
  );
  const told = people.flatMap((id, n) => [
    escaped({ order_id: `j${n}`, user_id: id, product_id: 'p1', time: '2024-05-10T10:00:00Z', quantity: 1, price: 5 }),
    escaped({ order_id: `y${n}`, user_id: id, product_id: 'p2', time: '2024-05-10T11:00:00Z', quantity: 1, price: 0 }),
    ...(n % 3 === 0 ? [`{"order_id": "b${n}", "user_id": ${escaped(id)}, "product_id": `] : []),
  ]);
  await writeFile(join(folder, 'orders.jsonl'), told.join('\n'));
  const profiles = people.map((id, n) => `${cell(id)},City ${n}`);
  await writeFile(join(folder, 'customers.csv'), ['user_id,city', ...profiles].join('\n'));
  // Cells of another number: lines that cannot be read.
  const broken = people.flatMap((id, n) => [
    `g${n},${cell(id)},p1,2024-05-11,1,4`,
    `h${n},${cell(id)},p1,2024-05-11,1,4,x,y`,
  ]);
  await writeFile(join(folder, 'shifted.csv'), ['order_id,kunde,product_id,time,quantity,price', ...broken].join('\n'));
  for (const name of ['orders.csv', 'orders.jsonl', 'customers.csv']) await shop.importFile(join(folder, name));
  await shop.importFile(join(folder, 'shifted.csv'), {
    map: { userId: 'kunde', productId: 'product_id', time: 'time', quantity: 'quantity', price: 'price' },
  });
  await shop.record(
    people.map((id, n) => ({
      ...{ eventId: `r${n}`, kind: 'view_item', time: now - 1000, productId: 'p1' },
      ...{ userId: id, visitorId: `cookie-of-${n}-end`, sessionId: `${id} session` },
    })),
  );
});
afterAll(async () => {
  await shop.close();
  await rm(folder, { recursive: true, force: true });
});

/** A few letters stand in packed bytes by chance: there such forms are looked for in the values alone. */
const shortest = 5;

/** Everything that the folder says, as bytes and as the values of its Parquet files. */
async function said(): Promise<{ readonly texts: readonly string[]; readonly packed: readonly string[] }> {
  const texts: string[] = [];
  const packed: string[] = [];
  const analytics = await openDuckdb({ threads: 1 });
  for (const name of readdirSync(shop.folder, { recursive: true, encoding: 'utf8' })) {
    const path = join(shop.folder, name);
    if (!statSync(path).isFile()) continue;
    (name.endsWith('.parquet') ? packed : texts).push(readFileSync(path, 'utf8'));
    if (!name.endsWith('.parquet')) continue;
    const rows = await analytics.rows(`SELECT * FROM read_parquet('${path}')`);
    for (const row of rows) texts.push(...Object.values(row).map(String));
  }
  await analytics.close();
  return { texts, packed };
}

const forms = (id: string): string[] => {
  const json = JSON.stringify(id).slice(1, -1);
  return [...new Set([id, json, JSON.stringify(json).slice(1, -1), escaped(id).slice(1, -1)])];
};

test('each id is there before, and in no byte and no row after; those of others stay', async () => {
  const before = await said();
  for (const id of [...ids, ...stays])
    expect(
      before.texts.some((text) => forms(id).some((form) => text.includes(form))),
      id,
    ).toBe(true);
  const rows = async () => {
    const all = [];
    for await (const row of shop.quarantined()) all.push(row);
    return all;
  };
  const aside = (await rows()).length;
  for (const id of ids) expect(await shop.forget(id), id).toBe(true);
  const after = await said();
  for (const [n, id] of ids.entries())
    for (const form of [...forms(id), `cookie-of-${n}-end`])
      expect(
        [...after.texts, ...(form.length < shortest ? [] : after.packed)]
          .filter((text) => text.includes(form))
          .map((text) => text.slice(0, 200)),
        form,
      ).toEqual([]);
  const left = await rows();
  expect(left.length).toBeLessThan(aside / 2);
  for (const id of stays) {
    expect(await shop.userFeatures(id)).toBeDefined();
    expect(
      left.filter(
        ({ row }) => JSON.stringify(row).includes(escaped(id).slice(1, -1)) || JSON.stringify(row).includes(id),
      ).length,
    ).toBeGreaterThan(2);
  }
  expect(existsSync(join(shop.folder, 'lost'))).toBe(false);
  // What happened stays, under keys that are nobody's.
  expect(await shop.countEvents()).toBeGreaterThan(3 * (ids.length + stays.length));
});
