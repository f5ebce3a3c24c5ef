/**
 * A trained generation on disk and in memory: the learned choice, its base models, the item index and what was measured.
 * `NNNNNN/{generation.json, items.json, attributes.json, metrics.json, card.md, choice/, content/, models/NAME/}`; each model stands in a slot of its name.
 */
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ShelfwiseError } from '../core/errors.ts';
import { inTurns, turnOfOthers } from '../core/in-turns.ts';
import type { EventKind } from '../data/events.ts';
import { type ItemIndex, noProduct } from '../data/shop-histories.ts';
import type { Compute, Model } from '../models/model.ts';
import { modelNamed } from '../models/registry.ts';
import { loadState, type StateSource, saveState } from '../models/state-file.ts';
import { LearnedSelection } from '../selection/learned-selection.ts';
import type { RerankWorth } from '../selection/rerank/rerank-weight.ts';
import { assertChecksums, type Generation, replaceFile } from './artefacts.ts';
import { type Content, type ContentRecord, saveContent } from './content.ts';
import { carrySlot, writeSlot } from './slots.ts';
import type { TunedMember } from './tuned-settings.ts';

/** Grows when what a generation holds is read otherwise: 4 since rows wait for products that come after the training. */
export const generationFormat = 4;

/** The content of `generation.json`. */
export interface GenerationRecord {
  readonly format: typeof generationFormat;
  /** Version of Shelfwise that trained it. */
  readonly version: string;
  /** ISO 8601. */
  readonly trained: string;
  /** Of everything it was made from: events, catalogue facts, settings, seed. */
  readonly dataHash: string;
  readonly seed: number;
  readonly eventWeights: Readonly<Partial<Record<EventKind, number>>>;
  readonly targetKinds: readonly EventKind[];
  /** Days for which a bought product stays off the slates; Infinity is written as null. */
  readonly excludeBoughtDays: number | null;
  /** Mean of the shop's ratings; absent where there were none. */
  readonly ratingMiddle?: number;
  /** Of the prices that taught the choice; absent where there were none. */
  readonly currency?: string;
  /** What reads texts, and which of them it has read; absent where nothing does. */
  readonly content?: ContentRecord;
  /** What the word of a reranker is worth; absent where none was asked. */
  readonly rerank?: RerankWorth;
  /** Settings that were found for members of the choice; absent where none were looked for. */
  readonly tuned?: readonly TunedMember[];
  readonly members: readonly { readonly as: string; readonly model: string }[];
}

export interface TrainedGeneration {
  readonly record: GenerationRecord;
  readonly index: ItemIndex;
  readonly selection: LearnedSelection;
  /** Names of attributes by the ids that models and signals learned them by; empty where there were none. */
  readonly attributeNames: readonly string[];
}

/** A generation that was read; products that come later are added to its index. */
export interface LoadedGeneration extends TrainedGeneration {
  readonly index: { readonly products: string[]; readonly itemOf: Map<string, number> };
}

/** What each base model was made from, and the slot that it was carried over from. */
export type ModelSlots = ReadonlyMap<Model, { readonly inputs: string; readonly from?: string }>;

export async function saveGeneration(
  folder: string,
  { record, index, selection, attributeNames }: TrainedGeneration,
  metrics: unknown,
  card: string,
  slots: ModelSlots = new Map(),
  content?: Content,
): Promise<void> {
  await mkdir(join(folder, 'models'), { recursive: true });
  for (const { as, model } of selection.members) {
    const slot = slots.get(model);
    if (slot?.from !== undefined) await carrySlot(slot.from, join(folder, 'models', as));
    else if (slot) await writeSlot(join(folder, 'models', as), model.state(), slot.inputs);
    else await saveState(join(folder, 'models', as), model.state());
  }
  if (content) await saveContent(folder, content);
  await saveState(join(folder, 'choice'), selection.stateWithoutModels());
  await replaceFile(join(folder, 'items.json'), jsonLines(index.products));
  await replaceFile(join(folder, 'attributes.json'), JSON.stringify(attributeNames));
  await replaceFile(join(folder, 'metrics.json'), `${JSON.stringify(metrics, null, 2)}\n`);
  await replaceFile(join(folder, 'card.md'), card);
  await replaceFile(join(folder, 'generation.json'), `${JSON.stringify(record, null, 2)}\n`);
}

/** @throws ShelfwiseError `SW_MODEL_STATE` where a file is missing or damaged */
export async function loadGeneration(
  { folder }: Generation,
  compute: Compute,
  states: StateSource = loadState,
): Promise<LoadedGeneration> {
  await assertChecksums(folder);
  const record = await readRecord(folder);
  const products = await readJsonLines<string>(join(folder, 'items.json'));
  const models = new Map<string, Model>();
  for (const { as, model } of record.members)
    models.set(as, await modelNamed(model).load(await states(join(folder, 'models', as)), compute));
  const choice = await states(join(folder, 'choice'));
  const selection = await LearnedSelection.loadOver(choice, models);
  if (selection.itemCount !== products.length) {
    const message = `${folder}: expected ${selection.itemCount} products in items.json, got ${products.length}.`;
    throw new ShelfwiseError('SW_MODEL_STATE', message, 'Train again with `force`.');
  }
  const attributeNames = await readJson<string[]>(join(folder, 'attributes.json'));
  const itemOf = new Map<string, number>();
  await inTurns(products.length, (item) => {
    const product = products[item]!;
    if (product !== noProduct) itemOf.set(product, item);
  });
  return { record, index: { products, itemOf }, selection, attributeNames };
}

async function readRecord(folder: string): Promise<GenerationRecord> {
  const path = join(folder, 'generation.json');
  const record = await readJson<GenerationRecord>(path);
  if (record.format === generationFormat) return record;
  const message = `${path}: expected format ${generationFormat}, got ${record.format}.`;
  throw new ShelfwiseError('SW_MODEL_STATE', message, 'Update Shelfwise, or train again with `force`.');
}

/** Settings that a generation was trained with; none where it cannot be read. */
export async function readTuned({ folder }: Generation): Promise<readonly TunedMember[]> {
  try {
    return (await readRecord(folder)).tuned ?? [];
  } catch (error) {
    if (error instanceof ShelfwiseError && error.code === 'SW_MODEL_STATE') return [];
    throw error;
  }
}

export async function readMetrics<T>(folder: string): Promise<T> {
  return readJson<T>(join(folder, 'metrics.json'));
}

async function readJson<T>(path: string): Promise<T> {
  return parsed(path, async () => JSON.parse(await readFile(path, 'utf8')) as T);
}

/** A JSON array, an entry a line, so that a long one can be read in pieces. */
const jsonLines = (entries: readonly unknown[]): string =>
  `[\n${entries.map((one) => JSON.stringify(one)).join(',\n')}\n]\n`;

/** Characters that are parsed before others have their turn. */
const piece = 2 ** 16;

async function readJsonLines<T>(path: string): Promise<T[]> {
  return parsed(path, async () => {
    const text = (await readFile(path, 'utf8')).trim();
    const entries: T[] = [];
    let from = 0;
    while (text.length - from > piece) {
      const end = text.indexOf(',\n', from + piece);
      if (end < 0) break;
      for (const one of JSON.parse(`${from === 0 ? '' : '['}${text.slice(from, end)}]`) as T[]) entries.push(one);
      from = end + 1;
      await turnOfOthers();
    }
    for (const one of JSON.parse(`${from === 0 ? '' : '['}${text.slice(from)}`) as T[]) entries.push(one);
    return entries;
  });
}

async function parsed<T>(path: string, read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (error) {
    const message = `${path}: expected JSON of a trained generation, ${(error as Error).message}.`;
    throw new ShelfwiseError('SW_MODEL_STATE', message, 'Train again with `force`.', {}, error);
  }
}
