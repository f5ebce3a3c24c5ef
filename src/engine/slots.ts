/**
 * Slots of a generation: folders that each hold one model, and say what it was made from. A slot whose inputs did not
 * change is carried over from the generation before by hard links: it is neither fitted again nor stored twice.
 */
import { createHash } from 'node:crypto';
import { copyFile, link, mkdir, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { FitData } from '../data/fit-data.ts';
import type { ModelDefinition, ModelState, Settings } from '../models/model.ts';
import { saveState } from '../models/state-file.ts';
import { replaceFile } from './artefacts.ts';
import { hashOfHistories, hashOfParts } from './fit-inputs.ts';

const slotFile = 'slot.json';

/** What a base model was made from, as one hash. */
export class SlotInputs {
  readonly #shop: readonly unknown[];

  /** @param version - of Shelfwise */
  constructor(version: string, products: readonly string[], seed: number) {
    this.#shop = [version, createHash('sha256').update(JSON.stringify(products)).digest('hex'), seed];
  }

  /** Undefined where it rests on what is not told apart. */
  of(definition: ModelDefinition, settings: Settings, data: FitData): string | undefined {
    const parts = hashOfParts(definition, data);
    if (parts === undefined) return undefined;
    const sorted = Object.entries(settings).sort(([a], [b]) => (a < b ? -1 : 1));
    return createHash('sha256')
      .update(JSON.stringify([this.#shop, hashOfHistories(data.histories), parts, definition.name, sorted]))
      .digest('hex');
  }
}

export async function writeSlot(folder: string, state: ModelState, inputs: string): Promise<void> {
  await saveState(folder, state);
  await replaceFile(join(folder, slotFile), `${JSON.stringify({ inputs })}\n`);
}

/** What a slot was made from; undefined where it does not say, or is not there. */
export async function inputsOf(folder: string): Promise<string | undefined> {
  try {
    return (JSON.parse(await readFile(join(folder, slotFile), 'utf8')) as { inputs: string }).inputs;
  } catch {
    return undefined;
  }
}

/** Makes a slot of the same files; copies them where the file system has no links. */
export async function carrySlot(from: string, to: string): Promise<void> {
  await mkdir(to, { recursive: true });
  for (const name of await readdir(from))
    await link(join(from, name), join(to, name)).catch(() => copyFile(join(from, name), join(to, name)));
}
