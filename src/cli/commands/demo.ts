/**
 * `shelfwise demo`: a store's files go the way that any store's go: import, train, recommend. The files are those of the
 * folder in SHELFWISE_DATA, or a small store that is generated from a seed.
 */
import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { CommandDef } from 'citty';
import { ShelfwiseError } from '../../core/errors.ts';
import type { Recommendation } from '../../engine/recommendation.ts';
import type { Shop } from '../../engine/shop.ts';
import { writeBasketStore } from '../../simulation/basket-store.ts';
import { command, numberFlag } from '../command.ts';
import { importText } from '../import-text.ts';
import { openShopFor } from '../open-shop.ts';
import { importInto } from './import.ts';
import { slateText } from './recommend.ts';
import { trainingText } from './train.ts';

export const demoCommand: CommandDef = command({
  name: 'demo',
  description: 'Import, train and recommend, on a generated store or the folder in SHELFWISE_DATA.',
  args: {
    shop: { type: 'string', description: 'Folder of the shop that is made.', default: './shop-demo', valueHint: 'dir' },
    once: { type: 'boolean', description: 'End after the slate.' },
    seed: { type: 'string', description: 'Seed of the generated store (1).' },
    products: { type: 'string', description: 'Products of the generated store (300).' },
    shoppers: { type: 'string', description: 'Shoppers of the generated store (1500).' },
    user: { type: 'string', description: 'For whom; a shopper of middling history where absent.' },
  },
  async run({ args, output, signal }) {
    const folder = process.env['SHELFWISE_DATA'];
    const { paths, clock }: DemoStore = folder ? { paths: filesOf(folder), clock: {} } : await generate(args);
    const imported = await importInto(args.shop, paths, { signal }, output, clock);
    if (!output.json) output.note(`\n${importText(imported)}\n`);
    await using shop = await openShopFor(output, args.shop, clock);
    const progress = output.progress('train');
    const trained = await shop.train({ signal, onProgress: (share, note) => progress.update(share, note) });
    progress.done();
    if (!output.json) output.note(`\n${trainingText(trained)}\n`);
    const user = args.user ?? (await middlingShopper(shop));
    const slate = await shop.recommend({ ...(user !== undefined && { user }), count: 5 });
    output.result({ shop: args.shop, imported, trained, user, slate }, () =>
      demoText(args.shop, user, slate, clock.now?.()),
    );
  },
});

function demoText(folder: string, user: string | undefined, slate: Recommendation, now: number | undefined): string {
  const who = user === undefined ? '' : ` --user ${user}`;
  const at = now === undefined ? '' : ` --at ${new Date(now).toISOString().slice(0, 10)}`;
  return [
    `A slate for ${user ?? 'a stranger'}`,
    '',
    slateText(slate, true),
    '',
    `Ask on: npx shelfwise recommend --shop ${folder}${who}${at} --explain --language zh`,
  ].join('\n');
}

interface DemoStore {
  readonly paths: readonly string[];
  readonly clock: { readonly now?: () => number };
}

/** Flags of the generated store. */
interface GeneratedStore {
  readonly shop: string;
  readonly seed?: string | undefined;
  readonly products?: string | undefined;
  readonly shoppers?: string | undefined;
}

/** Its clock stands at the end of the store's six months: the same slate on any day. */
async function generate(args: GeneratedStore): Promise<DemoStore> {
  const seed = numberFlag('seed', args.seed, { min: 0, max: 0xffffffff }) ?? 1;
  const products = numberFlag('products', args.products, { min: 20, max: 2000 });
  const shoppers = numberFlag('shoppers', args.shoppers, { min: 10, max: 100_000 });
  const { files, truth } = await writeBasketStore(`${args.shop}-files`, {
    seed,
    ...(products !== undefined && { products }),
    ...(shoppers !== undefined && { shoppers }),
  });
  return { paths: files, clock: { now: () => truth.span[1] } };
}

const importable = /\.(csv|tsv|txt|jsonl|ndjson|json|xlsx|parquet|xml|inter|item|user)(\.gz)?$/i;

/** The files of a store's folder; in a folder of public data sets, those of the Online Retail set. */
function filesOf(folder: string): string[] {
  const retail = join(folder, 'online-retail');
  const from = existsSync(retail) ? retail : folder;
  const found = existsSync(from)
    ? readdirSync(from)
        .sort()
        .map((name) => join(from, name))
        .filter((path) => importable.test(path) && statSync(path).isFile())
    : [];
  if (found.length > 0) return found;
  const message = `SHELFWISE_DATA=${folder}: expected a folder with a store's files (csv, tsv, jsonl, xlsx, parquet, xml), found none.`;
  throw new ShelfwiseError('SW_INPUT_NOT_FOUND', message, 'Name another folder, or unset it for a generated store.');
}

/** A customer with enough of a past to choose by, and no more than most have. */
async function middlingShopper(shop: Shop): Promise<string | undefined> {
  let best: { id: string; distance: number } | undefined;
  for await (const { userId, events } of shop.customers()) {
    const distance = Math.abs(Math.log(events / 12));
    if (events > 0 && (!best || distance < best.distance)) best = { id: userId, distance };
  }
  return best?.id;
}
