/**
 * A product that comes by the API: how long until it is what a shopper is shown who asks for it in words, and until it stands
 * among the products like another, by its texts alone. The demo's store, served by two workers in a process of its own.
 *
 * node bench/new-product.ts [--products 40] [--seed 1] [--json] [--save]
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { quantile } from '../src/evaluation/bootstrap.ts';
import { openShop } from '../src/index.ts';
import { writeDemoStore } from '../src/simulation/demo-store.ts';
import { benchFlags, print } from './peers/comparison.ts';
import { serveShop, stopServing } from './peers/served-shop.ts';

const flags = benchFlags({ products: { type: 'string', default: '40' }, seed: { type: 'string', default: '1' } });
const json = { 'content-type': 'application/json' };
/** So long an answer is looked for. */
const mostMs = 10_000;
await measure();

async function measure(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'new-product-'));
  const { files, truth } = await writeDemoStore(join(folder, 'files'), { seed: Number(flags.seed) });
  const shop = await openShop(join(folder, 'shop'), { now: () => truth.span[1] });
  await shop.importFiles(files);
  await shop.train();
  const known: { readonly id: string; readonly title: string; readonly category: readonly string[] }[] = [];
  for await (const { productId, title, categories } of shop.products())
    if (categories[0]) known.push({ id: productId, title, category: categories[0] });
  await shop.close();
  const server = await serveShop(join(folder, 'shop'), 2);
  const call = async (method: string, path: string, body?: unknown): Promise<Listed> => {
    const answer = await fetch(server.address + path, {
      ...{ method, headers: json },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
    return (await answer.json()) as Listed;
  };
  const [inSlate, inLikeness]: number[][] = [[], []];
  for (let n = 0; n < Number(flags.products); n++) {
    const like = known[(n * 7) % known.length]!;
    const productId = `NEW-${n}`;
    // Words that no other product has, beside those of one like it.
    const title = `${like.title} Novum${n}`;
    const started = performance.now();
    await call('PUT', '/v1/products', {
      products: [{ productId, title, categories: [like.category], variants: [{ variantId: productId, options: {} }] }],
    });
    await call('POST', '/v1/facts', { facts: [{ fact: 'stock', variantId: productId, unitsOnHand: 5 }] });
    const until = async (asked: () => Promise<Listed>): Promise<number> => {
      while (performance.now() - started < mostMs) {
        if ((await asked()).items.some((item) => item.productId === productId)) return performance.now() - started;
        await sleep(2);
      }
      return Infinity;
    };
    const [slate, likeness] = await Promise.all([
      until(() => call('POST', '/v1/recommendations', { text: title, count: 10, log: false, explain: false })),
      until(() => call('GET', `/v1/products/${like.id}/similar?count=50`)),
    ]);
    inSlate!.push(slate);
    inLikeness!.push(likeness);
  }
  await stopServing(server);
  rmSync(folder, { recursive: true, force: true });
  const figures: Record<string, number> = { products: Number(flags.products) };
  for (const [name, times] of [
    ['in a slate for its words', inSlate!],
    ['among products like one', inLikeness!],
  ] as const) {
    const sorted = Float64Array.from(times).sort();
    figures[`${name}: p50 ms`] = quantile(sorted, 0.5);
    figures[`${name}: most ms`] = sorted.at(-1)!;
    figures[`${name}: never`] = times.filter((one) => one === Infinity).length;
  }
  print({ name: 'new-product', figures, peers: {}, ratios: {} }, flags);
}

interface Listed {
  readonly items: readonly { readonly productId: string }[];
}
