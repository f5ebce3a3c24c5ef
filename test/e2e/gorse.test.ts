/** Gorse's own client against a served shop. */
import { mkdtemp, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Gorse as GorseClient } from 'gorsejs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openShop, type Shop } from '../../src/index.ts';
import { createKey } from '../../src/server/keys.ts';
import { type RunningServer, serve } from '../../src/server/serve.ts';

const { Gorse } = createRequire(import.meta.url)('gorsejs') as { Gorse: typeof GorseClient };
let folder: string;
let shop: Shop;
let server: RunningServer;
let client: GorseClient<string>;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gorse-'));
  shop = await openShop(folder);
  const { key } = await createKey(folder, { name: 'gorse', scopes: ['admin'] }, Date.now());
  server = await serve({ shop, version: '0.0.0', now: Date.now, port: 0 });
  client = new Gorse({ endpoint: server.address, secret: key });
});
afterAll(async () => {
  await server.close();
  await shop.close();
  await rm(folder, { recursive: true, force: true });
});

const day = (n: number): string => new Date(Date.UTC(2026, 0, 1 + n)).toISOString();

test('items and users go in, come out, change and go', async () => {
  const items = Array.from({ length: 12 }, (_, n) => ({
    ...{ ItemId: `i${n}`, IsHidden: false, Timestamp: day(n), Categories: [n % 2 ? 'odd' : 'even'] },
    ...{ Labels: ['cotton'], Comment: `Item ${n}` },
  }));
  expect(await client.upsertItems(items)).toBe(12);
  expect(await client.upsertItem({ ...items[0]!, ItemId: 'i12', Timestamp: day(12) })).toBe(1);
  expect(await client.getItem('i3')).toEqual(items[3]);
  await client.updateItem('i3', { Comment: 'Third', Labels: ['wool'] } as never);
  expect(await client.getItem('i3')).toMatchObject({ Comment: 'Third', Labels: ['wool'], Categories: ['odd'] });
  await client.insertItemCategory('i3', 'sale');
  await client.deleteItemCategory('i3', 'odd');
  expect((await client.getItem('i3')).Categories).toEqual(['sale']);
  const page = await client.getItems({ n: 5 });
  const rest = await client.getItems({ n: 50, Cursor: page.Cursor });
  expect([page.Items.length, rest.Items.length, rest.Cursor]).toEqual([5, 8, '']);
  expect(await client.deleteItem('i12')).toBe(1);
  await expect(client.getItem('i12')).rejects.toMatchObject({ code: 404 });
  await client.insertUsers([{ UserId: 'bob', Labels: ['vip'], Comment: 'Bob' }, { UserId: 'eve' }]);
  expect(await client.getUser('bob')).toEqual({ UserId: 'bob', Labels: ['vip'], Comment: 'Bob' });
  expect(await client.deleteUser('eve')).toBe(1);
  await expect(client.getUser('eve')).rejects.toMatchObject({ code: 404 });
});

test('feedback is stored once, and recommendations follow', async () => {
  const feedback = Array.from({ length: 60 }, (_, n) => ({
    ...{
      FeedbackType: n % 3 === 0 ? 'buy' : 'read',
      UserId: `u${n % 10}`,
      ItemId: `i${(n * 5) % 12}`,
      Timestamp: day(20 + n),
    },
  }));
  expect(await client.insertFeedbacks(feedback)).toBe(60);
  expect(await client.upsertFeedbacks(feedback)).toBe(0);
  expect(await shop.countEvents({ kinds: ['purchase'] })).toBe(20);
  await shop.train();
  const ids = await client.getRecommend({ userId: 'u1', cursorOptions: { n: 4 } });
  expect([ids.length, new Set(ids).size]).toEqual([4, 4]);
  const later = await client.getRecommend({ userId: 'u1', cursorOptions: { n: 4, offset: 2 } });
  expect(later.slice(0, 2)).toEqual(ids.slice(2));
  const even = await client.getRecommend({ userId: 'u1', category: 'even', cursorOptions: { n: 3 } });
  expect(even.every((id) => Number(id.slice(1)) % 2 === 0)).toBe(true);
  expect((await client.getLatest({ cursorOptions: { n: 2 } })).map(({ Id }) => Id)).toEqual(['i11', 'i10']);
  const popular = await client.getPopular({ cursorOptions: { n: 3 } });
  expect(popular.map(({ Score }) => Score)).toEqual([1, 1 / 2, 1 / 3]);
  const neighbours = await client.getItemNeighbors({ itemId: 'i5', cursorOptions: { n: 3 } });
  expect(neighbours.map((one) => (one as unknown as { Id: string }).Id)).not.toContain('i5');
  const session = await client.getSessionRecommend(
    [{ FeedbackType: 'read', UserId: 'x', ItemId: 'i5', Timestamp: day(90) }],
    {
      cursorOptions: { n: 3 },
    },
  );
  expect(session).toHaveLength(3);
});

test('what has no counterpart, a strange type and a strange key are said', async () => {
  await expect(client.getUsers()).rejects.toMatchObject({ code: 404 });
  const strange = client.insertFeedbacks([{ FeedbackType: 'forked', UserId: 'a', ItemId: 'i1', Timestamp: day(1) }]);
  await expect(strange).rejects.toMatchObject({ code: 400 });
  const other = new Gorse({ endpoint: server.address, secret: 'none' });
  await expect(other.getPopular({})).rejects.toMatchObject({ code: 401 });
});
