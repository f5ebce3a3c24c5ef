/** Each file of a shop deleted, emptied, cut, zeroed and with a flipped bit: what the shop then says. */
import { cp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { openStoreOf } from '../../src/adapters/open-store.ts';
import type { Random } from '../../src/core/random.ts';
import { openShop, ShelfwiseError } from '../../src/index.ts';
import { eventsOf, type FaultRun, models, progress, writeOrders } from './store.ts';

const probeTime = Date.now() + 60_000;

type Damage = readonly [name: string, apply: (bytes: Buffer, random: Random) => Buffer | undefined];

const damageKinds: readonly Damage[] = [
  ['deleted', () => undefined],
  ['emptied', () => Buffer.alloc(0)],
  ['cut', (bytes, random) => bytes.subarray(0, random.below(bytes.length))],
  [
    'zeroed',
    (bytes, random) => {
      const at = random.below(bytes.length);
      return Buffer.from(bytes).fill(0, at, Math.min(bytes.length, at + 1 + random.below(4096)));
    },
  ],
  ...Array.from(
    { length: 4 },
    (): Damage => [
      'flipped bit',
      (bytes, random) => {
        const changed = Buffer.from(bytes);
        changed[random.below(bytes.length)]! ^= 1 << random.below(8);
        return changed;
      },
    ],
  ),
];

export async function damages({ root, random, figures }: FaultRun, least: number): Promise<void> {
  const folder = join(root, 'whole');
  await makeShop(root, folder);
  const reference = await probe(folder);
  if (reference.kind !== 'answer') throw new Error(`faults: the whole shop does not answer: ${reference.what}`);
  const files: string[] = [];
  for (const name of await readdir(folder, { recursive: true }))
    if ((await stat(join(folder, name))).isFile()) files.push(name);
  const counts = { harmless: 0, clear: 0, raw: 0, 'silently wrong': 0 };
  let tried = 0;
  while (tried < least)
    for (const file of files.sort())
      for (const [name, apply] of damageKinds) {
        const whole = await readFile(join(folder, file));
        const changed = apply(whole, random);
        if (changed?.equals(whole)) continue;
        progress(`damages: ${++tried}: ${file} ${name}`);
        const copy = join(root, 'damaged');
        await cp(folder, copy, { recursive: true });
        if (changed) await writeFile(join(copy, file), changed);
        else await rm(join(copy, file));
        const outcome = await probe(copy);
        const same = outcome.kind === 'answer' && outcome.what === reference.what;
        const verdict =
          outcome.kind === 'raw'
            ? 'raw'
            : same
              ? 'harmless'
              : outcome.kind !== 'answer' || outcome.told
                ? 'clear'
                : 'silently wrong';
        counts[verdict]++;
        if (verdict === 'raw' || verdict === 'silently wrong')
          process.stderr.write(`\n${file} ${name}: ${verdict}: ${outcome.kind === 'raw' ? outcome.what : ''}\n`);
        await rm(copy, { recursive: true, force: true });
      }
  figures['damages'] = tried;
  for (const [verdict, count] of Object.entries(counts)) figures[`damages ${verdict}`] = count;
}

async function makeShop(root: string, folder: string): Promise<void> {
  await using shop = await openShop(folder);
  const file = join(root, 'orders.csv');
  await writeOrders(file, 3_000, 'i');
  await shop.importFile(file);
  await shop.record(eventsOf(1_500));
  await shop.putProducts(
    Array.from({ length: 41 }, (_, n) => ({
      ...{
        productId: `p${n}`,
        title: `Product ${n}`,
        categories: [['Home', `Shelf ${n % 5}`]],
        attributes: { n: `${n % 3}` },
      },
      ...{ images: [], variants: [{ variantId: `p${n}`, options: {} }] },
    })),
  );
  await shop.putUsers(Array.from({ length: 97 }, (_, n) => ({ userId: `u${n}`, attributes: { city: `City ${n}` } })));
  for (const seed of [1, 2]) await shop.train({ models, seed });
  const store = await openStoreOf({ folder, create: false, memoryLimitBytes: 2 ** 28 });
  await store.seal(Date.now() - 600 * 60_000);
  await store.close();
}

type Outcome =
  | { readonly kind: 'answer'; readonly what: string; readonly told: boolean }
  | { readonly kind: 'named' | 'raw'; readonly what: string };

/** Everything that the shop says, as one text. */
async function probe(folder: string): Promise<Outcome> {
  const said: unknown[] = [];
  const told: string[] = [];
  try {
    const shop = await openShop(folder, { create: false, now: () => probeTime });
    try {
      for (const request of [{ user: 'u1' }, { user: 'u50' }, { user: 'iu7' }, { viewing: ['p3'] }]) {
        const { items, fellBack } = await shop.recommend({ ...request, count: 8 });
        said.push(items);
        told.push(...fellBack.map(({ text }) => text));
      }
      const { notes, ...status } = await shop.status();
      told.push(...notes);
      said.push(status, await shop.countEvents());
      for await (const row of shop.quarantined()) said.push(row);
    } finally {
      await shop.close();
    }
    const store = await openStoreOf({ folder, create: false, memoryLimitBytes: 2 ** 28 });
    try {
      for await (const row of store.products()) said.push(row);
      for await (const row of store.facts()) said.push(row);
      for await (const row of store.customers()) said.push(row, await store.user(row.userId));
      said.push(
        Object.values(await store.readEvents()).map((values) => (Array.isArray(values) ? values : String(values))),
      );
    } finally {
      await store.close();
    }
    return { kind: 'answer', what: JSON.stringify(said), told: told.length > 0 };
  } catch (error) {
    const named = error instanceof ShelfwiseError && error.code !== 'SW_INTERNAL';
    return { kind: named ? 'named' : 'raw', what: String((error as Error).stack) };
  }
}
