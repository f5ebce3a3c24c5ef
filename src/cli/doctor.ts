/** The checks behind `shelfwise doctor`; each loads the real part and uses it once. */
import { availableParallelism, totalmem } from 'node:os';
import { openCompute } from '../adapters/compute.ts';
import { openDuckdb } from '../adapters/duckdb/analytics.ts';
import { examineShop } from '../adapters/sqlite/examine-shop.ts';
import { isShop } from '../adapters/sqlite/shop-store.ts';
import { ShelfwiseError } from '../core/errors.ts';
import { faultsOfGenerations } from '../engine/serving-models.ts';

export interface Finding {
  readonly part: string;
  /** `missing` is an optional part that is not there; `failed` stops Shelfwise from working. */
  readonly state: 'ok' | 'missing' | 'failed';
  readonly found: string;
  readonly advice?: string;
}

export async function examine(shopFolder: string): Promise<Finding[]> {
  return [node(), machine(), await sqlite(), await duckdb(), await denseAlgebra(), ...(await shop(shopFolder))];
}

function node(): Finding {
  const good = Number(process.versions.node.split('.')[0]) >= 24;
  return {
    part: 'Node.js',
    state: good ? 'ok' : 'failed',
    found: process.version,
    ...(!good && { advice: 'Install Node 24 or newer.' }),
  };
}

function machine(): Finding {
  const gigabytes = (totalmem() / 2 ** 30).toFixed(0);
  return {
    part: 'machine',
    state: 'ok',
    found: `${availableParallelism()} cores, ${gigabytes} GiB, ${process.platform} ${process.arch}`,
  };
}

async function sqlite(): Promise<Finding> {
  return examined('SQLite', 'failed', async () => {
    const { DatabaseSync } = await import('node:sqlite');
    const database = new DatabaseSync(':memory:');
    const row = database.prepare('SELECT sqlite_version() AS version').get();
    database.close();
    return String(row?.['version']);
  });
}

async function duckdb(): Promise<Finding> {
  return examined('DuckDB', 'failed', async () => {
    const analytics = await openDuckdb();
    const [row] = await analytics.rows<{ version: string }>('SELECT version() AS version');
    await analytics.close();
    return row!.version;
  });
}

async function denseAlgebra(): Promise<Finding> {
  const advice =
    'Training of EASE, ALS and the graph filter is slower without it: npm install --ignore-scripts onnxruntime-node';
  return examined('dense algebra', 'failed', async () => {
    const compute = await openCompute();
    const [a, out] = [Float32Array.of(1, 2, 3, 4), new Float32Array(4)];
    await compute.dense.matmul({ a, b: a, m: 2, k: 2, n: 2, out });
    await compute.close();
    if (out.join() !== '7,10,15,22') throw new Error(`a 2 x 2 product gave ${out.join()}`);
    return { text: compute.dense.name, optional: compute.dense.name.includes('onnx') ? undefined : advice };
  });
}

/** Reads the shop's files and writes none. */
async function shop(folder: string): Promise<Finding[]> {
  if (!isShop(folder)) {
    const advice = 'Make one: shelfwise import FILE --shop DIR';
    return [{ part: 'shop', state: 'missing', found: `none in ${folder}`, advice }];
  }
  const { faults, notes, counts } = await examineShop(folder);
  const repair = `shelfwise doctor --repair --shop ${folder} rebuilds what it can; a backup is better.`;
  const compute = await openCompute();
  const models = await faultsOfGenerations(folder, compute).finally(() => compute.close());
  const trained = models.answers === undefined ? 'not trained' : `generation ${models.answers}`;
  const found = counts
    ? `${counts.products} products, ${counts.people} people, ${counts.liveEvents} live and ${counts.sealedEvents} sealed events, ${trained}`
    : 'new, nothing stored yet';
  return [
    ...faults.map((fault): Finding => ({ part: 'shop', state: 'failed', found: fault, advice: repair })),
    ...(faults.length === 0 ? [{ part: 'shop', state: 'ok', found } as const] : []),
    ...models.faults.map(
      (fault): Finding => ({
        part: 'models',
        state: models.answers === undefined ? 'failed' : 'missing',
        found: fault,
        advice: `${models.answers === undefined ? 'Nothing that is trained answers' : `Generation ${models.answers} answers`}: shelfwise train --shop ${folder} makes a new one.`,
      }),
    ),
    ...notes.map((note): Finding => ({ part: 'shop', state: 'missing', found: note })),
  ];
}

async function examined(
  part: string,
  failure: Finding['state'],
  look: () => Promise<string | { text: string; optional: string | undefined }>,
): Promise<Finding> {
  try {
    const found = await look();
    if (typeof found === 'string') return { part, state: 'ok', found };
    return {
      part,
      state: found.optional ? 'missing' : 'ok',
      found: found.text,
      ...(found.optional && { advice: found.optional }),
    };
  } catch (error) {
    const hint = error instanceof ShelfwiseError ? error.hint : '';
    return { part, state: failure, found: (error as Error).message, ...(hint && { advice: hint }) };
  }
}
