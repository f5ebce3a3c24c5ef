/** Hostile values and files: what is accepted, what hangs, and whether the shop still works after all of it. */
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { Random } from '../../src/core/random.ts';
import { openShop, ShelfwiseError, type Shop } from '../../src/index.ts';
import { eventsOf, type FaultRun, models, progress, writeOrders } from './store.ts';

export async function hostile({ root, random, figures }: FaultRun, fileCount: number): Promise<void> {
  const folder = join(root, 'hostile');
  await using shop = await openShop(folder);
  await shop.record(eventsOf(1_000));
  const values: unknown[] = [
    ...[
      null,
      undefined,
      '',
      ' ',
      [],
      {},
      true,
      Number.NaN,
      Number.POSITIVE_INFINITY,
      Number.NEGATIVE_INFINITY,
      -1,
      0.5,
    ],
    ...[
      1e16,
      -1e16,
      1e308,
      2 ** 53,
      -0,
      'x'.repeat(100_000),
      '\ud800',
      '\u0000',
      '__proto__',
      'constructor',
      '\u001b[31m',
    ],
    ...[[['a']], [null], { a: 1 }, { toString: 1 }, () => 1, Symbol.iterator, 10n ** 30n, new Date(Number.NaN)],
  ];
  const rows: readonly [(rows: never[]) => Promise<unknown[]>, Record<string, unknown>][] = [
    [
      (some) => shop.record(some),
      { ...eventsOf(1)[0], variantId: 'v', currency: 'EUR', quantity: 1, value: 1, text: 't' },
    ],
    [
      (some) => shop.record(some),
      { device: 'd', place: 'p', referrer: 'r', recommendationId: 'r', position: 1, flags: 0, ...eventsOf(1)[0] },
    ],
    [
      (some) => shop.putProducts(some),
      {
        ...{ productId: 'p1', title: 't', description: 'd', categories: [], brand: 'b', attributes: {}, images: [] },
        ...{ language: 'en', hidden: false, createdTime: 1, variants: [] },
      },
    ],
    [(some) => shop.putUsers(some), { userId: 'u1', attributes: {} }],
    [
      (some) => shop.putFacts(some),
      { fact: 'price', variantId: 'p1', place: '', from: 1, priceMinor: 100, currency: 'EUR', listPriceMinor: 200 },
    ],
    [(some) => shop.putFacts(some), { fact: 'stock', variantId: 'p1', place: '', from: 1, unitsOnHand: 3 }],
    [
      (some) => shop.putFacts(some),
      { fact: 'promotion', variantId: 'p1', place: '', from: 1, promotionId: 'x', discount: 0.1 },
    ],
  ];
  let [tried, accepted, raw] = [0, 0, 0];
  for (const [put, base] of rows)
    for (const field of Object.keys(base))
      for (const value of values) {
        const row = { ...base, ...('eventId' in base && { eventId: `h${tried}` }), [field]: value };
        tried++;
        const [answer] = await put([row] as never[]).catch((error: unknown) => [error]);
        if (answer === 'stored') accepted++;
        else if (answer instanceof Error) {
          raw++;
          process.stderr.write(`\n${field}: ${answer.stack}\n`);
        }
      }
  figures['hostile values'] = tried;
  figures['hostile values accepted'] = accepted;
  figures['hostile values raw'] = raw;
  figures['hostile values accepted and later fatal'] = await fatal(shop);

  const sources = await storeFiles(root);
  let [hung, imported, rawFiles] = [0, 0, 0];
  for (let n = 0; n < fileCount; n++) {
    const source = sources[n % sources.length]!;
    progress(`hostile files: ${n + 1} of ${fileCount}`);
    const path = join(root, `${n}-${basename(source)}`);
    await writeFile(path, mutated(await readFile(source), random));
    const patience = AbortSignal.timeout(60_000);
    await shop.importFile(path, { signal: patience }).then(
      () => imported++,
      (error: unknown) => {
        if (patience.aborted) hung++;
        else if (!(error instanceof ShelfwiseError) || error.code === 'SW_INTERNAL') {
          rawFiles++;
          process.stderr.write(`\n${basename(source)}: ${(error as Error).stack}\n`);
        }
      },
    );
    await rm(path);
  }
  figures['hostile files'] = fileCount;
  figures['hostile files hung'] = hung;
  figures['hostile files raw'] = rawFiles;
  figures['hostile files imported'] = imported;
  figures['hostile files imported and later fatal'] = await fatal(shop);
}

/** 1 where the shop does not train, answer and measure any more. */
async function fatal(shop: Shop): Promise<0 | 1> {
  try {
    await shop.train({ models, force: true });
    for (const request of [{ user: 'u1' }, {}, { viewing: ['p1'] }]) {
      const { items } = await shop.recommend({ ...request, count: 5 });
      if (items.length !== 5) return 1;
    }
    await shop.evaluate({ model: 'popularity', cacheFolder: false });
    return 0;
  } catch (error) {
    process.stderr.write(`\nfatal: ${(error as Error).stack}\n`);
    return 1;
  }
}

/** Files that stores have: those of `../cases` beside the data, and small ones of each format otherwise. */
async function storeFiles(root: string): Promise<string[]> {
  const cases = join(process.env['SHELFWISE_DATA'] ?? '.', '../cases');
  const found: string[] = [];
  for (const kind of ['import', 'import-passing']) {
    if (!existsSync(join(cases, kind))) continue;
    for (const name of await readdir(join(cases, kind), { recursive: true })) {
      const path = join(cases, kind, name);
      const about = await stat(path);
      if (about.isFile() && about.size > 0 && about.size < 200_000 && !name.endsWith('.md')) found.push(path);
    }
  }
  const folder = join(root, 'files');
  await mkdir(folder);
  await writeOrders(join(folder, 'orders.csv'), 500, 'f');
  const rows = eventsOf(200, 'j').map((event) =>
    JSON.stringify({ ...event, user_id: event.userId, item_id: event.productId }),
  );
  await writeFile(join(folder, 'events.jsonl'), rows.join('\n'));
  return [...found.sort(), join(folder, 'orders.csv'), join(folder, 'events.jsonl')];
}

function mutated(bytes: Buffer, random: Random): Buffer {
  let changed = Buffer.from(bytes);
  for (let edit = random.below(4); edit >= 0 && changed.length > 0; edit--) {
    const at = random.below(changed.length);
    const end = at + random.below(200);
    const kind = random.below(4);
    if (kind === 0) changed[at]! ^= 1 << random.below(8);
    else if (kind === 1) changed = Buffer.concat([changed.subarray(0, at), changed.subarray(end)]);
    else if (kind === 2) changed = Buffer.concat([changed.subarray(0, end), changed.subarray(at)]);
    else changed.fill(random.below(256), at, Math.min(changed.length, end));
  }
  return changed;
}
