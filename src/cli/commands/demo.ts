/**
 * `shelfwise demo`: a store's files go the way that any store's go: import, train, recommend, serve. The files are those
 * of the folder in SHELFWISE_DATA, or a store that is generated from a seed.
 */
import { existsSync, readdirSync, statSync } from 'node:fs';
import { cp, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import type { CommandDef } from 'citty';
import { openPictureRenderer } from '../../adapters/sharp/picture-renderer.ts';
import { ShelfwiseError } from '../../core/errors.ts';
import type { Recommendation } from '../../engine/recommendation.ts';
import type { Shop } from '../../engine/shop.ts';
import { defaultPort } from '../../server/serve.ts';
import { writeDemoStore } from '../../simulation/demo-store.ts';
import { command, numberFlag } from '../command.ts';
import { importText } from '../import-text.ts';
import { openShopFor } from '../open-shop.ts';
import type { Output } from '../output.ts';
import { serveShop } from '../serve-shop.ts';
import { importInto } from './import.ts';
import { slateText } from './recommend.ts';
import { trainingText } from './train.ts';

export const demoCommand: CommandDef = command({
  name: 'demo',
  description: 'Import, train, recommend and serve, on a generated store or the folder in SHELFWISE_DATA.',
  args: {
    shop: { type: 'string', description: 'Folder of the shop that is made.', default: './shop-demo', valueHint: 'dir' },
    once: { type: 'boolean', description: 'End after the slate; serve nothing.' },
    files: { type: 'boolean', description: 'End after the files of the generated store.' },
    seed: { type: 'string', description: 'Seed of the generated store (1).' },
    products: { type: 'string', description: 'Products of the generated store (300).' },
    shoppers: { type: 'string', description: 'Shoppers of the generated store (1500).' },
    days: { type: 'string', description: 'Days of the generated store (365).' },
    user: { type: 'string', description: 'For whom; a shopper of middling history where absent.' },
    port: { type: 'string', description: `Port to serve on; by default ${defaultPort}, or one that is free.` },
  },
  async run({ args, output, signal }) {
    const port = numberFlag('port', args.port, { min: 0, max: 65_535 });
    const folder = process.env['SHELFWISE_DATA'];
    const { paths, pictures, end }: DemoFiles =
      folder && !args.files ? { paths: filesOf(folder) } : await generate(args, output, signal);
    if (args.files) {
      const files = { files: paths, pictures };
      return output.result(files, () => `The files of the store:\n  ${paths.join('\n  ')}\n  ${pictures}`);
    }
    const clock = end === undefined ? {} : { now: () => end };
    const imported = await importInto(args.shop, paths, { signal }, output, clock);
    if (end !== undefined) await writeSettings(args.shop);
    if (pictures !== undefined) await cp(pictures, join(args.shop, 'pictures'), { recursive: true });
    if (!output.json) output.note(`\n${importText(imported)}\n`);
    // Its clock stands while it trains and recommends, so that it says the same on any day, and goes on when it serves.
    let serving: (() => number) | undefined;
    const now = (): number => serving?.() ?? end!;
    await using shop = await openShopFor(output, args.shop, end === undefined ? {} : { now });
    const progress = output.progress('train');
    const trained = await shop.train({ signal, onProgress: (share, note) => progress.update(share, note) });
    progress.done();
    if (!output.json) output.note(`\n${trainingText(trained)}\n`);
    const user = args.user ?? (await middlingShopper(shop));
    const slate = await shop.recommend({ ...(user !== undefined && { user }), count: 5 });
    const made = { shop: args.shop, imported, trained, user, slate };
    const text = demoText(args.shop, user, slate, end);
    if (args.once) return output.result(made, () => text);
    if (end !== undefined) {
      // Run again, it goes on where it was: what shoppers clicked meanwhile is not of the future.
      const begun = (await stat(join(args.shop, 'models'))).birthtimeMs || Date.now();
      serving = () => end + Math.max(0, Date.now() - begun);
    }
    await serveShop(
      shop,
      {
        ...(end !== undefined && { now }),
        port: port ?? (await freePort()),
        logLevel: 'warn',
        acts: end !== undefined,
      },
      {
        ...{ output, signal },
        said: ({ address }) => [
          { ...made, address },
          `${text}\n\nThe shop is served at ${address}: open it in a browser. Ctrl-C stops it.`,
        ],
      },
    );
  },
});

/** The generated store shows the re-rank too, by what needs no network; settings that are there stay. */
async function writeSettings(shop: string): Promise<void> {
  const settings = { rerank: { likeness: 'bilingual-table' } };
  const text = `${JSON.stringify(settings, undefined, 2)}\n`;
  await writeFile(join(shop, 'shelfwise.json'), text, { flag: 'wx' }).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EEXIST') throw error;
  });
}

/** The usual port, or any where that is taken. */
function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once('error', () => resolve(0));
    probe.listen(defaultPort, '127.0.0.1', () => probe.close(() => resolve(defaultPort)));
  });
}

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

interface DemoFiles {
  readonly paths: readonly string[];
  readonly pictures?: string;
  /** The end of a generated store's life, milliseconds since 1970. */
  readonly end?: number;
}

/** Flags of the generated store. */
interface GeneratedStore {
  readonly shop: string;
  readonly seed?: string | undefined;
  readonly products?: string | undefined;
  readonly shoppers?: string | undefined;
  readonly days?: string | undefined;
}

async function generate(args: GeneratedStore, output: Output, signal: AbortSignal): Promise<DemoFiles> {
  const seed = numberFlag('seed', args.seed, { min: 0, max: 0xffffffff }) ?? 1;
  const products = numberFlag('products', args.products, { min: 35, max: 200_000 });
  const shoppers = numberFlag('shoppers', args.shoppers, { min: 10, max: 2_000_000 });
  const days = numberFlag('days', args.days, { min: 60, max: 3650 });
  const progress = output.progress('generate');
  const renderer = await openPictureRenderer();
  if (!renderer) output.note('Pictures stay drawings (SVG), because sharp does not load here.');
  const { files, pictures, truth } = await writeDemoStore(`${args.shop}-files`, {
    ...{ seed, signal, onProgress: (share) => progress.update(share) },
    ...(products !== undefined && { products }),
    ...(shoppers !== undefined && { shoppers }),
    ...(days !== undefined && { days }),
    ...(renderer && { picture: renderer }),
  });
  progress.done(`${truth.eventRows.toLocaleString('en')} events of ${truth.shoppers.toLocaleString('en')} shoppers`);
  return { paths: files, pictures, end: truth.span[1] };
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
