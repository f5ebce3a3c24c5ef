/**
 * What a training takes as a store grows: seconds and memory, beside what it said that it would take, and the fit of one of
 * its models beside the package `implicit` on the same purchases and views.
 *
 * Each training runs in a process of its own, so that its memory is its own.
 *
 * node bench/train-growth.ts [--sizes S,M,T] [--rounds 3] [--json] [--save]
 */
import { spawnSync } from 'node:child_process';
import { createReadStream, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { openCompute } from '../src/adapters/compute.ts';
import type { Histories } from '../src/data/histories.ts';
import { openShop } from '../src/index.ts';
import { itemKnn } from '../src/models/item-knn.ts';
import { modelSettings } from '../src/models/registry.ts';
import { benchFlags, type Figures, median, print } from './peers/comparison.ts';
import { PythonPeer, pythonWith } from './peers/python-peer.ts';
import { sizesOf, storeSizes, whyNoStores, writeStore } from './peers/stores.ts';

const threads = 2;
const neighbours = 200;
const flags = benchFlags({
  sizes: { type: 'string', default: 'S,M,T' },
  rounds: { type: 'string', default: '3' },
  /** Of a shop that is to be trained; for the processes that this one starts. */
  shop: { type: 'string' },
});

const missing = whyNoStores();
if (flags.shop !== undefined) console.log(JSON.stringify(await train(flags.shop)));
else if (missing) console.error(`train-growth: ${missing}`);
else await measureAll();

async function measureAll(): Promise<void> {
  const figures: Record<string, number> = {};
  const theirs: Record<string, number> = {};
  const ratios: Record<string, number> = {};
  const found = await pythonWith(['numpy', 'scipy', 'implicit']);
  for (const size of sizesOf(flags.sizes)) {
    const folder = mkdtempSync(join(tmpdir(), 'growth-'));
    try {
      const file = join(folder, 'events.csv');
      writeStore(storeSizes[size]!, file);
      await importStore(file, join(folder, 'shop'));
      const given = [import.meta.filename, '--shop', join(folder, 'shop')];
      const done = spawnSync(process.execPath, given, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] });
      if (done.status !== 0) throw new Error(`train-growth: ${size} ended with ${done.status}.`);
      for (const [name, value] of Object.entries(JSON.parse(done.stdout) as Figures))
        figures[`${size} ${name}`] = value;
      const name = `${size} item-knn seconds`;
      const [ours, peer] = await fits(file, folder, 'python' in found ? found.python : undefined);
      figures[name] = ours;
      if (peer === undefined) continue;
      theirs[name] = peer;
      ratios[name] = ours / peer;
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  }
  const peers = { implicit: 'skipped' in found ? found.skipped : theirs };
  print({ name: 'train-growth', figures, peers, ratios }, flags);
}

async function importStore(file: string, folder: string): Promise<void> {
  await using shop = await openShop(folder);
  await shop.importFile(file);
}

async function train(folder: string): Promise<Figures> {
  await using shop = await openShop(folder, { threads });
  const { seconds, peakMemoryBytes, expectedMemoryBytes, parts } = await shop.train();
  const of = (pattern: RegExp): number =>
    Object.entries(parts).reduce((sum, [part, took]) => sum + (pattern.test(part) ? took : 0), 0);
  return {
    'train seconds': seconds,
    'peak MB': peakMemoryBytes / 1e6,
    'expected MB': expectedMemoryBytes / 1e6,
    'reading events seconds': of(/^reading/),
    'gathering candidates seconds': of(/^gathering/),
    'learning the choice seconds': of(/^learning/),
    'measuring seconds': of(/^measuring/),
  };
}

/** Seconds of a fit of ours and of the peer's, medians of interleaved rounds. */
async function fits(file: string, folder: string, python: string | undefined): Promise<[number, number | undefined]> {
  const histories = await historiesOf(file);
  writeFileSync(join(folder, 'offsets.bin'), histories.offsets);
  writeFileSync(join(folder, 'items.bin'), histories.items);
  const given = JSON.stringify({ neighbours, items: histories.itemCount, threads });
  const env = { OPENBLAS_NUM_THREADS: '1', OMP_NUM_THREADS: String(threads) };
  const args = [folder, 'item-knn', given];
  const peer = python === undefined ? undefined : new PythonPeer(python, 'implicit_models.py', args, env);
  const compute = await openCompute({ threads });
  const settings = modelSettings(itemKnn, { neighbours, shrink: 0, userExponent: 0 });
  const [ours, theirs]: [number[], number[]] = [[], []];
  for (let round = 0; round < Number(flags.rounds); round++) {
    const started = performance.now();
    await itemKnn.fit({ histories }, settings, { compute, seed: 1 });
    ours.push((performance.now() - started) / 1000);
    if (peer) theirs.push((await peer.ask<{ seconds: number }>('fit')).seconds);
  }
  peer?.close();
  await compute.close();
  return [median(ours), peer && median(theirs)];
}

/** Whom and what the file names, each pair once. */
async function historiesOf(file: string): Promise<Histories> {
  const people = new Map<string, Set<number>>();
  const items = new Map<string, number>();
  let first = true;
  for await (const line of createInterface({ input: createReadStream(file) })) {
    if (first || line === '') {
      first = false;
      continue;
    }
    const [person, product] = line.split(',', 2) as [string, string];
    const item = items.get(product) ?? items.size;
    items.set(product, item);
    const known = people.get(person);
    if (known) known.add(item);
    else people.set(person, new Set([item]));
  }
  const rows = [...people.values()].map((row) => Int32Array.from(row).sort());
  const offsets = new Int32Array(rows.length + 1);
  for (const [r, row] of rows.entries()) offsets[r + 1] = offsets[r]! + row.length;
  const all = new Int32Array(offsets[rows.length]!);
  for (const [r, row] of rows.entries()) all.set(row, offsets[r]!);
  return { itemCount: items.size, offsets, items: all, ordered: false };
}
