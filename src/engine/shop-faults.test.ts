/** What goes wrong while a shop answers and trains mends itself, and is said. */
import { cp, mkdtemp, readdir, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { ShopEvent } from '../data/events.ts';
import { evaluate, openShop, type Shop } from '../index.ts';
import { currentGeneration } from './artefacts.ts';

const now = Date.UTC(2026, 5, 1);
const models = ['item-knn', 'popularity'];
let folder: string;
let shop: Shop;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'shop-faults-'));
  shop = await openShop(join(folder, 'shop'), { now: () => now });
  const events = Array.from(
    { length: 600 },
    (_, n): ShopEvent => ({
      ...{ eventId: `e${n}`, kind: n % 3 === 0 ? 'purchase' : 'view_item', time: now - (600 - n) * 3_600_000 },
      ...{ userId: `u${n % 31}`, productId: `p${(n * 7) % 17}` },
    }),
  );
  await shop.record(events);
  for (const seed of [1, 2]) await shop.train({ models, seed });
});
afterAll(async () => {
  await shop.close();
  await rm(folder, { recursive: true, force: true });
});

let copies = 0;
async function copyOf(): Promise<Shop> {
  const copy = join(folder, `copy-${copies++}`);
  await cp(shop.folder, copy, { recursive: true });
  return openShop(copy, { now: () => now });
}

const damages: readonly [string, (generation: string) => Promise<void>][] = [
  ['items.json says another product', (of) => replaced(join(of, 'items.json'), 'p1"', 'p9"')],
  ['generation.json is cut', (of) => truncate(join(of, 'generation.json'), 20)],
  ['checksums.json is gone', (of) => rm(join(of, 'checksums.json'))],
  ['the weights of a model are emptied', (of) => truncate(join(of, 'models/item-knn/weights.safetensors'), 0)],
  ['a model is gone', (of) => rm(join(of, 'models/popularity'), { recursive: true })],
  ['the choice has a flipped bit', (of) => flipped(join(of, 'choice/weights.safetensors'))],
  ['all of it is gone', (of) => rm(of, { recursive: true })],
];

async function replaced(path: string, before: string, after: string): Promise<void> {
  const text = await readFile(path, 'utf8');
  expect(text).toContain(before);
  await writeFile(path, text.replace(before, after));
}

async function flipped(path: string): Promise<void> {
  const bytes = await readFile(path);
  bytes[bytes.length - 5]! ^= 4;
  await writeFile(path, bytes);
}

test.each(damages)('%s: the generation before answers, and training makes a new one', async (_, damage) => {
  await using copy = await copyOf();
  const whole = await shop.recommend({ user: 'u3', count: 3 });
  expect([whole.generation, whole.fellBack]).toEqual([2, []]);
  await damage((await currentGeneration(copy.folder))!.folder);
  const before = await copy.recommend({ user: 'u3', count: 3 });
  expect([before.generation, before.items.length, before.fellBack.length]).toEqual([1, 3, 1]);
  expect(before.fellBack[0]!.text).toMatch(/^Generation 2 cannot be read: .+ Train again/);
  const report = await copy.train({ models, seed: 2 });
  expect([report.unchanged, report.generation > 1]).toEqual([false, true]);
  const after = await copy.recommend({ user: 'u3', count: 3 });
  expect([after.generation, after.fellBack]).toEqual([report.generation, []]);
  expect(after.items).toEqual(whole.items);
});

test('a model whose data and settings did not change is carried over, not fitted again; a damaged one is made anew', async () => {
  await using copy = await copyOf();
  const slot = (generation: number, file = 'weights.safetensors'): string =>
    join(copy.folder, 'models', String(generation).padStart(6, '0'), 'models/item-knn', file);
  const before = await copy.recommend({ user: 'u3', count: 3 });
  await writeFile(join(copy.folder, 'shelfwise.json'), JSON.stringify({ slate: { relevance: 0.5 } }));
  const next = await copy.train({ models, seed: 2 });
  expect([next.unchanged, next.generation, next.models.carried]).toEqual([false, 3, models]);
  expect((await stat(slot(3))).ino).toBe((await stat(slot(2))).ino);
  await writeFile(join(copy.folder, 'shelfwise.json'), JSON.stringify({}));
  const back = await copy.train({ models, seed: 2 });
  expect(back.models.carried).toEqual(models);
  expect((await copy.recommend({ user: 'u3', count: 3 })).items).toEqual(before.items);
  // Another seed, new events, and --force make all of them anew.
  expect((await copy.train({ models, seed: 3 })).models.carried).toEqual([]);
  expect((await copy.train({ models, seed: 3, force: true })).models.carried).toEqual([]);
  const { number } = (await currentGeneration(copy.folder))!;
  await rm(slot(number, 'config.json'));
  const mended = await copy.train({ models, seed: 3 });
  expect([mended.unchanged, mended.models.carried]).toEqual([false, ['popularity']]);
  await copy.record([{ eventId: 'new', kind: 'purchase', time: now, userId: 'u1', productId: 'p3' }]);
  expect((await copy.train({ models, seed: 3 })).models.carried).toEqual([]);
});

test('rolled back, an earlier generation answers at once; what cannot be gone back to is said and changes nothing', async () => {
  await using copy = await copyOf();
  await using other = await openShop(copy.folder, { now: () => now });
  const answers = async (): Promise<(number | undefined)[]> =>
    Promise.all([copy, other].map(async (one) => (await one.recommend({ count: 3 })).generation));
  expect(await answers()).toEqual([2, 2]);
  expect(await copy.rollback()).toEqual({ from: 2, to: 1 });
  expect((await copy.recommend({ count: 3 })).generation).toBe(1);
  // Another process goes on with what it has until it has loaded the one of now.
  await expect.poll(answers).toEqual([1, 1]);
  expect((await copy.status()).generation).toBe(1);
  await expect(copy.rollback()).rejects.toMatchObject({
    code: 'SW_USAGE',
    message: expect.stringContaining('keeps 1, 2'),
  });
  await expect(copy.rollback(9)).rejects.toMatchObject({ code: 'SW_USAGE' });
  expect(await copy.rollback(2)).toEqual({ from: 1, to: 2 });
  await flipped(join(copy.folder, 'models/000001/items.json'));
  await expect(copy.rollback()).rejects.toMatchObject({ code: 'SW_MODEL_STATE' });
  await expect.poll(answers).toEqual([2, 2]);
  const training = copy.train({ models, seed: 8 });
  await expect(other.rollback(2)).rejects.toMatchObject({ code: 'SW_SHOP_BUSY' });
  expect((await training).generation).toBe(3);
  // Gone back from, a generation answers only where nothing before the current one can.
  await copy.rollback(2);
  await rm(join(copy.folder, 'models/000002/generation.json'));
  await using fresh = await openShop(copy.folder, { now: () => now });
  expect((await fresh.recommend({ count: 3 })).generation).toBe(3);
});

test('a lost pointer to the current generation is said; without one whole generation the most chosen stand in', async () => {
  await using copy = await copyOf();
  await rm(join(copy.folder, 'models/current.json'));
  const lost = await copy.recommend({ count: 3 });
  expect([lost.generation, lost.fellBack.length]).toEqual([2, 1]);
  expect(lost.fellBack[0]!.text).toMatch(/current\.json cannot be read/);
  for (const number of ['000001', '000002']) await flipped(join(copy.folder, 'models', number, 'items.json'));
  await writeFile(join(copy.folder, 'models/current.json'), '{"generation": 1}');
  // What a process has in memory is whole: it goes on, and says what it found.
  await expect.poll(async () => (await copy.recommend({ count: 3 })).fellBack.length).toBe(2);
  expect((await copy.recommend({ count: 3 })).generation).toBe(2);
  await using fresh = await openShop(copy.folder, { now: () => now });
  const none = await fresh.recommend({ count: 3 });
  expect([none.generation, none.items.length]).toEqual([undefined, 3]);
  expect(none.fellBack.map(({ text }) => text).join('\n')).toMatch(
    /Generation 1 cannot.*\nGeneration 2 cannot.*\n.*not trained/,
  );
  expect((await copy.train({ models })).unchanged).toBe(false);
  expect((await copy.recommend({ count: 3 })).fellBack).toEqual([]);
});

test('a half-saved shelfwise.json leaves the settings before in place, which is said, and stops training', async () => {
  await using copy = await copyOf();
  const path = join(copy.folder, 'shelfwise.json');
  await writeFile(path, JSON.stringify({ slate: { relevance: 1 } }));
  const before = await copy.recommend({ user: 'u1', count: 5 });
  for (const half of ['{"slate": {"rel', '', '{"slate": {"relevance": 7}}']) {
    await writeFile(path, half);
    const answer = await copy.recommend({ user: 'u1', count: 5 });
    expect(answer.items).toEqual(before.items);
    expect(answer.fellBack).toEqual([
      { code: 'settings_kept', text: expect.stringMatching(/^The settings before hold: .*shelfwise\.json/) },
    ]);
    await expect(copy.train({ models })).rejects.toMatchObject({ code: 'SW_SETTING' });
  }
  await rm(path);
  expect((await copy.recommend({ user: 'u1' })).fellBack).toEqual([]);
});

test('two trainings at once: the second is told who trains, and the first is published whole', async () => {
  await using copy = await copyOf();
  await using other = await openShop(copy.folder, { now: () => now });
  const results = await Promise.allSettled([
    copy.train({ models, seed: 5 }),
    copy.train({ models, seed: 6 }),
    other.train({ models, seed: 7 }),
  ]);
  const refused = results.flatMap((one) => (one.status === 'rejected' ? [one.reason] : []));
  expect(refused.length).toBe(2);
  for (const reason of refused)
    expect(reason).toMatchObject({ code: 'SW_SHOP_BUSY', details: { pid: process.pid }, message: /training lease/ });
  expect((await readdir(join(copy.folder, 'models'))).sort()).toEqual(['000001', '000002', '000003', 'current.json']);
  // The right is given back, also by a training that fails.
  const stop = AbortSignal.abort(new Error('no time'));
  await expect(other.train({ models, seed: 8, signal: stop })).rejects.toMatchObject({
    code: 'SW_CANCELLED',
    cause: new Error('no time'),
  });
  expect((await other.train({ models, seed: 8 })).generation).toBe(4);
});

test('a number of threads that is none is refused before anything is opened or trained', async () => {
  for (const threads of [Number.NaN, 0, -1, 1.5, Number.POSITIVE_INFINITY, '2' as never]) {
    await expect(openShop(join(folder, 'new'), { threads })).rejects.toMatchObject({ code: 'SW_USAGE' });
    const asked = evaluate({ task: 'sequence', path: 'none', model: 'popularity', threads });
    await expect(asked).rejects.toMatchObject({ code: 'SW_USAGE', message: /threads/ });
  }
  expect(await readdir(folder)).not.toContain('new');
});
