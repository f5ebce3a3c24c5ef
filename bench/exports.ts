/**
 * How many of the exports that people really have go in right: each case of `../cases/import` (those that failed when they were
 * found) and `../cases/import-passing` (those that went well), by what is stored of it.
 *
 * node bench/exports.ts [--verbose] [--json] [--save]
 */

import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ShelfwiseError } from '../src/core/errors.ts';
import { openShop } from '../src/index.ts';
import { type Imported, imported } from '../test/exports/imported.ts';
import { type Expected, expected } from './exports/expected.ts';
import { benchFlags, dataPath, print } from './peers/comparison.ts';

const flags = benchFlags({ verbose: { type: 'boolean', default: false } });
const cases = dataPath('../cases');
const figures: Record<string, number> = {};
for (const [folder, name] of [
  ['import', 'failed before'],
  ['import-passing', 'went well before'],
] as const) {
  const path = join(cases, folder);
  if (!existsSync(path)) {
    console.error(`exports: skipped, because ${path} is not there.`);
    continue;
  }
  const names = readdirSync(path).sort();
  let right = 0;
  for (const one of names) {
    const wrong = await faultOf(join(path, one), expected[one]);
    if (wrong === '') right++;
    else if (flags.verbose) console.error(`${one}: ${wrong}`);
  }
  figures[`${name}: cases`] = names.length;
  figures[`${name}: right`] = right;
}
print({ name: 'exports', figures, peers: {}, ratios: {} }, flags);

/** What is not as it should be; '' where all is. */
async function faultOf(folder: string, right: Expected | undefined): Promise<string> {
  if (!right) return 'not judged: what is right of it is not a matter of the import alone';
  const imports = (Array.isArray(right.files[0]) ? right.files : [right.files]) as readonly (readonly string[])[];
  const given = imports.map((names) => Object.fromEntries(names.map((name) => [name, contentOf(folder, name)])));
  let found: Imported;
  try {
    found = await imported(given, right.options);
  } catch (error) {
    if (!(error instanceof ShelfwiseError)) throw error;
    return right.error !== undefined && `${error.message} ${error.hint}`.includes(right.error)
      ? ''
      : `refused: ${error.message}`;
  }
  if (right.error !== undefined) return 'expected to be refused';
  if (right.n !== undefined && found.events.length !== right.n)
    return `${found.events.length} events in place of ${right.n}`;
  if (typeof right.products === 'number' && found.products.length !== right.products)
    return `${found.products.length} products in place of ${right.products}`;
  const texts = {
    events: found.events,
    products: found.products,
    facts: found.facts,
    people: Object.keys(found.people),
    notes: [found.notes],
  };
  for (const [kind, lines] of Object.entries(texts) as [keyof typeof texts, readonly string[]][]) {
    const wanted = right[kind];
    if (!Array.isArray(wanted)) continue;
    const missing = (wanted as readonly string[]).find((text) => !lines.some((line) => line.includes(text)));
    if (missing !== undefined) return `no ${kind} with ${missing} among ${lines.slice(0, 5).join(' | ')}`;
  }
  return right.trained ? await trainedFault(join(folder, imports[0]![0]!), right.trained) : '';
}

async function trainedFault(path: string, { last, user, without }: NonNullable<Expected['trained']>): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'exports-shop-'));
  const shop = await openShop(join(folder, 'shop'));
  try {
    await shop.importFile(path);
    await shop.train();
    const stranger = (await shop.recommend({ count: 1_000 })).items.at(-1)?.productId;
    if (stranger !== last) return `${stranger} is the last for a stranger, in place of ${last}`;
    const offered = (await shop.recommend({ user, count: 1_000 })).items.map(({ productId }) => productId);
    const wrong = offered.find((product) => without.includes(product));
    return wrong === undefined ? '' : `${wrong} is offered to ${user}`;
  } finally {
    await shop.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** A file of a case, or what the script beside it writes. */
function contentOf(folder: string, name: string): Uint8Array {
  const path = join(folder, name);
  if (existsSync(path)) return readFileSync(path);
  const { stdout, status } = spawnSync('python3', [join(folder, 'make.py')], { maxBuffer: 1 << 28 });
  if (status !== 0) throw new Error(`${path}: expected a file, or python3 to write it.`);
  return stdout;
}
